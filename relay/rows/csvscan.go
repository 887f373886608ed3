package rows

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// dosEnd is what programs of DOS write behind a text; it stands for nothing
// anywhere, as a NUL does.
const dosEnd = 0x1A

// verdict is what became of a record.
type verdict uint8

const (
	whole     verdict = iota
	partial           // its end is not in sight
	unclosed          // its end would be the file's, as a quote was never closed
	misquoted         // a quote ends a cell of several lines, and text follows
)

// scanner cuts the first record out of some bytes. Its fields are overwritten
// by each scan.
type scanner struct {
	delimiter []byte
	stop      [256]bool // the delimiter's first byte, \r, \n
	blank     [256]bool // what may stand between a delimiter and a quote

	text     []byte // of all cells, without quotes
	ends     []int  // of each cell in text
	size     int    // bytes of the record, with the line end
	ended    bool   // by a line end, not by the end of the file
	repaired bool   // a quote did not stand where one may
	quotes   int    // cells in quotes that hold a line end
	open     int    // the cell, from 1, that was being read when it went wrong
}

// newScanner cuts cells at delimiter, which is in the encoding of the bytes.
func newScanner(delimiter []byte) *scanner {
	s := &scanner{delimiter: delimiter}
	s.stop['\r'], s.stop['\n'], s.stop[delimiter[0]] = true, true, true
	s.blank[' '], s.blank[0], s.blank[dosEnd] = true, true, true
	s.blank[delimiter[0]] = false
	return s
}

// cells is how many the record has.
func (s *scanner) cells() int { return len(s.ends) }

