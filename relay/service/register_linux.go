package service

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"funnelrelay/relay/rights"
)

const (
	unitFile = "/etc/systemd/system/" + Name + ".service"
	dropIn   = "/etc/systemd/system/" + Name + ".service.d/credentials.conf"
)

// packagedUnits are where a package puts the unit, which Install then leaves to
// it.
var packagedUnits = []string{"/usr/lib/systemd/system/" + Name + ".service", "/lib/systemd/system/" + Name + ".service"}

// packaged says whether a package has brought the very unit that is wanted.
func (s *Service) packaged() bool {
	for _, path := range packagedUnits {
		if text, err := os.ReadFile(path); err == nil && string(text) == Unit(s.o) {
			return true
		}
	}
	return false
}

// register tells the init system of the service, and to start it with the
// machine. A crash in between leaves a service that is not enabled; the next
// install makes it whole.
func (s *Service) register() error {
	switch platform := s.system.Platform(); platform {
	case "linux-upstart", "linux-rcs", "linux-procd": // kardianos would write a script that does not start it again
		return fmt.Errorf("this machine starts its services by %s, for which there is no script; let it start `funnelrelay run --service`",
			strings.TrimPrefix(platform, "linux-"))
	}
	if err := s.forget(); err != nil {
		return err
	}
	if underSystemd() && s.packaged() {
		return errors.Join(command("systemctl", "daemon-reload"), command("systemctl", "enable", Name))
	}
	return errors.Join(s.system.Install(), s.addRunLevels())
}

// forget removes what an earlier install wrote: kardianos refuses to write over it.
func (s *Service) forget() error {
	path := initFile
	if underSystemd() {
		path = unitFile
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.removeRunLevels()
}

// addRunLevels makes Debian's SysV start the script with the machine: it goes by
// an order of its own making, and passes over the links that kardianos makes.
func (s *Service) addRunLevels() error {
	if _, err := exec.LookPath(debianRunLevels); err != nil || !s.underSysV() {
		return nil
	}
	if err := s.removeRunLevels(); err != nil {
		return err
	}
	return command(debianRunLevels, Name, "defaults")
}

// removeRunLevels removes the links of SysV's run levels, which kardianos makes
// and leaves behind.
func (s *Service) removeRunLevels() error {
	if !s.underSysV() {
		return nil
	}
	links, err := filepath.Glob("/etc/rc?.d/[SK][0-9][0-9]" + Name)
	if len(links) == 0 || err != nil {
		return err
	}
	if _, missing := exec.LookPath(debianRunLevels); missing == nil {
		err = command(debianRunLevels, "-f", Name, "remove")
	}
	for _, link := range links {
		if e := os.Remove(link); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// debianRunLevels is the program that keeps the order of Debian's run levels.
const debianRunLevels = "update-rc.d"

func (s *Service) underSysV() bool { return strings.HasSuffix(s.system.Platform(), "systemv") }

// unregister undoes register. A package's unit stays: it is the package's.
func (s *Service) unregister() error {
	if _, err := os.Stat(unitFile); underSystemd() && errors.Is(err, fs.ErrNotExist) {
		return command("systemctl", "disable", Name)
	}
	return s.system.Uninstall()
}

// finish has nothing to add here.
func (s *Service) finish() ([]string, error) { return nil, nil }

// clean removes what unregister leaves.
func (s *Service) clean() error {
	err := s.removeRunLevels()
	if !underSystemd() {
		return err
	}
	if removed := os.RemoveAll(filepath.Dir(dropIn)); removed != nil {
		return errors.Join(err, removed)
	}
	// A service that failed is listed for ever, unless it is told to be forgotten;
	// that there is none is as good.
	_ = command("systemctl", "reset-failed", Name)
	return errors.Join(err, command("systemctl", "daemon-reload"))
}

// secrets lets the service, and nobody else, have the stored secrets.
func (s *Service) secrets() ([]string, error) {
	if s.o.Secrets == "" {
		return nil, nil
	}
	if _, err := os.Stat(s.o.Secrets); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if !underSystemd() { // the daemon reads them itself
		return nil, rights.Private(s.o.Secrets, s.o.Account)
	}
	if err := rights.Private(s.o.Secrets, SecretsAccount()); err != nil {
		return nil, err
	}
	return nil, UpdateCredentials(s.o.Secrets)
}

// SecretsAccount is who may read stored secrets: root where systemd runs, which
// hands them to the service, or else the account of the service itself.
func SecretsAccount() string {
	if underSystemd() {
		return "root"
	}
	return cmp.Or(keptAccount(), DefaultAccount())
}

// UpdateCredentials tells systemd which secrets are stored in folder; it hands
// them over when the service starts next. Elsewhere it does nothing.
func UpdateCredentials(folder string) error {
	if !underSystemd() {
		return nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secrets: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && entry.Name()[0] != '.' {
			names = append(names, entry.Name())
		}
	}
	text := Credentials(folder, names)
	if old, err := os.ReadFile(dropIn); err == nil && string(old) == text {
		return nil
	}
	if text == "" {
		err = os.RemoveAll(filepath.Dir(dropIn))
	} else if err = os.MkdirAll(filepath.Dir(dropIn), 0o755); err == nil { //nolint:gosec // systemd's folders are readable
		err = os.WriteFile(dropIn, []byte(text), 0o644) //nolint:gosec // it names files, and holds no secret
	}
	if err != nil {
		return fmt.Errorf("credentials for systemd: %w", err)
	}
	return command("systemctl", "daemon-reload")
}
