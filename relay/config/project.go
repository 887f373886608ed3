package config

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Project is a Funnelytics workspace.
type Project struct {
	// Name is the project's key in the file: small letters, digits, - and _,
	// at most 64. Records in the spool carry it: renamed, the project's
	// backlog waits until a person says where it goes.
	Name string

	// ProjectID is the Webhook Account ID of the account's integrations tab,
	// sent as X-PROJECT-ID. Required.
	ProjectID string `yaml:"project_id"`

	// APIKey is the Webhook Secret Key of the same tab, sent as X-API-KEY,
	// verbatim; it may hold spaces inside. Best as ${file:PATH}, ${cred:NAME}
	// or ${env:NAME}. A file that all users can read is refused. Required.
	APIKey Secret `yaml:"api_key"`

	// URL is the upstream's address, to which /api/v1/webhook/{action} is
	// added. https://; http:// only to loopback, since the key would cross the
	// network readably. Default: https://events.funnelytics.io.
	URL string `yaml:"url"`

	// Connections is how many events are in flight at once, 1 to 256. Default:
	// 4.
	Connections int `yaml:"connections"`

	// Rate is the most that is sent: 20/s, 600/m or 5000/h; none for no limit.
	// Default: none.
	Rate Rate `yaml:"rate"`

	// Stamp is the unit of the dateTime that the relay sets: seconds or
	// milliseconds. Default: seconds.
	Stamp Stamp `yaml:"stamp"`

	// Nested says what happens to objects outside purchase_data: flatten
	// ({"customer":{"name":"A"}} becomes customer_name) or reject (422).
	// Default: flatten.
	Nested Nested `yaml:"nested"`

	// Identity says what happens to an event with neither email nor session,
	// for which the upstream makes a new user: warn, require (422) or allow.
	// Default: warn.
	Identity Identity `yaml:"identity"`

	// Invalid says what happens to a body that breaks the upstream's contract:
	// reject (422), or hold (accepted, and kept as dead with the reason, for
	// a sender that cannot cope with a no). Default: reject.
	Invalid Invalid `yaml:"invalid"`

	// Defaults fill what is missing, by key: one between double underscores
	// ({__currency__: EUR}) in each entry of purchase_data, any other in the
	// event itself. Default: none.
	Defaults map[string]string `yaml:"defaults"`

	// RepeatWindow is how long a purchase without a dateTime that equals an
	// earlier one in everything is the same sale, sent again blindly; 0: never.
	// Default: 1h.
	RepeatWindow time.Duration `yaml:"repeat_window"`

	// Proxy is environment (HTTPS_PROXY, HTTP_PROXY and NO_PROXY), none, or
	// the proxy's URL: http://, https:// or socks5://, with user:password@
	// where it asks for them. Default: environment.
	Proxy Proxy `yaml:"proxy"`

	// TrustDuplicates is how long after a first attempt of unknown outcome the
	// upstream's refusal of a duplicate is taken to prove that the event
	// arrived; after that the record is marked "may be doubled". Default: 24h.
	TrustDuplicates time.Duration `yaml:"trust_duplicates"`

	// Outcomes says what each answer of the upstream means.
	Outcomes Outcomes `yaml:"outcomes"`
}

// DefaultProject returns a project in which every key was left out; it lacks
// a name, an id and a key.
func DefaultProject() Project {
	return Project{
		URL: "https://events.funnelytics.io", Connections: 4,
		Stamp: StampSeconds, Nested: NestedFlatten, Identity: IdentityWarn, Invalid: InvalidReject,
		RepeatWindow: time.Hour, TrustDuplicates: day,
		Outcomes: defaultOutcomes(),
	}
}

// Projects are in the order of the file; the first is the default.
type Projects []Project

// Get finds a project by its name.
func (p Projects) Get(name string) (Project, bool) {
	for _, project := range p {
		if project.Name == name {
			return project, true
		}
	}
	return Project{}, false
}

// readNode reads the mapping from name to project, and keeps its order, which
// a Go map would lose.
func (p *Projects) readNode(d *decoder, n *yaml.Node, path string) {
	var read Projects
	ok := d.pairs(n, path, "projects by name, as in `shop: {project_id: …, api_key: …}`", func(key, value *yaml.Node, at string) {
		project := DefaultProject()
		project.Name = key.Value
		if !projectName(key.Value) {
			d.fail(key, at, "is not a project's name", nameRule)
		}
		d.marks[at] = d.place(key)
		d.structure(value, at, &project)
		read = append(read, project)
	})
	if ok {
		*p = read
	}
}

const nameRule = "use small letters, digits, - and _ only, at most 64, as in `shop`"

// projectName says whether a project may be called so: the name stands in
// metrics, paths of the port and command lines.
func projectName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" && name[0] != '-'
}

// Stamp is the unit of the dateTime that the relay sets.
type Stamp string

// The units of a stamp.
const (
	StampSeconds      Stamp = "seconds"
	StampMilliseconds Stamp = "milliseconds"
)

// Nested says what happens to objects outside purchase_data.
type Nested string

// What happens to nested objects.
const (
	NestedFlatten Nested = "flatten"
	NestedReject  Nested = "reject"
)

// Identity says what happens to an event with neither email nor session.
type Identity string

// What happens to an event of nobody.
const (
	IdentityWarn    Identity = "warn"
	IdentityRequire Identity = "require"
	IdentityAllow   Identity = "allow"
)

// Invalid says what happens to a body that breaks the upstream's contract.
type Invalid string

// What happens to an invalid body.
const (
	InvalidReject Invalid = "reject"
	InvalidHold   Invalid = "hold"
)

// LogLevel is the least that is logged.
type LogLevel string

// The levels, as in log/slog.
const (
	LevelDebug LogLevel = "debug"
	LevelInfo  LogLevel = "info"
	LevelWarn  LogLevel = "warn"
	LevelError LogLevel = "error"
)

// LogFormat is the form of a log line.
type LogFormat string

// The forms of a log line.
const (
	FormatAuto LogFormat = "auto"
	FormatText LogFormat = "text"
	FormatJSON LogFormat = "json"
)

func (s *Stamp) readText(t string) *fault { return choose(s, t, StampSeconds, StampMilliseconds) }
func (n *Nested) readText(t string) *fault {
	return choose(n, t, NestedFlatten, NestedReject)
}
func (i *Identity) readText(t string) *fault {
	return choose(i, t, IdentityWarn, IdentityRequire, IdentityAllow)
}
func (i *Invalid) readText(t string) *fault { return choose(i, t, InvalidReject, InvalidHold) }
func (l *LogLevel) readText(t string) *fault {
	return choose(l, t, LevelDebug, LevelInfo, LevelWarn, LevelError)
}
func (f *LogFormat) readText(t string) *fault {
	return choose(f, t, FormatAuto, FormatText, FormatJSON)
}

// choose sets one of the words that are legal.
func choose[T ~string](into *T, text string, words ...T) *fault {
	list := make([]string, len(words))
	for i, word := range words {
		if text == string(word) {
			*into = word
			return nil
		}
		list[i] = string(word)
	}
	return &fault{is: "is none of the words that are known here", write: "write " + orList(list)}
}

// orList joins words as a person would: a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
