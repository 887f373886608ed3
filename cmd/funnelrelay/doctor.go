package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/doctor"
	"funnelrelay/relay/service"
	"funnelrelay/spool"
)

func (a *app) doctor() *cobra.Command {
	var asJSON bool
	var bundle string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at all that the relay stands on, and say what to do about it",
		Long: `doctor looks at the config, the way to the upstream (name, proxy, TLS), the
clock, the disk, the folders and their rights, the service, the port and the
spool, and says of each what is wrong and what to do. It sends no event and no
key. While the relay runs, it is the relay that looks: it may be allowed other
things than you are.

It exits with 1 where something is bad. --bundle writes what support needs to
know into a zip file: no key, no body of an event, no e-mail address.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runDoctor(cmd.Context(), asJSON, bundle)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&bundle, "bundle", "", "write a zip file for support, without secrets")
	return cmd
}

func (a *app) runDoctor(ctx context.Context, asJSON bool, bundle string) error {
	e, err := a.examine(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(e.checks)
	} else {
		err = printChecks(a.out, e.checks)
	}
	if err == nil && bundle != "" {
		if err = a.writeBundle(ctx, bundle, e); err == nil {
			fmt.Fprintf(a.err, "written to %s: look into it before you hand it on\n", bundle)
		}
	}
	if err == nil && doctor.Worst(e.checks) == doctor.Bad {
		return errQuiet
	}
	return err
}

// examination is what the doctor found, and by what.
type examination struct {
	cfg    *config.Config // has mistakes where the checks say so
	up     bool           // the relay runs, and answered
	status *control.Status
	checks []doctor.Check
}

// examine looks at everything, through the relay where it runs.
func (a *app) examine(ctx context.Context) (*examination, error) {
	if a.path() == "" {
		return nil, errNoConfig
	}
	cfg, mistakes, warnings, err := a.readAnyhow()
	if err != nil {
		return nil, err
	}
	e := &examination{cfg: cfg}
	b := thisBuild()
	o := relay.DoctorOptions(cfg, relay.Options{Version: b.Version, BuildDate: b.date(), ConfigPath: a.path()})
	o.Mistakes, o.Warnings = mistakes, append(o.Warnings, warnings...)
	o.State = a.serviceState
	o.AsService = a.isInstalled()

	c, err := newClient(cfg)
	if err != nil { // listen is one of the mistakes
		e.checks = doctor.Run(ctx, o)
		return e, nil
	}
	var s control.Status
	asked := c.ask(ctx, http.MethodGet, "/api/v1/status", &s)
	o.Ours = func(context.Context) error { return asked }
	if asked != nil {
		o.CheckSpool = func() error { return checkSpool(cfg) }
		e.checks = doctor.Run(ctx, o)
		return e, nil
	}
	e.up, e.status = true, &s
	return e, e.throughRelay(ctx, c, o)
}

// throughRelay has the relay look, and adds what only this command sees: the
// config file as it is now, and the port from outside.
func (e *examination) throughRelay(ctx context.Context, c *client, o doctor.Options) error {
	var theirs []doctor.Check
	err := c.ask(ctx, http.MethodGet, "/api/v1/doctor", &theirs)
	if err != nil { // an older relay does not know the question
		o.CheckSpool = func() error { return doctor.ErrTooLarge }
		e.checks = doctor.Run(ctx, o)
		return nil
	}
	o.Groups = []doctor.Group{doctor.GroupConfig, doctor.GroupService}
	ours := doctor.Run(ctx, o)
	for _, group := range doctor.Groups() {
		from := theirs
		if group == doctor.GroupConfig || group == doctor.GroupService {
			from = ours
		}
		for _, check := range from {
			if check.Group == group {
				e.checks = append(e.checks, check)
			}
		}
		if group == doctor.GroupConfig && e.status.Version != o.Version {
			e.checks = append(e.checks, doctor.Check{
				Name: "version", About: "the running relay", Group: group, Verdict: doctor.Warn,
				Says:   fmt.Sprintf("the relay that runs is %s, this program is %s", e.status.Version, o.Version),
				Remedy: "restart the relay: `funnelrelay service restart`",
			})
		}
	}
	return nil
}

// readAnyhow reads the config, also where it has mistakes: of what is wrong it
// has the defaults then.
func (a *app) readAnyhow() (cfg *config.Config, mistakes, warnings []string, err error) {
	cfg, advice, err := relay.LoadConfig(a.path())
	var wrong config.Errors
	if err != nil && !errors.As(err, &wrong) {
		return nil, nil, nil, err
	}
	for _, p := range wrong {
		mistakes = append(mistakes, p.String())
	}
	for _, p := range advice {
		warnings = append(warnings, p.String())
	}
	if cfg == nil {
		cfg, _ = config.Load(a.path()) // the mistakes are known
	}
	if cfg == nil {
		cfg = config.Default()
	}
	return cfg, mistakes, warnings, nil
}

// serviceState asks the system how the service is.
func (a *app) serviceState() (string, error) {
	path, err := a.servicePath()
	if err != nil {
		return "", err
	}
	s, err := service.New(serviceOptions(path, nil, ""))
	if err != nil {
		return "", err
	}
	state, err := s.State()
	return string(state), err
}

// isInstalled says that the service is what runs the relay.
func (a *app) isInstalled() bool {
	state, err := a.serviceState()
	return err == nil && state != string(service.NotInstalled)
}

// checkSpool walks over the spool of a relay that does not run.
func checkSpool(cfg *config.Config) (err error) {
	path := relay.SpoolPath(cfg)
	if _, err := os.Stat(path); err != nil {
		return err
	}
	s, err := spool.Open(path, relay.SpoolOptions(cfg, relay.Options{BuildDate: thisBuild().date()}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Check()
}

// words of the verdicts, in a column of their own.
var verdictWords = map[doctor.Verdict]string{doctor.OK: "ok", doctor.Warn: "warning", doctor.Bad: "BAD", doctor.Skipped: "-"}

// printChecks writes a table, group by group, with the remedy below what needs
// one.
func printChecks(w io.Writer, list []doctor.Check) error {
	var b strings.Builder
	counts := map[doctor.Verdict]int{}
	group := doctor.Group("")
	for _, c := range list {
		if c.Group != group {
			if group != "" {
				b.WriteByte('\n')
			}
			group = c.Group
			fmt.Fprintf(&b, "%s\n", group)
		}
		counts[c.Verdict]++
		about := ""
		if c.About != "" && !strings.Contains(c.Says, c.About) {
			about = c.About + ": "
		}
		fmt.Fprintf(&b, "  %-7s  %-8s  %s%s\n", verdictWords[c.Verdict], c.Name, about, indented(c.Says))
		if c.Remedy != "" {
			fmt.Fprintf(&b, "                     > %s\n", indented(c.Remedy))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", summed(counts))
	_, err := io.WriteString(w, b.String())
	return err
}

func indented(text string) string {
	return strings.ReplaceAll(text, "\n", "\n                     ")
}

func summed(counts map[doctor.Verdict]int) string {
	bad, warn := counts[doctor.Bad], counts[doctor.Warn]
	switch {
	case bad > 0 && warn > 0:
		return fmt.Sprintf("%d bad, %s", bad, plural(warn, "warning"))
	case bad > 0:
		return fmt.Sprintf("%d bad", bad)
	case warn > 0:
		return fmt.Sprintf("nothing is bad; %s", plural(warn, "warning"))
	}
	return "all is well"
}
