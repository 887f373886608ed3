// Package rows reads files as tills and shops write them: bytes to rows, as a
// stream, with the position of each. It knows delimited tables (csv), JSON, and
// the tables that an index.xml describes (gdpdu); a zip is opened by Unpack.
//
// # Encodings
//
// A BOM, the NULs of UTF-16 and strict UTF-8 prove themselves. Whatever else is
// there is of the configured encoding, windows-1252 unless a person says
// otherwise; no detector tells CP850 from it. Tables are judged record by
// record, as a till that was updated goes on with its journal in another
// encoding: valid UTF-8 is UTF-8, anything else is of the configured encoding.
// In a file whose first 128 KiB are of the configured encoding, a record is
// UTF-8 only where its letters are Latin, as others come about by chance. A
// field of UTF-8 that was cut within a character keeps the rest. Encoding:
// utf-8 makes each other record broken. UTF-16, EBCDIC, and two-byte encodings
// whose delimiter may be half a character, are decoded before they are cut, and
// Position.Offset counts their text.
//
// # Tables
//
// Cells follow RFC 4180, and what files add to it:
//
//   - lines end with \n, \r\n, \r or \r\r\n, mixed; lines without a text in any
//     cell are skipped; NUL and 0x1A are left out everywhere; a block of NULs
//     within a line, as after a power cut, ends it, as a broken one
//   - sep=; as the first line names the delimiter, before or behind a BOM
//   - the delimiter is the one of tab, ; , and | with which a row holds the most
//     of the wanted columns, then with which most rows are equally wide
//   - the header is the first of 100 rows (of 128 KiB) that holds the wanted
//     columns, or the most of them; what is above it is left out, and so is
//     each row that repeats it
//   - spaces between a delimiter and a quote mean nothing
//   - a quote in a cell that does not begin with one is text, as in 5" pipe
//   - in "5" pipe" the outer quotes are quotes, in "Best" Coffee all are text,
//     provided that the row has the right number of cells; else it is broken
//   - ="0123" and '0123 are 0123: the ' goes before =, +, -, @ and where nothing
//     but digits and . , : / - and spaces follow; that of 't Hooft stays
//   - rows keep the number of cells they have
//
// A quote that is not closed makes its first line broken and nothing else. That
// it was not closed is clear where the file or MaxRecord ends, where a text
// follows a closing quote in a later line, and where the row is of another width
// while the line behind is a row. The lines behind a broken one are broken too
// until one fits: as wide as the header, as the last row, or as the line before
// it.
//
// # Rejects
//
// Rejects writes refused rows as their file did, with a reason in a column of
// its own that a Reader leaves out again.
package rows
