package relay

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/ingest"
	"funnelrelay/relay/machine"
)

// openFolders makes the watcher of the drop folders:
//
//	folders ─► dropfolder ─► mapping ─► accepter ─► spool
func (r *Relay) openFolders(cfg *config.Config) error {
	sources, err := compileSources(cfg)
	if err != nil {
		return err
	}
	name, err := r.leaseName()
	if err != nil {
		return fmt.Errorf("name of this relay: %w", err)
	}
	r.folders = dropfolder.New(dropfolder.Options{
		Drop: dropPath(cfg), Plain: r.plainSource,
		Sink: r.sink, Note: r.spool.Note, SetNote: r.spool.SetNote,
		Alarms: r.alarms, Log: r.o.Log, Machine: name, Service: r.o.Service,
		Now: func() (time.Time, bool) { return r.spool.Now() },
	})
	r.setSources(sources)
	return nil
}

// machineNote is where this relay's own name is kept.
const machineNote = "relay/name"

// leaseName is a name that no other relay has, and that stays over restarts. The
// machine's is a part of it, as data folders are copied to other machines; and
// the host's, as some machines are made from one image.
func (r *Relay) leaseName() (string, error) {
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
	name := strings.ReplaceAll(host, " ", "-") + "/" + string(own)
	if id := cmp.Or(r.o.Machine, machine.ID()); id != "" {
		name += "/" + id[:min(len(id), 8)]
	}
	return name, nil
}

// setSources puts sources in the place of those before.
func (r *Relay) setSources(sources []dropfolder.Source) {
	r.mu.Lock()
	r.sources = sources
	r.mu.Unlock()
	r.folders.Update(slices.DeleteFunc(slices.Clone(sources), func(s dropfolder.Source) bool { return len(s.Globs) == 0 }))
}

// plainSource is that of a folder which is called like an action.
func (r *Relay) plainSource(action string) (*dropfolder.Source, error) {
	return plainSource(r.config(), action)
}

func plainSource(cfg *config.Config, action string) (*dropfolder.Source, error) {
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
func (r *Relay) mappedSources() []ingest.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []ingest.Source
	for i := range r.sources {
		s := &r.sources[i]
		list = append(list, ingest.Source{Name: s.Name, Project: s.Project, Mapping: s.Mapping})
	}
	return list
}
