package service

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// State asks the system how the service is.
func (s *Service) State() (State, error) {
	if underSystemd() {
		return unitState()
	}
	return scriptState()
}

// unitState asks systemd. A unit that ended by itself has failed until it is
// ready again, though systemd calls it activating.
func unitState() (State, error) {
	out, err := exec.Command("systemctl", "show", Name, "-p", "LoadState", "-p", "ActiveState", "-p", "SubState", "-p", "NRestarts").Output()
	if err != nil {
		return "", fmt.Errorf("state of the service: systemctl show: %w", err)
	}
	said := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		said[name] = value
	}
	again := said["NRestarts"] != "" && said["NRestarts"] != "0" // an old systemd does not count
	switch {
	case said["LoadState"] == "not-found":
		return NotInstalled, nil
	case said["ActiveState"] == "failed" || said["SubState"] == "auto-restart",
		said["ActiveState"] == "activating" && again:
		return Failed, nil
	case said["ActiveState"] == "inactive":
		return Stopped, nil
	}
	return Running, nil
}

// initFile is the script of OpenRC, or of SysV.
const initFile = "/etc/init.d/" + Name

// What a script answers to "status": the first three as LSB has them, the others
// are OpenRC's.
const (
	scriptDead         = 1 // it ended by itself
	scriptStopped      = 3
	scriptStopping     = 4
	scriptStarting     = 8
	scriptCrashed      = 32
	scriptUnsupervised = 64
)

// scriptState asks the script itself: kardianos takes a service that is not
// there, and one that is between two starts, for errors.
func scriptState() (State, error) {
	if _, err := os.Stat(initFile); errors.Is(err, fs.ErrNotExist) {
		return NotInstalled, nil
	}
	out, err := exec.Command(initFile, "status").CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return "", fmt.Errorf("state of the service: %w", err)
	}
	code := 0
	if ended != nil {
		code = ended.ExitCode()
	}
	switch code {
	case 0, scriptStarting, scriptStopping:
		return Running, nil
	case scriptStopped:
		return Stopped, nil
	case scriptDead, scriptCrashed, scriptUnsupervised:
		return Failed, nil
	}
	return "", fmt.Errorf("state of the service: %s status: %w: %s", initFile, err, strings.TrimSpace(string(out)))
}
