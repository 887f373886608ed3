package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

func (a *app) eventsPurge() *cobra.Command {
	var p control.Purge
	var yes, asJSON bool
	cmd := &cobra.Command{
		Use: "purge --email EMAIL", Short: "Remove one person's data from this relay",
		Long: `purge removes the events of one person, what the upstream answered for them, what
people wrote as reasons that names the person, and the bytes of all that from the file. What still waits to be sent stays, unless --force
is said. Files in done/ and rejected/ that hold the person are listed: they are
for you to delete. What the upstream has is not touched.

Hashes of order numbers stay, so that an export that comes again does not bring
the person back.`,
		Example: `  funnelrelay events purge --email ann@example.com --dry-run
  funnelrelay events purge --email ann@example.com --yes`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.Email == "" && p.Session == "" {
				return usagef("events purge: name the person with --email or --session")
			}
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			return a.purgePerson(cmd.Context(), c, p, yes, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.Email, "email", "", "the person's email")
	flags.StringVar(&p.Session, "session", "", "the person's session")
	flags.BoolVar(&p.DryRun, "dry-run", false, "only say what would be removed")
	flags.BoolVar(&p.Force, "force", false, "also what waits and was never sent")
	flags.BoolVar(&yes, "yes", false, "do not ask")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) purgePerson(ctx context.Context, c *api, p control.Purge, yes, asJSON bool) error {
	dry := p.DryRun
	p.DryRun = true
	answer, err := c.post(ctx, "/api/v1/purge", p)
	if err != nil {
		return err
	}
	var would control.Purged
	if err := json.Unmarshal(answer, &would); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	n := would.Sent + would.Dead + would.Pending
	if !dry { // also where no event is left: the file may still hold bytes of those that were taken out
		if n+would.Reasons > 0 {
			what := fmt.Sprintf("remove %s for good (%d sent, %d dead, %d waiting)", plural(int(n), "event"), would.Sent, would.Dead, would.Pending)
			if would.Reasons > 0 {
				what += fmt.Sprintf(", and the text of %s", plural(int(would.Reasons), "reason"))
			}
			if err := a.agreed(yes, what); err != nil {
				return err
			}
		}
		p.DryRun = false
		if answer, err = c.post(ctx, "/api/v1/purge", p); err != nil {
			return err
		}
	}
	var done control.Purged
	if err := json.Unmarshal(answer, &done); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	err = result(a, asJSON, answer, func(is *control.Purged) { a.printPurged(is, dry) })
	if err == nil && done.Error != "" {
		return fmt.Errorf("not all is done, purge once more: %s", clean(done.Error))
	}
	if err == nil && !dry && done.Kept > 0 {
		return errQuiet // it was said what stays
	}
	return err
}

func (a *app) printPurged(p *control.Purged, dry bool) {
	verb := "removed"
	if dry {
		verb = "would be removed"
	}
	n := p.Sent + p.Dead + p.Pending
	fmt.Fprintf(a.out, "%s: %s (%d sent, %d dead, %d waiting)\n", verb, plural(int(n), "event"), p.Sent, p.Dead, p.Pending)
	for _, id := range p.IDs {
		fmt.Fprintln(a.out, "  "+id)
	}
	if len(p.IDs) < int(n) {
		fmt.Fprintf(a.out, "  … and %d more\n", int(n)-len(p.IDs))
	}
	if p.Reasons > 0 {
		fmt.Fprintf(a.out, "%s: the text of %s that people wrote, and that named the person\n", verb, plural(int(p.Reasons), "reason"))
	}
	if p.Kept > 0 {
		fmt.Fprintf(a.out, "kept, as they wait to be sent: %s; --force removes them, too, unless one is being sent just now\n", plural(int(p.Kept), "event"))
		for _, id := range p.KeptIDs {
			fmt.Fprintln(a.out, "  "+id)
		}
	}
	if len(p.Files) > 0 {
		fmt.Fprintln(a.out, "files that hold the person; delete them, or the lines:")
		for _, f := range p.Files {
			fmt.Fprintln(a.out, "  "+clean(f))
		}
	}
}
