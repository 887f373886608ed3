package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

func (a *app) days() *cobra.Command {
	var from, to, project, source string
	var asCSV, asJSON bool
	cmd := &cobra.Command{
		Use: "days", Short: "Show what was accepted and sent on each day, in money",
		Long: `days counts the events of each day, project, source and currency, and their totals:
accepted = waiting + sent + dead + discarded. Without flags it shows the last
14 days. Where the till's own totals were entered in the dashboard, they stand
below, with the difference.`,
		Example: `  funnelrelay days --from 2026-11-01 --to 2026-11-30
  funnelrelay days --csv > days.csv`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			query, now := url.Values{}, time.Now().In(c.zone)
			for name, text := range map[string]string{"from": from, "to": to} {
				date, err := day(text, now)
				if err != nil {
					return err
				}
				if date != "" {
					query.Set(name, date)
				}
			}
			for name, text := range map[string]string{"project": project, "source": source} {
				if text != "" {
					query.Set(name, text)
				}
			}
			return a.showDays(cmd.Context(), c, query, asCSV, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the first day: 2026-11-23, 23.11.2026, yesterday, 30d")
	flags.StringVar(&to, "to", "", "the last day")
	flags.StringVar(&project, "project", "", "only of this project")
	flags.StringVar(&source, "source", "", "only of this source (http: the port)")
	flags.BoolVar(&asCSV, "csv", false, "print CSV, as spreadsheets open it")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) showDays(ctx context.Context, c *api, query url.Values, asCSV, asJSON bool) error {
	if asCSV && asJSON {
		return usagef("days: --csv and --json exclude each other")
	}
	if asCSV {
		return c.stream(ctx, "/api/v1/days.csv", query, a.out)
	}
	answer, err := c.get(ctx, "/api/v1/days", query)
	if err != nil {
		return err
	}
	return result(a, asJSON, answer, a.printDays)
}

func (a *app) printDays(d *control.Days) {
	if len(d.Rows) == 0 {
		fmt.Fprintf(a.out, "nothing was accepted from %s to %s\n", d.From, d.To)
	} else {
		t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "day\tproject\tsource\taccepted\twaiting\tsent\tdead\tdiscarded\tduplicates\taccepted\tsent\tdifference\t\t")
		for _, r := range d.Rows {
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t", r.Day, clean(r.Project), clean(r.Source), r.Accepted.Count, r.Pending.Count,
				r.Sent.Count, r.Dead.Count, r.Discarded.Count, r.Duplicates.Count)
			if r.Currency == "" {
				fmt.Fprintln(t, "\t\t\t\t")
				continue
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", cents(r.Accepted, r.Currency), cents(r.Sent, r.Currency),
				cents(spool.Sum{Amount: r.Accepted.Amount - r.Sent.Amount}, r.Currency), clean(r.Currency))
		}
		_ = t.Flush() // it is the command's own output
	}
	a.printTills(d)
}

// printTills compares what the tills say with what was accepted, but for what was
// taken out: a correction has accepted it once more.
func (a *app) printTills(d *control.Days) {
	if len(d.Totals) == 0 {
		return
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nday\tproject\ttill says\taccepted\tdifference\t\treceipts\tby\t")
	for _, till := range d.Totals {
		var accepted spool.Sum
		for _, r := range d.Rows {
			if r.Day == till.Day && r.Project == till.Project && r.Currency == till.Currency {
				accepted.Count += r.Accepted.Count - r.Discarded.Count
				accepted.Amount += r.Accepted.Amount - r.Discarded.Amount
			}
		}
		receipts := ""
		if till.Count > 0 {
			receipts = strconv.FormatInt(till.Count, 10) + " of " + strconv.FormatInt(accepted.Count, 10)
		}
		said := spool.Sum{Amount: till.Cents}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", till.Day, clean(till.Project), cents(said, till.Currency), cents(accepted, till.Currency),
			cents(spool.Sum{Amount: accepted.Amount - till.Cents}, till.Currency), clean(till.Currency), receipts, clean(till.By))
	}
	_ = t.Flush() // it is the command's own output
}

// cents is an amount without its currency.
func cents(s spool.Sum, currency string) string {
	return amountOf(control.Total{Currency: currency, Cents: s.Amount})
}
