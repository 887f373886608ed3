package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/mapping"
)

const (
	shownBodies = 3
	triedOrders = 100_000 // results of a file, beyond which learn does not try
)

// trial is what an entry makes of files.
type trial struct {
	total  outcome
	bodies []string // the first that would be sent
	why    string   // the first that would not, for a fault
	held   string   // the first that would be kept as dead
}

// learned shows what the entry makes of the files, as comments below it.
func (a *app) learned(cfg *config.Config, name string, files []string) error {
	var t trial
	for _, file := range files {
		way, err := relay.FileSource(cfg, file, relay.FileChoice{Source: name})
		if err != nil {
			return err
		}
		if err := t.file(file, way); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	fmt.Fprintf(a.out, "\n# Tried on %s: %s, of which %s.\n", plural(len(files), "file"), plural(t.total.rows, "row"), &t.total)
	if t.why != "" {
		fmt.Fprintf(a.out, "# The first with a fault: %s\n", t.why)
	}
	if t.held != "" {
		fmt.Fprintf(a.out, "# The first that is held, and kept as dead for you to decide on: %s\n", t.held)
	}
	if len(t.bodies) > 0 {
		fmt.Fprintln(a.out, "# The first events:")
	}
	for _, body := range t.bodies {
		fmt.Fprintf(a.out, "#   %s\n", body)
	}
	if t.total.events == 0 && t.why != "" {
		fmt.Fprintln(a.err, "funnelrelay: learn: the entry makes no event of these files: above stands why, and what has to be written otherwise")
		return errQuiet
	}
	return nil
}

// file tries the entry on the first orders of a file.
func (t *trial) file(path string, way *relay.FileWay) error {
	return eachTable(path, way, func(table *relay.FileTable) error { return t.read(table.Orders) })
}

func (t *trial) read(orders *mapping.Orders) error {
	for range triedOrders {
		r, err := orders.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t.total.add(r)
		switch {
		case r.Skipped != "":
		case r.Offer == nil:
			keepFirst(&t.why, r, r.Reason)
		case r.Offer.Held != "":
			keepFirst(&t.held, r, r.Offer.Held)
		case len(t.bodies) < shownBodies:
			var body bytes.Buffer
			if err := json.Compact(&body, r.Offer.Event.Body); err != nil {
				return err
			}
			t.bodies = append(t.bodies, r.Offer.Event.Action+" "+body.String())
		}
	}
	return nil
}

func keepFirst(why *string, r *mapping.Result, reason string) {
	if *why == "" {
		*why = r.Place() + ": " + reason
	}
}

// replaceConfig writes a config anew, all or nothing, in place of the text that
// was read before.
func replaceConfig(path string, before, after []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("%s was not changed: %w", path, err)
	}
	temp := file.Name()
	_, err = file.Write(after)
	err = errors.Join(err, keepOwner(file, info), file.Chmod(info.Mode().Perm()), file.Sync(), file.Close())
	if err == nil {
		var now []byte
		if now, err = os.ReadFile(path); err == nil && !bytes.Equal(now, before) {
			err = errors.New("another program has just changed it")
		}
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return fmt.Errorf("%s was not changed: %w", path, errors.Join(err, os.Remove(temp)))
	}
	return nil
}
