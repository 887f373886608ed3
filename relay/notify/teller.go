package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"funnelrelay/relay/alarm"
)

// Way is how a target is told.
type Way interface {
	// Tell tells notices in their order, and says of how many it is sure that
	// they arrived. It ends with ctx. The error holds no secret.
	Tell(ctx context.Context, list []Notice) (arrived int, err error)

	// String names the way and where it leads, for people and without a secret.
	String() string

	// secrets are texts that must not be in an error, whoever wrote it.
	secrets() []string
}

// ownAlarm begins the names of the alarms of tellers that fail.
const ownAlarm = "alarm-target/"

// teller tells one target.
type teller struct {
	o        *Options
	settings *Settings
	target   Target
	label    string
	number   int // in the config, from 1
	told     *told

	tries map[string]int // of run alone: failures of what is due, by its alarm
	again time.Time      // of run alone: no earlier attempt

	mu       sync.Mutex // guards all below
	lastTold time.Time
	failures int
	cause    string
}

func (t *teller) state() TargetState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return TargetState{Target: t.label, Only: t.target.Only, LastTold: t.lastTold, Failures: t.failures, Cause: t.cause}
}

func (t *teller) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed := t.o.Board.Changed()
		wait := t.step(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// step tells what is due, and says when to look again if nothing changes.
func (t *teller) step(ctx context.Context) time.Duration {
	due, wait := t.due(time.Now())
	if len(due) == 0 {
		return wait
	}
	if left := time.Until(t.again); left > 0 && left <= lastRetry*2 { // not more: the clock may have been set
		return min(wait, left)
	}
	// What failed most goes last, so that one which can never be told does not
	// keep the others back.
	slices.SortStableFunc(due, func(a, b Notice) int {
		return cmp.Or(cmp.Compare(t.tries[a.Name], t.tries[b.Name]), a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name))
	})
	arrived, err := t.tell(ctx, due)
	t.noteTold(due[:arrived])
	if ctx.Err() != nil {
		return 0
	}
	if err != nil && arrived < len(due) {
		t.tries[due[arrived].Name]++
	}
	t.noteAttempt(arrived, len(due), err)
	return 0 // once more, for what came up meanwhile
}

// tell gives the way its time.
func (t *teller) tell(ctx context.Context, list []Notice) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, tellTime*time.Duration(1+len(list)/10))
	defer cancel()
	return t.target.Way.Tell(ctx, list)
}

// idle is how long a teller waits where nothing is to come.
const idle = time.Hour

// due compares the board with what was told. It returns what is to be told now,
// and in how long something may become due by itself.
func (t *teller) due(now time.Time) (list []Notice, wait time.Duration) {
	open := map[string]*alarm.Alarm{}
	for _, a := range t.o.Board.Open() {
		if t.wants(a.Name) {
			open[a.Name] = &a
		}
	}
	wait = idle
	later := func(d time.Duration) { wait = min(wait, max(d, 10*time.Millisecond)) }
	t.told.with(func(marks map[string]*mark) (keep bool) {
		for name, a := range open {
			m := marks[name]
			switch left := t.dueIn(a, m, now); {
			case left <= 0:
				list = append(list, t.notice(a, m != nil))
			case left < idle:
				later(left)
			}
			if m = marks[name]; m != nil {
				keep = t.follow(a, m) || keep
			}
		}
		for name, m := range marks {
			if open[name] != nil {
				continue
			}
			switch left := t.overIn(name, m, now); {
			case left <= 0:
				list = append(list, t.overNotice(name, m))
			default:
				later(left)
			}
		}
		return keep
	})
	return list, wait
}

