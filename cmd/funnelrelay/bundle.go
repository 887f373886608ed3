package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/ingest"
)

// Limits of a bundle.
const (
	bundleLog  = 2 << 20 // the end of the log
	bundleFile = 8 << 20 // any other file
)

// bundleRead is the first file of a bundle.
const bundleRead = `What support needs to know of a funnelrelay.

doctor.json    what was looked at, and what is wrong
status.json    projects, counts, folders
config.yaml    the config in force, with ••• where a secret stands
log.txt        the end of the log
alarms.json    open alarms, and the last ones
spool.json     how full the spool is
metrics.txt    what was counted
version.json   of the program and of the system
notes.txt      what could not be had, and why

No body of an event is in it and no key. Where an e-mail address stood there is
<email:…>: the same address is the same word within this file, and leads to
nobody outside of it. Look through it before you hand it on.
`

// bundle is a zip file that is being put together. What is added to it loses its
// secrets on the way.
type bundle struct {
	zip   *zip.Writer
	hide  *redactor
	notes []string
}

// writeBundle makes the zip file, which must not be there yet.
func (a *app) writeBundle(ctx context.Context, path string, e *examination) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s is there already; name another file with --bundle", path)
	}
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(fmt.Errorf("bundle: %w", err), os.Remove(path))
		}
	}()
	secrets := e.cfg.Secrets()
	if token, err := ingest.ReadAdminToken(e.cfg.Data); err == nil {
		secrets = append(secrets, string(token))
	}
	b := &bundle{zip: zip.NewWriter(f), hide: newRedactor(secrets)}
	if err := a.fill(ctx, b, e); err != nil {
		return err
	}
	return b.zip.Close()
}

func (a *app) fill(ctx context.Context, b *bundle, e *examination) error {
	var all []error
	add := func(name string, text []byte, err error) { all = append(all, b.add(name, text, err)) }
	add("README.txt", []byte(bundleRead), nil)
	add("doctor.json", asJSON(e.checks), nil)
	text, err := e.cfg.Redacted()
	add("config.yaml", text, err)
	add("version.json", asJSON(map[string]any{
		"build": thisBuild(), "made": time.Now(), "processors": runtime.NumCPU(), "relay_runs": e.up,
	}), nil)
	text, err = logEnd(ctx, e.cfg)
	add("log.txt", text, err)
	all = append(all, a.asked(ctx, b))
	if len(b.notes) > 0 {
		add("notes.txt", []byte(strings.Join(b.notes, "\n")+"\n"), nil)
	}
	return errors.Join(all...)
}

// asked adds what the relay says of itself, or its spool where it does not run.
func (a *app) asked(ctx context.Context, b *bundle) error {
	c, err := a.api(ctx)
	if err != nil {
		return b.add("status.json", nil, err)
	}
	defer func() { _ = c.Close() }() // it was read only
	var all []error
	for name, from := range map[string]string{"status.json": "/api/v1/status", "alarms.json": "/api/v1/alarms", "spool.json": "/api/v1/spool"} {
		text, err := c.get(ctx, from, nil)
		all = append(all, b.add(name, text, err))
	}
	if !c.offline {
		text, err := c.get(ctx, "/metrics", nil)
		all = append(all, b.add("metrics.txt", text, err))
	}
	return errors.Join(all...)
}

// add puts a file in, or a note on why it could not be had.
func (b *bundle) add(name string, text []byte, err error) error {
	if err != nil {
		b.notes = append(b.notes, name+": "+err.Error())
		return nil
	}
	text = b.hide.text(text) // before it is cut: a part of a secret is not found
	if len(text) > bundleFile {
		text = text[:bundleFile]
		b.notes = append(b.notes, name+": is cut, as it is too large")
	}
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now()})
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func asJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // what is hidden is looked for in the plain text
	if err := enc.Encode(v); err != nil {
		return []byte(err.Error())
	}
	return b.Bytes()
}

// logPaths are the files that a relay with this config may log into.
func logPaths(cfg *config.Config) []string {
	if cfg.Log.File != "" {
		return []string{cfg.Log.File}
	}
	return []string{filepath.Join(cfg.Data, "log", "funnelrelay.log")}
}

// logEnd is the last of the log: of its file, or of systemd's journal.
func logEnd(ctx context.Context, cfg *config.Config) ([]byte, error) {
	var failed error
	for _, path := range logPaths(cfg) {
		text, err := tail(path, bundleLog)
		if err == nil {
			return text, nil
		}
		failed = cmp.Or(failed, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	journal := exec.CommandContext(ctx, "journalctl", "--unit", "funnelrelay", "--output", "cat", "--no-pager", "--lines", "10000")
	text, err := journal.Output()
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return nil, failed
	}
	return lastLines(text, bundleLog), nil
}

// lastLines are the whole lines at the end of a text.
func lastLines(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	_, lines, _ := bytes.Cut(text[len(text)-most:], []byte("\n"))
	return lines
}

// tail is the end of a file, from the beginning of a line.
func tail(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-most)
	text, err := io.ReadAll(io.NewSectionReader(f, from, most))
	if _, rest, cut := bytes.Cut(text, []byte("\n")); cut && from > 0 {
		text = rest
	}
	return text, err
}
