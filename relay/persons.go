package relay

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"funnelrelay/relay/config"
	"funnelrelay/relay/values"
)

// Folders in a watched folder in which files lie that were taken.
const (
	doneFolder     = "done"
	rejectedFolder = "rejected"
)

// FilesWith lists the files beside the spool that hold one of the texts, as the
// e-mail address or the session of a person: those in the drop folders and in
// done/ and rejected/ of all sources, copies of the spool that were set aside,
// and the log. A file that could not be looked into is in the list as well, with
// the reason: a person has to look there. Nothing is changed.
func FilesWith(ctx context.Context, cfg *config.Config, needles []string) []string {
	s := &personSearch{searcher: newSearcher(ctx, needles), looked: map[string]bool{}}
	if len(s.patterns) == 0 {
		return nil
	}
	s.tree(dropPath(cfg), func(string) bool { return true })
	for i := range cfg.Sources {
		globs, _ := watchPatterns(cfg, &cfg.Sources[i])
		for _, glob := range globs {
			s.watched(glob)
		}
	}
	s.beside(SpoolPath(cfg) + ".") // .damaged-DATE, .format-N
	s.tree(filepath.Join(cfg.Data, "log"), func(string) bool { return true })
	if file := cfg.Log.File; file != "" {
		s.beside(strings.TrimSuffix(file, filepath.Ext(file))) // what was turned over has a date in its name
	}
	slices.Sort(s.found)
	return s.found
}

// personSearch is one search, through one file after the other.
type personSearch struct {
	*searcher
	looked map[string]bool
	found  []string
}

// watched looks at what a source has taken below its folder, and at what lies
// there for it.
func (s *personSearch) watched(glob *values.Glob) {
	root := filepath.Clean(glob.Root())
	within := func(path string) string {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return ""
		}
		return filepath.ToSlash(rel)
	}
	depth := strings.Count(filepath.ToSlash(glob.String()), "/") - strings.Count(filepath.ToSlash(root), "/")
	taken := func(path string) bool {
		for _, name := range strings.Split(within(path), "/") {
			if strings.EqualFold(name, doneFolder) || strings.EqualFold(name, rejectedFolder) {
				return true
			}
		}
		return false
	}
	s.walk(root, func(path string) bool { // a folder is entered
		return glob.Deep() || taken(path) || strings.Count(within(path), "/")+1 < max(depth, 1)
	}, func(path string) bool {
		if taken(path) {
			return true
		}
		_, matches := glob.Match(path)
		return matches
	})
}

// tree looks at all files below a folder that wanted says.
func (s *personSearch) tree(root string, wanted func(path string) bool) {
	s.walk(root, func(string) bool { return true }, wanted)
}

// beside looks at the files whose paths begin with a text.
func (s *personSearch) beside(prefix string) {
	dir := filepath.Dir(prefix)
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.cannot(dir, err)
	}
	for _, f := range files {
		if path := filepath.Join(dir, f.Name()); f.Type().IsRegular() && strings.HasPrefix(path, prefix) {
			s.look(path)
		}
	}
}

// walk follows no links: what they lead to is not the relay's, or is watched by
// its own path.
func (s *personSearch) walk(root string, enter, wanted func(path string) bool) {
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case s.ctx.Err() != nil:
			return filepath.SkipAll
		case errors.Is(err, fs.ErrNotExist):
			return nil // put away meanwhile, or a folder that never came
		case err != nil:
			s.cannot(path, err)
			if d != nil && d.IsDir() {
				return filepath.SkipDir
			}
		case d.IsDir() && path != root && !enter(path):
			// In a folder that is too deep for the pattern, only these are the relay's.
			for _, name := range []string{doneFolder, rejectedFolder} {
				s.tree(filepath.Join(path, name), func(string) bool { return true })
			}
			return filepath.SkipDir
		case d.Type().IsRegular() && wanted(path):
			s.look(path)
		}
		return nil
	})
}

func (s *personSearch) cannot(path string, err error) {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	s.found = append(s.found, path+" (could not be looked into: "+err.Error()+")")
}

// look looks into one file, once.
func (s *personSearch) look(path string) {
	if s.looked[path] || s.ctx.Err() != nil {
		return
	}
	s.looked[path] = true
	if s.inName(filepath.Base(path)) {
		s.found = append(s.found, path)
		return
	}
	holds, err := s.inFile(path)
	switch {
	case holds:
		s.found = append(s.found, path)
	case err != nil && !errors.Is(err, fs.ErrNotExist) && s.ctx.Err() == nil:
		s.cannot(path, err)
	}
}
