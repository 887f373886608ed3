package learn

import (
	"errors"
	"strings"

	"funnelrelay/relay/rows"
)

// proof looks in all the rows of large files for a date that tells day and
// month apart.
func (w *finder) proof(d dating) (found spot, ok bool) {
	var names []string
	for _, i := range w.at {
		names = append(names, w.t.names[i])
	}
	for number, name := range w.set.files {
		pack, err := rows.Unpack(w.set.fsys, name)
		if err != nil {
			return found, false
		}
		for _, member := range pack.Names {
			r, err := rows.Open(pack.FS, member, rows.Options{
				Type: w.set.kind, Table: w.set.table, Encoding: w.set.encoding, Rows: w.set.path, NoHeader: w.set.headless, Header: w.set.header,
			})
			if err != nil {
				break
			}
			found, ok = firstProof(r, names, number, d)
			if err := r.Close(); ok || err != nil {
				break
			}
		}
		if err := pack.Close(); ok || err != nil {
			return found, ok
		}
	}
	return found, false
}

// firstProof is the first date of columns with a number over 12 where day or
// month stands.
func firstProof(r *rows.Reader, names []string, file int, d dating) (spot, bool) {
	for {
		row, err := r.Next()
		var broken *rows.Broken
		if errors.As(err, &broken) {
			continue
		}
		if err != nil {
			return spot{}, false
		}
		var parts []string
		for _, name := range names {
			text := ""
			if row.Value != nil {
				text = row.Value.Get(name).Text()
			} else {
				text = row.Cell(row.Header.Find(name))
			}
			if text = strings.TrimSpace(text); text != "" {
				parts = append(parts, text)
			}
		}
		s := spot{strings.Join(parts, " "), file, row.At.Line}
		one, ok := readDate(s.text)
		if ok && (one.first > 12 || one.then > 12) && day(one.pattern) == day(strings.NewReplacer("dd", "\x01", "MM", "\x02").Replace(d.patterns[0])) {
			return s, true
		}
	}
}

// day is a pattern up to its year.
func day(pattern string) string { return pattern[:strings.LastIndexByte(pattern, 'y')+1] }
