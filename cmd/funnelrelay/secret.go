package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay/rights"
	"funnelrelay/relay/secret"
	"funnelrelay/relay/service"
)

func (a *app) secret() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Store API keys and passwords apart from the config",
		Long: `secret keeps API keys and passwords in the folder secrets beside the config,
which only the service's account may read; on Windows they are encrypted for
this machine besides. The config refers to one as ${cred:NAME}.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.secretSet(), a.secretList(), a.secretRemove())
	return cmd
}

func (a *app) secretSet() *cobra.Command {
	return &cobra.Command{
		Use:   "set NAME",
		Short: "Store a secret, in the place of the one before",
		Long: `set stores a secret under a name. The value is asked for, without showing what
is typed, or is the first line of standard input. It is never an argument: those
are seen by other users and kept by the shell.`,
		Args: oneName,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := secret.CheckName(args[0]); err != nil {
				return &usageError{err}
			}
			path, err := a.servicePath()
			if err != nil {
				return err
			}
			value, err := a.value(args[0])
			if err != nil {
				return err
			}
			if err := a.storeSecret(path, args[0], value); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "stored %s in %s; the config refers to it as ${cred:%[1]s}; %[3]s\n", args[0], secret.Folder(path), takenUp)
			return err
		},
	}
}

const takenUp = "a running service takes the change up with: funnelrelay service restart"

// value asks for a secret, or takes it from what is piped in.
func (a *app) value(name string) (string, error) {
	if in, ok := a.in.(*os.File); ok && isTerminal(in) {
		value, err := a.hidden(fmt.Sprintf("Value of %s (is not shown)", name))
		if err != nil {
			return "", fmt.Errorf("secret %s: %w", name, err)
		}
		return value, nil
	}
	line, err := a.lines().ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("secret %s: standard input: %w", name, err)
	}
	value := strings.TrimRight(strings.TrimPrefix(line, "\ufeff"), "\r\n") // PowerShell's pipe may begin with a mark
	if value == "" {
		return "", usagef("secret %s: standard input holds no value", name)
	}
	return value, nil
}

// storeSecret stores a value beside a config, and tells the service manager of
// it where that hands secrets over.
func (a *app) storeSecret(config, name, value string) error {
	store, err := a.secrets(config)
	if err != nil {
		return err
	}
	if err := store.Set(name, value); err != nil {
		return hint(err)
	}
	return a.lend(store, config)
}

// secrets is the store of a config. Its folder is theirs who hand it to the
// service, or the service's, when this user may give it away.
func (a *app) secrets(config string) (secret.Store, error) {
	full, err := filepath.Abs(config)
	if err != nil {
		return secret.Store{}, err
	}
	store := secret.Beside(full)
	if account := service.SecretsAccount(); service.Elevated() == nil && rights.Exists(account) {
		store.Account = account
	}
	return store, nil
}

// lend tells the service manager what is stored, if this is the config of the
// service and this user may.
func (a *app) lend(store secret.Store, path string) error {
	if service.Elevated() != nil || filepath.Base(filepath.Dir(path)) != service.Name {
		return nil
	}
	return service.UpdateCredentials(store.Folder)
}

func (a *app) secretList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the names of the stored secrets",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			path, err := a.servicePath()
			if err != nil {
				return err
			}
			names, err := secret.Beside(path).List()
			if err != nil {
				return hint(err)
			}
			if asJSON {
				return json.NewEncoder(a.out).Encode(append([]string{}, names...))
			}
			for _, name := range names {
				if _, err := fmt.Fprintln(a.out, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) secretRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Forget a stored secret",
		Args:  oneName,
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := a.servicePath()
			if err != nil {
				return err
			}
			store, err := a.secrets(path)
			if err != nil {
				return err
			}
			if err := store.Remove(args[0]); err != nil {
				return hint(err)
			}
			if err := a.lend(store, path); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "removed %s; %s\n", args[0], takenUp)
			return err
		},
	}
}

// oneName wants a name, and does not print what else was given: a value that
// was typed as an argument is a secret.
func oneName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usagef("%s needs a name, as in: %s shop_key", cmd.CommandPath(), cmd.CommandPath())
	case len(args) > 1:
		return usagef("%s takes a name and nothing else; the value is asked for, or piped in", cmd.CommandPath())
	}
	return nil
}

// hint says how to come by the rights that are missing.
func hint(err error) error {
	if errors.Is(err, fs.ErrPermission) && service.Elevated() != nil && !strings.Contains(err.Error(), "sudo") {
		return fmt.Errorf("%w; the secrets of a service need more rights: sudo, or an administrator's terminal", err)
	}
	return err
}
