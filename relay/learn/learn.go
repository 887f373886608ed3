package learn

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// Options are what a person knows besides the files. The zero value: nothing.
type Options struct {
	// Name is the source's. Default: after the first file.
	Name string

	// Folder is what stands before the files' names in watch, with the
	// separator at its end. Default: none.
	Folder string

	// Watch is where such files will lie, as a source has it. Default: the
	// folder in which they lie now.
	Watch string

	// Presets are the known exports.
	Presets []Preset

	// Preset is the name of the one to use; "none" keeps them all out.
	// Default: the one that the columns fit, if any.
	Preset string

	// Set are answers by key: values.date, values.money, values.zone
	// and so on, see Keys. A value stands as it would in the file; patterns of
	// dates are parted by " | ". Default: none.
	Set map[string]string

	// MaxRows is how many rows of each file are looked at. Default: 20000.
	MaxRows int
}

const defaultMaxRows = 20_000

// Preset is a known export.
type Preset struct {
	Name   string
	Source source.Source // what the preset says
	Text   string        // its own text, with comments as in "# needs KEY: WHAT TO WRITE"
}

// Finding is what was found out.
type Finding struct {
	// Source reads the files, as far as it could be found out: a key with a
	// question is not set.
	Source source.Source

	// Because says for keys of Source, as in values.date, what was seen. The
	// key "" is for the source as a whole.
	Because map[string]string

	// Questions are what the files leave open, in the order of the keys.
	Questions []Question

	// Format is how the first file is written.
	Format rows.Format

	// Rows is how many rows were looked at.
	Rows int
}

// Question is a key that the files do not decide.
type Question struct {
	Key  string // values.date
	Is   string // what is unclear, and what was seen
	Ways []Way  // at least one
}

// Way is one answer to a Question.
type Way struct {
	Write string // the value, as in Options.Set; "" where only a person knows it
	Means string // what it would mean
}

// Files finds out how files are to be mapped that are exports of one kind. An
// error names the file that cannot be read, or says why there is nothing to
// learn from; one in Options.Set is an *AnswerError.
func Files(fsys fs.FS, names []string, o Options) (*Finding, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("no files to learn from")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	o.MaxRows = cmp.Or(max(o.MaxRows, 0), defaultMaxRows)
	f := &Finding{Source: source.Default(), Because: map[string]string{}}
	f.watch(names, o)
	if found, err := f.tables(fsys, names[0], o); found || err != nil {
		return f.done(), err
	}
	set, err := samples(fsys, names, o)
	if err != nil {
		return nil, err
	}
	f.Format, f.Rows = set.format, len(set.rows.lines)
	if f.Rows == 0 {
		return nil, fmt.Errorf("%s: no rows to learn from, the file has a header at most; take an export with sales in it", names[0])
	}
	f.reading(set)
	w := &finder{Finding: f, o: o, set: set, t: set.rows, items: set.rows}
	w.find()
	if w.err != nil {
		return nil, w.err
	}
	return f.done(), nil
}

// done brings the questions into the order of the keys.
func (f *Finding) done() *Finding {
	order := []string{"read", "values", "const", "event", "order", "items", "refunds"}
	place := func(q Question) int {
		first, _, _ := strings.Cut(q.Key, ".")
		return slices.Index(order, first)
	}
	slices.SortStableFunc(f.Questions, func(a, b Question) int { return place(a) - place(b) })
	return f
}

// because says what a key was found out from.
func (f *Finding) because(key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if before := f.Because[key]; before != "" {
		text = before + "; " + text
	}
	f.Because[key] = text
}

// ask adds a question.
func (f *Finding) ask(key, is string, ways ...Way) {
	f.Questions = append(f.Questions, Question{key, is, ways})
}

// asked says whether the key has a question.
func (f *Finding) asked(key string) bool {
	return slices.ContainsFunc(f.Questions, func(q Question) bool { return q.Key == key })
}

// reading says what of the way the file is written has to be pinned.
func (f *Finding) reading(set *sampled) {
	r := &f.Source.Read
	r.Type = set.format.Type
	switch {
	case set.format.Type == "json":
		f.because("read.type", "the file begins as JSON does")
		if set.path != "" {
			r.Rows = set.path
			f.because("read.rows", "the array there holds %d objects that look like orders", f.Rows)
		}
	case set.format.Type == "gdpdu":
		r.Table = set.table
		f.because("read.type", "an index.xml describes the files")
	default:
		f.because("read.type", "cells in lines")
		r.Delimiter = delimiterName(set.format.Delimiter)
		f.because("read.delimiter", "it parts each line into %d cells", len(set.rows.names))
		if set.headless {
			r.Header.None = true
			f.because("read.header", "line %d holds values and no names: columns are numbers, from 0", set.firstLine)
		}
	}
	switch {
	case !set.format.Guessed:
		// What bytes prove they prove in each file anew.
		f.because("read.type", "in %s", encodingName(set.format))
	case set.encodingWays != nil:
		f.ask("read.encoding", "the bytes do not prove the encoding, and in none do all words look right", set.encodingWays...)
	case set.encoding != "":
		r.Encoding = set.encoding
		f.because("read.encoding", "%s", set.encodingWhy)
	}
}

func encodingName(f rows.Format) string {
	if f.BOM {
		return f.Encoding + " with a mark at the front"
	}
	return f.Encoding
}

func delimiterName(r rune) string {
	switch r {
	case 0:
		return ""
	case '\t':
		return "tab"
	}
	return string(r)
}

// Keys are those of Options.Set.
func Keys() []string {
	return []string{"const.currency", "event.action", "items.label", "items.total", "order.at", "order.id", "read.encoding", "read.fill", "read.table", "values.date", "values.money", "values.zone"}
}
