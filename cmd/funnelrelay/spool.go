package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

func (a *app) spool() *cobra.Command {
	cmd := family("spool", "Look after the file in which events are kept",
		a.spoolStats(), a.spoolCheck(), a.spoolCompact(), a.spoolExport(), a.spoolImport(), a.spoolMove(), a.adopt())
	cmd.Example = `  funnelrelay spool stats
  funnelrelay spool check`
	return cmd
}

// simply is a command that asks one thing and prints the answer.
func simply[T any](a *app, cmd *cobra.Command, ask func(ctx context.Context, c *api) (json.RawMessage, error), show func(c *api, of *T) error) *cobra.Command {
	var asJSON bool
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		c, err := a.api(cmd.Context())
		if err != nil {
			return err
		}
		defer closing(c, &err)
		answer, err := ask(cmd.Context(), c)
		if err != nil {
			return err
		}
		var shown error
		err = result(a, asJSON, answer, func(of *T) { shown = show(c, of) })
		return errors.Join(err, shown)
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) spoolStats() *cobra.Command {
	return simply(a, &cobra.Command{Use: "stats", Short: "Show how large the spool is, and what is in it", Example: "  funnelrelay spool stats --json"},
		func(ctx context.Context, c *api) (json.RawMessage, error) { return c.get(ctx, "/api/v1/spool", nil) },
		func(c *api, s *control.SpoolStats) error {
			t := newGrid("queue", "accepted", "waiting", "sent", "dead", "discarded", "unreadable", "duplicates")
			names := make([]string, 0, len(s.Queues))
			for name := range s.Queues {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				n := s.Queues[name]
				t.add(name, fmt.Sprint(n.Accepted), fmt.Sprint(n.Pending), fmt.Sprint(n.Sent), fmt.Sprint(n.Dead), fmt.Sprint(n.Discarded), nonzero(n.Unreadable), fmt.Sprint(n.Duplicates))
			}
			t.print(a.out, a.width())
			h := s.Health
			fmt.Fprintf(a.out, "\nfile %s, of which %s count for the quota of %s; free on the disk: %s\n",
				sizeText(h.Size), sizeText(h.Used), sizeText(h.MaxSize), sizeText(h.DiskFree))
			for _, text := range []string{h.Unavailable, h.Full} {
				if text != "" {
					fmt.Fprintln(a.out, clean(text))
				}
			}
			if s.Held > 0 {
				fmt.Fprintf(a.out, "%s held: `funnelrelay spool adopt`\n", plural(int(s.Held), "event"))
			}
			return nil
		})
}

func (a *app) spoolCheck() *cobra.Command {
	return simply(a, &cobra.Command{
		Use: "check", Short: "Go over the whole file, and say what is wrong in it",
		Long: `check reads the whole spool, while the relay goes on, and holds what it finds against
what it counted. It changes nothing, and fails where something is wrong.`,
		Example: "  funnelrelay spool check",
	},
		func(ctx context.Context, c *api) (json.RawMessage, error) {
			return c.post(ctx, "/api/v1/spool/check", nil)
		},
		func(c *api, s *control.SpoolCheck) error {
			if s.OK {
				fmt.Fprintln(a.out, "the spool is in order")
				return nil
			}
			for _, fault := range s.Faults {
				fmt.Fprintln(a.out, clean(fault))
			}
			return fmt.Errorf("the spool has faults: stop the relay, keep a copy of the data folder, and start it again: it salvages what can be read")
		})
}

func (a *app) spoolCompact() *cobra.Command {
	return simply(a, &cobra.Command{
		Use: "compact", Short: "Make the file smaller, now",
		Long: `compact writes the spool anew, without what is free in it. The relay does so by itself
when most of the file is free; intake waits for it.`,
		Example: "  funnelrelay spool compact",
	},
		func(ctx context.Context, c *api) (json.RawMessage, error) {
			return c.post(ctx, "/api/v1/spool/compact", nil)
		},
		func(c *api, s *control.SpoolCompact) error {
			fmt.Fprintf(a.out, "the spool had %s, and has %s\n", sizeText(s.Before), sizeText(s.After))
			return nil
		})
}

// spoolStates are the states in which an event can be.
var spoolStates = []string{"pending", "dead", "sent"}

func checkStates(states []string) error {
	for _, s := range states {
		if !slices.Contains(spoolStates, s) {
			return usagef("--state %s: write pending, dead or sent, or several with commas", s)
		}
	}
	return nil
}

func statesQuery(states []string) url.Values {
	if len(states) == 0 {
		return nil
	}
	return url.Values{"states": {strings.Join(states, ",")}}
}

