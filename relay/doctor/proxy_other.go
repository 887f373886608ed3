//go:build !windows

package doctor

// systemProxy is the environment's here, which is followed.
func systemProxy() string { return "" }
