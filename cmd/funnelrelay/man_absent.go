//go:build !docs

package main

import "github.com/spf13/cobra"

// extra are the commands of a build that makes packages: none here.
func (a *app) extra() []*cobra.Command { return nil }
