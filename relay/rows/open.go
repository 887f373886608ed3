package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// The types of a file.
const (
	TypeCSV   = "csv"
	TypeJSON  = "json"
	TypeGDPdU = "gdpdu"
)

// The ends of the names of what Rejects writes. Such a file is read as what it
// looks like, whatever the source's type is.
const (
	RejectsCSV  = ".rows.csv"
	RejectsJSON = ".rows.ndjson"
)

// OpenBytes reads data, as the body of a request, in place of the file of that
// name. It knows no other files: no index.xml, and no joins.
func OpenBytes(name string, data []byte, o Options) (*Reader, error) {
	if len(o.Join) > 0 {
		return nil, fmt.Errorf("%s: the tables to join lie beside a file, and this is none; send them with it in a zip", name)
	}
	r := &Reader{name: name, end: o.End}
	if err := r.open(bytes.NewReader(data), len(data), nil, o); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// open finds out how the file is written, and makes its Reader.
func open(fsys fs.FS, name string, o Options) (*Reader, error) {
	r := &Reader{name: name, end: o.End}
	if strings.EqualFold(path.Base(name), "index.xml") && (o.Type == "" || o.Type == TypeGDPdU) {
		records, err := openGDPdU(fsys, name, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r.records = records
		return r, nil
	}
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	r.file = file
	size := headBytes
	if info, err := file.Stat(); err == nil {
		if info.IsDir() {
			return nil, errors.Join(fmt.Errorf("%s: is a folder, not a file", name), file.Close())
		}
		size = int(min(info.Size(), headBytes))
	}
	if err := r.open(file, size, fsys, o); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	return r, nil
}

// open reads the start of src, of which size bytes are worth to be held at
// once. fsys holds what lies beside it; nil: nothing.
func (r *Reader) open(src io.Reader, size int, fsys fs.FS, o Options) error {
	fallback, ok := findCharset(o.Encoding)
	if !ok {
		return unknownEncoding(o.Encoding)
	}
	w := newWindow(src, min(size+1, headBytes)) // one more, so that the end is seen
	w.fill()
	if w.err != nil && !errors.Is(w.err, io.EOF) {
		return w.err
	}
	c := detect(w.rest(), fallback)
	if err := c.refuse(w.rest(), o); err != nil {
		return err
	}
	kind, err := c.kind(w.rest(), r.name, o)
	if err != nil {
		return err
	}
	if kind == TypeJSON {
		text, _ := c.text(io.MultiReader(bytes.NewReader(bytes.Clone(w.rest()[c.bom:])), src))
		if refused(r.name, c.start(w.rest())) {
			o.Rows = "" // each line is a row
		}
		f := Format{Type: TypeJSON, Encoding: c.name, BOM: c.bom > 0, Guessed: c.guessed}
		r.records, err = openJSON(text, f, o)
		return err
	}
	t, err := newTable(w, c, o, nil)
	if err != nil {
		return err
	}
	r.records = t
	if len(o.Join) > 0 && t.reason < 0 { // what was refused has the joined columns already
		r.records, err = joined(t, fsys, path.Dir(r.name), o.Join, o)
	}
	return err
}

// unknownEncoding says what to write.
func unknownEncoding(name string) error {
	return fmt.Errorf("encoding %q is unknown: write one as windows-1252, ibm850 or iso-8859-15", name)
}

// kind decides the type: rejects are what they look like; else it is what the
// options say, or what the first bytes say.
func (c *coding) kind(head []byte, name string, o Options) (string, error) {
	start := c.start(head)
	switch {
	case refused(name, start) && bytes.HasPrefix(start, []byte(`{"`)): // a cell with a quote in it would begin with one
		return TypeJSON, nil
	case refused(name, start):
		return TypeCSV, nil
	case o.Type == TypeGDPdU:
		return "", errors.New("is not the index.xml that read: {type: gdpdu} asks for")
	case o.Type != "":
		return o.Type, nil
	}
	next := byte(0)
	if len(start) > 1 {
		if rest := bytes.TrimLeft(start[1:], " \t\r\n"); len(rest) > 0 {
			next = rest[0]
		}
	}
	switch {
	case len(start) == 0:
		return TypeCSV, nil
	case start[0] == '{' && (next == '"' || next == '}' || next == 0):
		return TypeJSON, nil
	case start[0] == '[' && (next == 0 || strings.IndexByte(`{["]`, next) >= 0):
		return TypeJSON, nil
	case start[0] == '<':
		what := "XML"
		if lower := bytes.ToLower(start); bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html")) {
			what = "a web page"
		}
		return "", notTable(what)
	}
	return TypeCSV, nil
}

// refused says that Rejects wrote a file. A person may have given it a name of
// its own since.
func refused(name string, start []byte) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, RejectsCSV) || strings.HasSuffix(name, RejectsJSON) || bytes.Contains(start, []byte(ReasonColumn))
}

