package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"funnelrelay/relay/config"
	"funnelrelay/relay/service"
)

// initFlags are what init was told.
type initFlags struct {
	config.InitOptions
	service bool   // set it up as the service of this machine
	drop    string // folder into which a till writes files
	path    string // of the config
	key     string // the secret key itself, to be stored
}

func (a *app) initialize() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented config, and set the service up",
		Long: `init writes a config with a comment on every key. On a terminal it asks for
what it was not told: the project id and the key (which it stores apart from the
config), the time zone, a folder into which a till writes files; it tries what it
wrote, and with the rights for it offers to install and start the service.
Elsewhere it asks for nothing: what is not given by a flag is taken from the
environment variables FUNNELYTICS_PROJECT_ID and FUNNELYTICS_API_KEY each time
the relay starts. It never overwrites a file.

  sudo funnelrelay init
  funnelrelay init --service --project-id 'YOUR ACCOUNT ID' --api-key - < key.txt`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.setUp(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Project, "project", "", "name of the project (default shop)")
	flags.StringVar(&f.ProjectID, "project-id", "", "the account's Webhook Account ID")
	flags.StringVar(&f.APIKey, "api-key", "", "where the Webhook Secret Key is: ${file:PATH}, ${env:NAME} or ${cred:NAME}; - reads it from standard input and stores it")
	flags.StringVar(&f.URL, "url", "", "upstream (default https://events.funnelytics.io)")
	flags.StringVar(&f.Listen, "listen", "", "address and port (default 127.0.0.1:8787)")
	flags.StringVar(&f.Data, "data", "", "data folder (default: the system's own)")
	flags.StringVar(&f.Timezone, "timezone", "", "IANA name of the site's zone (default: this machine's)")
	flags.StringVar(&f.drop, "drop", "", "folder into which a till writes files; it is made, and an export in it is looked at")
	flags.BoolVar(&f.service, "service", false, "install and start the service as well, with the config in the system's own place")
	return cmd
}

// initPath is where init writes: into the folder where it was called, or for a
// service into the system's own place.
func (a *app) initPath(forService bool) string {
	places := config.Places()
	switch named := os.Getenv(config.EnvName); {
	case a.configPath != "":
		return a.configPath
	case named != "":
		return named
	case forService:
		return places[len(places)-1]
	}
	return places[0]
}

// writeConfig writes a new config, and never over one that is there:
// fs.ErrExist.
func writeConfig(path string, o config.InitOptions) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the config's own mode protects it
		return fmt.Errorf("init: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = file.Write(config.Template(o))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("init: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// isThere says whether a config is there already.
func isThere(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// offersService says whether this process could install the service.
func offersService() bool { return service.Elevated() == nil }
