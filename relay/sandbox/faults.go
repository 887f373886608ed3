package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults is what goes wrong with requests for the webhook. The zero value is
// fair weather. In JSON, durations are texts such as "200ms", absent fields are
// zero, and unknown ones are refused:
//
//	{"status":503, "probability":0.3, "retry_after":"3", "body":"try later"}
//	{"latency":"200ms", "lost":0.1, "reset":0.1}
//	{"down":true}   {"down_for":"5s"}
//	{"html":"<!doctype html><title>Hotel WiFi</title>"}
//
// Several may be set at once: a request meets down, then reset, then status or
// html, then the contract's rules, then lost.
type Faults struct {
	// Status answers a request instead of taking it: 300 to 599 (with HTML,
	// 200 too). 0: no such fault.
	Status int
	// Probability that Status or HTML strikes, above 0 and up to 1. 0 stands
	// for 1.
	Probability float64
	// Body goes with Status. Default: a JSON object that names the status.
	Body string
	// RetryAfter is the header that goes with Status: seconds, or an HTTP
	// date. "": no header.
	RetryAfter string
	// Location is the header that goes with a Status of 3xx. "": no header.
	Location string
	// HTML is a page that answers instead of Body, with the type text/html and
	// Status or else 200: a captive portal, an error page of a gateway.
	HTML string
	// Latency passes before any answer; an event is taken before it.
	Latency time.Duration
	// Lost is the probability, 0 to 1, that an event is taken and its answer
	// never comes: the connection is closed.
	Lost float64
	// LostStatus is answered in place of a lost answer, 500 to 599: a gateway
	// that gave up on an upstream which did the work. 0: no answer at all.
	LostStatus int
	// Reset is the probability, 0 to 1, that the connection is reset before
	// anything is taken.
	Reset float64
	// Down resets every connection until further notice.
	Down bool
	// DownFor does so for a while, counted from when the faults are set.
	DownFor time.Duration
	// Times ends all faults after they struck so many requests (latency alone
	// strikes none). 0: no end.
	Times int
}

// faultField is a field's place in JSON, and where its value goes.
type faultField struct {
	name  string
	value any
}

func (f *Faults) fields() []faultField {
	return []faultField{
		{"status", &f.Status},
		{"probability", &f.Probability},
		{"body", &f.Body},
		{"retry_after", &f.RetryAfter},
		{"location", &f.Location},
		{"html", &f.HTML},
		{"latency", (*durationText)(&f.Latency)},
		{"lost", &f.Lost},
		{"lost_status", &f.LostStatus},
		{"reset", &f.Reset},
		{"down", &f.Down},
		{"down_for", (*durationText)(&f.DownFor)},
		{"times", &f.Times},
	}
}

// durationText is a duration in JSON: "200ms".
type durationText time.Duration

// MarshalText writes it as time.Duration does.
func (d durationText) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// UnmarshalText reads what time.ParseDuration reads.
func (d *durationText) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%s is no duration such as 200ms or 5s", quote(string(text)))
	}
	*d = durationText(v)
	return nil
}

