package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Verdict is what a Check comes to.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Warn    Verdict = "warn" // works, and may not for long, or not for everyone
	Bad     Verdict = "bad"  // a person has to do something
	Skipped Verdict = "skipped"
)

// Group is what a Check is about.
type Group string

// The groups, in the order in which they are told.
const (
	GroupConfig   Group = "config"
	GroupUpstream Group = "upstream"
	GroupClock    Group = "clock"
	GroupDisk     Group = "disk"
	GroupFolders  Group = "folders"
	GroupService  Group = "service"
	GroupSpool    Group = "spool"
)

// Groups are all of them in their order.
func Groups() []Group {
	return []Group{GroupConfig, GroupUpstream, GroupClock, GroupDisk, GroupFolders, GroupService, GroupSpool}
}

// Check is one thing that was looked at. Its texts hold no secret.
type Check struct {
	Name    string  `json:"name"`            // one word, always the same: dns, tls, fsync
	About   string  `json:"about,omitempty"` // what it was looked for at: a host, a folder, a project
	Group   Group   `json:"group"`
	Verdict Verdict `json:"verdict"`
	Says    string  `json:"says"`
	Remedy  string  `json:"remedy,omitempty"` // what to do; "": nothing
	Took    float64 `json:"took_ms"`
}

// Secret is a text that must not be shown: however it is printed, it is hidden.
type Secret string

const hidden = "•••"

// Format hides the text from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String hides the text.
func (s Secret) String() string { return hidden }

// MarshalText hides the text from encoders that ask for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Project is a way to the upstream.
type Project struct {
	Name      string
	ProjectID string
	Key       Secret
	URL       string

	// Proxy finds the proxy of a request; nil: the environment's.
	Proxy func(*http.Request) (*url.URL, error)

	// ProxyFrom says where Proxy comes from: "the config"; "": the environment.
	ProxyFrom string
}

// Folder is one that files are taken from.
type Folder struct {
	Source string
	Path   string
	Keeps  bool // the files stay where they are: the relay need not write there
	Own    bool // the relay makes it, when it starts
}

// Options say what is looked at. What is left out is not looked at.
type Options struct {
	Groups []Group // only these; nil: all

	Version    string
	BuildDate  time.Time
	ConfigPath string
	Config     string   // one sentence about a config that is in order
	Mistakes   []string // of the config
	Warnings   []string
	Zone       string // of the site, as configured
	Location   *time.Location

	Projects []Project
	Data     string // folder
	Witness  string // folder beside it
	Log      string // file; "": none
	Spool    string // file
	MaxSpool int64  // its quota in bytes
	Token    string // file of the admin token
	KeyFiles []string
	Watched  []Folder

	Listen string
	// Inside says that the daemon itself looks: the port is its own then.
	Inside bool
	// AsService says that the daemon was started by the system, or will be.
	AsService bool
	// Ours asks the relay that should be on the port who it is, with the admin
	// token; nil: nobody is asked.
	Ours func(ctx context.Context) error
	// State is how the system sees the service: "running", "stopped", "failed" or
	// "not installed". nil: not asked.
	State func() (string, error)
	// CheckSpool walks over the spool; nil: it is not looked at. Where the walk is
	// left out as it would take too long, it returns ErrTooLarge.
	CheckSpool func() error

	// Secrets are texts that must not be in what is said, whoever said it.
	Secrets []Secret
}

// Timeouts. All looks go on at once, so the longest one is the whole.
const (
	whole     = 28 * time.Second
	netTime   = 12 * time.Second
	fileTime  = 8 * time.Second
	spoolTime = 25 * time.Second
)

// look is one independent piece of work.
type look struct {
	name  string
	about string
	group Group
	limit time.Duration
	do    func(ctx context.Context) []Check
}

// Run looks at everything and returns when all of it is told, or its time is
// over; that is below half a minute. The checks are in the order of Groups.
func Run(ctx context.Context, o Options) []Check {
	ctx, cancel := context.WithTimeout(ctx, whole)
	defer cancel()
	looks := o.looks()
	said := make([][]Check, len(looks))
	var all sync.WaitGroup
	for i, l := range looks {
		all.Go(func() { said[i] = l.bounded(ctx) })
	}
	all.Wait()
	var list []Check
	for _, group := range Groups() {
		for _, checks := range said {
			for _, c := range checks {
				if c.Group == group && o.wants(group) {
					c.Says, c.Remedy = o.scrub(c.Says), o.scrub(c.Remedy)
					list = append(list, c)
				}
			}
		}
	}
	return list
}

