package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Names that figures of several scenarios share.
const (
	duplicates = "duplicates"
	perSecond  = "events/s"
)

// figure is one thing that was measured.
type figure struct {
	Name  string    `json:"name"`
	Value float64   `json:"value"` // the median of the rounds
	Unit  string    `json:"unit,omitempty"`
	Runs  []float64 `json:"runs,omitempty"` // of each round
	Share float64   `json:"of_reference,omitempty"`
}

// result is what came of a scenario with a program, over all rounds.
type result struct {
	Scenario string   `json:"scenario"`
	What     string   `json:"what"`
	Program  string   `json:"program"`
	Command  string   `json:"command"` // that measures it again
	Figures  []figure `json:"figures"` // the most important one first
	LeftOut  string   `json:"left_out,omitempty"`
	Errors   []string `json:"errors,omitempty"` // why rounds failed
}

// add takes in the figures of one more round.
func (r *result) add(round []figure) {
	for _, f := range round {
		i := slices.IndexFunc(r.Figures, func(have figure) bool { return have.Name == f.Name })
		if i < 0 {
			i = len(r.Figures)
			r.Figures = append(r.Figures, figure{Name: f.Name, Unit: f.Unit})
		}
		have := &r.Figures[i]
		have.Runs = append(have.Runs, f.Value)
		have.Value = median(have.Runs)
		if f.Name == duplicates {
			have.Value = slices.Max(have.Runs)
		}
	}
}

// compare sets the shares of what the reference reaches.
func (r *result) compare(reference *result) {
	for i := range r.Figures {
		f := &r.Figures[i]
		for _, other := range reference.Figures {
			if other.Name == f.Name && other.Unit == perSecond && other.Value > 0 {
				f.Share = f.Value / other.Value
			}
		}
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// String is the figure as a person reads it: "accepted 24310 events/s".
func (f figure) String() string {
	digits := 2
	switch {
	case f.Value == float64(int64(f.Value)) || f.Value >= 1000:
		digits = 0
	case f.Value >= 20:
		digits = 1
	}
	text := f.Name + " " + strconv.FormatFloat(f.Value, 'f', digits, 64)
	if f.Unit != "" {
		text += " " + f.Unit
	}
	if f.Share > 0 {
		text += fmt.Sprintf(" (%.2f × the reference)", f.Share)
	}
	return text
}

// line is the result in one line, broken where it gets long; what failed
// follows on lines of its own.
func (r *result) line() string {
	var words []string
	for _, f := range r.Figures {
		words = append(words, f.String())
	}
	if r.LeftOut != "" {
		words = append(words, "left out: "+r.LeftOut)
	}
	words = append(words, r.Command)
	const indent, width = 24, 110
	out := fmt.Sprintf("%-12s%-12s", r.Scenario, r.Program)
	column := indent
	for i, word := range words {
		if i > 0 {
			out += ", "
			if column += 2; column+len(word) > width {
				out = strings.TrimRight(out, " ") + "\n" + strings.Repeat(" ", indent)
				column = indent
			}
		}
		out += word
		column += len(word)
	}
	for _, e := range r.Errors {
		e = strings.ReplaceAll(strings.TrimSpace("FAILED: "+e), "\n", "\n"+strings.Repeat(" ", indent))
		out += "\n" + strings.Repeat(" ", indent) + e
	}
	return out
}

// print writes the results: a line each, or as JSON, an object a line.
func print(out io.Writer, results []*result, asJSON bool) error {
	for _, r := range results {
		if !asJSON {
			if _, err := fmt.Fprintln(out, r.line()); err != nil {
				return err
			}
			continue
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}
