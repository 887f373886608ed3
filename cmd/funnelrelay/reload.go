package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
)

func (a *app) reload() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Make the running relay read its config again",
		Long: `reload makes the running relay read its config again, and try at once whether
a project that is paused or offline can go on, also where nothing changed in the
config. A config with a mistake is refused, and the old one stays. It names the
changed keys that wait for a restart: listen, data, http.tls, spool and log.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := a.checkedConfig()
			if err != nil {
				return err
			}
			c, err := newClient(cfg)
			if err != nil {
				return err
			}
			var answer relay.Reloaded
			err = c.ask(cmd.Context(), http.MethodPost, "/api/v1/reload", &answer)
			if !running(err) {
				return fmt.Errorf("%w; where listen or data was changed, restart it: it is asked at its new place", err)
			}
			if err != nil {
				return err
			}
			text := "the relay has taken the config up"
			if len(answer.Restart) > 0 {
				text += "; these keys wait for a restart: " + strings.Join(answer.Restart, ", ")
			}
			_, err = fmt.Fprintln(a.out, text)
			return err
		},
	}
}
