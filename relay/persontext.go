package relay

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// Bounds of what is looked into. A zip may be made to fill a memory; nothing is
// kept of it here but one window, and it ends there.
const (
	searchWindow  = 256 << 10 // bytes at a time
	searchContext = 32        // bytes on each side of what is found that decide whether it is the whole word
	maxInPacked   = 4 << 30   // bytes that are unpacked of one file
	maxPackedIn   = 10_000    // files in a zip
)

// errTooMuch says that the rest of a file was not looked at.
var errTooMuch = errors.New("it holds more than is looked into")

// pattern is one form in which a text may stand in a file. The letters A to Z
// are small in it, and in what it is looked for in.
type pattern struct {
	bytes  []byte
	stride int // bytes of a letter; 2 in UTF-16
	last   int // which byte of a letter holds the letter: 0, or 1 in big-endian UTF-16
	email  bool
}

// patternsOf are the forms of all needles: UTF-8, UTF-16 of both orders,
// Windows-1252 and DOS's 850, escaped as in JSON and in URLs.
func patternsOf(needles []string) []pattern {
	var list []pattern
	add := func(text []byte, stride, last int, email bool) {
		p := pattern{folded(text), stride, last, email}
		if !slices.ContainsFunc(list, func(o pattern) bool { return o.stride == p.stride && bytes.Equal(o.bytes, p.bytes) }) {
			list = append(list, p)
		}
	}
	for _, needle := range needles {
		if needle = strings.TrimSpace(needle); needle == "" {
			continue
		}
		email := strings.Contains(needle, "@")
		for _, text := range cases(needle) {
			add([]byte(text), 1, 0, email)
			add([]byte(jsonEscaped(text)), 1, 0, email)
			add([]byte(url.QueryEscape(text)), 1, 0, email)
			add([]byte(url.PathEscape(text)), 1, 0, email)
			for _, page := range []*charmap.Charmap{charmap.Windows1252, charmap.CodePage850} {
				if encoded, err := page.NewEncoder().String(text); err == nil {
					add([]byte(encoded), 1, 0, email)
				}
			}
			var little, big []byte
			for _, unit := range utf16.Encode([]rune(text)) {
				little = append(little, byte(unit), byte(unit>>8))
				big = append(big, byte(unit>>8), byte(unit))
			}
			add(little, 2, 0, email)
			add(big, 2, 1, email)
		}
	}
	return list
}

// mostCases bounds how many letters beyond ASCII are tried as small and capital,
// each by itself.
const mostCases = 4

// cases are a text with its letters beyond ASCII small and capital; those of
// ASCII are folded in what is looked through.
func cases(text string) []string {
	list := []string{""}
	varied := 0
	for _, r := range text {
		low, up := unicode.ToLower(r), unicode.ToUpper(r)
		if r < 128 || low == up {
			for i := range list {
				list[i] += string(r)
			}
			continue
		}
		if varied++; varied > mostCases {
			return []string{strings.ToLower(text), strings.ToUpper(text), text}
		}
		both := make([]string, 0, 2*len(list))
		for _, one := range list {
			both = append(both, one+string(low), one+string(up))
		}
		list = both
	}
	return list
}

// jsonEscaped is a text as careful writers of JSON write it.
func jsonEscaped(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit < 128 {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// folded makes A to Z small, byte by byte, in place.
func folded(text []byte) []byte {
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			text[i] = c + 'a' - 'A'
		}
	}
	return text
}

// searcher looks for patterns in one text after the other, with one window in
// memory.
type searcher struct {
	ctx      context.Context
	patterns []pattern
	window   []byte
	keep     int // bytes of a window that the next one begins with
}

func newSearcher(ctx context.Context, needles []string) *searcher {
	s := &searcher{ctx: ctx, patterns: patternsOf(needles)}
	longest := 0
	for _, p := range s.patterns {
		longest = max(longest, len(p.bytes))
	}
	s.keep = longest + 2*searchContext
	s.window = make([]byte, searchWindow+s.keep)
	return s
}

// inName says that the name of a file holds one of the texts; its ending is not
// a part of an address.
func (s *searcher) inName(name string) bool {
	text, plain := folded([]byte(name)), folded([]byte(strings.TrimSuffix(name, path.Ext(name))))
	return slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.in(text, true, true) || p.in(plain, true, true) })
}

