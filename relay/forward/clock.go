package forward

import (
	"fmt"
	"net/http"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/spool"
)

// clockAlarm is one for the whole machine: its projects share the clock.
const clockAlarm = "clock-off"

// clockTolerance is how far the clock may be off before a person hears of it.
const clockTolerance = 2 * time.Minute

// clock compares the machine's clock with the Date of answers, and tells the
// spool how far the clock may be believed. It is guarded by the Forwarder's mu.
type clock struct {
	last  string        // the Date header that was read last: it changes once a second
	skew  time.Duration // how far the machine's clock is ahead; negative: behind
	known bool
}

// heard takes the Date header of an answer to an attempt that took from began
// until now. It returns the date; zero if there is none.
func (c *clock) heard(header string, began, now time.Time, sp *spool.Spool, alarms *alarm.Board) {
	if header == "" || header == c.last {
		return
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return
	}
	c.last = header
	sp.Observe(date)
	// The answer was written some time between began and now, and Date is cut
	// to the second.
	middle := began.Add(now.Sub(began) / 2)
	c.skew, c.known = middle.Round(0).Sub(date.Add(time.Second/2)), true
	if c.skew.Abs() <= clockTolerance {
		alarms.Clear(clockAlarm)
		return
	}
	way := "ahead of"
	if c.skew < 0 {
		way = "behind"
	}
	alarms.Raise(clockAlarm,
		fmt.Sprintf("this machine's clock is %s %s the upstream's", c.skew.Abs().Round(time.Second), way),
		"set the clock, and switch on its synchronisation: events without a dateTime are stamped with it")
}
