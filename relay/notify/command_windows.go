package notify

import (
	"os/exec"
	"syscall"
)

// hideWindow keeps a console from opening at the till.
func hideWindow(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }
