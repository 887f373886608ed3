package doctor

import (
	"fmt"
	"time"
)

// wrongClock is how far the clock may be off before a person must set it: events
// without a dateTime are stamped with it.
const (
	wrongClock = 2 * time.Minute
	looseClock = 10 * time.Second
)

const setClock = "set the clock, and let it follow a time server (Windows: Settings, Time & language, Sync now)"

// plausible looks at the clock alone.
func (o *Options) plausible() Check {
	now := time.Now()
	c := Check{Name: "clock", About: "this machine", Verdict: OK, Says: "shows " + now.Format("2006-01-02 15:04:05 -07:00")}
	switch {
	case !o.BuildDate.IsZero() && now.Before(o.BuildDate):
		c.Verdict = Bad
		c.Says += fmt.Sprintf(", which is before this program was made (%s)", o.BuildDate.Format(time.DateOnly))
		c.Remedy = setClock + "; if it goes wrong again, its battery is empty"
	case now.Year() > latestYear:
		c.Verdict = Bad
		c.Says += ", which is far ahead"
		c.Remedy = setClock
	}
	return c
}

// latestYear is one that no clock shows in this program's life.
const latestYear = 2045

// skewOf compares the clock with the Date of an answer, which was written about
// at middle, and is cut to the second.
func skewOf(host string, date, middle time.Time) Check {
	c := Check{Name: "clock", About: host, Group: GroupClock, Verdict: OK}
	if date.IsZero() {
		c.Verdict, c.Says = Skipped, "nothing came back with a date to compare with"
		return c
	}
	skew := middle.Sub(date.Add(time.Second / 2))
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	switch off := skew.Abs(); {
	case off > wrongClock:
		c.Verdict, c.Remedy = Bad, setClock
		c.Says = fmt.Sprintf("this machine's clock is %s %s that of %s", round(off), way, host)
	case off > looseClock:
		c.Verdict, c.Remedy = Warn, setClock
		c.Says = fmt.Sprintf("this machine's clock is %s %s that of %s", round(off), way, host)
	default:
		c.Says = "the same as that of " + host + ", but for a few seconds"
	}
	return c
}
