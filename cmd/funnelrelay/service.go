package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/secret"
	"funnelrelay/relay/service"
)

// What these commands did has not failed because it could not be told: the
// installer of Windows runs them where there is nowhere to print to.
func (a *app) service() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Install the relay as a service of this machine",
		Long: `service makes the relay start with the machine, and again whenever it ends:
under systemd, OpenRC or SysV on Linux, the service manager on Windows, launchd
on macOS. Each of its commands may be run again.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.serviceInstall(), a.serviceUninstall(), a.serviceStatus(), a.serviceUnit(), a.serviceTry(),
		a.serviceDrive("start", "Start the service", a.startService),
		a.serviceDrive("stop", "Stop the service, once what is being sent has ended", a.stopService),
		a.serviceDrive("restart", "Restart the service", a.restartService))
	for _, c := range cmd.Commands() {
		c.Args = noArgs
	}
	return cmd
}

// servicePath is the config of the service: the one that is named or found, or
// else the system's own place, where init will write it.
func (a *app) servicePath() (string, error) {
	path := a.path()
	if path == "" {
		places := config.Places()
		path = places[len(places)-1]
	}
	return filepath.Abs(path)
}

// installed is the service by its config; cfg is nil while there is none.
func (a *app) installed(account string) (s *service.Service, cfg *config.Config, err error) {
	path, err := a.servicePath()
	if err != nil {
		return nil, nil, err
	}
	cfg, _, err = relay.LoadConfig(path)
	if errors.Is(err, fs.ErrNotExist) && a.configPath == "" {
		cfg, err = nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	s, err = service.New(serviceOptions(path, cfg, account))
	return s, cfg, err
}

// serviceOptions are the places of a config; of the default one while cfg is nil.
func serviceOptions(path string, cfg *config.Config, account string) service.Options {
	if cfg == nil {
		cfg = config.Default()
	}
	p := relay.PlacesOf(cfg)
	return service.Options{
		Config: path, Data: p.Data, Witness: p.Witness, Drop: p.Drop, Secrets: secret.Beside(path).Folder,
		Watched: p.Watched, Port: p.Port, LowPort: p.LowPort, Account: account,
	}
}

func (a *app) serviceInstall() *cobra.Command {
	var account string
	var start bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install the service, or bring it up to date",
		Long: `install checks the config, makes the account, the data folder and the rights that
the service needs, and registers it to start with the machine. Config and data
that are there stay as they are. Without a config it installs a service that
waits for one: write it with "funnelrelay init".`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.installService(cmd.Context(), account, start) },
	}
	cmd.Flags().StringVar(&account, "user", "", "account that runs the service (default: one of its own, or the one that runs it already)")
	cmd.Flags().BoolVar(&start, "start", false, "start it, or restart it, as well")
	return cmd
}

func (a *app) installService(ctx context.Context, account string, start bool) error {
	if err := service.Elevated(); err != nil {
		return fmt.Errorf("service install: %w", err)
	}
	s, cfg, err := a.installed(account)
	if err != nil {
		return err
	}
	path, err := a.servicePath()
	if err != nil {
		return err
	}
	warnings, err := s.Install(func() error { return a.tryService(s, cfg, path) })
	for _, warning := range warnings {
		fmt.Fprintf(a.err, "warning: %s\n", warning)
	}
	if err != nil {
		return fmt.Errorf("service install: %w", err)
	}
	if cfg == nil {
		fmt.Fprintf(a.out, "the service is installed, and waits for its config %s; write it with: funnelrelay init\n", path)
	} else {
		fmt.Fprintf(a.out, "the service is installed: config %s, data %s\n", path, cfg.Data)
	}
	if start {
		return a.restartService(ctx)
	}
	state, err := s.State()
	switch {
	case err != nil:
		return err
	case state == service.Running:
		fmt.Fprintln(a.out, "it runs as it was started; take up what changed with: funnelrelay service restart")
	case cfg != nil:
		fmt.Fprintln(a.out, "start it with: funnelrelay service start")
	}
	return nil
}

// tryService looks, as the service's account, whether that can run the program,
// and will find what the config names, if there is one.
func (a *app) tryService(s *service.Service, cfg *config.Config, path string) error {
	args := []string{"service", "try", "--config", path}
	if cfg == nil {
		args = []string{"--help"}
	}
	said, err := s.Try(args...)
	if said != "" && cfg != nil {
		fmt.Fprintln(a.err, said)
	}
	if err != nil {
		return fmt.Errorf("its account cannot run it so: %w", err)
	}
	return nil
}

// serviceTry is run by install as the service's account.
func (a *app) serviceTry() *cobra.Command {
	return &cobra.Command{
		Use: "try", Hidden: true,
		Short: "Check, as the service's account, what the config names",
		RunE: func(*cobra.Command, []string) error {
			cfg, _, err := a.checkedConfig()
			if err != nil {
				return err
			}
			p := relay.PlacesOf(cfg)
			if err := mayWrite(p.Data); err != nil {
				return fmt.Errorf("data folder: %w", err)
			}
			for _, folder := range p.Watched {
				if err := mayWrite(folder); err != nil {
					fmt.Fprintf(a.err, "warning: watched folder: %v; files are moved to done/ in it, so the service's account must be allowed to write there\n", err)
				}
			}
			return nil
		},
	}
}

// mayWrite tries to make a file in a folder.
func mayWrite(folder string) error {
	f, err := os.CreateTemp(folder, ".funnelrelay-try-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (a *app) serviceUnit() *cobra.Command {
	return &cobra.Command{
		Use:   "unit",
		Short: "Print the systemd unit that packages bring",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, service.Unit(service.Packaged()))
			return err
		},
	}
}

func (a *app) serviceStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show whether the service is installed and runs",
		Long: `status says how the system sees the service: running, stopped, failed or not
