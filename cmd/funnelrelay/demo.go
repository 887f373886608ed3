package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/sandbox"
	"funnelrelay/spool"
)

func (a *app) demo() *cobra.Command {
	var length time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show it working on this machine, without any set-up",
		Long: `demo starts a sandbox that stands in for Funnelytics and a relay, both on free
ports and in a temporary folder, sends sample sales to the relay, drops sample
exports of a till into a folder, and takes the sandbox down for a while: the
sales wait, and arrive afterwards, each once. It
ends at Ctrl-C, or after --for, with the balance of what was sent; it fails if
an event was lost or arrived twice.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd.Context(), length) },
	}
	cmd.Flags().DurationVar(&length, "for", 0, "end by itself after this time (default: at Ctrl-C)")
	return cmd
}

const (
	demoPace  = 150 * time.Millisecond // between two sales
	demoDrain = 45 * time.Second       // the longest wait for the last sale to arrive
	demoLost  = 0.02                   // of the sandbox's answers never come
)

// demo is one run of it: a sandbox, a relay before it, and a till that sells.
type demo struct {
	*app
	relay    *relay.Relay
	sandbox  *sandbox.Sandbox
	listener net.Listener // of the sandbox
	upstream string       // its address
	folder   string       // where the second till drops its files
	dropped  []*droppedFile
	till     *client
	down     atomic.Bool // the sandbox is

	mu    sync.Mutex   // guards acked
	acked map[int]bool // sales that the relay has answered for
}

func (a *app) runDemo(ctx context.Context, length time.Duration) error {
	dir, err := os.MkdirTemp("", "funnelrelay-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	d := &demo{app: a, acked: map[int]bool{}}
	if err := d.open(dir); err != nil {
		return fmt.Errorf("demo: %w", err)
	}

	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var parts sync.WaitGroup
	failed := make(chan error, 2)
	parts.Go(func() { failed <- d.sandbox.Serve(running, d.listener) })
	parts.Go(func() { failed <- d.relay.Run(running) })

	played := d.play(ctx, length)
	before := d.relay.Status()
	stop()
	parts.Wait()
	if err := errors.Join(played, <-failed, <-failed); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return d.balance(before.Total)
}

// open makes the sandbox and the relay; neither answers yet.
func (d *demo) open(dir string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.listener, d.upstream = l, l.Addr().String()
	d.sandbox = sandbox.New(sandbox.Options{Keep: 1_000_000, Faults: sandbox.Faults{Lost: demoLost}})
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filepath.Join(dir, "data")
	shop := config.DefaultProject()
	shop.Name, shop.ProjectID, shop.APIKey = "shop", "demo-account", config.NewSecret("demo-key")
	shop.URL = "http://" + d.upstream
	cfg.Projects = config.Projects{shop}
	d.folder = filepath.Join(dir, "till")
	cfg.Sources = append(cfg.Sources, tillSource(d.folder))
	d.relay, err = relay.Open(cfg, relay.Options{Version: version, BuildDate: thisBuild().date(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	cfg.Listen = d.relay.Addr().String()
	d.till, err = newClient(cfg)
	return err
}

// play sells, takes the upstream down and up again, and shows it, until ctx
// or the length ends; then it waits until nothing is pending.
func (d *demo) play(ctx context.Context, length time.Duration) error {
	screen := newScreen(d)
	screen.begin()
	sold, start := 0, time.Now()
	ticker := time.NewTicker(demoPace)
	defer ticker.Stop()
	for {
		elapsed := time.Since(start)
		d.turn(outage(elapsed, length))
		if length > 0 && elapsed > length*7/10 {
			break
		}
		d.sell(ctx, sold)
		sold++
		if sold%demoEvery == demoEvery/4 {
			file, err := d.export(sold)
			if err != nil {
				return fmt.Errorf("drop a file: %w", err)
			}
			screen.say(fmt.Sprintf("%s dropped into %s: %d receipts of a till that can only write files", file.name, d.folder, len(file.sales)))
			sold += len(file.sales)
		}
		d.collect(screen.say)
		screen.show(fmt.Sprintf("%d sales rung up", sold))
		select {
		case <-ticker.C:
			continue
		case <-ctx.Done():
		}
		break
	}
	d.turn(false)
	for end := time.Now().Add(demoDrain); time.Now().Before(end); {
		if d.collect(screen.say) == 0 && d.relay.Status().Total.Pending == 0 {
			break
		}
		screen.show("no more sales; what waits goes out")
		<-ticker.C
	}
	screen.show("done")
	screen.end()
	return nil
}

// outage says whether the upstream is down at a time of the demo: in its
// second quarter, or for 6 of every 24 seconds of one without an end.
func outage(elapsed, length time.Duration) bool {
	if length > 0 {
		return elapsed > length/4 && elapsed < length/2
	}
	return elapsed%(24*time.Second) > 6*time.Second && elapsed%(24*time.Second) < 12*time.Second
}

func (d *demo) turn(down bool) {
	if d.down.Swap(down) == down {
		return
	}
	faults := sandbox.Faults{Down: down}
	if !down {
		faults.Lost = demoLost
	}
	_ = d.sandbox.SetFaults(faults) // these are legal
}

// sell posts one sale, as a till would, under a key of its own.
func (d *demo) sell(ctx context.Context, n int) {
	action, body := sale(n)
	header := http.Header{
		"Content-Type": {"application/json"}, "X-Project-Id": {"demo-account"}, "X-Api-Key": {"demo-key"},
		"Idempotency-Key": {fmt.Sprint("sale-", n)},
	}
	if _, err := d.till.post(ctx, "/api/v1/webhook/"+action, header, []byte(body), 5*time.Second); err != nil {
		return // not acknowledged, so nothing was promised
	}
	d.mu.Lock()
	d.acked[n] = true
	d.mu.Unlock()
}

// balance holds what the relay answered for against what the sandbox has.
func (d *demo) balance(c spool.Counts) error {
	arrived := map[int]int{}
	for _, delivery := range d.sandbox.Deliveries(0, 0) {
		if n, ok := saleNumber(delivery.Body); ok {
			arrived[n]++
		}
	}
	lost, doubled := 0, 0
	for n := range d.acked {
		switch times := arrived[n]; {
		case times == 0:
			lost++
		case times > 1:
			doubled++
		}
	}
	stats := d.sandbox.Stats()
	fmt.Fprintf(d.out, `
accepted %d = waiting %d + sent %d + dead %d + discarded %d      (%d repeats were recognized)
sold     %d, of which arrived upstream exactly once: %d
lost     %d
doubled  %d
users made twice upstream: %d
`, c.Accepted, c.Pending, c.Sent, c.Dead, c.Discarded, c.Duplicates,
		len(d.acked), len(d.acked)-lost-doubled, lost, doubled, len(stats.DoubledUsers))
	if lost > 0 || doubled > 0 || c.Dead > 0 || len(stats.DoubledUsers) > 0 || !c.Balanced() || len(d.acked) == 0 {
		return errors.New("demo: not every sale arrived exactly once")
	}
	fmt.Fprintln(d.out, "Every sale arrived, each exactly once.")
	return nil
}
