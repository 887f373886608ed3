package service

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"strings"
)

// keptAccount is the account of the service that is installed by a unit or a
// script of ours, which a person may have chosen; "" without one.
func keptAccount() string {
	path := initFile
	if underSystemd() {
		path = unitFile
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "" // there is none, or none that this user may know of
	}
	return accountIn(string(text))
}

var accountLine = regexp.MustCompile(`(?m)^(?:User=|command_user=|.*setpriv --reuid=)'?([^\s:']+)`)

// accountIn finds the account in a unit or a script.
func accountIn(text string) string {
	if found := accountLine.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// makeAccount makes the system user and the group of the same name, if they are
// not there: without a password, a shell or a home that is its own.
func makeAccount(name string) error {
	if _, err := user.Lookup(name); err == nil {
		return nil
	} else if unknown := user.UnknownUserError(""); !errors.As(err, &unknown) {
		return fmt.Errorf("account %s: %w", name, err)
	}
	const nowhere, noShell = "/nonexistent", "/usr/sbin/nologin"
	if _, err := exec.LookPath("useradd"); err == nil {
		return command("useradd", "--system", "--user-group", "--home-dir", nowhere, "--no-create-home", "--shell", noShell, name)
	}
	if _, err := exec.LookPath("adduser"); err == nil { // busybox
		if err := command("addgroup", "-S", name); err != nil && !strings.Contains(err.Error(), "in use") {
			return err
		}
		return command("adduser", "-S", "-D", "-H", "-h", nowhere, "-s", "/sbin/nologin", "-G", name, name)
	}
	return fmt.Errorf("account %s: neither useradd nor adduser is on this system; make a system user and a group of that name", name)
}

// command runs a program of the system; what it printed is the error.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	if text := bytes.TrimSpace(out); len(text) > 0 {
		return fmt.Errorf("%s %s: %s", name, strings.Join(args, " "), text)
	}
	return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
}