func (a *app) spoolExport() *cobra.Command {
	var states []string
	var to string
	cmd := &cobra.Command{
		Use: "export", Short: "Write events to a file, one a line, for another relay",
		Long: `export writes all events of the spool, or those of the states that are named, as one
JSON object a line, with their exact bodies. It changes nothing. spool import
takes the file in; only one of the two relays may go on to send what waits.`,
		Example: `  funnelrelay spool export --state pending,dead -o spool.ndjson`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkStates(states); err != nil {
				return err
			}
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			return a.toFile(to, func(w io.Writer) error {
				return c.stream(cmd.Context(), "/api/v1/spool/export", statesQuery(states), w)
			})
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only pending, dead or sent (default: all)")
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to this file (default: standard output)")
	return cmd
}

func (a *app) spoolImport() *cobra.Command {
	var states []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "import FILE|-", Short: "Take over events that another relay exported",
		Long: `import takes the events of an export in as new ones: those that wait, or of the states
that are named. What was imported before is not taken twice. Make sure that the
other relay does not send them as well.`,
		Example: `  funnelrelay spool import spool.ndjson
  funnelrelay spool import spool.ndjson --state pending,dead`,
		Args: exactly(1, "name one file, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := checkStates(states); err != nil {
				return err
			}
			in, closeIn, err := a.input(args[0])
			if err != nil {
				return err
			}
			defer closeIn()
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			body, err := c.open(cmd.Context(), http.MethodPost, withQuery("/api/v1/spool/import", statesQuery(states)), bufio.NewReader(in), "application/x-ndjson")
			answer, err := c.all(body, err)
			if err != nil {
				return err
			}
			var done control.Imported
			if err := result(a, asJSON, answer, func(i *control.Imported) { a.printImported(i) }); err != nil {
				return err
			}
			if json.Unmarshal(answer, &done) == nil && done.Refused > 0 {
				return errQuiet // each was named
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only pending, dead or sent (default: pending)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// input is a file, or standard input for "-".
func (a *app) input(path string) (io.Reader, func(), error) {
	if path == "-" {
		return a.in, func() {}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return file, func() { _ = file.Close() }, nil // only read
}

func (a *app) printImported(i *control.Imported) {
	fmt.Fprintf(a.out, "%s: %d accepted, %d known already, %d of another state left out, %d refused\n",
		plural(int(i.Lines), "line"), i.Accepted, i.Duplicates, i.Skipped, i.Refused)
	for _, r := range i.Rejected {
		fmt.Fprintf(a.err, "line %d: %s\n", r.Line, clean(r.Why))
	}
}

func (a *app) spoolMove() *cobra.Command {
	var to string
	var dry, yes, asJSON bool
	cmd := &cobra.Command{
		Use: "move QUEUE --to PROJECT", Short: "Give what waits for a project that is gone to another one",
		Long: `move takes the events that wait for a project that is not in the config any more, or
has another id, and gives them to one that is. The alarm and spool stats name the queue.`,
		Example: `  funnelrelay spool move shop/OLD-ID --to shop`,
		Args:    exactly(1, "name the queue, as `funnelrelay spool stats` does: PROJECT/ID"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if to == "" {
				return usagef("spool move: name the project with --to")
			}
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			return a.moveBacklog(cmd.Context(), c, control.Backlog{Queue: args[0], To: to, DryRun: dry}, yes, asJSON)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the project that gets them")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say how many would be moved")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) moveBacklog(ctx context.Context, c *api, b control.Backlog, yes, asJSON bool) error {
	dry := b.DryRun
	b.DryRun = true
	answer, err := c.post(ctx, "/api/v1/backlog/move", b)
	if err != nil {
		return err
	}
	var would control.Moved
	if err := json.Unmarshal(answer, &would); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	if !dry && would.Moved > 0 {
		if err := a.agreed(yes, fmt.Sprintf("send %s of %s to project %s", plural(int(would.Moved), "event"), b.Queue, b.To)); err != nil {
			return err
		}
		b.DryRun = false
		if answer, err = c.post(ctx, "/api/v1/backlog/move", b); err != nil {
			return err
		}
	}
	var moved control.Moved
	if err := json.Unmarshal(answer, &moved); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	err = result(a, asJSON, answer, func(m *control.Moved) {
		if dry {
			fmt.Fprintf(a.out, "%s would be moved to project %s\n", plural(int(m.Moved), "event"), b.To)
			return
		}
		fmt.Fprintf(a.out, "moved to project %s: %s\n", b.To, plural(int(m.Moved), "event"))
	})
	if err == nil && moved.Error != "" {
		err = fmt.Errorf("not all were moved: %s", moved.Error)
	}
	return err
}

// agreed asks before something that is hard to undo, and wants --yes where there
// is nobody to ask.
func (a *app) agreed(yes bool, would string) error {
	switch {
	case yes:
		return nil
	case !a.asks():
		return usagef("this would %s: look with --dry-run, then say --yes", would)
	case a.yes("This will "+would+". Do it?", false):
		return nil
	}
	return fmt.Errorf("nothing was done")
}
