//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyHangup sends SIGHUPs to c until the returned function is called, which
// closes c.
func notifyHangup(c chan os.Signal) func() {
	signal.Notify(c, syscall.SIGHUP)
	return func() {
		signal.Stop(c)
		close(c)
	}
}
