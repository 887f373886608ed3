package control

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// series is one metric of which every project has a value.
type series struct {
	name, kind, help string
	value            func(p *Project) (float64, bool)
}

func count(field func(c *spool.Counts) int64) func(p *Project) (float64, bool) {
	return func(p *Project) (float64, bool) { return float64(field(&p.Counts)), true }
}

func upstream(field func(s *forward.State) float64) func(p *Project) (float64, bool) {
	return func(p *Project) (float64, bool) {
		if p.Upstream == nil {
			return 0, false
		}
		return field(p.Upstream), true
	}
}

func is(mode forward.Mode) func(p *Project) (float64, bool) {
	return upstream(func(s *forward.State) float64 { return float64(btoi(s.Mode == mode)) })
}

// perProject are kept in the spool and go on over restarts, so that
// accepted_total = pending + sent_total + dead + discarded_total +
// unreadable_total holds in what a monitor reads.
var perProject = []series{
	{"accepted_total", "counter", "Events accepted.", count(func(c *spool.Counts) int64 { return c.Accepted })},
	{"duplicates_total", "counter", "Events that were known already, and not stored again.", count(func(c *spool.Counts) int64 { return c.Duplicates })},
	{"sent_total", "counter", "Events that arrived upstream.", count(func(c *spool.Counts) int64 { return c.Sent })},
	{"discarded_total", "counter", "Events that a person discarded.", count(func(c *spool.Counts) int64 { return c.Discarded })},
	{"unreadable_total", "counter", "Events lost to a damaged file.", count(func(c *spool.Counts) int64 { return c.Unreadable })},
	{"pending", "gauge", "Events that wait to be sent.", count(func(c *spool.Counts) int64 { return c.Pending })},
	{"dead", "gauge", "Events that need a person.", count(func(c *spool.Counts) int64 { return c.Dead })},
	{"oldest_pending_seconds", "gauge", "Age of the oldest event that waits.", func(p *Project) (float64, bool) { return p.OldestPending, true }},
	{"in_flight", "gauge", "Attempts under way.", upstream(func(s *forward.State) float64 { return float64(s.InFlight) })},
	{"online", "gauge", "1 while the upstream takes events.", is(forward.Online)},
	{"offline", "gauge", "1 while the upstream cannot be reached.", is(forward.Offline)},
	{"paused", "gauge", "1 while the project is paused until something is put right.", is(forward.Paused)},
	{"held", "gauge", "1 while a person holds the project.", is(forward.Held)},
	{"clock_skew_seconds", "gauge", "This machine's clock less the upstream's.", upstream(func(s *forward.State) float64 { return s.ClockSkew })},
}

// perSource are counted since the daemon started.
var perSource = []struct {
	name, kind, help string
	value            func(s *dropfolder.State) int64
}{
	{"files_total", "counter", "Files taken, or refused as a whole.", func(s *dropfolder.State) int64 { return s.Totals.Files }},
	{"file_rows_total", "counter", "Rows read from files.", func(s *dropfolder.State) int64 { return s.Totals.Rows }},
	{"file_rejected_total", "counter", "Orders whose rows are in the rejects.", func(s *dropfolder.State) int64 { return s.Totals.Rejected }},
	{"file_held_total", "counter", "Events from files that were kept as dead, for a person.", func(s *dropfolder.State) int64 { return s.Totals.Held }},
	{"file_skipped_total", "counter", "Orders that a rule of the mapping left out.", func(s *dropfolder.State) int64 { return s.Totals.Skipped }},
	{"file_changed_total", "counter", "Orders that came again with other content.", func(s *dropfolder.State) int64 { return s.Totals.Changed }},
	{"files_waiting", "gauge", "Files that are seen and not taken yet.", func(s *dropfolder.State) int64 { return int64(s.Waiting) }},
}

// WriteMetrics writes what is kept in the spool as Prometheus text.
func (c *Control) WriteMetrics(w io.Writer) {
	s := c.Status()
	for _, m := range perProject {
		fmt.Fprintf(w, "# HELP funnelrelay_%s %s\n# TYPE funnelrelay_%s %s\n", m.name, m.help, m.name, m.kind)
		for i := range s.Projects {
			if v, ok := m.value(&s.Projects[i]); ok {
				fmt.Fprintf(w, "funnelrelay_%s{project=%s,project_id=%s} %g\n", m.name, label(s.Projects[i].Name), label(s.Projects[i].ProjectID), v)
			}
		}
	}
	for _, m := range perSource {
		fmt.Fprintf(w, "# HELP funnelrelay_%s %s\n# TYPE funnelrelay_%s %s\n", m.name, m.help, m.name, m.kind)
		for i := range s.Sources {
			fmt.Fprintf(w, "funnelrelay_%s{source=%s} %d\n", m.name, label(s.Sources[i].Source), m.value(&s.Sources[i]))
		}
	}
	fmt.Fprint(w, "# HELP funnelrelay_alarm 1 for each alarm that is open.\n# TYPE funnelrelay_alarm gauge\n")
	for i := range s.Alarms {
		fmt.Fprintf(w, "funnelrelay_alarm{name=%s,seen=%q} 1\n", label(s.Alarms[i].Name), strconv.FormatBool(!s.Alarms[i].Seen.IsZero()))
	}
	for _, g := range []struct {
		name, help string
		value      float64
	}{
		{"spool_bytes", "Size of the spool file.", float64(s.Spool.Size)},
		{"spool_used_bytes", "What counts for the quota.", float64(s.Spool.Used)},
		{"spool_quota_bytes", "The quota.", float64(s.Spool.MaxSize)},
		{"spool_available", "1 while the spool can be written.", float64(btoi(s.Spool.Unavailable == ""))},
		{"spool_full", "1 while new events are refused for lack of room.", float64(btoi(s.Spool.Full != ""))},
		{"spool_undecided", "1 while a person has to decide on a copied or rolled back spool.", float64(btoi(s.Spool.Doubt != nil))},
		{"spool_held_events", "Events that are held until then.", float64(s.Held)},
		{"disk_free_bytes", "Free on the spool's disk.", float64(s.Spool.DiskFree)},
		{"alarms", "Open alarms.", float64(len(s.Alarms))},
		{"start_time_seconds", "When the daemon started, in Unix time.", float64(s.Started.Unix())},
	} {
		fmt.Fprintf(w, "# HELP funnelrelay_%s %s\n# TYPE funnelrelay_%s gauge\nfunnelrelay_%s %v\n", g.name, g.help, g.name, g.name, g.value)
	}
	fmt.Fprintf(w, "# HELP funnelrelay_build_info The version.\n# TYPE funnelrelay_build_info gauge\nfunnelrelay_build_info{version=%s} 1\n", label(s.Version))
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// label quotes the value of a label. Prometheus knows no other escapes: one as
// Go writes them, for a folder whose name holds a no-break space, would make
// all of the text unreadable to it.
func label(text string) string {
	return `"` + labelEscapes.Replace(strings.ToValidUTF8(text, "\uFFFD")) + `"`
}
