package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay/config"
)

func (a *app) pause() *cobra.Command {
	var reason string
	cmd := a.steer("pause", "Stop sending for a project, until it is resumed",
		`pause keeps a project from sending, over restarts too, until it is resumed. Events
are taken as before, and wait.`,
		`  funnelrelay pause shop --reason "the account moves"`,
		func(name string) string {
			return name + " is paused: its events are taken, and wait; `funnelrelay resume " + name + "` goes on"
		},
		func() any { return map[string]string{"reason": reason} })
	cmd.Flags().StringVar(&reason, "reason", "", "why, for who looks at the status")
	return cmd
}

func (a *app) resume() *cobra.Command {
	return a.steer("resume", "Send again for a project that was paused by hand", "", "  funnelrelay resume shop",
		func(name string) string { return name + " is resumed: what waits goes out" }, nil)
}

func (a *app) probe() *cobra.Command {
	return a.steer("probe", "Try at once whether a project that is offline or paused can send again",
		`probe makes a project that is offline, or paused by itself as its key was refused,
try now, and not only at its next time.`, "  funnelrelay probe shop",
		func(name string) string { return name + " tries now; `funnelrelay status` says what came of it" }, nil)
}

// steer is a command that has one thing done to a project.
func (a *app) steer(do, short, long, example string, says func(project string) string, what func() any) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: do + " [PROJECT]", Short: short, Long: long, Example: example,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s: name one project", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.steerProject(cmd.Context(), do, args, asJSON, says, what)
		},
	}
	if long == "" {
		cmd.Long = short + "."
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) steerProject(ctx context.Context, do string, args []string, asJSON bool, says func(string) string, what func() any) (err error) {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var name string
	switch {
	case len(args) == 1:
		name = args[0]
	case len(cfg.Projects) == 1:
		name = cfg.Projects[0].Name
	default:
		return usagef("%s: name one of the projects: %s", do, projectNames(cfg))
	}
	if _, ok := cfg.Projects.Get(name); !ok {
		return usagef("project %s is not in the config; there are: %s", name, projectNames(cfg))
	}
	c, err := a.api(ctx)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	var body any
	if what != nil {
		body = what()
	}
	answer, err := c.post(ctx, "/api/v1/projects/"+url.PathEscape(name)+"/"+do, body)
	if err != nil {
		return err
	}
	if len(answer) == 0 {
		answer, _ = json.Marshal(map[string]string{"project": name, "done": do}) // strings can always be marshalled
	}
	return result(a, asJSON, answer, func(*struct{}) {
		text := says(name)
		if c.offline {
			text += ", once the relay runs"
		}
		fmt.Fprintln(a.out, text)
	})
}

func projectNames(cfg *config.Config) string {
	names := make([]string, len(cfg.Projects))
	for i, p := range cfg.Projects {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
