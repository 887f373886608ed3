package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/secret"
	"funnelrelay/relay/service"
	"funnelrelay/spool"
)

func (a *app) serviceUninstall() *cobra.Command {
	var purge, force bool
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Stop the service and take it out of the system",
		Long: `uninstall stops the service and takes it out of the system. Config and data
stay, and with them every event that waits: --purge removes them too, and
refuses while events wait, unless --force is given as well.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if force && !purge {
				return usagef("--force goes with --purge: without it nothing is lost")
			}
			return a.uninstallService(purge, force)
		},
	}
	cmd.Flags().BoolVar(&purge, "purge", false, "remove config, stored secrets and data as well")
	cmd.Flags().BoolVar(&force, "force", false, "with --purge: also the events that were not sent yet")
	return cmd
}

func (a *app) uninstallService(purge, force bool) error {
	if err := service.Elevated(); err != nil {
		return fmt.Errorf("service uninstall: %w", err)
	}
	path, err := a.servicePath()
	if err != nil {
		return err
	}
	// A config with mistakes must not keep anybody from taking the service out;
	// from removing the wrong folder it must.
	cfg, _, broken := relay.LoadConfig(path)
	if errors.Is(broken, fs.ErrNotExist) {
		cfg, broken = config.Default(), nil
	}
	if broken != nil && purge {
		return fmt.Errorf("service uninstall --purge: the data folder is named by a config with mistakes: %w", broken)
	}
	s, err := service.New(serviceOptions(path, cfg, ""))
	if err != nil {
		return err
	}
	if purge && !force {
		if err := a.stopped(s, cfg); err != nil {
			return err
		}
	}
	if err := s.Uninstall(); err != nil {
		return fmt.Errorf("service uninstall: %w", err)
	}
	fmt.Fprintln(a.out, "the service is uninstalled")
	switch {
	case purge:
		return a.purge(s, path)
	case broken != nil:
		fmt.Fprintf(a.out, "config %s and its data are kept\n", path)
		return nil
	}
	a.sayKept(path, cfg)
	return nil
}

// stopped stops the service and refuses to go on while events wait.
func (a *app) stopped(s *service.Service, cfg *config.Config) error {
	if err := s.Stop(); err != nil && !errors.Is(err, service.ErrNotInstalled) {
		return err
	}
	waits, err := waiting(cfg)
	if err != nil {
		return fmt.Errorf("service uninstall --purge: what waits cannot be counted: %w; add --force to remove it all the same", err)
	}
	if waits > 0 {
		return fmt.Errorf("service uninstall --purge: %s not sent yet, and would be lost; the service is stopped and still installed: "+
			"start it to send them, or add --force", plural(int(waits), "event")+verb(waits))
	}
	return nil
}

func verb(n int64) string {
	if n == 1 {
		return " was"
	}
	return " were"
}

// sayKept names what is left, and what waits in it.
func (a *app) sayKept(path string, cfg *config.Config) {
	waits, err := waiting(cfg)
	if err != nil {
		fmt.Fprintf(a.err, "warning: what waits cannot be counted: %v\n", err)
	}
	_, noConfig := os.Stat(path)
	if _, noData := os.Stat(cfg.Data); noConfig != nil && noData != nil {
		return
	}
	text := fmt.Sprintf("config %s and data %s are kept", path, cfg.Data)
	if waits > 0 {
		text += fmt.Sprintf(", and in it %s not sent yet: install the service again, or run `funnelrelay run`, to send them",
			plural(int(waits), "event")+verb(waits))
	}
	fmt.Fprintln(a.out, text)
}

// waiting counts the events that are not sent yet, in the spool of a relay that
// does not run.
func waiting(cfg *config.Config) (int64, error) {
	path := relay.SpoolPath(cfg)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	sp, err := spool.Open(path, relay.SpoolOptions(cfg, relay.Options{BuildDate: thisBuild().date()}))
	if err != nil {
		return 0, err
	}
	var waits int64
	for _, counts := range sp.Counts() {
		waits += counts.Pending
	}
	return waits, sp.Close()
}

// purge removes what a service without its --purge leaves.
func (a *app) purge(s *service.Service, path string) error {
	if err := s.Purge(); err != nil {
		return fmt.Errorf("service uninstall --purge: %w", err)
	}
	err := errors.Join(os.RemoveAll(secret.Beside(path).Folder), remove(path))
	if folder := filepath.Dir(path); filepath.Base(folder) == service.Name {
		_ = os.Remove(folder) // one that holds other things stays
	}
	if err != nil {
		return fmt.Errorf("service uninstall --purge: %w", err)
	}
	fmt.Fprintln(a.out, "config, stored secrets and data are removed")
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
