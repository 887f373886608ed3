package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

func (a *app) adopt() *cobra.Command {
	var send, bury bool
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "Say what becomes of events that a copied data folder holds",
		Long: `When the data folder comes from another machine, or was put back in an older
state, what waits in it may have been sent since. The relay holds those events,
takes and sends new ones, and takes no file from the folders, until a person
decides.

  --send  sends them. What the upstream has already it refuses as a duplicate,
          which counts as delivered; it may not know those of more than a day ago.
  --bury  keeps them as dead, for a person to look at: nothing of them is sent.

Without a flag it says what is held, and exits with 1 while something is.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if send && bury {
				return usagef("spool adopt: --send and --bury exclude each other")
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			decision := control.Decision{}
			switch {
			case send:
				decision.Pending = control.SendPending
			case bury:
				decision.Pending = control.BuryPending
			}
			return a.decide(cmd.Context(), cfg, decision)
		},
	}
	cmd.Flags().BoolVar(&send, "send", false, "send the held events")
	cmd.Flags().BoolVar(&bury, "bury", false, "keep the held events as dead")
	return cmd
}

// decide asks the running relay; when it does not run, it opens the spool
// itself.
func (a *app) decide(ctx context.Context, cfg *config.Config, d control.Decision) error {
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	var s control.Status
	err = c.ask(ctx, http.MethodGet, "/api/v1/status", &s)
	switch {
	case err == nil && (d.Pending == "" || s.Spool.Doubt == nil):
		return a.sayHeld(s.Spool.Doubt, s.Held)
	case err == nil:
		return a.decideRunning(ctx, c, d)
	case running(err):
		return err
	}
	return a.decideStopped(ctx, cfg, d, err)
}

func (a *app) decideRunning(ctx context.Context, c *client, d control.Decision) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	c.http.Timeout = 0 // burying many takes its time; ctx ends it
	var answer control.Adopted
	if err := c.tell(ctx, http.MethodPost, "/api/v1/spool/adopt", bytes.NewReader(body), &answer); err != nil {
		return err
	}
	if !answer.Decided { // by somebody else meanwhile
		return a.sayHeld(nil, 0)
	}
	return a.sayDecided(d, answer.Events)
}

func (a *app) decideStopped(ctx context.Context, cfg *config.Config, d control.Decision, cause error) (err error) {
	path := relay.SpoolPath(cfg)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%w, and has never run here: %w", errNotRunning, err)
	}
	s, err := spool.Open(path, relay.GuardedOptions(cfg, relay.Options{BuildDate: thisBuild().date()}))
	if err != nil {
		return errors.Join(cause, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	doubt := s.Doubt()
	if d.Pending == "" || doubt == nil {
		held, err := s.Held()
		return errors.Join(a.sayHeld(doubt, held), err)
	}
	events, err := s.Adopt(ctx, d.Pending == control.BuryPending)
	if err != nil {
		return err
	}
	return a.sayDecided(d, events)
}

// sayHeld says what waits for a decision, and fails while something does.
func (a *app) sayHeld(d *spool.Doubt, held int64) error {
	if d == nil {
		_, err := fmt.Fprintln(a.out, "nothing is held: this data folder was not copied or put back, or it is decided on")
		return err
	}
	_, err := fmt.Fprintf(a.out, `The data folder was %s; noticed on %s: %s.
Held, as they may have been sent before: %s.

Make sure that only one of the two runs. Then decide:

  funnelrelay spool adopt --send   send them; what the upstream has already it
                                   refuses as a duplicate, and that counts as
                                   delivered. Right after a move to a new PC,
                                   and for a backup of the last day.
  funnelrelay spool adopt --bury   keep them as dead, for a person to look at.
                                   Right for an older backup, and where the
                                   other one still runs.
`, d.Kind, d.Since.Format(time.DateTime), d.Seen, plural(int(held), "event"))
	return errors.Join(err, errQuiet)
}

func (a *app) sayDecided(d control.Decision, events int64) error {
	what := "are sent now"
	if d.Pending == control.BuryPending {
		what = "are dead, and stay until a person decides on each"
	}
	_, err := fmt.Fprintf(a.out, "decided: the held events (%d) %s; files are taken from the folders again\n", events, what)
	return err
}
