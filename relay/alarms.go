package relay

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/forward"
	"funnelrelay/relay/notify"
	"funnelrelay/spool"
)

// Notes of the spool in which alarms are remembered.
const (
	openNote = "alarm/open" // since when each is open, and whether it was seen
	toldNote = "alarm/told" // what was told to whom
)

// openAlarms takes up what an earlier run knew of its alarms, and makes what
// tells them.
//
//	whoever notices ─► alarm.Board ─► notify ─► webhook, mail, command
//	                        └───────► control ─► page, status, metrics
func (r *Relay) openAlarms(cfg *config.Config) {
	data, err := r.spool.Note(openNote)
	if err != nil {
		r.o.Log.Debug("what is known of alarms cannot be read", "err", err)
	}
	r.alarms.Remember(data, func(data []byte) error { return r.spool.SetNote(openNote, data) })
	data, err = r.spool.Note(hearingNote)
	if err != nil {
		r.o.Log.Debug("the last sales cannot be read", "err", err)
	}
	r.heard = newHearing(data)
	r.notify = newNotifier(r.spool, r.alarms, r.o.Log, r.o.Version)
	r.heard.follow(cfg)
	r.notify.Update(r.notifySettings(cfg))
}

// newNotifier makes one that remembers in the spool what it told.
func newNotifier(s *spool.Spool, alarms *alarm.Board, log *slog.Logger, version string) *notify.Notifier {
	return notify.New(notify.Options{
		Board: alarms, Log: log, Version: version,
		Note:    func() ([]byte, error) { return s.Note(toldNote) },
		SetNote: func(data []byte) error { return s.SetNote(toldNote, data) },
	})
}

// tellsOthers says that a key that changed is one of who is told, or how.
func tellsOthers(key string) bool {
	return key == "alarm.site" || key == "alarm.repeat" || key == "alarm.to" || key == "timezone" || key == "projects" || strings.HasPrefix(key, "projects.")
}

// offlineAlarms raises one for each project that could not be sent to for long.
func (r *Relay) offlineAlarms(open map[string]bool) {
	r.mu.Lock()
	after, named := r.cfg.Alarm.OfflineAfter, r.cfg.Timezone
	r.mu.Unlock()
	zone, err := named.Location()
	if err != nil {
		zone = time.Local
	}
	counts := r.spool.Counts()
	for _, q := range r.queues() {
		if q.State == nil || after == 0 {
			continue
		}
		if s := q.State(); s.Mode == forward.Offline && time.Since(s.Since) >= after {
			name := "offline/" + q.Project
			open[name] = true
			text, do := offline(&q, &s, counts[q.Name].Pending, zone)
			r.alarms.Raise(name, text, do)
		}
	}
}

func offline(q *control.Queue, s *forward.State, waiting int64, zone *time.Location) (text, do string) {
	safe := "nothing waits"
	switch {
	case waiting == 1:
		safe = "1 event waits, safe on this machine"
	case waiting > 1:
		safe = fmt.Sprintf("%d events wait, safe on this machine", waiting)
	}
	return fmt.Sprintf("project %s has been offline since %s: %s; %s", q.Project, s.Since.In(zone).Format("2006-01-02 15:04"), s.Cause, safe),
		"look at this machine's internet connection, or ask `funnelrelay doctor`; nothing is lost meanwhile, and sending goes on by itself"
}

// leastFree is what must be free on the disk of the data folder: the spool takes
// nothing any more at 16 MB, and other programs and updates of the system can
// eat some hundred in a night. A smaller quota needs no more than itself.
func leastFree(h *spool.Health) int64 {
	const enough, stops = 500_000_000, 16 << 20
	return min(enough, max(2*stops, h.MaxSize))
}

// diskAlarm raises one while there is still time to make room.
func diskAlarm(h *spool.Health, raise func(name, text, do string)) {
	if least := leastFree(h); h.DiskFree < least {
		raise("disk-low", fmt.Sprintf("the disk of the data folder has %.0f MB left; no event is taken any more when it is full", float64(h.DiskFree)/1e6),
			fmt.Sprintf("make room on it, so that %.0f MB or more are free", float64(least)/1e6))
	}
}

// AlarmTest is what POST /api/v1/alarms/test answers.
type AlarmTest struct {
	Targets []notify.Result `json:"targets"`
}

// serveAlarmTest answers POST /api/v1/alarms/test: it tells everyone under
// alarm.to that this is a test, and answers 200 with what came of each, also
// where that is an error.
func (r *Relay) serveAlarmTest(w http.ResponseWriter, req *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * time.Minute)) // some need their time
	answer := AlarmTest{Targets: r.notify.Test(req.Context())}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer) // the reader went away: nothing to do
}
