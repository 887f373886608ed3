package main

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/sandbox"
)

func (a *app) sandbox() *cobra.Command {
	var o sandbox.Options
	var listen string
	f := &o.Faults
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a strict stand-in for the upstream, with faults on demand",
		Long: `sandbox takes what the webhook's contract allows, refuses all else by naming
what is wrong, refuses repeats, and fails on demand: by flag, or while it runs
by POST /faults. GET /deliveries lists what arrived; / shows it as a page.

  curl -X POST http://127.0.0.1:8788/faults -d '{"down_for":"30s"}'
  curl -X POST http://127.0.0.1:8788/faults -d '{"status":503,"probability":0.3,"retry_after":"2"}'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Validate(); err != nil {
				return &usageError{err}
			}
			l, err := net.Listen("tcp", listen)
			if err != nil {
				return fmt.Errorf("sandbox: %w", err)
			}
			fmt.Fprintf(a.err, "sandbox on http://%s\n", l.Addr())
			return sandbox.New(o).Serve(cmd.Context(), l)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:8788", "address and port")
	flags.StringVar(&o.ProjectID, "project-id", "", "the only X-PROJECT-ID let in (default: any)")
	flags.StringVar(&o.APIKey, "api-key", "", "the only X-API-KEY let in (default: any)")
	flags.IntVar(&o.DuplicateStatus, "duplicate-status", 409, "answer to a repeat of the same bytes")
	flags.StringVar(&o.DuplicateBody, "duplicate-body", "", "body of that answer (default: JSON that says duplicate)")
	flags.DurationVar(&o.UserDelay, "user-delay", 3*time.Millisecond, "between looking an email up and making its user; negative: none")
	flags.IntVar(&o.Keep, "keep", 10_000, "deliveries that can be listed")
	flags.Uint64Var(&o.Seed, "seed", 1, "of the faults' dice")
	flags.IntVar(&f.Status, "status", 0, "fault: answer this status")
	flags.Float64Var(&f.Probability, "probability", 0, "of that fault, 0 to 1 (default 1)")
	flags.StringVar(&f.RetryAfter, "retry-after", "", "header that goes with it")
	flags.StringVar(&f.Body, "body", "", "body that goes with it")
	flags.StringVar(&f.Location, "location", "", "header that goes with a status of 3xx")
	flags.IntVar(&f.Times, "times", 0, "how often faults strike before they end (default: for ever)")
	flags.StringVar(&f.HTML, "html", "", "fault: answer this page, as a captive portal does")
	flags.DurationVar(&f.Latency, "latency", 0, "fault: before any answer")
	flags.Float64Var(&f.Lost, "lost", 0, "fault: probability that an event is taken and its answer lost")
	flags.IntVar(&f.LostStatus, "lost-status", 0, "answered in the place of a lost answer, 500 to 599")
	flags.Float64Var(&f.Reset, "reset", 0, "fault: probability that the connection is reset")
	flags.BoolVar(&f.Down, "down", false, "fault: reset every connection")
	flags.DurationVar(&f.DownFor, "down-for", 0, "fault: do so for a while")
	return cmd
}
