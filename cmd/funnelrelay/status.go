package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
)

func (a *app) status() *cobra.Command {
	var asJSON, seen, watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what arrived, what waits, and why",
		Long: `status asks the running relay; when it does not run, it reads the spool itself.
It exits with 0 while all is well or only the upstream is away, and with 1 when
a person is needed: there is an alarm that nobody has seen, or the relay does
not run.

With --watch it goes on until Ctrl-C: on a terminal it shows the present state,
elsewhere it prints a line for each change.`,
		Example: `  funnelrelay status
  funnelrelay status --watch`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			switch {
			case seen:
				return a.salvageSeen(cmd.Context(), cfg)
			case watch:
				return a.watchStatus(cmd.Context(), cfg, asJSON)
			}
			return a.showStatus(cmd.Context(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; with --watch one line for each change")
	cmd.Flags().BoolVar(&seen, "seen", false, "end the alarm of a salvage: you know of it")
	cmd.Flags().BoolVar(&watch, "watch", false, "go on, and show what changes")
	return cmd
}

func (a *app) salvageSeen(ctx context.Context, cfg *config.Config) error {
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	return c.ask(ctx, http.MethodPost, "/api/v1/salvage/seen", nil)
}

func (a *app) showStatus(ctx context.Context, asJSON bool) (err error) {
	c, err := a.api(ctx)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	answer, err := c.get(ctx, "/api/v1/status", nil)
	if err != nil {
		return err
	}
	var s control.Status
	if err := json.Unmarshal(answer, &s); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	if err := result(a, asJSON, answer, func(*struct{}) { printStatus(a.out, &s, c.zone) }); err != nil {
		return err
	}
	if !s.Balanced || !s.Ready {
		return errQuiet
	}
	return unseen(s.Alarms)
}

// running says whether the failed request at least found a relay.
func running(err error) bool {
	return !errors.Is(err, errNotRunning) && !errors.Is(err, os.ErrNotExist)
}

// printStatus writes a Status for people.
func printStatus(w io.Writer, s *control.Status, zone *time.Location) {
	fmt.Fprintln(w, s.Summary)
	if s.Today != nil {
		fmt.Fprintln(w, todayLine(s.Today, time.Now().In(zone)))
	}
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
	for _, al := range s.Alarms {
		mark := "ALARM"
		if !al.Seen.IsZero() {
			mark = "alarm, seen on " + al.Seen.In(zone).Format(time.DateTime) + ","
		}
		fmt.Fprintf(w, "\n%s since %s: %s\n  %s\n", mark, al.Since.In(zone).Format(time.DateTime), clean(al.Text), clean(al.Do))
	}
}

// todayLine says what was sold today: "today: 3 sales (12.50 EUR), 2
// sent; the last sale came 3 min ago".
func todayLine(t *control.Today, now time.Time) string {
	text := "today: " + plural(int(t.Sales), "sale")
	if total := moneys(t.Totals); total != "" {
		text += " (" + total + ")"
	}
	text += fmt.Sprintf(", %d sent", t.SalesSent)
	if !t.LastSale.IsZero() {
		text += fmt.Sprintf("; the last sale came %s", ago(t.LastSale, now))
	}
	switch {
	case t.RoomDays >= 365:
		text += "; room for more than a year without the upstream"
	case t.RoomDays > 0:
		text += fmt.Sprintf("; room for about %.0f days without the upstream", t.RoomDays)
	}
	return text
}
