//go:build !linux && !windows && !darwin

package machine

// systemID is not known here.
func systemID() string { return "" }
