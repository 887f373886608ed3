package doctor

import (
	"fmt"
	"runtime"
	"time"
)

// config tells the mistakes and the warnings of the file.
func (o *Options) config() []Check {
	var list []Check
	about := o.ConfigPath
	for _, text := range o.Mistakes {
		list = append(list, Check{Name: "config", About: about, Verdict: Bad, Says: text,
			Remedy: "correct the line, and see with `funnelrelay check` whether all is right"})
	}
	for _, text := range o.Warnings {
		list = append(list, Check{Name: "config", About: about, Verdict: Warn, Says: text,
			Remedy: "it is legal: leave it if it is meant so"})
	}
	if len(o.Mistakes) == 0 && o.Config != "" {
		list = append(list, Check{Name: "config", About: about, Verdict: OK, Says: o.Config})
	}
	return list
}

// oldVersion is the age of a program from which a person should look for a newer
// one.
const oldVersion = 2 * 365 * 24 * time.Hour

func (o *Options) version() Check {
	c := Check{Name: "version", Verdict: OK, Says: fmt.Sprintf("funnelrelay %s for %s/%s", o.Version, runtime.GOOS, runtime.GOARCH)}
	if !o.BuildDate.IsZero() && time.Since(o.BuildDate) > oldVersion {
		c.Verdict = Warn
		c.Says += fmt.Sprintf(", made in %s", o.BuildDate.Format("January 2006"))
		c.Remedy = "look whether there is a newer version"
	}
	return c
}

// timezone says which zone the stamps are written in: a till whose machine is
// set to UTC books the evening's sales on another day.
func (o *Options) timezone() Check {
	c := Check{Name: "timezone", About: o.Zone, Verdict: OK}
	if o.Location == nil {
		c.Verdict, c.Says = Skipped, "no time zone is configured"
		return c
	}
	now := time.Now().In(o.Location)
	name, _ := now.Zone()
	offset := now.Format("-07:00")
	c.Says = fmt.Sprintf("events are stamped in %s; it is %s there", o.Zone, now.Format("15:04 -07:00"))
	switch {
	case o.Zone == "local" && name == "UTC":
		c.Verdict = Warn
		c.Says = "the site's zone is the machine's own, and that is UTC: sales late in the evening may count for another day"
		c.Remedy = "write the shop's zone into the config, as in `timezone: Europe/Berlin`, unless the shop keeps UTC"
	case o.Zone == "local":
		c.Says = fmt.Sprintf("events are stamped in the machine's own zone; it is %s there", now.Format("15:04 -07:00"))
	case offset != time.Now().Format("-07:00"):
		c.Says += fmt.Sprintf(" (this machine shows %s)", time.Now().Format("15:04 -07:00"))
	}
	return c
}
