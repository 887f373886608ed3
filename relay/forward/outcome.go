package forward

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Verdict says what an answer means for the record that it came for.
type Verdict string

// The verdicts, the same words in config, log and metrics.
const (
	Sent      Verdict = "sent"      // taken over by the upstream
	Duplicate Verdict = "duplicate" // refused as a repeat: see Table
	Pause     Verdict = "pause"     // the project is refused, not the record
	Retry     Verdict = "retry"     // later, without limit
	Dead      Verdict = "dead"      // this record is refused for good
)

// Verdicts lists the legal verdicts, for messages.
func Verdicts() []Verdict { return []Verdict{Sent, Duplicate, Pause, Retry, Dead} }

// Table says what the upstream's answers mean. The contract does not document
// its codes ("Duplicated requests will be rejected" is all), so every line of it
// can be set. The zero Table is the default:
//
//	2xx  sent
//	409, or any 4xx whose body has "duplicat" in it, in either case: duplicate
//	3xx, 401, 402, 403, 404, 405, 407, 410, 411, 415, 426: pause
//	408, 425, 429, 5xx and anything unheard of: retry
//	other 4xx: dead
//
// The entry of a status beats that of its class, the caller's beats the
// default's of the same kind, and a caller's entry for a status also beats the
// duplicate pattern. A Table is not changed after NewTable and may be shared.
type Table struct {
	status    map[int]Verdict
	class     map[int]Verdict // by first digit
	duplicate *regexp.Regexp  // nil: the default
}

// NewTable makes a table from config: the keys of verdicts are statuses ("404")
// or classes ("4xx"), duplicate is a regular expression for the first kilobyte
// of a 4xx body ("" is the default). The error names the first bad entry.
func NewTable(verdicts map[string]string, duplicate string) (Table, error) {
	t := Table{status: map[int]Verdict{}, class: map[int]Verdict{}}
	for _, key := range slices.Sorted(maps.Keys(verdicts)) {
		v := Verdict(verdicts[key])
		if !slices.Contains(Verdicts(), v) {
			return Table{}, fmt.Errorf("outcome %q: %q is none of %v", key, v, Verdicts())
		}
		if len(key) == 3 && strings.HasSuffix(key, "xx") && key[0] >= '2' && key[0] <= '5' {
			t.class[int(key[0]-'0')] = v
			continue
		}
		status, err := strconv.Atoi(key)
		if err != nil || len(key) != 3 || status < 200 || status > 599 {
			return Table{}, fmt.Errorf("outcome %q: want a status (404) or a class (4xx)", key)
		}
		t.status[status] = v
	}
	if duplicate != "" {
		re, err := regexp.Compile(duplicate)
		if err != nil {
			return Table{}, fmt.Errorf("outcome pattern for duplicates: %w", err)
		}
		t.duplicate = re
	}
	return t, nil
}

// verdict is what status with this beginning of a body means.
func (t Table) verdict(status int, body []byte) Verdict {
	if v, ok := t.status[status]; ok {
		return v
	}
	if status/100 == 4 && t.saysDuplicate(body) {
		return Duplicate
	}
	if v, ok := defaultVerdict(status); ok {
		return v
	}
	if v, ok := t.class[status/100]; ok {
		return v
	}
	switch status / 100 {
	case 2:
		return Sent
	case 3:
		return Pause
	case 4:
		return Dead
	}
	return Retry
}

// defaultVerdict is the table's part that is about single statuses.
func defaultVerdict(status int) (Verdict, bool) {
	switch status {
	case 409:
		return Duplicate, true
	case 401, 402, 403, 404, 405, 407, 410, 411, 415, 426:
		return Pause, true
	case 408, 425, 429:
		return Retry, true
	}
	return "", false
}

func (t Table) saysDuplicate(body []byte) bool {
	if t.duplicate != nil {
		return t.duplicate.Match(body)
	}
	return containsFold(body, "duplicat")
}

// containsFold reports whether text has word, which is lower-case ASCII, in it
// in either case.
func containsFold(text []byte, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if hasPrefixFold(text[i:], word) {
			return true
		}
	}
	return false
}

func hasPrefixFold(text []byte, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}
