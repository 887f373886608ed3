package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
)

// keyBytes is what a key costs in memory besides its text.
const keyBytes = 120

// maxGroups is how many keys of a table that is read along are remembered.
const maxGroups = 2 << 20

// held is what is in memory of a table that is joined: all of it, by key, or,
// where that is too much, the rows of one key. The text of a key is its cells
// that are taken, each behind its length.
type held struct {
	rows map[string]string
	size int

	along bool // read along with the rows
	begun bool // key is one
	key   string
	text  string
	ahead *Row // the first one of the next key
	seen  map[uint64]struct{}
	seed  maphash.Seed
}

// load reads the table, or its start where it is to be read along.
func (s *side) load() error {
	h := &s.held
	h.rows = make(map[string]string)
	for {
		row, err := s.row()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		key := s.key(row.Cells, s.by)
		old, ok := h.rows[key]
		text := s.added(old, ok, row)
		h.rows[key] = text
		h.size += len(text) - len(old)
		if !ok {
			h.size += len(key) + keyBytes
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

// added is the text of a key with one more row.
func (s *side) added(text string, more bool, row *Row) string {
	if more {
		sums := false
		for _, sum := range s.sum {
			sums = sums || sum
		}
		if !sums {
			return text
		}
	}
	var to []byte
	for i, at := range s.take {
		cell := row.Cell(at)
		if s.sum[i] {
			s.numeral.learn(cell)
		}
		if more {
			var old string
			old, text = cutCell(text)
			if s.sum[i] {
				cell = old + valueEnd + cell
			} else {
				cell = old
			}
		}
		to = appendCell(to, cell)
	}
	return string(to)
}

// text is that of a key, empty where the table has no row of it.
func (s *side) text(key string) (string, error) {
	h := &s.held
	if !h.along {
		return h.rows[key], nil
	}
	for !h.begun || h.key != key {
		if h.ahead == nil {
			return "", fmt.Errorf("it is larger than %d MB, so that it is read along with the rows, but has none for %s behind those that were read: both must be sorted alike, with a row for each key",
				maxJoined>>20, keyText(key))
		}
		if err := s.group(); err != nil {
			return "", err
		}
	}
	return h.text, nil
}

// group reads the rows of the next key.
func (s *side) group() error {
	h := &s.held
	h.key, h.text = s.key(h.ahead.Cells, s.by), ""
	hash := maphash.String(h.seed, h.key)
	if _, ok := h.seen[hash]; ok {
		return fmt.Errorf("it is larger than %d MB, so that it is read along with the rows, but the rows of %s do not stand together in it", maxJoined>>20, keyText(h.key))
	}
	if len(h.seen) >= maxGroups {
		return fmt.Errorf("it has more than %d keys", maxGroups)
	}
	h.seen[hash] = struct{}{}
	h.begun = true
	for n := 0; h.ahead != nil && s.key(h.ahead.Cells, s.by) == h.key; n++ {
		h.text = s.added(h.text, n > 0, h.ahead)
		if len(h.text) > maxJoined {
			return fmt.Errorf("the rows of %s are more than %d MB", keyText(h.key), maxJoined>>20)
		}
		row, err := s.row()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		h.ahead = row
	}
	return nil
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
