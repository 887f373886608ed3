//go:build docs

package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// extra are the commands of a build that makes packages: what writes the man
// pages is of no use on a till, and is not carried there.
func (a *app) extra() []*cobra.Command { return []*cobra.Command{a.man()} }

// man writes a page for each command. They bear the date of $SOURCE_DATE_EPOCH,
// so that the same source makes the same pages.
func (a *app) man() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			keepTables(root)
			header := doc.GenManHeader{Section: "1", Source: "funnelrelay " + version, Manual: "funnelrelay"}
			if err := doc.GenManTree(root, &header, args[0]); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			return nil
		},
	}
}

// keepTables marks the paragraphs of a command's text that are laid out by
// hand, as examples are: a page would fill their lines up otherwise.
func keepTables(cmd *cobra.Command) {
	paragraphs := strings.Split(cmd.Long, "\n\n")
	for i, p := range paragraphs {
		if strings.HasPrefix(p, "  ") || strings.Contains(p, "   ") {
			paragraphs[i] = "    " + strings.ReplaceAll(p, "\n", "\n    ")
		}
	}
	cmd.Long = strings.Join(paragraphs, "\n\n")
	for _, c := range cmd.Commands() {
		keepTables(c)
	}
}
