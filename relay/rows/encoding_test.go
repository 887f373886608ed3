package rows_test

import (
	"encoding/binary"
	"io"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"funnelrelay/relay/rows"
)

// utf16le is text without a BOM.
func utf16le(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// endless is a byte without end.
type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

// oneFile is a folder in which each name is the same stream.
type oneFile struct{ io.Reader }

func (o oneFile) Open(string) (fs.File, error) { return o, nil }
func (o oneFile) Stat() (fs.FileInfo, error)   { return nil, fs.ErrInvalid }
func (o oneFile) Close() error                 { return nil }

func TestEncodings(t *testing.T) {
	swap := func(s string) string {
		b := []byte(s)
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
		return string(b)
	}
	sjis, _ := japanese.ShiftJIS.NewEncoder().String("a|b\nソーダ|表\n")
	iso2022, _ := japanese.ISO2022JP.NewEncoder().String("a;b\nソーダ;表\n" + strings.Repeat("1;2\n", 20))
	ebcdic, _ := charmap.CodePage037.NewEncoder().String("a;b\nTee;1\n")
	for _, test := range []struct {
		name, text string
		o          rows.Options
		want       []string
		encoding   string
		guessed    bool
	}{
		{name: "ASCII", text: "a;b\n1;2\n", want: []string{"1|2"}, encoding: "utf-8"},
		{name: "UTF-8", text: "a;b\nä;€\n", want: []string{"ä|€"}, encoding: "utf-8"},
		{name: "UTF-8 with BOM", text: "\uFEFFa;b\nä;€\n", want: []string{"ä|€"}, encoding: "utf-8"},
		{name: "UTF-16LE", text: utf16le("\uFEFFa;b\nä;€\n𝄞;x\n"), want: []string{"ä|€", "𝄞|x"}, encoding: "utf-16le"},
		{name: "UTF-16BE", text: swap(utf16le("\uFEFFa;b\nä;€\n")), want: []string{"ä|€"}, encoding: "utf-16be"},
		{name: "UTF-16LE without BOM", text: utf16le("a;b\nä;€\n"), want: []string{"ä|€"}, encoding: "utf-16le"},
		{name: "UTF-16BE without BOM", text: swap(utf16le("a;b\nä;€\n")), want: []string{"ä|€"}, encoding: "utf-16be"},
		{name: "UTF-16 with few spaces", text: utf16le("ж;ы\nжжжжжжжжжжжжжжжж;ыыыыыыыыыыыыыыыы\n"), o: rows.Options{Encoding: "utf-16"}, want: []string{"жжжжжжжжжжжжжжжж|ыыыыыыыыыыыыыыыы"}, encoding: "utf-16le"},
		{name: "windows-1252 that is said to be UTF-16", text: "a;b\nK\xE4se;1\n", o: rows.Options{Encoding: "utf-16"}, want: []string{"Käse|1"}, encoding: "windows-1252", guessed: true},
		{name: "UTF-8 that is said to be UTF-16", text: "a;b\nKäse;1\n", o: rows.Options{Encoding: "utf-16"}, want: []string{"Käse|1"}, encoding: "utf-8"},
		{name: "UTF-16 cut in a unit", text: utf16le("a;b\n1;2\n3;€")[:21], want: []string{"1|2", "!3"}, encoding: "utf-16le"},
		{name: "UTF-16 cut in a pair", text: utf16le("a;b\n1;2\n3;𝄞")[:22], want: []string{"1|2", "!3"}, encoding: "utf-16le"},
		{name: "UTF-8 cut", text: "a;ä\n1;2\n3;€"[:13], want: []string{"1|2", "!3"}, encoding: "utf-8"},
		{name: "windows-1252", text: "a;b\n\xE4;\x80\n", want: []string{"ä|€"}, encoding: "windows-1252", guessed: true},
		{name: "cp437", text: "a;b\n\x84;\x9B\n", o: rows.Options{Encoding: "cp437"}, want: []string{"ä|¢"}, encoding: "ibm437", guessed: true},
		{name: "cp850", text: "a;b\n\x84;\xB5\n", o: rows.Options{Encoding: "CP850"}, want: []string{"ä|Á"}, encoding: "ibm850", guessed: true},
		{name: "cp1250", text: "a;b\n\xB9;\xE6\n", o: rows.Options{Encoding: "cp1250"}, want: []string{"ą|ć"}, encoding: "windows-1250", guessed: true},
		{name: "mac", text: "a;b\n\x8A;\xDB\n", o: rows.Options{Encoding: "mac"}, want: []string{"ä|€"}, encoding: "macintosh", guessed: true},
		{name: "Shift_JIS with a bar that is found", text: sjis + sjis, o: rows.Options{Encoding: "Shift_JIS"}, want: []string{"ソーダ|表", "ソーダ|表"}, encoding: "shift_jis", guessed: true},
		{name: "a field that was cut", text: "\uFEFFa;b\n\u00e4;K\u00e4s\xC3\n1;\xE4\n", want: []string{"ä|Käs�", "1|ä"}, encoding: "utf-8"},
		{name: "Shift_JIS with a bar in a character", text: sjis, o: rows.Options{Encoding: "Shift_JIS", Delimiter: '|'}, want: []string{"ソーダ|表"}, encoding: "shift_jis", guessed: true},
		{name: "ISO-2022-JP", text: iso2022, o: rows.Options{Encoding: "iso-2022-jp"}, want: append([]string{"ソーダ|表"}, list("1|2", 20)...), encoding: "iso-2022-jp", guessed: true},
		{name: "EBCDIC", text: ebcdic, o: rows.Options{Encoding: "cp037"}, want: []string{"Tee|1"}, encoding: "ibm037", guessed: true},
		{name: "the first ä comes late", text: "a;b\n" + strings.Repeat("1;2\n", 50_000) + "\xE4;3\n", want: append(list("1|2", 50_000), "ä|3"), encoding: "windows-1252", guessed: true},
		{name: "both in one file", text: "a;b\n\xE4;1\nä;2\n", want: []string{"ä|1", "ä|2"}, encoding: "windows-1252", guessed: true},
		{name: "both, UTF-8 first", text: "a;b\nä;1\n\xE4;2\n", want: []string{"ä|1", "ä|2"}, encoding: "windows-1252", guessed: true},
		{name: "windows-1252 that looks like UTF-8", text: "a;b\n\xE4;1\nCAF\xC9\xA0;2\n", want: []string{"ä|1", "CAFÉ\u00A0|2"}, encoding: "windows-1252", guessed: true},
		{name: "UTF-8 and nothing else", text: "a;b\nä;1\n\xE4;2\n", o: rows.Options{Encoding: "utf-8"}, want: []string{"ä|1", "!3"}, encoding: "utf-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, r := read(t, test.text, test.o)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if f := r.Format(); f.Encoding != test.encoding || f.Guessed != test.guessed {
				t.Errorf("%s, guessed %v", f.Encoding, f.Guessed)
			}
		})
	}
}

