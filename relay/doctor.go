package relay

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/doctor"
	"funnelrelay/relay/ingest"
	"funnelrelay/relay/source"
)

// DoctorOptions are what the doctor looks at of a config, for who looks while
// the relay does not run. Of a config with mistakes it is what could be read.
func DoctorOptions(cfg *config.Config, o Options) doctor.Options {
	d := doctor.Options{
		Version: o.Version, BuildDate: o.BuildDate, ConfigPath: o.ConfigPath, AsService: o.Service,
		Zone: string(cfg.Timezone), Data: cfg.Data, Witness: WitnessFolder(cfg), Log: cfg.Log.File, Spool: SpoolPath(cfg),
		MaxSpool: int64(cfg.Spool.MaxSize), Token: ingest.AdminTokenFile(cfg.Data), KeyFiles: cfg.KeyFiles(), Listen: cfg.Listen,
		Config: fmt.Sprintf("in order: %d projects, %d sources, listening on %s", len(cfg.Projects), len(cfg.Sources), cfg.Listen),
	}
	d.Location, _ = cfg.Timezone.Location() // a zone that is wrong is one of the mistakes
	for _, w := range cfg.Warnings {
		d.Warnings = append(d.Warnings, w.String())
	}
	for _, text := range cfg.Secrets() {
		d.Secrets = append(d.Secrets, doctor.Secret(text))
	}
	for i := range cfg.Projects {
		p := &cfg.Projects[i]
		one := doctor.Project{
			Name: p.Name, ProjectID: p.ProjectID, Key: doctor.Secret(p.APIKey.Reveal()), URL: p.URL, Proxy: proxyOf(p),
		}
		if one.Proxy != nil {
			one.ProxyFrom = "the config"
		}
		d.Projects = append(d.Projects, one)
	}
	d.Watched = append(d.Watched, doctor.Folder{Path: dropPath(cfg), Own: true})
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		globs, _ := watchPatterns(cfg, s)
		for _, glob := range globs {
			d.Watched = append(d.Watched, doctor.Folder{
				Source: s.Name, Path: filepath.Clean(glob.Root()), Keeps: s.After == source.AfterKeep,
			})
		}
	}
	return d
}

// doctors runs one doctor at a time, and remembers what it said: a page that is
// looked at by two persons, or again and again, shall not keep the disk busy.
type doctors struct {
	mu   sync.Mutex // guards all below, and is held while one runs
	list []doctor.Check
	at   time.Time
}

// Limits of the daemon's own doctor.
const (
	doctorMemory = 15 * time.Second // for so long an answer is given again
	largeSpool   = 300 << 20        // bytes from which the spool is not walked over by the way
)

// Doctor looks at everything that the relay stands on. It takes seconds, and
// below half a minute in any case.
func (r *Relay) Doctor(ctx context.Context) []doctor.Check {
	d := &r.doctors
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list != nil && time.Since(d.at) < doctorMemory {
		return d.list
	}
	r.mu.Lock()
	cfg := r.cfg
	r.mu.Unlock()
	o := DoctorOptions(cfg, r.o)
	o.Inside = true
	o.State = r.o.ServiceState
	o.CheckSpool = func() error {
		if r.spool.Health().Used > largeSpool {
			return doctor.ErrTooLarge
		}
		return r.spool.Check()
	}
	list := doctor.Run(ctx, o)
	if ctx.Err() == nil { // else it was given up half-way
		d.list, d.at = list, time.Now()
	}
	return list
}
