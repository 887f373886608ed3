package rows

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxIndex is how long an index.xml may be; DSFinV-K's has 40 KB.
const maxIndex = 4 << 20

// index is what an index.xml says, by the standard for data carriers of the
// German tax office (GDPdU 2001, GoBD), which DSFinV-K uses.
type index struct {
	dir    string // where it lies
	tables []indexTable
}

// indexTable is one table. The names are those of the standard.
type indexTable struct {
	URL       string
	Name      string
	ANSI      *struct{}
	Macintosh *struct{}
	OEM       *struct{}
	UTF16     *struct{}
	UTF7      *struct{}
	UTF8      *struct{}
	Decimal   string `xml:"DecimalSymbol"`
	Grouping  string `xml:"DigitGroupingSymbol"`
	SkipBytes string `xml:"SkipNumBytes"`
	Range     struct{ From, To, Length string }
	Variable  *struct {
		Delimiter    *string       `xml:"ColumnDelimiter"`
		Record       *string       `xml:"RecordDelimiter"`
		Encapsulator *string       `xml:"TextEncapsulator"`
		Columns      []indexColumn `xml:",any"`
	} `xml:"VariableLength"`
	Fixed *struct{} `xml:"FixedLength"`
}

// indexColumn is a VariableColumn or VariablePrimaryKey, in the order of the
// file.
type indexColumn struct {
	XMLName xml.Name
	Name    string
	Numeric *struct {
		Implied string `xml:"ImpliedAccuracy"`
	}
}

// readIndex reads the index.xml of that name. Its DTD is not looked at, and
// nothing that it names is loaded but the tables.
func readIndex(fsys fs.FS, name string) (*index, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxIndex:
		return nil, fmt.Errorf("longer than %d bytes: this is no index.xml", maxIndex)
	}
	ix, err := parseIndex(data)
	if err != nil {
		return nil, err
	}
	ix.dir = path.Dir(name)
	return ix, nil
}

func parseIndex(data []byte) (*index, error) {
	text, err := indexText(data)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var set struct {
		XMLName xml.Name     `xml:"DataSet"`
		Tables  []indexTable `xml:"Media>Table"`
	}
	if err := d.Decode(&set); err != nil {
		line, column := d.InputPos()
		var wrong *xml.SyntaxError
		if errors.As(err, &wrong) {
			err = errors.New(wrong.Msg)
		}
		return nil, fmt.Errorf("line %d, column %d: no index.xml of a GDPdU export: %w", line, column, err)
	}
	if len(set.Tables) == 0 {
		return nil, errors.New("the index.xml names no table")
	}
	ix := &index{tables: set.Tables}
	for i := range ix.tables {
		t := &ix.tables[i]
		t.URL, t.Name = strings.TrimSpace(t.URL), strings.TrimSpace(t.Name)
	}
	return ix, nil
}

// indexText is an index.xml in UTF-8. What is not UTF-8 or UTF-16 is what it
// says itself, and windows-1252 where it says nothing true.
func indexText(data []byte) ([]byte, error) {
	ansi, _ := findCharset("")
	c := detect(data, ansi)
	data = data[c.bom:]
	switch {
	case c.wide:
		text, _ := c.text(bytes.NewReader(data))
		return io.ReadAll(text)
	case utf8.Valid(data):
		return data, nil
	}
	head, _, _ := bytes.Cut(data[:min(len(data), 256)], []byte("?>"))
	if _, label, ok := bytes.Cut(head, []byte("encoding=")); ok && len(label) > 1 {
		if end := bytes.IndexByte(label[1:], label[0]); end > 0 {
			if said, ok := findCharset(string(label[1 : 1+end])); ok && !said.utf8 && said.ascii {
				ansi = said
			}
		}
	}
	return ansi.decode(nil, data), nil
}

