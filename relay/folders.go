package relay

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/ingest"
	"funnelrelay/relay/values"
)

// openFolders makes the watcher of the drop folders:
//
//	folders ─► dropfolder ─► mapping ─► accepter ─► spool
func (r *Relay) openFolders(cfg *config.Config) error {
	machine, err := r.machine()
	if err != nil {
		return fmt.Errorf("name of this relay: %w", err)
	}
	r.folders = dropfolder.New(dropfolder.Options{
		Drop: DropPath(cfg), Plain: r.plainSource,
		Sink: r.accept, Note: r.spool.Note, SetNote: r.spool.SetNote,
		Alarms: r.alarms, Log: r.o.Log, Machine: machine, Service: r.o.Service,
		Now: func() (time.Time, bool) { return r.spool.Now() },
	})
	return r.setSources(cfg)
}

// machineNote is where this relay's own name is kept.
const machineNote = "relay/name"

// machine is a name that no other relay has, and that stays over restarts. The
// host's is a part of it, as data folders are copied to other machines.
func (r *Relay) machine() (string, error) {
	own, err := r.spool.Note(machineNote)
	if err != nil {
		return "", err
	}
	if own == nil {
		own = []byte(rand.Text())
		if err := r.spool.SetNote(machineNote, own); err != nil {
			return "", err
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return strings.ReplaceAll(host, " ", "-") + "/" + string(own), nil
}

// setSources takes up the sources of a config, or none of them when one is
// not in order (config.Errors).
func (r *Relay) setSources(cfg *config.Config) error {
	compiled, _, err := mappings(cfg)
	if err != nil {
		return err
	}
	sources := make([]dropfolder.Source, 0, len(cfg.Sources))
	for _, s := range cfg.Sources {
		one := dropfolder.Source{Name: s.Name, Project: projectOf(cfg, s.Project).Name, Spec: s, Mapping: compiled[s.Name]}
		for i, pattern := range s.Watch {
			glob, err := values.Pattern(pattern)
			if err != nil {
				return config.Errors{cfg.Problem(fmt.Sprintf("sources.%s.watch[%d]", s.Name, i), err.Error(), "")}
			}
			one.Globs = append(one.Globs, glob)
		}
		if len(one.Globs) > 0 {
			sources = append(sources, one)
		}
	}
	r.mu.Lock()
	r.mappings = compiled
	r.mu.Unlock()
	r.folders.Update(sources)
	return nil
}

// plainSource is that of a folder which is called like an action.
func (r *Relay) plainSource(action string) (*dropfolder.Source, error) {
	r.mu.Lock()
	cfg := r.cfg
	r.mu.Unlock()
	if len(cfg.Projects) == 0 {
		return nil, errors.New("no project is configured")
	}
	spec, m, err := dropMapping(cfg, action)
	if err != nil {
		return nil, err
	}
	return &dropfolder.Source{Name: spec.Name, Project: cfg.Projects[0].Name, Spec: *spec, Mapping: m}, nil
}

// mappedSources are the sources as the port takes bodies for them. r.mu is not
// held.
func (r *Relay) mappedSources(cfg *config.Config) []ingest.Source {
	r.mu.Lock()
	compiled := r.mappings
	r.mu.Unlock()
	var list []ingest.Source
	for _, s := range cfg.Sources {
		list = append(list, ingest.Source{Name: s.Name, Project: projectOf(cfg, s.Project).Name, Mapping: compiled[s.Name]})
	}
	return list
}