// start is the first text of a file, without spaces before it.
func (c *coding) start(head []byte) []byte {
	head = head[c.bom:min(len(head), max(c.bom, 16<<10))]
	if c.wide {
		text, _ := c.text(bytes.NewReader(head))
		head, _ = io.ReadAll(text) // what is cut off at its end does not matter here
	}
	return bytes.TrimLeft(head, " \t\r\n\x00\xEF\xBB\xBF")
}

// notTable refuses a file of another type.
func notTable(what string) error {
	return fmt.Errorf("is %s, not a table; export it as CSV", what)
}

// refuse names what only looks like a table by its name.
func (c *coding) refuse(head []byte, o Options) error {
	for _, known := range [...]struct{ magic, what string }{
		{"%PDF", "a PDF"},
		{"PK\x03\x04", "a zip or an Excel workbook (xlsx)"},
		{"\xD0\xCF\x11\xE0", "an old Excel workbook (xls)"},
		{`{\rtf`, "a text of a word processor (RTF)"},
		{"\x1F\x8B", "packed with gzip"},
		{"7z\xBC\xAF", "packed with 7-Zip"},
		{"Rar!", "packed with RAR"},
		{"\x89PNG", "a picture"},
		{"\xFF\xD8\xFF", "a picture"},
		{"SQLite format 3", "a database (SQLite)"},
		{"MZ\x90", "a program"},
		{"\x7FELF", "a program"},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return notTable(known.what)
		}
	}
	if len(head) > 0 && !o.Growing && len(bytes.Trim(head, "\x00")) == 0 {
		return errors.New("holds nothing but NUL bytes, as after a power cut while it was written; export it again")
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return notTable("packed with tar")
	}
	if len(head) > 32 && strings.IndexByte("\x03\x30\x83\x8B\xF5", head[0]) >= 0 &&
		1 <= head[2] && head[2] <= 12 && 1 <= head[3] && head[3] <= 31 {
		return notTable("a dBASE file (DBF)") // a date stands there
	}
	text := bytes.TrimRight(c.start(head), "\x00")
	if whole := withoutBlocks(text); len(whole) < len(text) {
		if controls, nuls := o.controls(whole); (controls+nuls)*20 <= len(whole) {
			return nil // a text with blocks that were never written
		}
	}
	controls, nuls := o.controls(text)
	if (controls*20 > len(text) || nuls*2 > len(text)) && !bytes.Contains(text, []byte(ReasonColumn)) {
		return notTable("binary")
	}
	return nil
}

// controls counts the bytes that no text has, and the NULs.
func (o *Options) controls(text []byte) (controls, nuls int) {
	for _, b := range text {
		switch {
		case b == 0:
			nuls++
		case b >= ' ', b == byte(o.Delimiter), b == dosEnd, '\t' <= b && b <= '\r', b == 0x1B: // of a printer
		default:
			controls++
		}
	}
	return controls, nuls
}
