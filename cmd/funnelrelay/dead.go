package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

func (a *app) dead() *cobra.Command {
	cmd := family("dead", "Decide about events that cannot be sent",
		a.deadList(), a.deadShow(), a.deadRetry(), a.deadDiscard(), a.deadEdit(), a.deadExport())
	cmd.Long = `An event is dead when it was refused for good. It stays until a person decides:
send it again as it is (retry), correct it (edit), or take it out (discard).`
	cmd.Example = `  funnelrelay dead list
  funnelrelay dead edit 2a
  funnelrelay dead retry --cause "500 Internal" --from yesterday`
	return cmd
}

func (a *app) deadList() *cobra.Command {
	f := listFlags{}
	cmd := &cobra.Command{
		Use: "list", Short: "List dead events, the newest first, with the reason",
		Example: `  funnelrelay dead list --project shop --cause currency`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.State = "dead"
			return a.listEvents(cmd.Context(), f)
		},
	}
	f.add(cmd, false)
	return cmd
}

func (a *app) deadShow() *cobra.Command {
	cmd := a.eventsShow()
	cmd.Short, cmd.Example = "Show a dead event, its attempts and its body", "  funnelrelay dead show 2a"
	return cmd
}

// decision is what is to be done about events, and about which.
type decision struct {
	queryFlags
	do               string // retry or discard
	reason           string
	all, dry, asJSON bool
	yes              bool
}

func (d *decision) add(cmd *cobra.Command) {
	d.queryFlags.add(cmd, false)
	flags := cmd.Flags()
	flags.BoolVar(&d.all, "all", false, "all dead events that the other flags select, or all there are")
	flags.BoolVar(&d.dry, "dry-run", false, "only say what would be done")
	flags.BoolVar(&d.yes, "yes", false, "do not ask")
	flags.BoolVar(&d.asJSON, "json", false, "print JSON")
}

func (a *app) deadRetry() *cobra.Command {
	d := decision{do: "retry"}
	cmd := &cobra.Command{
		Use: "retry [ID…]", Short: "Send dead events again, as they are",
		Long: `retry makes dead events wait for being sent again, with the same bytes: where one
of them has arrived before, the upstream refuses the repeat, and nothing is
doubled. Name events by their ids, or select them by flags.`,
		Example: `  funnelrelay dead retry 2a 2b
  funnelrelay dead retry --cause "402" --dry-run
  funnelrelay dead retry --all --yes`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.decideAbout(cmd.Context(), args, d) },
	}
	d.add(cmd)
	return cmd
}

func (a *app) deadDiscard() *cobra.Command {
	d := decision{do: "discard"}
	cmd := &cobra.Command{
		Use: "discard [ID…]", Short: "Take dead events out: they are never sent",
		Long: `discard takes events out for good, and counts them as discarded. One that waits can
be discarded by its id, too, unless it is being sent just now. Name events by
their ids, or select dead ones by flags. dead export keeps a copy.`,
		Example: `  funnelrelay dead discard 2a --reason "a test sale"
  funnelrelay dead discard --source till --to 2026-10-31 --dry-run`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.decideAbout(cmd.Context(), args, d) },
	}
	d.add(cmd)
	cmd.Flags().StringVar(&d.reason, "reason", "", "why, for who asks for it later")
	return cmd
}

// decideAbout has the decision done: about one event at once, about many after a
// look at what they are.
func (a *app) decideAbout(ctx context.Context, args []string, d decision) (err error) {
	ids, err := eventIDs(args)
	switch {
	case err != nil:
		return err
	case len(ids) > 0 && (d.all || d.given()):
		return usagef("name events by their ids, or select them by flags, and not both")
	case len(ids) == 0 && !d.all && !d.given():
		return usagef("name the ids of events, or select dead events by flags, or all of them with --all; `funnelrelay dead list` shows them")
	}
	c, err := a.api(ctx)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	if len(ids) == 1 && !d.dry {
		return a.decideOne(ctx, c, ids[0], d)
	}
	bulk := control.Bulk{Do: d.do, IDs: ids, Reason: d.reason, DryRun: true}
	if len(ids) == 0 {
		if bulk.Query, err = d.query(c.zone); err != nil {
			return err
		}
		bulk.Query.State = "dead"
	}
	return a.decideBulk(ctx, c, bulk, d)
}