installed. It exits with 0 when it runs. What the relay does is told by
"funnelrelay status".`,
		RunE: func(*cobra.Command, []string) error {
			path, err := a.servicePath()
			if err != nil {
				return err
			}
			s, err := service.New(service.Options{Config: path})
			if err != nil {
				return err
			}
			state, err := s.State()
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(a.out).Encode(map[string]string{"state": string(state)})
			} else {
				_, err = fmt.Fprintf(a.out, "%s\n", state)
			}
			if err == nil && state != service.Running {
				return errQuiet
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) serviceDrive(verb, short string, do func(context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use:   verb,
		Short: short,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := do(cmd.Context()); err != nil {
				return fmt.Errorf("service %s: %w", verb, err)
			}
			return nil
		},
	}
}

// drive gives the service to do by its config, which need not be in order to
// stop it.
func (a *app) drive(do func(*service.Service) error) error {
	if err := service.Elevated(); err != nil {
		return err
	}
	path, err := a.servicePath()
	if err != nil {
		return err
	}
	s, err := service.New(service.Options{Config: path})
	if err != nil {
		return err
	}
	return do(s)
}

func (a *app) stopService(context.Context) error {
	if err := a.drive((*service.Service).Stop); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "the service is stopped")
	return nil
}

func (a *app) startService(ctx context.Context) error {
	return a.begin(ctx, (*service.Service).Start)
}

func (a *app) restartService(ctx context.Context) error {
	return a.begin(ctx, (*service.Service).Restart)
}

// begin starts the service and waits until the relay answers: a service
// manager that says "started" has not said that the port was free.
func (a *app) begin(ctx context.Context, do func(*service.Service) error) error {
	if err := service.Elevated(); err != nil {
		return err
	}
	s, cfg, err := a.installed("")
	if err != nil {
		return err
	}
	if err := do(s); err != nil {
		return err
	}
	if cfg == nil {
		fmt.Fprintln(a.out, "the service waits for its config; write it with: funnelrelay init")
		return nil
	}
	if err := a.answers(ctx, cfg); err != nil {
		return fmt.Errorf("the relay does not answer on %s: %w; see %s", cfg.Listen, err, logPlace(cfg))
	}
	fmt.Fprintf(a.out, "the relay is running, and takes events on %s\n", cfg.Listen)
	return nil
}

// readyWait is how long a relay may take to open its spool before a person is
// told to look.
const readyWait = 20 * time.Second

// answers waits until the relay says that it is ready.
func (a *app) answers(ctx context.Context, cfg *config.Config) error {
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err = c.ask(ctx, http.MethodGet, "/readyz", nil); err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return err
		}
	}
}

// logPlace says where to read the service's log.
func logPlace(cfg *config.Config) string {
	if _, err := os.Stat("/run/systemd/system"); err == nil && cfg.Log.File == "" {
		return "journalctl -u " + service.Name
	}
	return serviceLog(cfg)
}
