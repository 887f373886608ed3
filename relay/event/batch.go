package event

import (
	"bytes"
	"fmt"
	"strconv"
)

// SplitBatch takes a batch apart: a JSON array, or with ndjson one value a line
// (LF or CRLF; blank lines are skipped). The parts are slices of body, as they
// were written; an array has been scanned as JSON, a line has not. Whether a
// part is an object, and a legal event, is for Normalize to say. There may be
// none.
//
// The faults are one: a text that is no array (malformed), with the pointer of
// the element that it breaks at; or more than max parts, with the pointer of
// the first one too many. max 0: any number.
func SplitBatch(body []byte, ndjson bool, max int) ([][]byte, *Faults) {
	body = trim(body)
	if ndjson {
		return splitLines(body, max)
	}
	s := scanner{src: body, flat: true}
	broken := func(index int) ([][]byte, *Faults) {
		f := Fault{Pointer: "/" + strconv.Itoa(index), Detail: fmt.Sprintf("not JSON: %s: %s", place(body, s.at), s.wrong)}
		return nil, &Faults{Malformed: true, List: []Fault{f}}
	}
	if len(body) == 0 || body[0] != '[' {
		return nil, &Faults{Malformed: true, List: []Fault{{Detail: "must be a JSON array, with one object for each event"}}}
	}
	var parts [][]byte
	i := s.space(1)
	if i < len(body) && body[i] == ']' {
		i++
	} else {
		for more := true; more; {
			from := s.space(i)
			if _, i = s.value(nil, from); s.failed {
				return broken(len(parts))
			}
			if max > 0 && len(parts) == max {
				return nil, tooMany(max)
			}
			parts = append(parts, body[from:i:i])
			if i = s.space(i); i < len(body) && (body[i] == ',' || body[i] == ']') {
				more = body[i] == ','
				i++
			} else {
				s.fail(i, "a comma or ] is due here")
				return broken(len(parts))
			}
		}
	}
	if i = s.space(i); i < len(body) {
		s.fail(i, "something follows the end of the array")
		return nil, &Faults{Malformed: true, List: []Fault{{Detail: fmt.Sprintf("not JSON: %s: %s", place(body, s.at), s.wrong)}}}
	}
	return parts, nil
}

func splitLines(body []byte, max int) ([][]byte, *Faults) {
	var parts [][]byte
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		body = rest
		line = trim(line)
		if len(line) == 0 {
			continue
		}
		if max > 0 && len(parts) == max {
			return nil, tooMany(max)
		}
		parts = append(parts, line[:len(line):len(line)])
	}
	return parts, nil
}

func tooMany(max int) *Faults {
	return &Faults{List: []Fault{{
		Pointer: "/" + strconv.Itoa(max),
		Detail:  fmt.Sprintf("is one more than the %d events that a batch may hold; send them in several", max),
	}}}
}
