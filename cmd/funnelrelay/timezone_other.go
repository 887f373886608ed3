//go:build !windows

package main

// machineTimezone is left to the config package, which asks the system's files.
func machineTimezone() string { return "" }
