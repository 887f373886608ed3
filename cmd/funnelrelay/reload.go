package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (a *app) reload() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Make the running relay read its config again",
		Long: `reload makes the running relay read its config again, and try at once whether
a project that is paused or offline can go on, also where nothing changed in the
config. A config with a mistake is refused, and the old one stays.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := a.checkedConfig()
			if err != nil {
				return err
			}
			c, err := newClient(cfg)
			if err != nil {
				return err
			}
			if err := c.ask(cmd.Context(), http.MethodPost, "/api/v1/reload", nil); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, "the relay has taken the config up")
			return err
		},
	}
}