func (a *app) decideOne(ctx context.Context, c *api, id string, d decision) error {
	var what any
	if d.do == "discard" {
		what = map[string]string{"reason": d.reason}
	}
	answer, err := c.post(ctx, "/api/v1/events/"+id+"/"+d.do, what)
	if err != nil {
		return err
	}
	return result(a, d.asJSON, answer, func(is *control.Decided) {
		switch d.do {
		case "retry":
			fmt.Fprintf(a.out, "event %s is %s: it is sent again, with the same bytes\n", is.ID, is.State)
		case "discard":
			fmt.Fprintf(a.out, "event %s is discarded\n", is.ID)
		}
	})
}

func (a *app) decideBulk(ctx context.Context, c *api, bulk control.Bulk, d decision) error {
	look, err := c.post(ctx, "/api/v1/events/bulk", bulk)
	if err != nil {
		return err
	}
	var would control.BulkResult
	if err := json.Unmarshal(look, &would); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	if d.dry {
		return result(a, d.asJSON, look, func(r *control.BulkResult) { a.printBulk(c, r, d) })
	}
	if would.Matched > 0 && !d.yes {
		if !a.asks() {
			return usagef("this would %s %s: look with --dry-run, then say --yes", d.do, plural(would.Matched, "event"))
		}
		fmt.Fprintln(a.err, a.bulkLine(&would, d))
		a.sample(a.err, c, &would)
		if !a.yes("Do it?", false) {
			return fmt.Errorf("nothing was done")
		}
	}
	bulk.DryRun = false
	answer, err := c.post(ctx, "/api/v1/events/bulk", bulk)
	if err != nil {
		return err
	}
	err = result(a, d.asJSON, answer, func(r *control.BulkResult) { a.printBulk(c, r, d) })
	if err != nil {
		return err
	}
	var done control.BulkResult
	if err := json.Unmarshal(answer, &done); err != nil {
		return err
	}
	if done.Done < done.Matched {
		return errQuiet // it was said why
	}
	return nil
}

// bulkLine says what is, or would be, done.
func (a *app) bulkLine(r *control.BulkResult, d decision) string {
	done := map[string]string{"retry": "sent again", "discard": "discarded"}[d.do]
	text := plural(r.Done, "event") + " " + map[bool]string{true: "is ", false: "are "}[r.Done == 1] + done
	if r.DryRun {
		text = plural(r.Matched-len(r.Refused), "event") + " would be " + done
	}
	if total := moneys(r.Totals); total != "" {
		text += " (" + total + ")"
	}
	return text
}

func (a *app) printBulk(c *api, r *control.BulkResult, d decision) {
	if r.Matched == 0 {
		fmt.Fprintln(a.out, "there is no such dead event: nothing to do")
		return
	}
	fmt.Fprintln(a.out, a.bulkLine(r, d))
	if r.DryRun {
		a.sample(a.out, c, r)
	}
	for _, no := range r.Refused {
		fmt.Fprintf(a.err, "%s stays as it is: %s\n", no.ID, clean(no.Why))
	}
}

// sample shows the first of the events that a decision is about.
func (a *app) sample(w io.Writer, c *api, r *control.BulkResult) {
	if len(r.Sample) == 0 {
		return
	}
	t := newGrid("id", "accepted", "state", "action", "order", "amount", "who", "reason")
	for _, e := range r.Sample {
		t.add(e.ID, c.at(e.Accepted), stateOf(&e), e.Action, e.Order, moneys(e.Totals), who(&e), reasonOf(&e))
	}
	t.print(w, a.width())
	if more := r.Matched - len(r.Sample); more > 0 {
		fmt.Fprintf(w, "… and %d more\n", more)
	}
}
