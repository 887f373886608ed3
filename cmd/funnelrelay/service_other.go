//go:build !windows

package main

// underService matters on Windows only, where letters stand for shares.
func underService() bool { return false }
