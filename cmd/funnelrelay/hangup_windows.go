package main

import "os"

// notifyHangup does nothing: Windows has no such signal, and `funnelrelay
// reload` asks over the port.
func notifyHangup(c chan os.Signal) func() { return func() { close(c) } }