func (o *Options) wants(g Group) bool {
	for _, one := range o.Groups {
		if one == g {
			return true
		}
	}
	return len(o.Groups) == 0
}

// looks are what there is to do, in the order in which it is told within a
// group.
func (o *Options) looks() []look {
	var list []look
	add := func(group Group, name, about string, limit time.Duration, do func(ctx context.Context) []Check) {
		if o.wants(group) || group == GroupUpstream && o.wants(GroupClock) {
			list = append(list, look{name, about, group, limit, do})
		}
	}
	one := func(c Check) func(context.Context) []Check {
		return func(context.Context) []Check { return []Check{c} }
	}
	add(GroupConfig, "config", o.ConfigPath, fileTime, func(context.Context) []Check { return o.config() })
	add(GroupConfig, "version", "", fileTime, one(o.version()))
	add(GroupConfig, "timezone", "", fileTime, one(o.timezone()))
	add(GroupClock, "clock", "this machine", fileTime, one(o.plausible()))
	for _, u := range o.upstreams() {
		add(GroupUpstream, "upstream", u.host(), netTime+time.Second, u.look)
	}
	for i := range o.Projects {
		add(GroupUpstream, "key", o.Projects[i].Name, fileTime, one(o.Projects[i].key()))
	}
	if o.Data != "" {
		add(GroupDisk, "disk", o.Data, fileTime, func(context.Context) []Check { return o.disk() })
		add(GroupDisk, "fsync", o.Data, fileTime, func(ctx context.Context) []Check { return []Check{fsync(ctx, o.Data)} })
		add(GroupDisk, "share", o.Data, fileTime, func(context.Context) []Check { return []Check{o.local()} })
		add(GroupFolders, "rights", o.Data, fileTime, func(context.Context) []Check { return o.rights() })
		add(GroupFolders, "locks", o.Data, fileTime, func(ctx context.Context) []Check { return []Check{o.locks(ctx)} })
	}
	for _, f := range o.Watched {
		add(GroupFolders, "folder", f.Path, fileTime, func(context.Context) []Check { return []Check{f.check()} })
	}
	add(GroupFolders, "drives", "", fileTime, func(context.Context) []Check { return []Check{o.drives()} })
	if o.State != nil {
		add(GroupService, "service", "", fileTime, func(context.Context) []Check { return []Check{o.service()} })
	}
	if o.Listen != "" {
		add(GroupService, "port", o.Listen, fileTime, func(ctx context.Context) []Check { return []Check{o.port(ctx)} })
	}
	add(GroupSpool, "spool", o.Spool, spoolTime, func(context.Context) []Check { return []Check{o.spool()} })
	return list
}

// bounded does the work, and tells of it as unanswered when its time is over.
func (l look) bounded(ctx context.Context) []Check {
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	defer cancel()
	began := time.Now()
	done := make(chan []Check, 1)
	go func() { done <- l.do(ctx) }()
	var list []Check
	select {
	case list = <-done:
	case <-ctx.Done():
		// What ends with the context has the chance to say what it knows.
		select {
		case list = <-done:
		case <-time.After(200 * time.Millisecond):
			list = []Check{{
				Name: l.name, About: l.about, Verdict: Bad,
				Says:   fmt.Sprintf("no answer within %s", time.Since(began).Round(time.Second)),
				Remedy: "look whether the disk, the share or the machine behind it is there, and run the doctor again",
			}}
		}
	}
	for i := range list {
		c := &list[i]
		if c.Group == "" {
			c.Group = l.group
		}
		if c.Took == 0 {
			c.Took = millis(time.Since(began))
		}
	}
	return list
}

func millis(d time.Duration) float64 { return float64(d.Round(10*time.Microsecond)) / 1e6 }

// scrub takes out of a text what a system or a proxy may have put into an error.
func (o *Options) scrub(text string) string {
	for _, s := range o.Secrets {
		if len(s) >= shortestSecret {
			text = strings.ReplaceAll(text, string(s), hidden)
		}
	}
	return text
}

// shortestSecret is the least length of a text that is taken out: a shorter one
// would tear words, and show by that what it is.
const shortestSecret = 4

// Worst is the worst verdict of a list.
func Worst(list []Check) Verdict {
	worst := OK
	for _, c := range list {
		if c.Verdict == Bad || c.Verdict == Warn && worst == OK {
			worst = c.Verdict
		}
	}
	return worst
}
