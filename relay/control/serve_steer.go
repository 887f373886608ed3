package control

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/dropfolder"
)

// The handlers of what is asked and decided about projects, files and alarms.

func (c *Control) servePause(w http.ResponseWriter, r *http.Request) error {
	var why Reason
	if err := decode(w, r, &why, true); err != nil {
		return err
	}
	if err := c.PauseProject(r.Context(), r.PathValue("name"), why.Reason); err != nil {
		return err
	}
	return nothing(w)
}

func (c *Control) serveResume(w http.ResponseWriter, r *http.Request) error {
	if err := c.ResumeProject(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return nothing(w)
}

func (c *Control) serveProbe(w http.ResponseWriter, r *http.Request) error {
	if err := c.ProbeProject(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return nothing(w)
}

// Backlog is what is to be moved.
type Backlog struct {
	Queue  string `json:"queue"` // "shop/ID", as in the alarm
	To     string `json:"to"`    // a project
	DryRun bool   `json:"dry_run,omitempty"`
}

// Moved says how many events were, or with a dry run would be, moved.
type Moved struct {
	Moved  int64  `json:"moved"`
	Error  string `json:"error,omitempty"` // why not all of them
	DryRun bool   `json:"dry_run"`
}

func (c *Control) serveMove(w http.ResponseWriter, r *http.Request) error {
	var b Backlog
	if err := decode(w, r, &b, false); err != nil {
		return err
	}
	unhurried(w)
	moved, err := c.Move(r.Context(), b.Queue, b.To, b.DryRun)
	if err != nil && moved == 0 {
		return err
	}
	done := Moved{Moved: moved, DryRun: b.DryRun}
	if err != nil {
		done.Error = err.Error()
	}
	return answer(w, done)
}

func (c *Control) serveSources(w http.ResponseWriter, _ *http.Request) error {
	list := []dropfolder.State{}
	if c.o.Sources != nil {
		list = append(list, c.o.Sources()...)
	}
	return answer(w, list)
}

func (c *Control) serveRejects(w http.ResponseWriter, r *http.Request) error {
	given, err := params(r, "source")
	if err != nil {
		return err
	}
	list, err := c.Rejects(r.Context(), given["source"])
	return result(w, list, err)
}

func (c *Control) serveReject(w http.ResponseWriter, r *http.Request) error {
	given, err := params(r, "source", "file")
	if err != nil {
		return err
	}
	file, reject, err := c.OpenReject(r.Context(), given["source"], given["file"])
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	unhurried(w)
	download(w, "application/octet-stream", reject.Path)
	_, _ = io.Copy(w, file) // the reader went away, or the file shrank: it sees that
	return nil
}

// disposition names what a browser saves, whatever is in the name.
func disposition(path string) string {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	if text := mime.FormatMediaType("attachment", map[string]string{"filename": legible(name)}); text != "" {
		return text
	}
	return "attachment"
}

// File names a file of a source, as in Rejects or by its path.
type File struct {
	Source string `json:"source"`
	File   string `json:"file"`
}

func (c *Control) serveAgain(w http.ResponseWriter, r *http.Request) error {
	var f File
	if err := decode(w, r, &f, false); err != nil {
		return err
	}
	if err := c.ReadAgain(r.Context(), f.Source, f.File); err != nil {
		return err
	}
	return nothing(w)
}

func (c *Control) servePreview(w http.ResponseWriter, r *http.Request) error {
	given, err := params(r, "source", "name")
	if err != nil {
		return err
	}
	p, err := c.Preview(r.Context(), given["source"], given["name"], r.Body)
	return result(w, p, err)
}

func (c *Control) serveAlarms(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, append([]alarm.Alarm{}, c.o.Alarms.Open()...))
}

// AlarmName names an alarm.
type AlarmName struct {
	Name string `json:"name"`
}

func (c *Control) serveSeen(w http.ResponseWriter, r *http.Request) error {
	var a AlarmName
	if err := decode(w, r, &a, false); err != nil {
		return err
	}
	if c.o.Seen == nil {
		return ErrNotRunning
	}
	if err := c.o.Seen(a.Name); errors.Is(err, alarm.ErrNotOpen) {
		return notFound("alarm %s: %s", quote(a.Name), err)
	} else if err != nil {
		return err
	}
	return nothing(w)
}

func (c *Control) serveDoctor(w http.ResponseWriter, r *http.Request) error {
	if c.o.Doctor == nil {
		return ErrNotRunning
	}
	unhurried(w)
	report, err := c.o.Doctor(r.Context())
	return result(w, report, err)
}

func (c *Control) serveConfig(w http.ResponseWriter, _ *http.Request) error {
	text, err := c.o.Redact()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // the reader went away: nothing to do
	return nil
}
