package rows

import (
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// text is the text of src, which stands behind the BOM, in UTF-8. cut, where it
// is not nil, tells afterwards that the last character was not whole.
func (c *coding) text(src io.Reader) (text io.Reader, cut *utf16Decoder) {
	switch {
	case c.name == utf16leName, c.name == utf16beName:
		d := &utf16Decoder{big: c.name == utf16beName}
		return transform.NewReader(src, d), d
	case c.wide, c.guessed && c.charset.runes == nil:
		return transform.NewReader(src, c.charset.codec.NewDecoder()), nil
	}
	return transform.NewReader(src, patcher{c.charset}), nil
}

// utf16Decoder makes UTF-8 of UTF-16. A half of a pair becomes U+FFFD.
type utf16Decoder struct {
	big bool
	cut bool // the text ended in the middle of a character
}

// Reset is for transform.Transformer.
func (d *utf16Decoder) Reset() { d.cut = false }

// Transform is for transform.Transformer.
func (d *utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		r, size := rune(utf8.RuneError), 2
		switch {
		case len(rest) < 2:
			if !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			d.cut, size = true, 1
		default:
			r = d.unit(rest)
			if !utf16.IsSurrogate(r) {
				break
			}
			if len(rest) < 4 && r < 0xDC00 {
				if !atEOF {
					return nDst, nSrc, transform.ErrShortSrc
				}
				d.cut, r, size = true, utf8.RuneError, len(rest)
				break
			}
			high := r
			r = utf8.RuneError
			if high < 0xDC00 {
				if r = utf16.DecodeRune(high, d.unit(rest[2:])); r != utf8.RuneError {
					size = 4
				}
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// unit is the first two bytes.
func (d *utf16Decoder) unit(b []byte) rune {
	if d.big {
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// patcher passes UTF-8 on, and reads each byte that is none as one of the
// charset. It is for JSON, which knows no records before it is read.
type patcher struct{ charset *charset }

// Reset is for transform.Transformer.
func (p patcher) Reset() {}

// Transform is for transform.Transformer.
func (p patcher) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := rune(src[nSrc]), 1
		if r >= utf8.RuneSelf {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r, size = utf8.DecodeRune(src[nSrc:])
			if size == 1 && p.charset.runes != nil {
				r = p.charset.runes[src[nSrc]]
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}
