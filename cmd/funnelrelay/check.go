package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) check() *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the config, and say every mistake at once",
		RunE: func(*cobra.Command, []string) error {
			cfg, advice, err := a.checkedConfig()
			if err != nil {
				return err
			}
			for _, w := range append(cfg.Warnings, advice...) {
				fmt.Fprintln(a.err, w.Detail())
			}
			if show {
				text, err := cfg.Redacted()
				if err != nil {
					return err
				}
				_, err = a.out.Write(text)
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s is in order: %s, %s, listening on %s\n",
				a.path(), plural(len(cfg.Projects), "project"), plural(len(cfg.Sources), "source"), cfg.Listen)
			return err
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "print the config with all defaults, secrets left out")
	return cmd
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