// dueIn says in how long an open alarm is to be told; idle or more: not by
// itself.
func (t *teller) dueIn(a *alarm.Alarm, m *mark, now time.Time) time.Duration {
	settled := min(Settle-now.Sub(a.Since), Settle)
	switch {
	case !a.Seen.IsZero():
		return idle
	case m == nil:
		return settled
	case m.Seen: // more came up
		return 0
	case !m.over.IsZero() && now.Sub(m.over) >= Settle: // it was over, which could not be told, and is back
		return settled
	case t.settings.Repeat > 0:
		return min(t.settings.Repeat-now.Sub(m.At), t.settings.Repeat)
	}
	return idle
}

// follow keeps a mark as its alarm is now.
func (t *teller) follow(a *alarm.Alarm, m *mark) (changed bool) {
	if !m.over.IsZero() && time.Since(m.over) < Settle {
		m.over = time.Time{} // it came and went
	}
	m.What = a.Text
	if seen := !a.Seen.IsZero(); seen && !m.Seen {
		m.Seen, changed = true, true
	}
	return changed
}

// overIn says in how long it is to be told that an alarm is over.
func (t *teller) overIn(name string, m *mark, now time.Time) time.Duration {
	if t.o.Board.Awaited(name) {
		return Settle
	}
	if m.over.IsZero() {
		m.over = now.Round(0)
	}
	return min(Settle-now.Sub(m.over), Settle)
}

// noteTold remembers what arrived.
func (t *teller) noteTold(list []Notice) {
	if len(list) == 0 {
		return
	}
	t.told.with(func(marks map[string]*mark) bool {
		for _, n := range list {
			delete(t.tries, n.Name)
			if n.State == Over {
				delete(marks, n.Name)
				continue
			}
			marks[n.Name] = &mark{Since: n.Since, At: time.Now().Round(0), What: n.What}
		}
		return true
	})
}

// noteAttempt says in the log and by an alarm how telling goes.
func (t *teller) noteAttempt(arrived, of int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if arrived > 0 {
		t.lastTold = time.Now()
	}
	if err == nil {
		if t.failures > 0 {
			t.o.Log.Info("alarms can be told again", "target", t.label, "failures", t.failures)
		}
		t.failures, t.cause, t.again = 0, "", time.Time{}
		t.o.Board.Clear(t.alarmName())
		return
	}
	t.failures++
	t.cause = t.explain(err)
	if t.failures == 1 {
		t.o.Log.Warn("an alarm could not be told, it is tried again", "target", t.label, "cause", t.cause)
	}
	if arrived < of { // else all arrived, and not everywhere
		t.again = time.Now().Add(backoff(t.failures))
	}
	if t.failures >= failsFirst || arrived == of {
		t.o.Board.Raise(t.alarmName(), fmt.Sprintf("alarms cannot be told to %s (entry %d of alarm.to): %s", t.label, t.number, t.cause),
			"put it right in the config, or where it leads to, and try it with `funnelrelay alarms test`; what is not told yet is tried again")
	}
}

// backoff is the pause after so many failures in a row. A part of it is chance,
// so that the relays of many sites do not call one server in one moment.
func backoff(failures int) time.Duration {
	pause := min(firstRetry<<min(failures-1, 20), lastRetry)
	return pause*3/4 + rand.N(pause/4)
}

func (t *teller) alarmName() string { return ownAlarm + strconv.Itoa(t.number) }

// wants says that the target is to be told of an alarm.
func (t *teller) wants(name string) bool {
	return name != t.alarmName() && (len(t.target.Only) == 0 || slices.ContainsFunc(t.target.Only, func(only string) bool { return means(only, name) }))
}

// means says whether what stands under only means an alarm.
func means(only, name string) bool {
	rest, ok := strings.CutPrefix(name, only)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == '-')
}

// explain is an error in one line, without a secret.
func (t *teller) explain(err error) string {
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		text = "no answer in time"
	}
	return clip(hide(text, t.target.Way.secrets()), 300)
}

// hide takes secrets out of a text, which must not have been cut before: a part
// of one is not found.
func hide(text string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) >= 4 { // a shorter one would only garble the text
			text = strings.ReplaceAll(text, secret, "•••")
		}
	}
	return text
}
