package config

import (
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// Outcome is what an answer of the upstream means for the record.
type Outcome string

// What an answer can mean.
const (
	OutcomeSent      Outcome = "sent"      // delivered
	OutcomeDuplicate Outcome = "duplicate" // refused as a repeat of the same bytes
	OutcomePause     Outcome = "pause"     // ours to fix: the project pauses, nothing dies
	OutcomeRetry     Outcome = "retry"     // tried again without limit
	OutcomeDead      Outcome = "dead"      // refused for good; kept for a person
)

// Outcomes says what each HTTP status of the upstream means, and by which words
// it refuses a duplicate. In the file a list adds to the defaults and takes from
// them: a status named there means that and nothing else. A single status (404)
// beats its class (4xx), also where the class is yours and the status is the
// default's. Naming one status under two outcomes is an error.
type Outcomes struct {
	// Sent is delivered. Default: 2xx.
	Sent []Status `yaml:"sent"`

	// Duplicate is the refusal of a repeat. Default: 409.
	Duplicate []Status `yaml:"duplicate"`

	// Pause stops the project with an alarm until it is put right. Default:
	// 401, 402, 403, 404, 405, 407, 410, 411, 415, 426, 3xx.
	Pause []Status `yaml:"pause"`

	// Retry is tried again, for as long as it takes. Default: 408, 425, 429,
	// 5xx.
	Retry []Status `yaml:"retry"`

	// Dead is refused for good, and kept for a person. Default: 4xx.
	Dead []Status `yaml:"dead"`

	// DuplicateBody is found in the body of a 4xx that refuses a duplicate,
	// whatever its status: a pattern (RE2), case-blind; "" for none. Default:
	// duplicat.
	DuplicateBody Pattern `yaml:"duplicate_body"`
}

func defaultOutcomes() Outcomes {
	return Outcomes{
		Sent:          []Status{"2xx"},
		Duplicate:     []Status{"409"},
		Pause:         []Status{"401", "402", "403", "404", "405", "407", "410", "411", "415", "426", "3xx"},
		Retry:         []Status{"408", "425", "429", "5xx"},
		Dead:          []Status{"4xx"},
		DuplicateBody: "duplicat",
	}
}

// For says what a status means. A status that nothing names, such as 700, is
// OutcomeRetry: it is not of HTTP, so it did not come from the upstream.
func (o Outcomes) For(status int) Outcome {
	code := Status(strconv.Itoa(status))
	class := Status(strconv.Itoa(status/100) + "xx")
	for _, named := range []Status{code, class} {
		for outcome, list := range o.lists() {
			if slices.Contains(*list, named) {
				return outcome
			}
		}
	}
	return OutcomeRetry
}

// Table lists what each status from 200 to 599 means.
func (o Outcomes) Table() map[int]Outcome {
	table := make(map[int]Outcome, 400)
	for status := 200; status < 600; status++ {
		table[status] = o.For(status)
	}
	return table
}

// Given is what the table has beyond the defaults, from status or class to
// outcome: 404 to retry, 4xx to dead.
func (o Outcomes) Given() map[string]string {
	defaults := defaultOutcomes()
	given := map[string]string{}
	for outcome, list := range o.lists() {
		for _, status := range *list {
			for same, usual := range defaults.lists() {
				if same == outcome && !slices.Contains(*usual, status) {
					given[string(status)] = string(outcome)
				}
			}
		}
	}
	return given
}

// lists yields each outcome with its list, in the order of the file.
func (o *Outcomes) lists() func(yield func(Outcome, *[]Status) bool) {
	return func(yield func(Outcome, *[]Status) bool) {
		_ = yield(OutcomeSent, &o.Sent) && yield(OutcomeDuplicate, &o.Duplicate) && yield(OutcomePause, &o.Pause) &&
			yield(OutcomeRetry, &o.Retry) && yield(OutcomeDead, &o.Dead)
	}
}

// readNode lays what the file says over the defaults.
func (o *Outcomes) readNode(d *decoder, n *yaml.Node, path string) {
	defaults := *o
	given := Outcomes{DuplicateBody: defaults.DuplicateBody}
	d.plain(n, path, &given)
	claimed := map[Status]Outcome{}
	for outcome, list := range given.lists() {
		for i, status := range *list {
			before, taken := claimed[status]
			if taken && before != outcome {
				d.at(index(join(path, string(outcome)), i), string(status)+" is under "+string(before)+" as well",
					"name a status once")
			}
			claimed[status] = outcome
		}
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for outcome, list := range defaults.lists() {
		for into, mine := range given.lists() {
			if into == outcome {
				*mine = append(*mine, unclaimed(*list, claimed)...)
			}
		}
	}
	*o = given
}

func unclaimed(list []Status, claimed map[Status]Outcome) []Status {
	var free []Status
	for _, status := range list {
		if _, taken := claimed[status]; !taken {
			free = append(free, status)
		}
	}
	return free
}

// Status is an HTTP status (404) or a class of them (4xx).
type Status string

func (s *Status) readText(text string) *fault {
	if len(text) == 3 && text[0] >= '2' && text[0] <= '5' {
		rest := text[1:]
		if rest == "XX" {
			rest = "xx"
		}
		if _, err := strconv.ParseUint(rest, 10, 8); err == nil || rest == "xx" {
			*s = Status(text[:1] + rest)
			return nil
		}
	}
	return &fault{is: "is not a status of HTTP", write: "write one from 200 to 599, or a class: 2xx, 3xx, 4xx or 5xx"}
}

// Pattern is a regular expression (RE2) that is matched case-blind; an empty
// one matches nothing.
type Pattern string

// Expr is the pattern as package regexp takes it, case-blind; that of an empty
// one matches nothing.
func (p Pattern) Expr() string {
	if p == "" {
		return `[^\x00-\x{10FFFF}]`
	}
	return "(?i)" + string(p)
}

func (p *Pattern) readText(text string) *fault {
	re, err := regexp.Compile(Pattern(text).Expr())
	if err != nil {
		return &fault{is: "is not a regular expression (RE2)", write: `mask what is meant literally with \, as in already exists\.`}
	}
	if re.MatchString("") {
		return &fault{is: "matches every answer, also an empty one", write: `write the words of the refusal, as in duplicat, or "" for none`}
	}
	*p = Pattern(text)
	return nil
}
