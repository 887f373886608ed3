package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

func (a *app) status() *cobra.Command {
	var asJSON, seen bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what arrived, what waits, and why",
		Long: `status asks the running relay; when it does not run, it reads the spool itself.
It exits with 0 while all is well or only the upstream is away, and with 1 when
a person is needed: there is an alarm, or the relay does not run.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if seen {
				return a.salvageSeen(cmd.Context(), cfg)
			}
			return a.showStatus(cmd.Context(), cfg, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&seen, "seen", false, "end the alarm of a salvage: you know of it")
	return cmd
}

func (a *app) salvageSeen(ctx context.Context, cfg *config.Config) error {
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	return c.ask(ctx, http.MethodPost, "/api/v1/salvage/seen", nil)
}

func (a *app) showStatus(ctx context.Context, cfg *config.Config, asJSON bool) error {
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	var s control.Status
	err = c.ask(ctx, http.MethodGet, "/api/v1/status", &s)
	switch {
	case err == nil:
	case running(err):
		return err
	default:
		if s, err = offlineStatus(cfg, err); err != nil {
			return err
		}
	}
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(s); err != nil {
			return err
		}
	} else {
		printStatus(a.out, &s)
	}
	if len(s.Alarms) > 0 || !s.Balanced || !s.Ready {
		return errQuiet
	}
	return nil
}

// running says whether the failed request at least found a relay.
func running(err error) bool {
	return !errors.Is(err, errNotRunning) && !errors.Is(err, os.ErrNotExist)
}

// offlineStatus reads the spool of a relay that does not run.
func offlineStatus(cfg *config.Config, cause error) (control.Status, error) {
	path := relay.SpoolPath(cfg)
	if _, err := os.Stat(path); err != nil {
		return control.Status{}, fmt.Errorf("%w, and has never run here: %w", errNotRunning, err)
	}
	sp, err := spool.Open(path, relay.SpoolOptions(cfg, relay.Options{BuildDate: thisBuild().date()}))
	if err != nil {
		return control.Status{}, errors.Join(cause, err)
	}
	s := control.Status{Version: version, Balanced: true, Spool: sp.Health(), Summary: "The relay is not running."}
	for queue, counts := range sp.Counts() {
		name, id, _ := strings.Cut(queue, "/")
		project, configured := cfg.Projects.Get(name)
		configured = configured && project.ProjectID == id
		s.Projects = append(s.Projects, control.Project{Name: name, ProjectID: id, Configured: configured, Counts: counts})
		s.Balanced = s.Balanced && counts.Balanced()
	}
	sort.Slice(s.Projects, func(i, j int) bool { return s.Projects[i].Name < s.Projects[j].Name })
	return s, sp.Close()
}

// printStatus writes a Status for people.
func printStatus(w io.Writer, s *control.Status) {
	fmt.Fprintln(w, s.Summary)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nproject\taccepted\twaiting\tsent\tdead\tduplicates\tupstream\t")
	for _, p := range s.Projects {
		upstream := "not in the config"
		switch {
		case p.Upstream != nil:
			upstream = string(p.Upstream.Mode)
		case p.Configured:
			upstream = "-"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t\n", p.Name, p.Counts.Accepted, p.Counts.Pending, p.Counts.Sent,
			p.Counts.Dead, p.Counts.Duplicates, upstream)
	}
	_ = t.Flush()
	for _, p := range s.Projects {
		if p.OldestPending > 0 {
			fmt.Fprintf(w, "%s: the oldest event that waits is %s old\n", p.Name, time.Duration(p.OldestPending*float64(time.Second)).Round(time.Second))
		}
	}
	printSources(w, s.Sources)
	fmt.Fprintf(w, "\nspool: %.1f MB of %.0f MB used\n", float64(s.Spool.Used)/1e6, float64(s.Spool.MaxSize)/1e6)
	if !s.Balanced {
		fmt.Fprintln(w, "the counts do not balance: please report this")
	}
	for _, alarm := range s.Alarms {
		fmt.Fprintf(w, "\nALARM since %s: %s\n  %s\n", alarm.Since.Format(time.DateTime), alarm.Text, alarm.Do)
	}
}