// table finds one by its URL or name, case-blind. None is asked for: the only
// one.
func (ix *index) table(name string) (*indexTable, error) {
	if name == "" && len(ix.tables) == 1 {
		return &ix.tables[0], nil
	}
	for _, same := range []func(a, b string) bool{
		func(a, b string) bool { return a == b },
		strings.EqualFold,
		func(a, b string) bool { return strings.EqualFold(path.Base(a), b) },
	} {
		for i := range ix.tables {
			t := &ix.tables[i]
			if name != "" && (same(t.URL, name) || same(t.Name, name)) {
				return t, nil
			}
		}
	}
	var names []string
	for _, t := range ix.tables {
		names = append(names, t.URL)
	}
	if name == "" {
		return nil, fmt.Errorf("the index.xml describes several tables: say which one with read: { table: … }; there are %s", strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("the index.xml describes no table %q; there are %s", name, strings.Join(names, ", "))
}

// file is where the table lies in fsys: below the index, in any case of
// letters.
func (ix *index) file(fsys fs.FS, t *indexTable) (string, error) {
	name := t.URL
	if plain, err := url.PathUnescape(name); err == nil {
		if _, err := fs.Stat(fsys, path.Join(ix.dir, name)); err != nil {
			name = plain
		}
	}
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./")
	if !fs.ValidPath(name) || name == "." || strings.Contains(name, ":") {
		return "", fmt.Errorf("the table %q does not lie beside the index.xml: only tables there, or in folders below it, are read", t.URL)
	}
	return sibling(fsys, ix.dir, name)
}

// sibling is the file name below dir, in any case of letters.
func sibling(fsys fs.FS, dir, name string) (string, error) {
	full := path.Join(dir, name)
	if _, err := fs.Stat(fsys, full); err == nil {
		return full, nil
	}
	list, _ := fs.ReadDir(fsys, path.Dir(full))
	for _, entry := range list {
		if strings.EqualFold(entry.Name(), path.Base(full)) && !entry.IsDir() {
			return path.Join(path.Dir(full), entry.Name()), nil
		}
	}
	place := "the file"
	if dir != "." {
		place += " in " + dir
	}
	return "", fmt.Errorf("table %s: %w beside %s", name, fs.ErrNotExist, place)
}

// options are how the table is read; what the person wrote wins.
func (t *indexTable) options(o Options) (Options, error) {
	o.NoHeader, o.Header, o.Want = false, nil, nil
	v := t.Variable
	switch {
	case t.Fixed != nil || v == nil:
		return o, fmt.Errorf("table %s: its columns have fixed widths (FixedLength), which is not read: let the till export it as CSV (VariableLength)", t.URL)
	case strings.TrimSpace(t.SkipBytes) != "" && strings.TrimSpace(t.SkipBytes) != "0":
		return o, fmt.Errorf("table %s: SkipNumBytes is not read: let the till export it without bytes before the table", t.URL)
	case t.UTF7 != nil:
		return o, fmt.Errorf("table %s: UTF-7 is not read: let the till export it as UTF-8", t.URL)
	}
	if o.Encoding == "" {
		switch {
		case t.UTF8 != nil:
			o.Encoding = utf8Name
		case t.UTF16 != nil:
			o.Encoding = utf16leName
		case t.OEM != nil:
			o.Encoding = "ibm850"
		case t.Macintosh != nil:
			o.Encoding = "macintosh"
		}
	}
	if o.Delimiter == 0 {
		o.Delimiter = ';'
		if v.Delimiter != nil && *v.Delimiter != "" {
			var n int
			if o.Delimiter, n = utf8.DecodeRuneInString(*v.Delimiter); n < len(*v.Delimiter) {
				return o, fmt.Errorf("table %s: the ColumnDelimiter %q is more than one character, which is not read", t.URL, *v.Delimiter)
			}
		}
	}
	// A parser of XML makes \n of a \r\n that is written as such.
	if v.Record != nil && strings.Trim(*v.Record, "\r\n \t") != "" {
		return o, fmt.Errorf("table %s: the RecordDelimiter %q is no line end, which is not read", t.URL, *v.Record)
	}
	if v.Encapsulator != nil && strings.TrimSpace(*v.Encapsulator) != "" && strings.TrimSpace(*v.Encapsulator) != `"` {
		return o, fmt.Errorf(`table %s: the TextEncapsulator %q is not read: let the till write "`, t.URL, *v.Encapsulator)
	}
	return o, nil
}

// columns are those of the table, in the order of the file.
func (t *indexTable) columns() []indexColumn {
	var list []indexColumn
	for _, c := range t.Variable.Columns {
		switch c.XMLName.Local {
		case "VariableColumn", "VariablePrimaryKey":
			c.Name = strings.TrimSpace(c.Name)
			list = append(list, c)
		}
	}
	return list
}

// span is the line that the table begins with, and how many records it has; -1
// for all to the end of the file.
func (t *indexTable) span() (from, most int64, err error) {
	number := func(text string) int64 {
		if text = strings.TrimSpace(text); text == "" || err != nil {
			return 0
		}
		n, wrong := strconv.ParseInt(text, 10, 64)
		if wrong != nil || n < 0 {
			err = fmt.Errorf("table %s: %q in its Range is no number of a row", t.URL, text)
		}
		return n
	}
	from, most = max(number(t.Range.From), 1), -1
	if length := number(t.Range.Length); length > 0 {
		most = length
	}
	if to := number(t.Range.To); to > 0 {
		most = max(to-from+1, 0)
	}
	return from, most, err
}

// decimal is the sign before the decimals; the standard's default is a comma.
func (t *indexTable) decimal() string {
	if strings.TrimSpace(t.Decimal) == "." {
		return "."
	}
	return ","
}

// grouping is the sign between thousands, which is never the one before the
// decimals.
func (t *indexTable) grouping() string {
	if sign := strings.TrimSpace(t.Grouping); sign != "" && sign != t.decimal() {
		return sign
	}
	if t.decimal() == "." {
		return ","
	}
	return "."
}
