package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"funnelrelay/relay/dropfolder"
)

// rejectsPeriod is how often the rejected folders are looked through: they may
// lie on a network share.
const rejectsPeriod = 10 * time.Second

// rejectsNote is where it is kept what of the rejects was seen.
const rejectsNote = "rejects/seen"

// watchRejects raises an alarm for each source of which rows or files were
// refused, until a person has seen it or the rejected folder is empty.
func (r *Relay) watchRejects(ctx context.Context) {
	ticker := time.NewTicker(rejectsPeriod)
	defer ticker.Stop()
	raised := map[string]bool{}
	for {
		open := map[string]bool{}
		for _, found := range r.folders.Refused() {
			name := rejectsAlarm + found.Source
			open[name] = r.refused(&found, raised[name])
		}
		for name, was := range raised {
			if was && !open[name] {
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

const rejectsAlarm = "rejects/"

// refused says whether something was refused of a source that nobody has seen,
// and raises its alarm. Where that cannot be told just now it stays as it was: a
// share that goes away takes the rejects along, and brings them back.
func (r *Relay) refused(found *dropfolder.Refused, was bool) bool {
	seen, err := r.rejectsSeen()
	if err != nil {
		return was // the spool has an alarm of its own
	}
	var newest dropfolder.RefusedFile
	count := int64(0)
	for _, f := range found.Files {
		if !f.At.After(seen[found.Source]) {
			continue
		}
		count++
		if count == 1 || f.At.After(newest.At) {
			newest = f
		}
	}
	if found.Unsure && (was || count == 0) {
		return was
	}
	if count == 0 {
		return false
	}
	text := fmt.Sprintf("source %s: rows or files were refused; what and why is in %d files, the newest is %s", found.Source, count, newest.Path)
	if count == 1 {
		text = fmt.Sprintf("source %s: rows or a file were refused; what and why is in %s", found.Source, newest.Path)
	}
	r.alarms.RaiseUntilSeen(rejectsAlarm+found.Source, count, text,
		"see on the page under Sources, or with `funnelrelay files`, what was refused and why; correct it and drop it back, and mark this as seen",
		func() error { return r.seeRejects(found.Source, newest.At) })
	return true
}

// rejectsSeen is until when, by the file system's own clock, the rejects of each
// source were seen.
func (r *Relay) rejectsSeen() (map[string]time.Time, error) {
	seen := map[string]time.Time{}
	data, err := r.spool.Note(rejectsNote)
	if err != nil || len(data) == 0 {
		return seen, err
	}
	if err := json.Unmarshal(data, &seen); err != nil {
		return map[string]time.Time{}, nil // what was seen is shown once more
	}
	return seen, nil
}

// seeRejects notes that a person has seen what was refused up to a time.
func (r *Relay) seeRejects(source string, upTo time.Time) error {
	r.seeing.Lock()
	defer r.seeing.Unlock()
	seen, err := r.rejectsSeen()
	if err != nil {
		return err
	}
	seen[source] = upTo
	data, err := json.Marshal(seen)
	if err != nil {
		return err
	}
	return r.spool.SetNote(rejectsNote, data)
}
