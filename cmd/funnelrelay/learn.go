package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/learn"
)

type learnFlags struct {
	name, preset, watch  string
	date, zone, currency string
	set                  []string
	write                bool
}

func (a *app) learn() *cobra.Command {
	var f learnFlags
	cmd := &cobra.Command{
		Use:   "learn FILE...",
		Short: "Find out how an export is to be mapped, and write its source",
		Long: `learn looks at one or more exports of the same kind and prints the entry of
sources that reads them, with a comment at each key that says what it was found
out from, and the first three events that it would make. Nothing is sent.

What the files do not tell, as whether 03/04 is in March or in April, is not
guessed: learn asks on a terminal; elsewhere it prints the ways to write it and
ends with exit code 1. Answers can be given in advance:

  funnelrelay learn export-2026-11-22.csv --date dd/MM/yyyy --currency EUR
  funnelrelay learn export.csv --set values.money=cents --set order.id='{Day}/{No}'

More files tell more. With --write the entry is added to the config, which
otherwise stays as it is, and is checked before it is changed.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name the files to learn from")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runLearn(args, f) },
	}
	cmd.Flags().StringVar(&f.name, "name", "", "name of the source (default: after the file)")
	cmd.Flags().StringVar(&f.watch, "watch", "", "where such files will lie, as in drop/till/*.csv (default: the folder in which they lie now)")
	cmd.Flags().StringVar(&f.preset, "preset", "", "use this preset, or none (default: the one whose columns fit)")
	cmd.Flags().StringVar(&f.date, "date", "", "how dates are written, as in dd.MM.yyyy HH:mm")
	cmd.Flags().StringVar(&f.zone, "zone", "", "where dates were written, as in Europe/Berlin")
	cmd.Flags().StringVar(&f.currency, "currency", "", "the currency, as in EUR, where no column holds it")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "answer for any key that was unclear, as in values.money=cents")
	cmd.Flags().BoolVar(&f.write, "write", false, "add the entry to the config")
	return cmd
}

func (a *app) runLearn(files []string, f learnFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := relay.Regular(file); err != nil {
			return err
		}
	}
	root, names, err := together(files)
	if err != nil {
		return err
	}
	o.Folder = strings.TrimSuffix(root, string(filepath.Separator)) + string(filepath.Separator)
	found, err := a.learnFiles(root, names, o)
	if wrong := (*learn.AnswerError)(nil); errors.As(err, &wrong) {
		return usagef("%v", wrong)
	}
	if err != nil {
		return err
	}
	text := found.YAML()
	if _, err := a.out.Write(text); err != nil {
		return err
	}
	if len(found.Questions) > 0 {
		return a.unclear(found, f.write)
	}
	target, before, after, err := a.withEntry(found, text, f.write)
	if err != nil {
		return err
	}
	cfg, err := config.Parse(target, after, config.Env{})
	if err != nil {
		return err
	}
	if err := a.learned(cfg, found.Source.Name, files); err != nil {
		return err
	}
	if !f.write {
		return nil
	}
	if err := replaceConfig(target, before, after); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.err, "added %s to %s; next: funnelrelay check, then funnelrelay reload\n", found.Source.Name, target)
	return err
}

// options are the flags as learn has them.
func (f *learnFlags) options() (learn.Options, error) {
	o := learn.Options{Name: f.name, Watch: f.watch, Preset: f.preset, Set: map[string]string{}}
	for key, value := range map[string]string{"values.date": f.date, "values.zone": f.zone, "const.currency": f.currency} {
		if value != "" {
			o.Set[key] = value
		}
	}
	for _, text := range f.set {
		key, value, ok := strings.Cut(text, "=")
		if !ok || value == "" {
			return o, usagef("--set %s: write a key and a value, as in values.money=cents", text)
		}
		if !slices.Contains(learn.Keys(), key) {
			return o, usagef("--set %s: not a key that can be answered; there are: %s", key, strings.Join(learn.Keys(), ", "))
		}
		o.Set[key] = value
	}
	for _, name := range config.Presets() {
		s, err := config.PresetAlone(name)
		if err != nil {
			return o, err
		}
		text, _ := config.PresetText(name)
		o.Presets = append(o.Presets, learn.Preset{Name: name, Source: s, Text: text})
	}
	if f.preset != "" && f.preset != "none" && !slices.Contains(config.Presets(), f.preset) {
		return o, usagef("there is no preset %s; there are: %s", f.preset, strings.Join(config.Presets(), ", "))
	}
	return o, nil
}

// together is the folder in which all files lie, and their names in it with
// slashes.
func together(files []string) (root string, names []string, err error) {
	var paths []string
	for _, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			return "", nil, err
		}
		if info, err := os.Stat(path); err != nil {
			return "", nil, err
		} else if info.IsDir() {
			return "", nil, usagef("%s is a folder: name the files in it", file)
		}
		paths = append(paths, path)
	}
	root = filepath.Dir(paths[0])
	for _, path := range paths {
		for {
			name, err := filepath.Rel(root, path)
			if err == nil && filepath.IsLocal(name) {
				break
			}
			above := filepath.Dir(root)
			if above == root {
				return "", nil, usagef("%s and %s lie on different drives: learn from files in one place", paths[0], path)
			}
			root = above
		}
	}
	for _, path := range paths {
		name, err := filepath.Rel(root, path)
		if err != nil {
			return "", nil, err
		}
		names = append(names, filepath.ToSlash(name))
	}
	return root, names, nil
}

// learnFiles finds out, and asks on a terminal for what is unclear.
func (a *app) learnFiles(root string, names []string, o learn.Options) (*learn.Finding, error) {
	fsys := os.DirFS(root)
	if a.asks() {
		return a.answered(a.lines(), fsys, names, o)
	}
	return learn.Files(fsys, names, o)
}

// answered finds out, and asks until nothing is unclear but what a person left
// open. An answer that cannot be is asked for again.
func (a *app) answered(in *bufio.Reader, fsys fs.FS, names []string, o learn.Options) (*learn.Finding, error) {
	refused, answered := map[string]bool{}, map[string]bool{}
	for {
		found, err := learn.Files(fsys, names, o)
		if wrong := (*learn.AnswerError)(nil); errors.As(err, &wrong) && answered[wrong.Key] {
			fmt.Fprintf(a.err, "%v.\n", wrong)
			delete(o.Set, wrong.Key)
			continue
		}
		if err != nil {
			return nil, err
		}
		open := slices.IndexFunc(found.Questions, func(q learn.Question) bool {
			return !refused[q.Key] && slices.Contains(learn.Keys(), q.Key)
		})
		if open < 0 {
			return found, nil
		}
		q := found.Questions[open]
		answer, err := a.question(in, q)
		if err != nil {
			return nil, err
		}
		if answer == "" {
			refused[q.Key] = true
			continue
		}
		o.Set[q.Key], answered[q.Key] = answer, true
	}
}

// asks says whether a person sits there.
func (a *app) asks() bool {
	in, ok := a.in.(*os.File)
	return ok && isTerminal(in) && isTerminal(a.err)
}

// question asks one; "" leaves it open.
func (a *app) question(in *bufio.Reader, q learn.Question) (string, error) {
	fmt.Fprintf(a.err, "\n%s: %s.\n", q.Key, q.Is)
	var ways []learn.Way
	for _, way := range q.Ways {
		if way.Write != "" {
			ways = append(ways, way)
			fmt.Fprintf(a.err, "  %d) %s  (%s)\n", len(ways), way.Write, way.Means)
		} else {
			fmt.Fprintf(a.err, "  or write %s\n", way.Means)
		}
	}
	for {
		fmt.Fprint(a.err, "Number, or what to write; empty leaves it open: ")
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		line = strings.TrimSpace(line)
		n, err := strconv.Atoi(line)
		switch {
		case err == nil && n >= 1 && n <= len(ways):
			return ways[n-1].Write, nil
		case err != nil || len(ways) == 0 || slices.ContainsFunc(ways, func(way learn.Way) bool { return way.Write == line }):
			return line, nil
		}
		fmt.Fprintf(a.err, "There is no %d: %s.\n", n, numbered(ways))
	}
}

// numbered are the ways with their numbers: "1 is cents, 2 is 1234".
func numbered(ways []learn.Way) string {
	parts := make([]string, len(ways))
	for i, way := range ways {
		parts[i] = fmt.Sprintf("%d is %s", i+1, way.Write)
	}
	return strings.Join(parts, ", ")
}

// unclear says what is open and how to answer it.
func (a *app) unclear(found *learn.Finding, write bool) error {
	for _, q := range found.Questions {
		fmt.Fprintf(a.err, "unclear: %s: %s\n", q.Key, q.Is)
		for _, way := range q.Ways {
			switch {
			case way.Write == "" && slices.Contains(learn.Keys(), q.Key):
				fmt.Fprintf(a.err, "    --set %s=…  # %s\n", q.Key, way.Means)
			case way.Write == "":
				fmt.Fprintf(a.err, "    write %s\n", way.Means)
			case slices.Contains(learn.Keys(), q.Key):
				fmt.Fprintf(a.err, "    --set %s  # %s\n", shellWord(q.Key+"="+way.Write), way.Means)
			default:
				fmt.Fprintf(a.err, "    %s: %s  # %s\n", q.Key, way.Write, way.Means)
			}
		}
	}
	ending := "answer with --set, or write it into the entry above"
	if write {
		ending += "; nothing was written"
	}
	fmt.Fprintf(a.err, "funnelrelay: learn: %s unclear: %s\n", isOrAre(len(found.Questions), "key"), ending)
	return errQuiet
}

func isOrAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return plural(n, noun) + " are"
}

// shellWord is a text as a shell takes it.
func shellWord(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-=/:,") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// noAccount is a config that has all but sources, for who has none yet.
const noAccount = "projects: {default: {project_id: none, api_key: none}}\n"

// withEntry is the config with the entry in it, and the text that it had.
// Without --write and without a config, or where the config has a source of
// this name, the entry stands alone.
func (a *app) withEntry(found *learn.Finding, entry []byte, write bool) (path string, before, after []byte, err error) {
	alone := append([]byte(noAccount), entry...)
	if path = a.path(); path == "" {
		if write {
			return "", nil, nil, usagef("no config file to write to: make one with `funnelrelay init`, or name one with --config")
		}
		return "funnelrelay.yaml", nil, alone, nil
	}
	if before, err = os.ReadFile(path); err != nil {
		return "", nil, nil, err
	}
	after, err = learn.Insert(before, entry, found.Source.Name)
	switch {
	case err == nil:
		return path, before, after, nil
	case write:
		return "", nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return "funnelrelay.yaml", nil, alone, nil
}
