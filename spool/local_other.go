//go:build !linux && !windows && !darwin

package spool

// remoteFileSystem is not known here.
func remoteFileSystem(string) string { return "" }
