package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/spool"
)

// version is set by the linker (-X main.version=1.2.3) in what is packaged.
var version = "dev"

// build is what is known of this binary.
type build struct {
	Version  string    `json:"version"`
	Commit   string    `json:"commit,omitempty"`
	Date     time.Time `json:"date,omitzero"` // of the commit
	Go       string    `json:"go"`
	Platform string    `json:"platform"`

	// SpoolFormat is the version of the spool's layout that this binary writes: an
	// older one than the spool's cannot read it.
	SpoolFormat int `json:"spool_format"`
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, SpoolFormat: spool.Format}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	return b
}

// firstRelease is the build date of a binary that does not know its own: a
// clock that shows less is wrong.
var firstRelease = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func (b build) date() time.Time {
	if b.Date.After(firstRelease) {
		return b.Date
	}
	return firstRelease
}

func (a *app) version() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if asJSON {
				return json.NewEncoder(a.out).Encode(b)
			}
			_, err := fmt.Fprintf(a.out, "funnelrelay %s (%s, %s)\n", b.Version, b.Platform, b.Go)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
