package service

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// openFirewall lets other machines reach the port, where the config means them
// to, and nobody otherwise. A rule of an earlier install is replaced.
func (s *Service) openFirewall() error {
	if netsh("show", "rule", "name="+Name) == nil {
		if err := netsh("delete", "rule", "name="+Name); err != nil {
			return fmt.Errorf("the rule %s is not removed: %w", Name, err)
		}
	}
	if s.o.Port == "" {
		return nil
	}
	if err := netsh(s.rule()...); err != nil {
		return fmt.Errorf("port %s stays closed to other machines: %w; open it by hand", s.o.Port, err)
	}
	return nil
}

// rule is for the program and the port alone. It holds on every kind of
// network: many a shop's is public to Windows, and who may post is decided by
// http.allow and http.auth.
func (s *Service) rule() []string {
	return []string{
		"add", "rule", "name=" + Name, "dir=in", "action=allow", "program=" + s.o.Executable,
		"protocol=TCP", "localport=" + s.o.Port, "description=" + description,
	}
}

func netsh(args ...string) error {
	folder, err := windows.GetSystemDirectory()
	if err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(folder, "netsh.exe"), append([]string{"advfirewall", "firewall"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("netsh: %w: %s", err, bytes.TrimSpace(bytes.ToValidUTF8(out, []byte("?"))))
	}
	return nil
}
