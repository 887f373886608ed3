package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// setValue puts a value into a JSON object, at a name or at a JSON pointer
// ("/purchase_data/0/__currency__"), and leaves all other bytes as they are: the
// order of keys and the text of numbers are the sender's. value nil takes the
// name out. A name that is not there is added at the end of its object.
func setValue(body []byte, at string, value []byte) ([]byte, error) {
	path := pointer(at)
	f := finder{dec: json.NewDecoder(bytes.NewReader(body)), body: body}
	f.dec.UseNumber()
	spot, err := f.find(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", at, err)
	case spot.found && value != nil:
		return splice(body, spot.from, spot.to, value), nil
	case spot.found:
		return takeOut(body, spot), nil
	case value == nil:
		return nil, fmt.Errorf("%s: it is not there", at)
	}
	name, err := json.Marshal(path[len(path)-1])
	if err != nil {
		return nil, err
	}
	member := append(append(name, ':'), value...)
	if !spot.empty {
		member = append([]byte(","), member...)
	}
	return splice(body, spot.end, spot.end, member), nil
}

// pointer is the way that a name or a JSON pointer means.
func pointer(at string) []string {
	rest, ok := strings.CutPrefix(at, "/")
	if !ok {
		return []string{at}
	}
	path := strings.Split(rest, "/")
	for i, name := range path {
		path[i] = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	return path
}

// spot is where a value stands, or where it would be added.
type spot struct {
	found     bool
	key       int // where its name begins
	from, to  int // of the value
	end       int // behind the last member of the object; where found is false
	empty     bool
	inAnArray bool
}

type finder struct {
	dec  *json.Decoder
	body []byte
}

var errNoObject = errors.New("there is no object or array that it could stand in")

// find walks down to a value. The decoder stands before the value that path is
// looked for in.
func (f *finder) find(path []string) (spot, error) {
	token, err := f.dec.Token()
	if err != nil {
		return spot{}, err
	}
	switch token {
	case json.Delim('{'):
	case json.Delim('['):
		return f.inArray(path)
	default:
		return spot{}, errNoObject
	}
	s := spot{end: int(f.dec.InputOffset()), empty: true}
	for f.dec.More() {
		before := int(f.dec.InputOffset())
		key, err := f.dec.Token()
		if err != nil {
			return s, err
		}
		if key == path[0] {
			if len(path) > 1 {
				return f.find(path[1:])
			}
			s.key = before + bytes.IndexByte(f.body[before:], '"')
			return f.value(s)
		}
		var skipped json.RawMessage
		if err := f.dec.Decode(&skipped); err != nil {
			return s, err
		}
		s.end, s.empty = int(f.dec.InputOffset()), false
	}
	if len(path) > 1 {
		return s, errNoObject
	}
	return s, nil
}

func (f *finder) inArray(path []string) (spot, error) {
	n, err := strconv.Atoi(path[0])
	if err != nil || n < 0 {
		return spot{}, fmt.Errorf("%q is no place in an array, which are counted from 0", path[0])
	}
	for i := 0; f.dec.More(); i++ {
		if i == n {
			if len(path) > 1 {
				return f.find(path[1:])
			}
			return f.value(spot{key: int(f.dec.InputOffset()), inAnArray: true})
		}
		var skipped json.RawMessage
		if err := f.dec.Decode(&skipped); err != nil {
			return spot{}, err
		}
	}
	return spot{}, fmt.Errorf("the array has no place %d", n)
}

// value is the spot of the value that the decoder stands before.
func (f *finder) value(s spot) (spot, error) {
	var text json.RawMessage
	if err := f.dec.Decode(&text); err != nil {
		return s, err
	}
	s.found, s.to = true, int(f.dec.InputOffset())
	s.from = s.to - len(text)
	if s.inAnArray {
		s.key = s.from
	}
	return s, nil
}

func splice(body []byte, from, to int, with []byte) []byte {
	return bytes.Join([][]byte{body[:from], with, body[to:]}, nil)
}

// takeOut removes a member, with the comma that belongs to it.
func takeOut(body []byte, s spot) []byte {
	from, to := s.key, s.to
	before := bytes.TrimRight(body[:from], " \t\r\n")
	after := bytes.TrimLeft(body[to:], " \t\r\n")
	switch {
	case bytes.HasSuffix(before, []byte(",")):
		from = len(before) - 1
	case bytes.HasPrefix(after, []byte(",")):
		to = len(body) - len(after) + 1
	}
	return splice(body, from, to, nil)
}

// valueAt is what stands at a name or pointer now; nil: nothing.
func valueAt(body []byte, at string) []byte {
	f := finder{dec: json.NewDecoder(bytes.NewReader(body)), body: body}
	if s, err := f.find(pointer(at)); err == nil && s.found {
		return body[s.from:s.to]
	}
	return nil
}

// assigned is the JSON of a value from the command line: text is a string,
// unless a number, true, false, null, or something nested stood there before and
// the text is one, too.
func assigned(text string, before []byte) []byte {
	if len(before) > 0 && before[0] != '"' {
		dec := json.NewDecoder(strings.NewReader(text))
		var value json.RawMessage
		if dec.Decode(&value) == nil {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				return value
			}
		}
	}
	value, _ := json.Marshal(text) // a string can always be marshalled
	return value
}