func TestKnownEncoding(t *testing.T) {
	for names, want := range map[string]string{
		"cp437 IBM437 437 dos437":                      "ibm437",
		"cp850 ibm850 CP-850 850 IBM_850":              "ibm850",
		"cp852 ibm852":                                 "ibm852",
		"cp858 ibm00858":                               "ibm00858",
		"cp866 ibm866":                                 "ibm866",
		"cp1250 windows-1250 win1250 Windows1250 1250": "windows-1250",
		"cp1251 windows-1251":                          "windows-1251",
		"cp1252 windows-1252 ansi x-cp1252":            "windows-1252",
		"cp1257 windows-1257":                          "windows-1257",
		"latin1 iso-8859-1 ISO_8859-1 l1 ISO8859-1":    "iso-8859-1",
		"latin2 iso-8859-2 iso8859-2":                  "iso-8859-2",
		"iso-8859-7 greek":                             "iso-8859-7",
		"iso-8859-15 latin9 iso8859-15":                "iso-8859-15",
		"mac macintosh macroman x-mac-roman":           "macintosh",
		"koi8-r":                                       "koi8-r",
		"koi8-u":                                       "koi8-u",
		"shift_jis sjis cp932 ms932 windows-31j":       "shift_jis",
		"euc-jp":                                       "euc-jp",
		"iso-2022-jp":                                  "iso-2022-jp",
		"gbk cp936 gb2312":                             "gbk",
		"gb18030":                                      "gb18030",
		"big5 cp950":                                   "big5",
		"euc-kr cp949":                                 "euc-kr",
		"utf-8 UTF8 utf-8-sig":                         "utf-8",
		"utf-16 utf-16le utf16 unicode":                "utf-16le",
		"utf-16be":                                     "utf-16be",
		"cp037 ibm037":                                 "ibm037",
	} {
		for name := range strings.FieldsSeq(names) {
			if got, ok := rows.KnownEncoding(name); !ok || got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if got, ok := rows.KnownEncoding(want); !ok || got != want {
			t.Errorf("%s itself: %q", want, got)
		}
	}
	for _, name := range []string{"cp9999", "klingon", "replacement", "x-user-defined", "utf-7"} {
		if got, ok := rows.KnownEncoding(name); ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}
