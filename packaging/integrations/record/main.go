// Command record stands between a sender and a relay and writes each request
// that passes into a file, as a fixture of package wire:
//
//	record --to 127.0.0.1:8787 --listen 127.0.0.1:8786 --dir wire --sender 'n8n 2.8.4'
//
// The files are numbered in the order in which the requests came. What the relay
// answers and what arrives is not known here, and is put in by hand. It says on
// its error output where it listens, and ends with SIGINT or SIGTERM.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"funnelrelay/packaging/integrations/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	to := flags.String("to", "127.0.0.1:8787", "address of the relay")
	listen := flags.String("listen", "127.0.0.1:0", "address and port")
	dir := flags.String("dir", ".", "folder for the requests")
	sender := flags.String("sender", "", "the tool and its version")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *sender == "" {
		return fmt.Errorf("--sender: name the tool and its version")
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "record on http://%s\n", l.Addr())
	n := 0
	failed := make(chan error, 1) // the first that was not written
	p := wire.Proxy{To: *to, Seen: func(request []byte) {
		n++
		f := wire.Fixture{Sender: *sender, Source: "recorded", Answer: "202 queued", Request: request}
		if err := os.WriteFile(filepath.Join(*dir, fmt.Sprintf("%03d.http", n)), f.Bytes(), 0o600); err != nil {
			select {
			case failed <- err:
			default:
			}
		}
	}}
	err = p.Run(ctx, l)
	select {
	case err := <-failed:
		return err
	default:
		return err
	}
}