// inFile says whether a file holds one of the texts, also packed in a zip or a
// gzip.
func (s *searcher) inFile(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if found, err := s.in(f); found || err != nil {
		return found, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	in := bufio.NewReader(f)
	magic, err := in.Peek(4)
	switch {
	case err != nil:
		return false, nil // it is too short to be packed
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return s.inGzip(in)
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		return s.inZip(f)
	}
	return false, nil
}

func (s *searcher) inGzip(in io.Reader) (bool, error) {
	unpacked, err := gzip.NewReader(in)
	if err != nil {
		return false, err
	}
	limited := &io.LimitedReader{R: unpacked, N: maxInPacked}
	found, err := s.in(limited)
	if err == nil && !found && limited.N <= 0 {
		err = errTooMuch
	}
	return found, err
}

func (s *searcher) inZip(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	packed, err := zip.NewReader(f, info.Size())
	if err != nil {
		return false, err
	}
	var failed error
	left := int64(maxInPacked)
	for i, one := range packed.File {
		switch {
		case i >= maxPackedIn || left <= 0:
			return false, errTooMuch
		case s.inName(one.Name):
			return true, nil
		case one.Flags&1 != 0:
			failed = errors.New("a file in it is encrypted")
			continue
		}
		in, err := one.Open()
		if err != nil {
			failed = err
			continue
		}
		limited := &io.LimitedReader{R: in, N: left}
		found, err := s.in(limited)
		_ = in.Close() // only read
		if found {
			return true, nil
		}
		if err != nil {
			failed = err
		}
		left = limited.N
	}
	return false, failed
}

// in reads a text to its end, or to the first that is found.
func (s *searcher) in(text io.Reader) (bool, error) {
	held, first := 0, true
	for {
		if err := s.ctx.Err(); err != nil {
			return false, err
		}
		from := held
		var err error
		for held < len(s.window) && err == nil {
			var n int
			n, err = text.Read(s.window[held:])
			held += n
		}
		folded(s.window[from:held])
		for i := range s.patterns {
			if s.patterns[i].in(s.window[:held], first, err != nil) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		held = copy(s.window, s.window[held-s.keep:held])
		first = false
	}
}

// in says whether the text stands in a window as a word of its own. What stands
// too near to an edge to tell is left to the window before or after.
func (p *pattern) in(window []byte, first, last bool) bool {
	for from := 0; ; {
		at := bytes.Index(window[from:], p.bytes)
		if at < 0 {
			return false
		}
		at += from
		from = at + 1
		after := at + len(p.bytes)
		if !first && at < searchContext || !last && after+searchContext > len(window) {
			continue
		}
		before := p.letters(window[max(0, at-searchContext):at], true)
		behind := p.letters(window[after:min(len(window), after+searchContext)], false)
		if !p.goesOnBefore(before) && !p.goesOnBehind(behind) {
			return true
		}
	}
}

// letters are the single bytes of the letters in a text; of what is beyond ASCII
// it is enough that it is none of those that matter.
func (p *pattern) letters(text []byte, toEnd bool) []byte {
	if p.stride == 1 {
		return text
	}
	if toEnd {
		text = text[len(text)%2:]
	}
	list := make([]byte, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		letter, other := text[i+p.last], text[i+1-p.last]
		if other != 0 {
			letter = 0
		}
		list = append(list, letter)
	}
	return list
}

func isWord(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// afterEscape says that what stands before a word looks like a part of it, and is
// an escape: %20ann, \nann, \u0020ann.
func afterEscape(before []byte) bool {
	n := len(before)
	return n >= 3 && before[n-3] == '%' || n >= 2 && before[n-2] == '\\' ||
		n >= 6 && before[n-6] == '\\' && before[n-5] == 'u'
}

// goesOnBefore says that what is found is the end of a longer word: of
// joann@example.com, and of jo.ann@example.com.
func (p *pattern) goesOnBefore(before []byte) bool {
	n := len(before)
	switch {
	case n == 0 || afterEscape(before):
		return false
	case isWord(before[n-1]):
		return true
	}
	return p.email && n > 1 && bytes.IndexByte([]byte("._-+"), before[n-1]) >= 0 && isWord(before[n-2])
}

// goesOnBehind says that what is found is the beginning of a longer word: of
// ann@example.com.au.
func (p *pattern) goesOnBehind(behind []byte) bool {
	switch {
	case len(behind) == 0:
		return false
	case isWord(behind[0]):
		return true
	}
	return p.email && len(behind) > 1 && (behind[0] == '.' || behind[0] == '-') && isWord(behind[1])
}
