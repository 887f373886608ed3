package rows

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// DefaultEncoding is that of files which are neither UTF-8 nor UTF-16, as the
// tills of most shops run on Windows.
const DefaultEncoding = "windows-1252"

// charset is an encoding besides Unicode's.
type charset struct {
	name  string
	codec encoding.Encoding
	runes *[256]rune // of one byte each; nil: two bytes and more
	ascii bool       // bytes below 0x80 are ASCII, or a part of a character behind one above
	latin bool       // it holds é: western and central European languages, Turkish, Baltic
	utf8  bool       // nothing but UTF-8 is right
}

// KnownEncoding is the name under which an encoding is shown, for any of its
// usual names: cp850, IBM850 and 850 are ibm850.
func KnownEncoding(name string) (canonical string, ok bool) {
	c, ok := findCharset(name)
	if !ok {
		return "", false
	}
	return c.name, true
}

// findCharset takes the names of the web and of IANA, and those that are in
// neither list.
func findCharset(name string) (*charset, bool) {
	key := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(strings.TrimSpace(name)))
	if key == "" {
		key = DefaultEncoding
	}
	if usual := usualName(strings.ReplaceAll(key, "-", "")); usual != "" {
		key = usual
	}
	switch key {
	case utf8Name:
		return &charset{name: utf8Name, codec: unicode.UTF8, ascii: true, utf8: true}, true
	case utf16leName:
		return &charset{name: key, codec: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}, true
	case utf16beName:
		return &charset{name: key, codec: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}, true
	case "iso-8859-1":
		// What calls itself so is windows-1252 wherever the two differ: the
		// former has no character there that a file would hold.
		return single(key, charmap.Windows1252), true
	case "x-mac-cyrillic":
		return single(key, charmap.MacintoshCyrillic), true
	}
	codec, err := ianaindex.IANA.Encoding(key)
	if err != nil || codec == nil {
		codec, err = htmlindex.Get(key)
	}
	if err != nil || codec == nil || codec == encoding.Replacement || codec == charmap.XUserDefined {
		return nil, false
	}
	if m, ok := codec.(*charmap.Charmap); ok {
		return single(codecName(codec, key), m), true
	}
	c := &charset{name: codecName(codec, key), codec: codec, ascii: true}
	switch {
	case codec == simplifiedchinese.HZGB2312, strings.HasPrefix(c.name, "iso-2022"):
		c.ascii = false
	case strings.HasPrefix(c.name, "utf"), strings.Contains(c.name, "ascii"):
		return findCharset(DefaultEncoding)
	}
	return c, true
}

// usualName is a list's name for one that is in no list; compact is without
// the hyphens.
func usualName(compact string) string {
	for _, prefix := range []string{"codepage", "windows", "win", "cp", "ibm", "dos", "oem", "ms", "x"} {
		if rest, ok := strings.CutPrefix(compact, prefix); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			compact = rest
			break
		}
	}
	switch compact {
	case "1250", "1251", "1252", "1253", "1254", "1255", "1256", "1257", "1258":
		return "windows-" + compact
	case "874":
		return "windows-874"
	case "437", "850", "852", "855", "860", "862", "863", "865", "866":
		return "ibm" + compact
	case "37", "037":
		return "ibm037"
	case "858", "00858":
		return "ibm00858"
	case "1047":
		return "ibm1047"
	case "1140", "01140":
		return "ibm01140"
	case "28591", "latin1", "l1", "iso88591", "88591":
		return "iso-8859-1"
	case "28592", "latin2", "l2", "iso88592", "88592":
		return "iso-8859-2"
	case "28605", "latin9", "l9", "iso885915", "885915":
		return "iso-8859-15"
	case "ansi", "ascii", "usascii", "western":
		return DefaultEncoding
	case "mac", "macroman", "macintosh", "xmacroman", "10000":
		return "macintosh"
	case "maccyrillic", "macintoshcyrillic", "xmaccyrillic", "10007":
		return "x-mac-cyrillic"
	case "utf8", "utf8bom", "utf8sig", "65001", "unicode11utf8":
		return utf8Name
	case "utf16", "utf16le", "ucs2", "ucs2le", "unicode", "1200":
		return utf16leName
	case "utf16be", "ucs2be", "unicodefffe", "1201":
		return utf16beName
	case "sjis", "shiftjis", "932", "31j":
		return "shift_jis"
	case "eucjp", "20932", "51932":
		return "euc-jp"
	case "936", "gbk", "gb2312", "euccn":
		return "gbk"
	case "54936", "gb18030":
		return "gb18030"
	case "950", "big5":
		return "big5"
	case "949", "euckr", "ksc5601", "uhc":
		return "euc-kr"
	}
	return ""
}

// single makes the table of a charset with one byte a character.
func single(name string, m *charmap.Charmap) *charset {
	c := &charset{name: name, codec: m, runes: new([256]rune), ascii: true}
	for i := range c.runes {
		r := m.DecodeByte(byte(i))
		if r == utf8.RuneError { // stands for nothing; keep it, as browsers do
			r = rune(i)
		}
		c.runes[i] = r
		if i < utf8.RuneSelf && r != rune(i) {
			c.ascii = false
		}
		if r == 'é' {
			c.latin = true
		}
	}
	return c
}

// codecName is the name that IANA gives, in small letters, or that of the web.
func codecName(codec encoding.Encoding, otherwise string) string {
	if name, err := ianaindex.MIME.Name(codec); err == nil && name != "" {
		return strings.ToLower(name)
	}
	if name, err := htmlindex.Name(codec); err == nil && name != "" {
		return name
	}
	return otherwise
}

// decode appends text, which is of the charset, as UTF-8. Of a charset of two
// bytes, what stands for nothing becomes U+FFFD.
func (c *charset) decode(to, text []byte) []byte {
	if c.runes != nil {
		for _, b := range text {
			if r := c.runes[b]; r < utf8.RuneSelf {
				to = append(to, byte(r))
			} else {
				to = utf8.AppendRune(to, r)
			}
		}
		return to
	}
	plain, err := c.codec.NewDecoder().Bytes(text)
	if err != nil { // the decoders replace what they do not know, and do not fail
		plain = []byte(strings.ToValidUTF8(string(text), "\uFFFD"))
	}
	return append(to, plain...)
}

// encode is text in the charset; not ok where it has no form in it.
func (c *charset) encode(text string) (encoded []byte, ok bool) {
	if c.runes != nil {
		for _, r := range text {
			b := r
			if !c.ascii || r >= utf8.RuneSelf {
				b = rune(slices.Index(c.runes[:], r))
			}
			if b < 0 {
				return nil, false
			}
			encoded = append(encoded, byte(b))
		}
		return encoded, true
	}
	encoded, err := c.codec.NewEncoder().Bytes([]byte(text))
	return encoded, err == nil
}
