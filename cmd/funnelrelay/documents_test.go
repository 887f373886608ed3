package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command in the documents is one that is there, with its flags, and so is
// every example in a help text.
func TestDocumentedCommands(t *testing.T) {
	commands := 0
	try := func(where, line string) {
		line, _, _ = strings.Cut(line, "   ") // a remark behind it
		line, _, _ = strings.Cut(line, " #")
		line, _, _ = strings.Cut(line, " > ")
		line, _, _ = strings.Cut(line, " < ")
		args := words(strings.TrimSpace(line))
		if len(args) == 0 || strings.Contains(line, "(") {
			return
		}
		commands++
		root := newRoot(streams{strings.NewReader(""), io.Discard, io.Discard})
		cmd, rest, err := root.Find(args)
		if err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
			return
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
		}
		if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
		}
	}
	inLine := regexp.MustCompile(`(?m)^(?:sudo )?(?:\./)?funnelrelay ([a-z].*)$`)
	for _, path := range []string{"../../README.md", "../../packaging/README.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split(string(text), "```") {
			if i%2 == 1 {
				for _, m := range inLine.FindAllStringSubmatch(block, -1) {
					try(path, m[1])
				}
			}
		}
	}
	example := regexp.MustCompile(`(?m)^ +funnelrelay ([a-z].*)$`)
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, m := range example.FindAllStringSubmatch(cmd.Example+"\n"+cmd.Long, -1) {
			try(cmd.CommandPath(), m[1])
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRoot(streams{strings.NewReader(""), io.Discard, io.Discard}))
	if commands < 40 {
		t.Errorf("only %d commands were found", commands)
	}
}

// words splits a line as a shell does, as far as the documents need it.
func words(line string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		list = append(list, m[1]+m[2]+m[3])
	}
	return list
}
