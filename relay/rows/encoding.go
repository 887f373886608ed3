package rows

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// unicodeName is what Format calls the encodings that are found.
const (
	utf8Name    = "utf-8"
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
)

// bomUTF8 stands before the text where a program of Windows wrote it.
const bomUTF8 = "\xEF\xBB\xBF"

// coding is how the bytes of a file become text.
type coding struct {
	name    string
	bom     int      // its bytes
	guessed bool     // bytes above 0x7F are there, and are the charset's by configuration only
	proven  bool     // bytes above 0x7F are there, and are UTF-8
	charset *charset // for bytes that are not UTF-8
	wide    bool     // UTF-16, or a charset whose bytes are not ASCII where ASCII is meant
}

// detect finds out how prefix, the start of a file, is written. Nothing is
// guessed from letters' frequencies: no such guess tells CP850 from
// windows-1252. UTF-8 and UTF-16 prove themselves, anything else is fallback.
func detect(prefix []byte, fallback *charset) coding {
	c := coding{name: utf8Name, charset: fallback}
	switch {
	case bytes.HasPrefix(prefix, []byte(bomUTF8)):
		c.bom, c.proven = len(bomUTF8), true
		return c
	case bytes.HasPrefix(prefix, []byte{0xFF, 0xFE}):
		return coding{name: utf16leName, bom: 2, wide: true, charset: fallback}
	case bytes.HasPrefix(prefix, []byte{0xFE, 0xFF}):
		return coding{name: utf16beName, bom: 2, wide: true, charset: fallback}
	}
	if name := nulPattern(prefix, fallback); name != "" {
		return coding{name: name, wide: true, charset: fallback}
	}
	switch {
	case fallback.name == utf16leName, fallback.name == utf16beName: // but the bytes are not
		fallback, _ = findCharset(DefaultEncoding)
		c.charset = fallback
	case !fallback.ascii && (fallback.runes == nil && ascii(prefix) || !asciiText(prefix)):
		// ISO-2022-JP and HZ are of 7 bits, as ASCII is; EBCDIC and the like
		// know no other form.
		return coding{name: fallback.name, guessed: true, wide: true, charset: fallback}
	}
	switch {
	case ascii(prefix):
	case fallback.utf8, utf8.Valid(wholeRunes(prefix)):
		c.proven = true
	default:
		c.name, c.guessed = fallback.name, true
	}
	return c
}

// nulPattern recognizes UTF-16 without a BOM: delimiters, digits and line ends
// have a NUL on one side, and it is always the same one. NULs of another cause
// (blocks that were never written, padded fields) are on both, and not beside
// each line end.
func nulPattern(prefix []byte, fallback *charset) string {
	n := min(len(prefix), 4096) &^ 1
	var nuls [2]int // at even places, at odd ones
	var ends [2]int // line ends with a NUL before them, behind them
	stray := 0
	for i := 0; i < n; i += 2 {
		high, low := prefix[i], prefix[i+1]
		switch {
		case high == 0 && low == 0:
			nuls[0]++
			nuls[1]++
		case high == 0:
			nuls[0]++
			if low == '\n' || low == '\r' {
				ends[0]++
			}
		case low == 0:
			nuls[1]++
			if high == '\n' || high == '\r' {
				ends[1]++
			}
		case high == '\n', high == '\r', low == '\n', low == '\r':
			stray++
		}
	}
	few := n / 10 // a fifth of the characters
	if fallback.name == utf16leName || fallback.name == utf16beName {
		few = 0
	}
	switch {
	case nuls[1] > few && nuls[0]*20 <= nuls[1] && stray*4 <= ends[1]:
		return utf16leName
	case nuls[0] > few && nuls[1]*20 <= nuls[0] && stray*4 <= ends[0]:
		return utf16beName
	}
	return ""
}

// wholeRunes is prefix without a character that it cuts off at its end.
func wholeRunes(prefix []byte) []byte {
	for i := 1; i <= min(3, len(prefix)); i++ {
		tail := prefix[len(prefix)-i:]
		if utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return prefix[:len(prefix)-i]
			}
			break
		}
	}
	return prefix
}

// ascii says that no byte is above 0x7F.
func ascii(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// asciiText says that prefix reads as plain text: what EBCDIC never does.
func asciiText(prefix []byte) bool {
	text := 0
	for _, c := range prefix {
		if c >= ' ' && c < 0x7F || c == '\n' || c == '\r' || c == '\t' {
			text++
		}
	}
	return text*10 >= len(prefix)*9
}

// isUTF8 says whether a record that is not ASCII is UTF-8. A file of both is
// real: a till that was updated goes on with its journal in another encoding.
// So each record is judged by itself. In a file that has shown bytes of a
// charset, though, a record must be UTF-8 with letters that such a charset's
// language has, as a few of its own letters in a row may look like UTF-8 too.
func (c *coding) isUTF8(record []byte) bool {
	if !utf8.Valid(record) {
		return false
	}
	if !c.guessed {
		return true
	}
	if !c.charset.latin {
		return false
	}
	for _, r := range string(record) {
		latin := r < 0x80 || r >= 0xA0 && r <= 0x17F || r >= 0x2000 && r <= 0x20CF
		if !latin && (r < 0xA0 || !slices.Contains(c.charset.runes[:], r)) {
			return false
		}
	}
	return true
}

// manyBytes says that a character of several bytes is in b, as UTF-8.
func manyBytes(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if size > 1 && r != utf8.RuneError {
			return true
		}
		b = b[size:]
	}
	return false
}
