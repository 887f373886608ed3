package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// keyBytes is what a key costs in memory besides its text.
const keyBytes = 120

// maxGroups is how many keys of a table that is read along are remembered.
const maxGroups = 2 << 20

// held is what is in memory of a table that is joined: all of it, by key, or,
// where that is too much, the rows of one key. Of the first row of a key it is
// the cells that are taken, of the further ones those that are added up, each
// behind its length.
type held struct {
	first   map[string]string
	further map[string][]byte
	size    int

	along bool // read along with the rows
	begun bool // key is one
	key   string
	text  string // of its first row
	more  []byte // of its further ones
	ahead *Row   // the first one of the next key
	seen  map[uint64]struct{}
	seed  maphash.Seed
}

// load reads the table, or its start where it is to be read along.
func (s *side) load() error {
	h := &s.held
	h.first, h.further = make(map[string]string), make(map[string][]byte)
	for {
		row, err := s.row()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		key := s.key(row.Cells, s.by)
		if _, ok := h.first[key]; !ok {
			h.first[key] = s.taken(row)
			h.size += len(h.first[key]) + len(key) + keyBytes
		} else if slices.Contains(s.sum, true) {
			old := h.further[key]
			h.further[key] = s.added(old, row)
			h.size += cap(h.further[key]) - cap(old)
			if old == nil {
				h.size += keyBytes
			}
		}
		if h.size > maxJoined {
			return s.readAlong()
		}
	}
}

// readAlong begins again with the first row.
func (s *side) readAlong() error {
	if err := s.rows.close(); err != nil {
		return err
	}
	rows, err := s.open()
	if err != nil {
		return err
	}
	s.rows = rows
	s.held = held{along: true, seen: make(map[uint64]struct{}), seed: maphash.MakeSeed()}
	s.held.ahead, err = s.row()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// row is the next one of the table. A broken one ends the reading: what it
// would have added cannot be told.
func (s *side) row() (*Row, error) {
	row, err := s.rows.next()
	var broken *Broken
	if errors.As(err, &broken) {
		return nil, fmt.Errorf("line %d: %s", broken.At.Line, broken.Reason)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: %w", s.rows.position().Line, err)
	}
	return row, err
}

// taken is the cells of the first row of a key that are taken.
func (s *side) taken(row *Row) string {
	var to []byte
	for i, at := range s.take {
		if s.sum[i] {
			s.numeral.learn(row.Cell(at))
		}
		to = appendCell(to, row.Cell(at))
	}
	return string(to)
}

// added is to with the cells of one more row that are added up.
func (s *side) added(to []byte, row *Row) []byte {
	for i, at := range s.take {
		if s.sum[i] {
			s.numeral.learn(row.Cell(at))
			to = appendCell(to, row.Cell(at))
		}
	}
	return to
}

// text is what is held of a key, nothing where the table has no row of it.
func (s *side) text(key string) (first string, further []byte, err error) {
	h := &s.held
	if !h.along {
		return h.first[key], h.further[key], nil
	}
	for !h.begun || h.key != key {
		if h.ahead == nil {
			return "", nil, fmt.Errorf("it is larger than %d MB, so that it is read along with the rows, but has none for %s behind those that were read: both must be sorted alike, with a row for each key",
				maxJoined>>20, keyText(key))
		}
		if err := s.group(); err != nil {
			return "", nil, err
		}
	}
	return h.text, h.more, nil
}

// group reads the rows of the next key.
func (s *side) group() error {
	h := &s.held
	h.key, h.text, h.more = s.key(h.ahead.Cells, s.by), s.taken(h.ahead), nil
	hash := maphash.String(h.seed, h.key)
	if _, ok := h.seen[hash]; ok {
		return fmt.Errorf("it is larger than %d MB, so that it is read along with the rows, but the rows of %s do not stand together in it", maxJoined>>20, keyText(h.key))
	}
	if len(h.seen) >= maxGroups {
		return fmt.Errorf("it has more than %d keys", maxGroups)
	}
	h.seen[hash] = struct{}{}
	h.begun = true
	for {
		row, err := s.row()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		h.ahead = row
		if row == nil || s.key(row.Cells, s.by) != h.key {
			return nil
		}
		h.more = s.added(h.more, row)
		if len(h.text)+len(h.more) > maxJoined {
			return fmt.Errorf("the rows of %s are more than %d MB", keyText(h.key), maxJoined>>20)
		}
	}
}

func appendCell(to []byte, cell string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(cell))), cell...)
}

// cutCell is the first cell of text, and what is behind it.
func cutCell(text string) (cell, rest string) {
	n, size := uint64(0), 0
	for shift := 0; size < len(text); shift += 7 {
		c := text[size]
		size++
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	end := min(size+int(n), len(text))
	return text[size:end], text[end:]
}

// keyText is a key for messages.
func keyText(key string) string {
	var cells []string
	for key != "" {
		var cell string
		cell, key = cutCell(key)
		cells = append(cells, cell)
	}
	return strings.Join(cells, " / ")
}
