// Package rows reads files as tills and shops write them: bytes to rows, as a
// stream, with the position of each.
package rows
