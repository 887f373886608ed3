//go:build !windows

package service

import "context"

// RunUnder runs the daemon under a service manager that wants to be spoken to.
// There is none here: false, and nothing was run.
func RunUnder(context.Context, func(context.Context) error) (bool, error) { return false, nil }
