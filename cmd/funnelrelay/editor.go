package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// remark begins a line of the edited text that is not part of it. JSON has no
// such lines: a string never goes on in the next one.
const remark = "//"

// edit opens a text in the person's editor, under remarks, and returns what was
// saved, without them.
func (a *app) edit(ctx context.Context, path, text string, remarks []string) (string, error) {
	var b strings.Builder
	for _, r := range remarks {
		for line := range strings.Lines(cleanLines(r)) {
			b.WriteString(remark + " " + strings.TrimRight(line, "\n") + "\n")
		}
	}
	b.WriteString(remark + " Lines like these are left out. Save nothing, or an empty file, to leave the event as it is.\n" + text + "\n")
	content := b.String()
	if runtime.GOOS == "windows" {
		content = strings.ReplaceAll(content, "\n", "\r\n")
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return "", err
	}
	if err := a.openEditor(ctx, path); err != nil {
		return "", err
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	b.Reset()
	for line := range strings.Lines(strings.TrimPrefix(strings.ReplaceAll(string(saved), "\r\n", "\n"), "\ufeff")) {
		if !strings.HasPrefix(strings.TrimSpace(line), remark) {
			b.WriteString(line)
		}
	}
	return b.String(), nil
}

// openEditor runs the editor until it ends.
func (a *app) openEditor(ctx context.Context, path string) error {
	editor := cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"))
	if editor == "" && a.asks() { // without a person there, nobody would close it
		editor = usualEditor()
	}
	if editor == "" {
		return usagef("no editor is known here: set EDITOR, or use --set or --file")
	}
	name, args := editor, []string{path}
	if _, err := exec.LookPath(editor); err != nil { // with flags of its own: "code --wait"
		words := strings.Fields(editor)
		name, args = words[0], append(words[1:], path)
	}
	program := exec.CommandContext(ctx, name, args...)
	program.Stdin, program.Stdout, program.Stderr = a.in, a.err, a.err
	if isTerminal(a.out) {
		program.Stdout = a.out // an editor draws there
	}
	if err := program.Run(); err != nil {
		return fmt.Errorf("editor %s: %w; set EDITOR to another one, or use --set or --file", name, err)
	}
	return nil
}

func usualEditor() string {
	if runtime.GOOS == "windows" {
		return "notepad"
	}
	for _, name := range []string{"sensible-editor", "nano", "vi"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return ""
}
