package relay

import (
	"context"
	"fmt"
	"time"
)

const watchPeriod = 5 * time.Second

// watch raises and clears the alarms that nobody else notices, until ctx ends.
func (r *Relay) watch(ctx context.Context) {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	raised := map[string]bool{}
	for {
		open := map[string]bool{}
		r.spoolAlarms(open)
		r.deadAlarms(open)
		r.orphans(open)
		r.offlineAlarms(open)
		r.silenceAlarms(open)
		r.keepHearing(false)
		for name := range raised {
			if !open[name] {
				r.alarms.Clear(name)
			}
		}
		raised = open
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (r *Relay) spoolAlarms(open map[string]bool) {
	raise := func(name, text, do string) {
		open[name] = true
		r.alarms.Raise(name, text, do)
	}
	h := r.spool.Health()
	if h.Unavailable != "" {
		raise("spool-unavailable", "the spool cannot be written: "+h.Unavailable,
			"look at the disk of the data folder; no event is taken until it can be written again, and it goes on by itself then")
	}
	if h.Full != "" {
		raise("spool-full", h.Full+": new events are refused, and none is dropped",
			"bring the upstream back, and free space on the disk or, if that has room, raise spool.max_size")
	} else if h.Used > h.MaxSize/10*8 {
		raise("spool-filling", fmt.Sprintf("the spool is over 80%% full: %.0f of %.0f MB", float64(h.Used)/1e6, float64(h.MaxSize)/1e6),
			"bring the upstream back, or raise spool.max_size")
	}
	if h.Full == "" {
		diskAlarm(&h, raise)
	}
	if h.ClockWrong {
		now, _ := r.spool.Now()
		raise("clock-wrong", fmt.Sprintf("this machine's clock shows %s, which cannot be right; events are stamped with %s",
			time.Now().Format(time.DateTime), now.Format(time.DateTime)),
			"set the clock, and let it follow a time server")
	}
	if h.Doubt != nil {
		text, do := r.doubtAlarm(h.Doubt)
		raise("spool-copied", text, do)
	}
	if s := h.Salvage; s != nil {
		unreadable := "none is known to be lost"
		if s.Unreadable > 0 {
			unreadable = fmt.Sprintf("%d that waited or were dead are lost", s.Unreadable)
		} else if s.Unreadable < 0 {
			unreadable = "how many are lost cannot be known"
		}
		open["salvage"] = true
		r.alarms.RaiseUntilSeen("salvage", 0, fmt.Sprintf("the spool was damaged at %s (%s); %d events were read from it, %d of them wait, %s",
			s.At.Format(time.DateTime), s.Cause, s.Records, s.Pending, unreadable),
			"the damaged file is kept as "+s.Aside+"; look at the disk, and mark this as seen, on the page or with `funnelrelay status --seen`",
			r.spool.SalvageSeen)
	}
}

func (r *Relay) deadAlarms(open map[string]bool) {
	counts := r.spool.Counts()
	for _, q := range r.queues() {
		if n := counts[q.Name].Dead; n > 0 {
			name := "dead/" + q.Name
			open[name] = true
			r.alarms.RaiseCount(name, n, fmt.Sprintf("dead events of project %s: %d; the upstream refused them for good, or they break its contract and were held", q.Project, n),
				"look at them on the page under Dead, or with `funnelrelay dead list`: each says why, and can be corrected, sent again or discarded; they stay until a person decides")
		}
	}
}