// MarshalJSON writes the fields that are not zero, so that what it gives can be
// read again.
func (f Faults) MarshalJSON() ([]byte, error) {
	var zero Faults
	defaults := zero.fields()
	out := []byte{'{'}
	for i, field := range f.fields() {
		value, err := json.Marshal(field.value)
		if err != nil {
			return nil, err
		}
		if absent, err := json.Marshal(defaults[i].value); err != nil || bytes.Equal(value, absent) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, field.name)
		out = append(out, ':')
		out = append(out, value...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads a JSON object strictly: a field that is unknown, stands
// twice or has the wrong type is an error, and all such errors are reported at
// once. f is replaced as a whole, or left alone on an error.
func (f *Faults) UnmarshalJSON(data []byte) error {
	var read Faults
	fields := make(map[string]any)
	for _, field := range read.fields() {
		fields[field.name] = field.value
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("faults: not a JSON object")
	}
	var all []error
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("faults: %w", err)
		}
		name, _ := t.(string) // a key is always a string
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("faults: %s: %w", name, err)
		}
		switch value, known := fields[name]; {
		case !known:
			all = append(all, fmt.Errorf("%s: no such fault; there are %s", quote(name), strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
		case seen[name]:
			all = append(all, fmt.Errorf("%s: stands twice", name))
		default:
			all = append(all, readFault(name, raw, value))
		}
		seen[name] = true
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	*f = read
	return nil
}

func readFault(name string, raw json.RawMessage, value any) error {
	err := json.Unmarshal(raw, value)
	var wrong *json.UnmarshalTypeError
	switch {
	case string(raw) == "null":
		return fmt.Errorf("%s: is null: leave it out", name)
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: is a %s: give %s", name, wrong.Value, wanted(value))
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case name == "probability":
		if p, ok := value.(*float64); ok && *p == 0 {
			return errors.New("probability: 0 strikes never: leave the status out instead")
		}
	}
	return nil
}

// wanted says what a field of value's type is written as.
func wanted(value any) string {
	switch value.(type) {
	case *durationText:
		return `a text such as "200ms"`
	case *string:
		return "a text in quotes"
	case *bool:
		return "true or false"
	case *int:
		return "a whole number"
	}
	return "a number"
}

// ParseFaults reads one JSON object as [Faults.UnmarshalJSON] does, and
// validates it. It is the reader of POST /faults, and serves a flag as well.
func ParseFaults(data []byte) (Faults, error) {
	var f Faults
	d := json.NewDecoder(bytes.NewReader(data))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return Faults{}, fmt.Errorf("faults: not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Faults{}, errors.New("faults: more follows after the JSON object")
	}
	if err := f.UnmarshalJSON(raw); err != nil {
		return Faults{}, err
	}
	return f, f.Validate()
}

// Validate reports every field that makes no sense, each with what to write.
func (f Faults) Validate() error {
	var all []error
	bad := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	for _, p := range []struct {
		name  string
		value float64
	}{{"probability", f.Probability}, {"lost", f.Lost}, {"reset", f.Reset}} {
		if !(p.value >= 0 && p.value <= 1) {
			bad("%s: %v is no probability: give one from 0 to 1", p.name, p.value)
		}
	}
	struck := f.Status != 0 || f.HTML != ""
	switch {
	case f.Status == 0:
	case !isStatus(f.Status):
		bad("status: %d is no final HTTP status: give one from 300 to 599", f.Status)
	case f.Status < 300 && f.HTML == "":
		bad("status: %d would say that an event was taken which was not; a captive portal needs html", f.Status)
	}
	if f.Probability != 0 && !struck {
		bad("probability: belongs to status or html, and neither is set")
	}
	if f.Body != "" && (f.Status == 0 || f.HTML != "") {
		bad("body: belongs to status, without html")
	}
	if f.RetryAfter != "" {
		if !struck {
			bad("retry_after: belongs to status or html, and neither is set")
		}
		if _, err := http.ParseTime(f.RetryAfter); err != nil && !allDigits(f.RetryAfter) {
			bad("retry_after: %s is neither seconds nor an HTTP date", quote(f.RetryAfter))
		}
	}
	if f.Location != "" && (f.Status < 300 || f.Status > 399) {
		bad("location: belongs to a status of 3xx")
	}
	if strings.ContainsAny(f.Location, "\r\n") {
		bad("location: holds a line break")
	}
	if f.LostStatus != 0 && (f.LostStatus < 500 || f.LostStatus > 599) {
		bad("lost_status: %d is not from 500 to 599", f.LostStatus)
	}
	if f.LostStatus != 0 && f.Lost == 0 {
		bad("lost_status: belongs to lost, which is not set")
	}
	if f.Latency < 0 || f.DownFor < 0 || f.Times < 0 {
		bad("latency, down_for and times cannot be negative")
	}
	if f.Down && f.DownFor != 0 {
		bad("down, down_for: set one of them: until further notice, or for a while")
	}
	return errors.Join(all...)
}
