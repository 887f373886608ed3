package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"funnelrelay/relay/config"
)

func (a *app) initialize() *cobra.Command {
	var o config.InitOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented config",
		Long: `init writes a config with a comment on every key. It asks for nothing: the time
zone is found, the project id and the key are taken from the flags, or else from
the environment variables FUNNELYTICS_PROJECT_ID and FUNNELYTICS_API_KEY each
time the relay starts. It never overwrites a file.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := a.configPath
			if path == "" {
				path = os.Getenv(config.EnvName)
			}
			if path == "" {
				places := config.Places()
				path = places[0]
			}
			return a.writeConfig(path, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Project, "project", "", "name of the project (default shop)")
	f.StringVar(&o.ProjectID, "project-id", "", "the account's Webhook Account ID")
	f.StringVar(&o.APIKey, "api-key", "", "where the Webhook Secret Key is: ${file:PATH}, ${env:NAME} or ${cred:NAME}")
	f.StringVar(&o.URL, "url", "", "upstream (default https://events.funnelytics.io)")
	f.StringVar(&o.Listen, "listen", "", "address and port (default 127.0.0.1:8787)")
	f.StringVar(&o.Data, "data", "", "data folder (default: the system's own)")
	f.StringVar(&o.Timezone, "timezone", "", "IANA name of the site's zone (default: this machine's)")
	return cmd
}

func (a *app) writeConfig(path string, o config.InitOptions) error {
	text := config.Template(o)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usagef("init: %s is there already, and is not overwritten; name another file with --config", path)
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("init: %w", errors.Join(err, os.Remove(path)))
	}
	fmt.Fprintf(a.out, "wrote %s\n", path)
	if o.ProjectID == "" || o.APIKey == "" {
		fmt.Fprintln(a.out, "next: put the project id and the key where the file says, then: funnelrelay check, funnelrelay run")
	} else {
		fmt.Fprintln(a.out, "next: funnelrelay check, funnelrelay run")
	}
	return nil
}
