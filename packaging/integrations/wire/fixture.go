// Package wire keeps requests as senders wrote them, byte for byte, and stands
// between a sender and the relay to record them, or to lose an answer.
//
// A fixture is a file of lines that begin with #, and then the request:
//
//	# sender: curl 7.88.1
//	# source: recorded
//	# answer: 202 queued
//	# arrives: Lead body
//	POST /api/v1/webhook/Lead HTTP/1.1
//	…
//
// The lines before it end with a line feed alone; all after them belongs to the
// request, its CRLFs included.
package wire

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Fixture is a request and what is known about it.
type Fixture struct {
	Sender string // the tool and its version
	// Source says where the bytes come from: "recorded", or "documentation: …"
	// with what is said there, and what is assumed.
	Source string
	// Answer is the status that the relay gives, and the word in its status or
	// detail: "202 queued", "422 __commerce_action__".
	Answer string
	// Arrives is the action that arrives upstream, and the event as JSON, or
	// "body" for what the request holds. Empty: nothing does.
	Arrives string
	Request []byte
}

// fields are the lines of a fixture by name, in their order.
func (f *Fixture) fields() (names []string, values map[string]*string) {
	return []string{"sender", "source", "answer", "arrives"},
		map[string]*string{"sender": &f.Sender, "source": &f.Source, "answer": &f.Answer, "arrives": &f.Arrives}
}

// Parse reads a fixture. Every name may stand once, and only arrives may be left
// out.
func Parse(text []byte) (*Fixture, error) {
	var f Fixture
	_, values := f.fields()
	for bytes.HasPrefix(text, []byte("#")) {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		name, value, ok := strings.Cut(strings.TrimPrefix(string(line), "# "), ": ")
		field := values[name]
		if !ok || field == nil {
			return nil, fmt.Errorf("fixture: line %q: want one of %q, each once", line, slices.Sorted(maps.Keys(values)))
		}
		*field = value
		delete(values, name)
		text = rest
	}
	if f.Sender == "" || f.Source == "" || f.Answer == "" || len(text) == 0 {
		return nil, fmt.Errorf("fixture: sender, source, answer and the request must be there")
	}
	f.Request = text
	return &f, nil
}

// Read reads the fixture in a file.
func Read(path string) (*Fixture, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("fixture: %w", err)
	}
	f, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Bytes is the fixture as a file holds it.
func (f *Fixture) Bytes() []byte {
	var b bytes.Buffer
	names, values := f.fields()
	for _, name := range names {
		if value := *values[name]; value != "" {
			fmt.Fprintf(&b, "# %s: %s\n", name, value)
		}
	}
	b.Write(f.Request)
	return b.Bytes()
}
