//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup lets killGroup reach what a wrapper started, too: a tracee outlives
// its tracer.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
