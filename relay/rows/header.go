package rows

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Header is the names of a table's columns. It is not changed once it was
// read, and may be used concurrently.
type Header struct {
	// Names are as the file writes them, without spaces around. A second
	// column of the same name is Name#2, a third one Name#3.
	Names []string

	places map[string]int // of each name
	loose  map[string]int // of what folded makes of them; of several the first
}

// newHeader names columns after the cells of a row.
func newHeader(cells []string) *Header {
	h := &Header{
		Names:  make([]string, len(cells)),
		places: make(map[string]int, len(cells)),
		loose:  make(map[string]int, len(cells)),
	}
	last := make(map[string]int) // number of the last column of a name
	for i, cell := range cells {
		name := strings.TrimFunc(cell, invisible)
		if _, taken := h.places[name]; taken {
			plain := name
			for n := max(last[plain], 1) + 1; taken; n++ {
				name = plain + "#" + strconv.Itoa(n)
				_, taken = h.places[name]
				last[plain] = n
			}
		}
		h.Names[i] = name
		if name != "" {
			h.places[name] = i
		}
	}
	for i, name := range h.Names {
		key := folded(name)
		if _, taken := h.loose[key]; !taken && key != "" {
			h.loose[key] = i
		}
	}
	return h
}

// Find is the place of the column of that name, from 0, or -1. Case, spaces and
// a BOM make no difference where no column has the very name. Name#2 is the
// second column of a name, Name#1 the first. Digits that are no column's name
// are a place, and are returned even where the header is shorter.
func (h *Header) Find(name string) int {
	if h == nil {
		return place(name)
	}
	if i, ok := h.places[name]; ok {
		return i
	}
	key := folded(name)
	if i, ok := h.loose[key]; ok {
		return i
	}
	if first, ok := strings.CutSuffix(name, "#1"); ok && !strings.HasSuffix(first, "#1") {
		return h.Find(first)
	}
	return place(key)
}

// place reads digits as the place of a column.
func place(digits string) int {
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return -1
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// folded is a name without case and spaces, its accents in one form.
func folded(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x80 || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return strings.ToLower(norm.NFC.String(strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, name)))
}

// invisible runes are spaces of any kind, the BOM and what has no width.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' || r == '\u2060' || r < ' '
}

// holds counts the names that are among the cells of a row.
func holds(cells, names []string) int {
	keys := make(map[string]int, len(cells))
	for _, cell := range cells {
		keys[folded(cell)]++
	}
	count := 0
	for _, name := range names {
		key := folded(name)
		if base, nth, ok := strings.Cut(key, "#"); ok && keys[key] == 0 {
			n, err := strconv.Atoi(nth)
			if err == nil && n >= 1 && keys[base] >= n {
				count++
			}
			continue
		}
		if keys[key] > 0 {
			count++
		}
	}
	return count
}

// wanted are the names that a header can hold: without those that are places.
func wanted(names []string) []string {
	var list []string
	for _, name := range names {
		if key := folded(name); key != "" && place(key) < 0 {
			list = append(list, name)
		}
	}
	return list
}
