//go:build !windows

package doctor

const lettersMatter = false

// mappedTo knows no letters here.
func mappedTo(string) (letter, share string) { return "", "" }