// empty says that no cell holds anything but spaces.
func (s *scanner) empty() bool {
	for _, c := range s.text {
		if c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// scan reads the record at the start of b. over: the file ends with b.
func (s *scanner) scan(b []byte, over bool) verdict {
	s.text, s.ends = s.text[:0], s.ends[:0]
	s.size, s.ended, s.repaired, s.quotes, s.open = 0, false, false, 0, 0
	i := 0
	if bytes.HasPrefix(b, []byte(bomUTF8)) { // of a file that was appended to another
		i = len(bomUTF8)
	}
	for {
		next, v := s.cell(b, i, over)
		if v != whole {
			s.open = len(s.ends) + 1
			return v
		}
		s.ends = append(s.ends, len(s.text))
		if next == len(b) {
			s.size = next
			break
		}
		if c := b[next]; c == '\n' || c == '\r' {
			n := newline(b[next:], over)
			if n == 0 {
				return partial
			}
			s.size, s.ended = next+n, true
			break
		}
		i = next + len(s.delimiter)
	}
	if bytes.IndexByte(b[:s.size], 0) >= 0 || bytes.IndexByte(b[:s.size], dosEnd) >= 0 {
		s.clean()
	}
	return whole
}

// start cuts the cells out of b, which is the start of a record that goes on
// behind it.
func (s *scanner) start(b []byte) {
	s.text, s.ends = s.text[:0], s.ends[:0]
	b = bytes.TrimPrefix(b, []byte(bomUTF8))
	for i := 0; i <= len(b); i += len(s.delimiter) {
		from := len(s.text)
		end, v := s.cell(b, i, true)
		if v != whole {
			s.text, end = append(s.text[:from], b[i:]...), len(b)
		}
		s.ends = append(s.ends, len(s.text))
		if end == len(b) || b[end] == '\n' || b[end] == '\r' {
			break
		}
		i = end
	}
	s.clean()
}

// cell reads the cell at i, and returns where it ends: at a delimiter, a line
// end, or the end of b.
func (s *scanner) cell(b []byte, i int, over bool) (int, verdict) {
	j := i
	for j < len(b) && s.blank[b[j]] {
		j++
	}
	if j < len(b) {
		switch b[j] {
		case '"':
			return s.quoted(b, i, j, over)
		case '=':
			if end := s.guarded(b, j, over); end > 0 {
				return end, whole
			}
		}
	}
	end := s.until(b, i)
	if end == len(b) && !over {
		return 0, partial
	}
	s.text = append(s.text, b[i:end]...)
	return end, whole
}

// until finds the end of a cell that has no quotes.
func (s *scanner) until(b []byte, i int) int {
	for ; i < len(b); i++ {
		if s.stop[b[i]] && s.stops(b, i) {
			return i
		}
	}
	return i
}

// stops says that a cell ends at i.
func (s *scanner) stops(b []byte, i int) bool {
	c := b[i]
	return c == '\n' || c == '\r' || len(s.delimiter) == 1 && c == s.delimiter[0] || bytes.HasPrefix(b[i:], s.delimiter)
}

// quoted reads the cell at i whose quote is at open.
func (s *scanner) quoted(b []byte, i, open int, over bool) (int, verdict) {
	start := len(s.text)
	for j := open + 1; ; {
		q := bytes.IndexByte(b[j:], '"')
		if q < 0 {
			if over {
				return 0, unclosed
			}
			return 0, partial
		}
		s.text = append(s.text, b[j:j+q]...)
		q += j
		if q+1 < len(b) && b[q+1] == '"' {
			s.text = append(s.text, '"')
			j = q + 2
			continue
		}
		end := q + 1
		for end < len(b) && s.blank[b[end]] {
			end++
		}
		if end == len(b) && !over {
			return 0, partial
		}
		several := bytes.IndexByte(b[open:q], '\n') >= 0 || bytes.IndexByte(b[open:q], '\r') >= 0
		if end == len(b) || s.stop[b[end]] && s.stops(b, end) {
			if several {
				s.quotes++
			}
			return end, whole
		}
		if several {
			return 0, misquoted
		}
		return s.stray(b, i, open, start, over)
	}
}

// stray reads a cell in which text follows a closing quote in the same line. In
// "5" pipe" the outer quotes are such; in "Best" Coffee all are text.
func (s *scanner) stray(b []byte, i, open, start int, over bool) (int, verdict) {
	end := s.until(b, open)
	if end == len(b) && !over {
		return 0, partial
	}
	s.repaired = true
	s.text = s.text[:start]
	cell := bytes.TrimRight(b[open:end], " \x00\x1A")
	if len(cell) > 2 && cell[len(cell)-1] == '"' {
		cell = bytes.ReplaceAll(cell[1:len(cell)-1], []byte(`""`), []byte(`"`))
	} else {
		cell = b[i:end]
	}
	s.text = append(s.text, cell...)
	return end, whole
}

// guarded reads ="0123", by which a spreadsheet is kept from reading a number,
// and returns where the cell ends; 0: it is none.
func (s *scanner) guarded(b []byte, i int, over bool) int {
	if i+2 >= len(b) || b[i+1] != '"' {
		return 0
	}
	n := bytes.IndexAny(b[i+2:], "\"\r\n")
	if n < 0 || b[i+2+n] != '"' {
		return 0
	}
	end := i + 2 + n + 1
	if end == len(b) && !over || end < len(b) && (!s.stop[b[end]] || !s.stops(b, end)) {
		return 0
	}
	s.text = append(s.text, b[i+2:end-1]...)
	return end
}

// clean takes NULs and dosEnds out of the cells.
func (s *scanner) clean() {
	kept, from := s.text[:0], 0
	for i, end := range s.ends {
		for _, c := range s.text[from:end] {
			if c != 0 && c != dosEnd {
				kept = append(kept, c)
			}
		}
		from, s.ends[i] = end, len(kept)
	}
	s.text = kept
}

// split cuts a line of a broken record at each delimiter, quotes or not. A cell
// with a quote on either side and none within is what stands between them.
func (s *scanner) split(text []byte) {
	s.text, s.ends = s.text[:0], s.ends[:0]
	text = bytes.TrimPrefix(text, []byte(bomUTF8))
	for part := range bytes.SplitSeq(text, s.delimiter) {
		if n := len(part); n > 1 && part[0] == '"' && bytes.IndexByte(part[1:], '"') == n-2 {
			part = part[1 : n-1]
		}
		s.text = append(s.text, part...)
		s.ends = append(s.ends, len(s.text))
	}
	s.clean()
}

// delimiterBytes is a delimiter as the bytes of a file write it.
func delimiterBytes(r rune, c *coding) []byte {
	if r >= utf8.RuneSelf && !c.wide && c.guessed {
		if b, ok := c.charset.encode(string(r)); ok {
			return slices.Clone(b)
		}
	}
	return utf8.AppendRune(nil, r)
}
