package main

import (
	"bufio"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
)

// app is what the commands share.
type app struct {
	streams
	configPath string
	reader     *bufio.Reader // of in; see lines
}

func newRoot(std streams) *cobra.Command {
	a := &app{streams: std}
	root := &cobra.Command{
		Use:   "funnelrelay",
		Short: "Keep events safe on this machine and forward them to Funnelytics",
		Long: `funnelrelay takes events on a local HTTP port, keeps them on disk, and forwards
them to Funnelytics for as long as it takes, so that an offline day neither
loses nor doubles a sale.

See it work, without any set-up:   funnelrelay demo
Set it up:                         funnelrelay init, funnelrelay check, funnelrelay run`,
		SilenceUsage: true, SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q; see funnelrelay --help", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.PersistentFlags().StringVar(&a.configPath, "config", "", "config file (default: $FUNNELRELAY_CONFIG, then the usual places)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.demo(), a.run(), a.initialize(), a.check(), a.preview(), a.learn(), a.send(), a.status(), a.doctor(), a.reload(),
		a.dashboard(), a.events(), a.dead(), a.pause(), a.resume(), a.probe(), a.days(), a.files(), a.alarms(),
		a.spool(), a.service(), a.secret(), a.sandbox(), a.version(),
	)
	root.AddCommand(a.extra()...)
	for _, c := range root.Commands() {
		if c.Args == nil {
			c.Args = noArgs
		}
	}
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, and got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// config reads the config that the command line, the environment or the usual
// places name. Mistakes in it come back as config.Errors.
func (a *app) config() (*config.Config, error) {
	if a.path() == "" {
		return nil, errNoConfig
	}
	return config.Load(a.path())
}

// checkedConfig is config with its sources looked at as well, and advice on
// them.
func (a *app) checkedConfig() (*config.Config, []config.Problem, error) {
	if a.path() == "" {
		return nil, nil, errNoConfig
	}
	return relay.LoadConfig(a.path())
}

var errNoConfig = usagef("no config file: make one with `funnelrelay init`, or name one with --config")

// path is the config file in use; "" if there is none.
func (a *app) path() string {
	if a.configPath != "" {
		return a.configPath
	}
	return config.Find()
}
