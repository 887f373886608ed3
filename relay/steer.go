package relay

import (
	"context"
	"io"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/event"
)

// present is what answers need of the config in force.
type present struct {
	cfg   func() *config.Config
	rules func(source string) *event.Rules // of a configured source; nil: it is none, or has none of its own
}

// options are those of a Control that stand on the config alone.
func (p present) options() control.Options {
	return control.Options{
		Rules: p.rulesOf,
		Zone: func() *time.Location {
			return siteZone(p.cfg())
		},
		Preview: func(ctx context.Context, source, name string, file io.Reader) (control.Preview, error) {
			return previewFile(ctx, p.cfg(), source, name, file)
		},
		Totals: func(project, name string, text []byte) ([]control.TillTotal, error) {
			return readTotals(p.cfg(), project, name, text)
		},
		Redact: func() ([]byte, error) { return p.cfg().Redacted() },
		Files: func(ctx context.Context, needles []string) []string {
			return FilesWith(ctx, p.cfg(), needles)
		},
	}
}

// siteZone is the timezone in which a config's site has its days.
func siteZone(cfg *config.Config) *time.Location {
	zone, err := cfg.Timezone.Location()
	if err != nil {
		return time.Local
	}
	return zone
}

// rulesOf are by what the events of a source, or of the project, are normalized.
func (p present) rulesOf(project, source string) *event.Rules {
	cfg := p.cfg()
	if s, ok := sourceNamed(cfg, source); ok && projectOf(cfg, s).Name == project {
		if rules := p.rules(source); rules != nil {
			return rules
		}
	}
	own := projectOf(cfg, project)
	return eventRules(cfg, &own)
}

// sourceNamed is the project that a configured source names; "" is the first one.
func sourceNamed(cfg *config.Config, source string) (project string, ok bool) {
	for i := range cfg.Sources {
		if cfg.Sources[i].Name == source {
			return cfg.Sources[i].Project, true
		}
	}
	return "", false
}

// rulesIn are the rules of one of the sources; nil: it is not among them.
func rulesIn(sources []dropfolder.Source, name string) *event.Rules {
	for i := range sources {
		if sources[i].Name == name {
			return sources[i].Mapping.Rules()
		}
	}
	return nil
}

// config is the one in force. r.mu is not held.
func (r *Relay) config() *config.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cfg
}

// present is the relay's own.
func (r *Relay) present() present {
	return present{cfg: r.config, rules: func(source string) *event.Rules {
		r.mu.Lock()
		defer r.mu.Unlock()
		return rulesIn(r.sources, source)
	}}
}

// controlOptions are those of the running relay.
func (r *Relay) controlOptions() control.Options {
	o := r.present().options()
	o.Spool, o.Alarms, o.Version, o.Started = r.spool, r.alarms, r.o.Version, r.started
	o.Queues, o.Ready, o.Folders = r.queues, r.ready.Load, r.folders
	o.Sink = r.accept // what a person edits, moves or imports is no sign of life from a till
	o.Config = func() string { return r.o.ConfigPath }
	o.Sources, o.Last, o.Stopped = r.folders.State, r.sink.last, r.stopped
	o.Doctor = func(ctx context.Context) (any, error) { return r.Doctor(ctx), nil }
	o.Pause, o.Resume, o.Probe, o.Seen = r.pauseProject, r.resumeProject, r.probeProject, r.alarms.Seen
	o.Forget = r.forgetPauses
	return o
}

// Control answers without HTTP.
func (r *Relay) Control() *control.Control { return r.control }
