package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/secret"
	"funnelrelay/relay/service"
)

// setUp is init: ask, write, store, try, and install.
func (a *app) setUp(ctx context.Context, f initFlags) error {
	if f.service {
		if err := service.Elevated(); err != nil {
			return fmt.Errorf("init --service: %w", err)
		}
	}
	asks := a.asks()
	if asks && !f.service && a.configPath == "" && offersService() {
		f.service = a.yes("Install it as a service of this machine?", true)
	}
	f.path = a.initPath(f.service)
	there, err := isThere(f.path)
	switch {
	case err != nil:
		return fmt.Errorf("init: %w", err)
	case there && !f.service:
		return usagef("init: %s is there already, and is not overwritten; name another file with --config", f.path)
	case there:
		fmt.Fprintf(a.out, "%s is there already, and stays as it is\n", f.path)
	default:
		if err := a.newConfig(&f, asks); err != nil {
			return err
		}
	}
	a.configPath = f.path
	if !f.service && !asks {
		return a.sayNext(f)
	}
	cfg, _, err := a.checkedConfig()
	if err != nil {
		return err
	}
	if err := a.dropFolder(f, asks); err != nil {
		return err
	}
	a.tryUpstream(ctx, cfg)
	if f.service {
		return a.installService(ctx, "", true)
	}
	return a.sayNext(f)
}

// newConfig asks for what is missing and writes the config; a key that was
// typed in is stored apart from it.
func (a *app) newConfig(f *initFlags, asks bool) error {
	if f.APIKey == "-" {
		key, err := a.lines().ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("init: key from standard input: %w", err)
		}
		f.APIKey, f.key = "", strings.TrimRight(key, "\r\n")
		if f.key == "" {
			return usagef("init: --api-key -: standard input holds no key")
		}
	}
	if f.Timezone == "" {
		f.Timezone = machineTimezone()
	}
	if asks {
		if err := a.askProject(f); err != nil {
			return err
		}
	}
	if f.key == "" && f.service && f.APIKey != "" && !strings.HasPrefix(f.APIKey, "${") {
		f.APIKey, f.key = "", f.APIKey // a service's config is read by more than one
	}
	// The config comes last: a service may wait for it, and where it is there an
	// init that was cut short asks for no key any more.
	if f.key != "" {
		f.APIKey = "${cred:" + keyName + "}"
		if err := a.storeSecret(f.path, keyName, f.key); err != nil {
			return fmt.Errorf("init: %w", err)
		}
		fmt.Fprintf(a.out, "stored the key as %s in %s\n", keyName, secret.Beside(f.path).Folder)
	}
	if err := writeConfig(f.path, f.InitOptions); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "wrote %s\n", f.path)
	return nil
}

// keyName is what init calls the key that it stores.
const keyName = "api_key"

// askProject asks for what the flags left out.
func (a *app) askProject(f *initFlags) error {
	fmt.Fprintln(a.err, "\nBoth stand in the integrations tab of the Funnelytics account.")
	if f.ProjectID == "" {
		f.ProjectID = literal(a.line("Webhook Account ID", ""))
	}
	if f.APIKey == "" && f.key == "" {
		key, err := a.hidden("Webhook Secret Key (not shown)")
		if err != nil {
			return fmt.Errorf("init: %w", err)
		}
		f.key = key
	}
	zone := f.Timezone
	if zone == "" {
		zone = config.MachineZone()
	}
	f.Timezone = a.line("Timezone of the shop", zone)
	return nil
}

// literal is a text that a person typed as a value of the config.
func literal(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// dropFolder makes the folder into which a till writes, and learns from an
// export in it how it is to be read.
func (a *app) dropFolder(f initFlags, asks bool) error {
	if f.drop == "" && asks {
		f.drop = a.line("\nFolder into which the till writes files (empty: it calls the relay's port)", "")
	}
	if f.drop == "" {
		return nil
	}
	folder, err := filepath.Abs(f.drop)
	if err != nil {
		return fmt.Errorf("init: drop folder: %w", err)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil { //nolint:gosec // the till writes there as whom it runs
		return fmt.Errorf("init: drop folder: %w", err)
	}
	export, err := newestExport(folder)
	if err != nil {
		return fmt.Errorf("init: drop folder: %w", err)
	}
	if export == "" {
		fmt.Fprintf(a.out, "%s holds no export yet; when the till has written one: funnelrelay learn FILE --write\n", folder)
		return nil
	}
	if err := a.runLearn([]string{export}, learnFlags{write: true}); err != nil && !errors.Is(err, errQuiet) {
		fmt.Fprintf(a.err, "%s was not understood: %v; try again with: funnelrelay learn FILE --write\n", export, err)
	}
	return nil
}

// newestExport is the file in a folder that was written last, of the kinds that
// a till writes; "" if there is none.
func newestExport(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	var newest string
	var when int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			continue
		}
		switch strings.ToLower(filepath.Ext(entry.Name())) {
		case ".csv", ".txt", ".tsv", ".json", ".ndjson", ".jsonl", ".zip":
			if at := info.ModTime().UnixNano(); newest == "" || at > when {
				newest, when = filepath.Join(folder, entry.Name()), at
			}
		}
	}
	return newest, nil
}

// tryUpstream says whether the way to each upstream is open. It sends no event
// and no key; that there is no way today is no mistake.
func (a *app) tryUpstream(ctx context.Context, cfg *config.Config) {
	for _, p := range cfg.Projects {
		if err := relay.Reach(ctx, p); err != nil {
			fmt.Fprintf(a.out, "%s is not reached from here: %v; events will wait until it is\n", p.URL, err)
		} else {
			fmt.Fprintf(a.out, "%s is reached\n", p.URL)
		}
	}
}

// sayNext ends an init without a service.
func (a *app) sayNext(f initFlags) error {
	next := "funnelrelay check, funnelrelay run"
	if f.ProjectID == "" || f.APIKey == "" {
		next = "put the project id and the key where the file says, then: " + next
	}
	_, err := fmt.Fprintf(a.out, "next: %s\n", next)
	return err
}

// lines reads what is typed, or piped in, line by line.
func (a *app) lines() *bufio.Reader {
	if a.reader == nil {
		a.reader = bufio.NewReader(a.in)
	}
	return a.reader
}
