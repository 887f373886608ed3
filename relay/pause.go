package relay

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

// pauseNote is the name of the note that a project is paused by hand: by its
// name, so that the pause holds for its backlog as well when its id changes.
func pauseNote(project string) string { return "pause/" + project }

// pause is what a person said when they paused a project.
type pause struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
}

// heldAlarm is the name of the alarm of a project that is paused by hand.
func heldAlarm(project string) string { return "project-held/" + project }

// forgetPauses empties the reasons of pauses that names says, as they name a
// person, and tells how many there are.
func forgetPauses(s *spool.Spool, names func(text string) bool, dry bool) (changed map[string]*pause, err error) {
	notes, err := s.Notes(pauseNote(""))
	if err != nil {
		return nil, err
	}
	changed = map[string]*pause{}
	for name, text := range notes {
		said := new(pause)
		if json.Unmarshal(text, said) != nil || !names(said.Reason) {
			continue
		}
		said.Reason = "paused by hand"
		project := strings.TrimPrefix(name, pauseNote(""))
		if changed[project] = said; dry {
			continue
		}
		if err := setPause(s, project, said); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// forgetPauses does so for the projects that are held, and their alarms.
func (r *Relay) forgetPauses(names func(text string) bool, dry bool) (int, error) {
	r.reloads <- struct{}{}
	defer func() { <-r.reloads }()
	changed, err := forgetPauses(r.spool, names, dry)
	for name, said := range changed {
		if p := r.projectNamed(name); p != nil && !dry && err == nil {
			p.forward.Pause(said.Reason, said.Since)
			r.raiseHeld(name, said, siteZone(r.config()))
		}
	}
	if !dry && err == nil { // now that no alarm has the old text any more
		err = r.notify.Forget(names)
	}
	return len(changed), err
}

// pausedIn reads whether a person has paused the project; nil: nobody has. A note
// that cannot be read holds the project: it is there for that, and resuming it
// mends it.
func pausedIn(s *spool.Spool, project string) *pause {
	text, err := s.Note(pauseNote(project))
	if err == nil && text == nil {
		return nil
	}
	said := new(pause)
	if err != nil || json.Unmarshal(text, said) != nil {
		return &pause{Reason: "whether it was paused by hand cannot be read", Since: time.Now()}
	}
	return said
}

// setPause keeps that the project is paused; with nil that it is not.
func setPause(s *spool.Spool, project string, said *pause) error {
	if said == nil {
		return s.SetNote(pauseNote(project), nil)
	}
	text, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return s.SetNote(pauseNote(project), text)
}

// applyPauseLocked pauses a forwarder that is new, where a person had paused the
// project.
func (r *Relay) applyPauseLocked(p *project) {
	if said := pausedIn(r.spool, p.config.Name); said != nil {
		p.forward.Pause(said.Reason, said.Since)
		r.raiseHeld(p.config.Name, said, siteZone(r.cfg))
	}
}

func (r *Relay) raiseHeld(project string, said *pause, zone *time.Location) {
	r.alarms.Raise(heldAlarm(project),
		fmt.Sprintf("project %s is paused by hand since %s: %s", project, said.Since.In(zone).Format(time.DateTime), said.Reason),
		"events are taken and kept; run `funnelrelay resume "+project+"`, or resume it on the page, to have them sent")
}

// pauseProject stops sending for a project. It is on disk before it holds.
func (r *Relay) pauseProject(name, reason string) error {
	r.reloads <- struct{}{} // no config is taken up meanwhile
	defer func() { <-r.reloads }()
	p := r.projectNamed(name)
	if p == nil {
		return fmt.Errorf("project %s is not in the config: %w", name, control.ErrNotFound)
	}
	said := &pause{Reason: reason, Since: time.Now().Round(time.Second)}
	if err := setPause(r.spool, name, said); err != nil {
		return err
	}
	p.forward.Pause(said.Reason, said.Since)
	r.raiseHeld(name, said, siteZone(r.config()))
	r.o.Log.Info("project paused by hand", "project", name, "reason", reason)
	return nil
}

// resumeProject ends that.
func (r *Relay) resumeProject(name string) error {
	r.reloads <- struct{}{}
	defer func() { <-r.reloads }()
	p := r.projectNamed(name)
	if p == nil {
		return fmt.Errorf("project %s is not in the config: %w", name, control.ErrNotFound)
	}
	if err := setPause(r.spool, name, nil); err != nil {
		return err
	}
	p.forward.Resume()
	r.alarms.Clear(heldAlarm(name))
	r.o.Log.Info("project resumed by hand", "project", name)
	return nil
}

func (r *Relay) probeProject(name string) error {
	p := r.projectNamed(name)
	if p == nil {
		return fmt.Errorf("project %s is not in the config: %w", name, control.ErrNotFound)
	}
	p.forward.Probe()
	return nil
}

// projectNamed is the configured project of that name; nil: there is none.
func (r *Relay) projectNamed(name string) *project {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.projects {
		if p.config.Name == name {
			return p
		}
	}
	return nil
}
