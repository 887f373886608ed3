package relay

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// project is a configured project that is being forwarded.
type project struct {
	config  config.Project
	queue   string
	forward *forward.Forwarder
	cancel  context.CancelFunc // nil: not started
}

// queueOf names the queue of a project's records. It holds the id, so that a
// backlog never goes to another workspace than the one that it was meant for:
// where the name or the id changes, the old queue stays, and waits.
func queueOf(name, projectID string) string { return name + "/" + projectID }

// setProjects takes up the projects of cfg: forwarders of those that stay get
// their new options, the others end or start. r.mu is not held.
func (r *Relay) setProjects(cfg *config.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cfg = cfg
	old := r.projects
	r.projects = nil
	var added []*project
	targets := map[string]*target{}
	for _, c := range cfg.Projects {
		options := r.forwardOptions(cfg, &c)
		p := &project{config: c, queue: queueOf(c.Name, c.ProjectID)}
		if i := slices.IndexFunc(old, func(o *project) bool { return o.queue == p.queue }); i >= 0 {
			p.forward, p.cancel = old[i].forward, old[i].cancel
			p.forward.Update(options)
			old = slices.Delete(old, i, i+1)
		} else {
			p.forward = forward.New(r.spool, options)
			added = append(added, p)
			r.applyPauseLocked(p)
		}
		r.projects = append(r.projects, p)
		targets[c.Name] = &target{name: c.Name, queue: p.queue, rules: options.Rules, zone: options.Rules.Zone}
	}
	for _, gone := range old {
		if gone.cancel != nil {
			gone.cancel()
		}
		if _, stays := targets[gone.config.Name]; !stays {
			r.alarms.Clear(heldAlarm(gone.config.Name))
		}
	}
	for _, p := range added {
		r.startLocked(p)
	}
	r.accept.targets.Store(&targets)
}

// startLocked runs the forwarder of p, once Run has begun. One of the same name
// that has not ended yet goes first: the two share an alarm, and perhaps a queue.
func (r *Relay) startLocked(p *project) {
	if r.run == nil || r.run.Err() != nil || p.cancel != nil {
		return
	}
	run, before, gone := r.run, r.ending[p.config.Name], make(chan struct{})
	ctx, cancel := context.WithCancel(run)
	p.cancel, r.ending[p.config.Name] = cancel, gone
	name, forwarder := p.config.Name, p.forward
	r.running.Go(func() {
		defer close(gone)
		if before != nil {
			<-before
		}
		if err := forwarder.Run(ctx); err != nil {
			r.o.Log.Error("forwarding ended", "project", name, "cause", err)
		}
		if run.Err() == nil { // taken out of the config: nobody else ends its alarm
			forwarder.ClearAlarm()
		}
	})
}

// queues lists the queues of the configured projects, in their order, and then
// those that have records or counts and no project any more.
func (r *Relay) queues() []control.Queue {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []control.Queue
	known := map[string]bool{}
	for _, p := range r.projects {
		known[p.queue] = true
		list = append(list, control.Queue{
			Name: p.queue, Project: p.config.Name, ProjectID: p.config.ProjectID, Configured: true,
			State: p.forward.State, URL: addressOf(&p.config),
		})
	}
	return append(list, orphaned(r.spool.Counts(), known)...)
}

// orphaned are the queues that have counts and are not known, by name.
func orphaned(counts map[string]spool.Counts, known map[string]bool) (list []control.Queue) {
	for _, queue := range slices.Sorted(maps.Keys(counts)) {
		if !known[queue] {
			name, id, _ := strings.Cut(queue, "/")
			list = append(list, control.Queue{Name: queue, Project: name, ProjectID: id})
		}
	}
	return list
}

// orphans raises an alarm for each backlog that has no project any more.
func (r *Relay) orphans(open map[string]bool) {
	counts := r.spool.Counts()
	for _, q := range r.queues() {
		name := "backlog/" + q.Name
		waits := counts[q.Name].Pending
		if q.Configured || waits == 0 {
			continue
		}
		open[name] = true
		r.alarms.Raise(name,
			fmt.Sprintf("events that wait for project %s with project_id %s, which is not in the config any more: %d", q.Project, q.ProjectID, waits),
			fmt.Sprintf("put a project named %s with that project_id back into the config, and they are sent as soon as it is there; or give them to another project: `funnelrelay spool move %s --to PROJECT`", q.Project, shellWord(q.Name)))
	}
}

// addressOf tells where a project's events are sent.
func addressOf(p *config.Project) func(path string) string {
	base, err := url.Parse(p.URL)
	if err != nil {
		return nil // the config was checked
	}
	return func(path string) string { return forward.Address(base, path).String() }
}

// shellWord is a text as it is written in a command, in quotes where it needs
// them.
func shellWord(text string) string {
	if strings.ContainsAny(text, " \t\"'`$&|;<>()*?#~%!^\\") {
		return `"` + text + `"`
	}
	return text
}
