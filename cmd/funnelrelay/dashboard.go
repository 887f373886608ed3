package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/ingest"
)

func (a *app) dashboard() *cobra.Command {
	var only, asJSON bool
	cmd := &cobra.Command{
		Use:   "dashboard",
		Short: "Open the relay's pages in the browser",
		Long: `dashboard asks the running relay for a link that lets one browser in, once and
within five minutes, prints it, and opens it where there is a desktop. The
browser then stays logged in for 30 days after its last visit.

  funnelrelay dashboard
  funnelrelay dashboard --print     only prints the link, to be opened elsewhere`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.onlyRunning(cmd.Context(), "show pages")
			if err != nil {
				return err
			}
			answer, err := c.post(cmd.Context(), "/api/v1/login", nil)
			if err != nil {
				return err
			}
			return result(a, asJSON, answer, func(l *ingest.Link) {
				fmt.Fprintln(a.out, l.URL)
				if only {
					return
				}
				if err := browse(cmd.Context(), l.URL); err != nil {
					fmt.Fprintf(a.err, "Open it in a browser on this machine (%v). It lets one browser in, until %s.\n", err, l.Expires.In(c.zone).Format("15:04"))
				}
			})
		},
	}
	cmd.Flags().BoolVar(&only, "print", false, "print the link, and open nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, and open nothing")
	return cmd
}

// browse opens a page in the browser of the person at the screen. It fails where
// there is no screen.
func browse(ctx context.Context, link string) error {
	if at, err := url.Parse(link); err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return fmt.Errorf("%q is no web page", link) // it is handed to the system, which opens anything
	}
	switch runtime.GOOS {
	case "windows":
		return begin(ctx, "rundll32", "url.dll,FileProtocolHandler", link)
	case "darwin":
		return begin(ctx, "open", link)
	}
	switch {
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return fmt.Errorf("there is no desktop here")
	case os.Geteuid() == 0 && os.Getenv("SUDO_USER") != "":
		return fmt.Errorf("a browser is not started as root")
	}
	program, err := exec.LookPath("xdg-open")
	if err != nil {
		return fmt.Errorf("there is no xdg-open here")
	}
	return begin(ctx, program, link)
}

// begin starts a program that outlives the command, and fails where it does so
// at once. A browser that was not open yet may stay in the foreground.
func begin(ctx context.Context, name string, args ...string) error {
	program := exec.CommandContext(context.WithoutCancel(ctx), name, args...)
	if err := program.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(2 * time.Second):
		return nil
	}
}
