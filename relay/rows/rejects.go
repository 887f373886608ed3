package rows

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"
)

// ReasonColumn is the column that Rejects adds to each row.
const ReasonColumn = "funnelrelay_reason"

// reasonColumn says that a column is it. Of a gdpdu table it also keeps the
// decimal sign, which stood in the index.xml.
func reasonColumn(name string) (decimal string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(name), ReasonColumn)
	if rest == "" {
		return "", ok
	}
	decimal, ok = strings.CutPrefix(rest, " decimal ")
	return decimal, ok
}

// Rejects writes rows that were refused, as the file they come from writes
// them, with a reason. A person corrects them and drops the file again: a
// Reader leaves the reason out, so that it reads what the first file held. The
// joined columns of a row are written too, and are not joined again.
type Rejects struct {
	to      io.Writer
	f       Format
	charset *charset
	line    []byte
	begun   bool
}

// NewRejects writes to w as f says. Nothing is written before the first row.
func NewRejects(w io.Writer, f Format) *Rejects {
	f.Newline = cmp.Or(f.Newline, "\r\n")
	if f.Type == TypeGDPdU || f.Delimiter == 0 {
		f.Delimiter = ';'
	}
	c, ok := findCharset(f.Encoding)
	if !ok {
		c, _ = findCharset(utf8Name)
	}
	return &Rejects{to: w, f: f, charset: c}
}

// Write adds a row, in one call of the writer. The reason is put on one line.
func (r *Rejects) Write(row *Row, reason string) error {
	r.line = r.line[:0]
	reason = strings.Join(strings.Fields(strings.ToValidUTF8(reason, "\uFFFD")), " ")
	if r.f.Type == TypeJSON {
		r.object(row, reason)
	} else {
		r.cells(row, reason)
	}
	_, err := r.to.Write(r.line)
	return err
}

// Close ends the file; the writer stays open.
func (r *Rejects) Close() error { return nil }

// cells writes a row of a table, and before the first one the header.
func (r *Rejects) cells(row *Row, reason string) {
	names := []string(nil)
	if r.f.Header != nil {
		names = r.f.Header.Names
	}
	if !r.begun {
		r.begun = true
		if r.f.BOM || strings.HasPrefix(r.f.Encoding, "utf-16") { // which few letters do not prove
			r.line = append(r.line, r.bom()...)
		}
		if len(names) > 0 {
			column := ReasonColumn
			if r.f.Decimal != "" {
				column += " decimal " + r.f.Decimal
			}
			r.record(append(append([]string(nil), names...), column))
		}
	}
	cells := append([]string(nil), row.Cells...)
	if len(names) == 0 { // without a header, the reason says itself what it is
		r.record(append(cells, reasonMark+r.fitting(reason)))
		return
	}
	for len(cells) < len(names) {
		cells = append(cells, "")
	}
	rest := append([]string(nil), cells[len(names):]...)
	r.record(append(append(cells[:len(names)], r.fitting(reason)), rest...))
}

// reasonMark stands before the reason in a row of a table without header.
const reasonMark = ReasonColumn + ": "

// record writes cells in the file's encoding.
func (r *Rejects) record(cells []string) {
	var text []byte
	for i, cell := range cells {
		if i > 0 {
			text = utf8.AppendRune(text, r.f.Delimiter)
		}
		text = r.cell(text, cell)
	}
	text = append(text, r.f.Newline...)
	r.line = append(r.line, r.encoded(text)...)
}

// cell writes one in quotes where it needs them.
func (r *Rejects) cell(to []byte, cell string) []byte {
	plain := !strings.ContainsAny(cell, "\"\r\n") && !strings.ContainsRune(cell, r.f.Delimiter) &&
		!strings.HasPrefix(cell, " ") && !strings.HasSuffix(cell, " ")
	if unguarded(cell) != cell { // it would be read as something else
		if guarded := "'" + cell; unguarded(guarded) == cell {
			cell = guarded
		} else {
			cell, plain = `="`+cell+`"`, false
		}
	}
	if plain {
		return append(to, cell...)
	}
	to = append(to, '"')
	to = append(to, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(to, '"')
}

// encoded is text as the file's bytes. What the charset has no form for is
// written as UTF-8, which a Reader finds in each record by itself; so is what
// would be taken for UTF-8.
func (r *Rejects) encoded(text []byte) []byte {
	if ascii(text) && r.charset.ascii || r.charset.utf8 {
		return text
	}
	encoded, ok := r.charset.encode(string(text))
	if !ok && (!r.charset.ascii || r.charset.runes == nil) {
		encoded, ok = r.charset.encode(r.fitting(string(text)))
	}
	c := coding{guessed: true, charset: r.charset}
	if !ok || r.charset.ascii && c.isUTF8(encoded) {
		return text
	}
	return encoded
}

// fitting is text with a ? for each character that the charset does not have.
func (r *Rejects) fitting(text string) string {
	if _, ok := r.charset.encode(text); ok {
		return text
	}
	return strings.Map(func(c rune) rune {
		if _, ok := r.charset.encode(string(c)); ok {
			return c
		}
		return '?'
	}, text)
}

// bom is the file's.
func (r *Rejects) bom() []byte {
	switch r.f.Encoding {
	case utf16leName:
		return []byte{0xFF, 0xFE}
	case utf16beName:
		return []byte{0xFE, 0xFF}
	}
	return []byte(bomUTF8)
}

// object writes a JSON row as UTF-8, on a line of its own.
func (r *Rejects) object(row *Row, reason string) {
	key, _ := json.Marshal(ReasonColumn) // a text is never refused
	text, _ := json.Marshal(reason)
	r.line = append(append(append(append(r.line, '{'), key...), ':'), text...)
	if row.Value.Kind() == Object {
		inner := bytes.TrimSpace(row.Value.JSON()[1:])
		if len(inner) > 1 {
			r.line = append(r.line, ',')
		}
		// Line ends stand between values only: in a text they are written \n.
		from := len(r.line)
		r.line = append(r.line, inner...)
		for i, c := range r.line[from:] {
			if c == '\n' || c == '\r' {
				r.line[from+i] = ' '
			}
		}
		r.line = append(r.line, '\n')
		return
	}
	r.line = append(r.line, "}\n"...)
}
