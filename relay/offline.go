package relay

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/event"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// Desk is the API over a spool while no relay runs: for commands. It opens no
// port, sends nothing, and takes no file from the folders.
type Desk struct {
	cfg     *config.Config
	spool   *spool.Spool
	control *control.Control
	mux     *http.ServeMux
}

// Offline opens the spool of a relay that does not run. It fails with
// fs.ErrNotExist where none has run yet, and with spool.ErrLocked where one does.
//
// That the spool was copied or put back is not looked for, and what was noticed
// before stays: who looks at a spool shall not decide on it.
func Offline(cfg *config.Config, o Options) (*Desk, error) {
	o.Version = cmp.Or(o.Version, "dev")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if _, err := os.Stat(SpoolPath(cfg)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the relay has never run on this data folder: %w", err)
	}
	sources, err := compileSources(cfg)
	if err != nil {
		return nil, err
	}
	s, err := spool.Open(SpoolPath(cfg), SpoolOptions(cfg, o))
	if err != nil {
		return nil, spoolHint(err)
	}
	d := &Desk{cfg: cfg, spool: s, mux: http.NewServeMux()}
	accept, alarms := &accepter{spool: s}, alarm.New(o.Log)
	targets := map[string]*target{}
	for i := range cfg.Projects {
		p := &cfg.Projects[i]
		rules := eventRules(cfg, p)
		targets[p.Name] = &target{name: p.Name, queue: queueOf(p.Name, p.ProjectID), rules: rules, zone: rules.Zone}
	}
	accept.targets.Store(&targets)
	folders := dropfolder.New(dropfolder.Options{
		Drop: dropPath(cfg), Plain: func(action string) (*dropfolder.Source, error) { return plainSource(cfg, action) },
		Sink: accept, Note: s.Note, SetNote: s.SetNote, Alarms: alarms, Log: o.Log, Service: o.Service,
		Now: func() (time.Time, bool) { return s.Now() },
	})
	watched := make([]dropfolder.Source, 0, len(sources))
	for i := range sources {
		if len(sources[i].Globs) > 0 {
			watched = append(watched, sources[i])
		}
	}
	folders.Update(watched)
	options := present{
		cfg:   func() *config.Config { return cfg },
		rules: func(source string) *event.Rules { return rulesIn(sources, source) },
	}.options()
	options.Spool, options.Alarms, options.Version = s, alarms, o.Version
	options.Queues, options.Ready, options.Sink, options.Folders = d.queues, func() bool { return false }, accept, folders
	options.Config = func() string { return o.ConfigPath }
	options.Pause, options.Resume = d.pause, d.resume
	options.Forget = func(names func(text string) bool, dry bool) (int, error) {
		changed, err := forgetPauses(s, names, dry)
		if err == nil && !dry {
			err = newNotifier(s, alarms, o.Log, o.Version).Forget(names)
		}
		return len(changed), err
	}
	d.control = control.New(options)
	d.control.Routes(d.mux, func(h http.Handler) http.Handler { return h })
	for _, only := range []string{"/api/v1/login", "/api/v1/alarms/test", "/api/v1/reload"} {
		d.mux.HandleFunc("POST "+only, control.NotRunning)
	}
	return d, nil
}

// Handler answers what the relay would at /api/v1/, without asking who it is: it
// is for the program that has opened the spool. What needs a running relay is
// refused with 409.
func (d *Desk) Handler() http.Handler { return d.mux }

// Control answers without HTTP.
func (d *Desk) Control() *control.Control { return d.control }

// Close closes the spool. It may be called again.
func (d *Desk) Close() error { return d.spool.Close() }

// queues are those of the configured projects, and then those that have counts
// and no project any more.
func (d *Desk) queues() (list []control.Queue) {
	known := map[string]bool{}
	for i := range d.cfg.Projects {
		p := &d.cfg.Projects[i]
		q := control.Queue{
			Name: queueOf(p.Name, p.ProjectID), Project: p.Name, ProjectID: p.ProjectID, Configured: true, URL: addressOf(p),
		}
		if said := pausedIn(d.spool, p.Name); said != nil {
			q.State = func() forward.State {
				return forward.State{Mode: forward.Held, Since: said.Since, Cause: said.Reason}
			}
		}
		known[q.Name] = true
		list = append(list, q)
	}
	return append(list, orphaned(d.spool.Counts(), known)...)
}

func (d *Desk) pause(project, reason string) error {
	return setPause(d.spool, project, &pause{Reason: reason, Since: time.Now().Round(time.Second)})
}

func (d *Desk) resume(project string) error { return setPause(d.spool, project, nil) }
