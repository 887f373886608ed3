package dropfolder

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"funnelrelay/relay/values"
)

// watched is a folder that is looked through.
type watched struct {
	dir  string
	root string // of the pattern
}

// match says whether the source asks for a file, and what its path tells.
func (s *Source) match(path string) (captures map[string]string, ok bool) {
	if s.dir != "" {
		return nil, filepath.Dir(path) == s.dir && filepath.Base(path) != readmeName
	}
	for _, g := range s.Globs {
		if captures, ok := g.Match(path); ok {
			return captures, true
		}
	}
	return nil, false
}

// Through says that a pattern of the source leads into dir, or through it.
func (s *Source) Through(dir string) bool {
	for _, g := range s.Globs {
		if inside(dir, g.Root()) || g.Deep() && inside(g.Root(), dir) && begins(g, dir) {
			return true
		}
	}
	return false
}

// begins says that the folders of a pattern begin with those of dir.
func begins(g *values.Glob, dir string) bool {
	parts := strings.Split(filepath.ToSlash(strings.TrimSpace(g.String())), "/")
	n := strings.Count(filepath.ToSlash(dir), "/") + 1
	if slices.Contains(parts[:min(n, len(parts))], "**") {
		return true
	}
	if len(parts) <= n {
		return false
	}
	start, err := values.Pattern(strings.Join(parts[:n], "/"))
	if err != nil {
		return false // a part of a pattern is one
	}
	_, ok := start.Match(dir)
	return ok
}

// folders are those in which files may lie. What cannot be read is in v's
// errors.
func (s *Source) folders(v *visit) []watched {
	if s.dir != "" {
		return []watched{{s.dir, s.dir}}
	}
	var list []watched
	known := map[string]bool{}
	for _, g := range s.Globs {
		root := g.Root()
		if v.lane.watcher.o.Service && mappedDrive(root) {
			v.failed(&mapped{root})
			continue
		}
		least, most := depth(g)
		walk(root, least, most, v, func(dir string) {
			if !known[dir] {
				known[dir] = true
				list = append(list, watched{dir, root})
			}
		})
	}
	return list
}

// everyDepth is the depth of a pattern with **.
const everyDepth = 32

// depth is how many folders lie between a pattern's root and its files.
func depth(g *values.Glob) (least, most int) {
	if !g.Deep() {
		return 0, 0
	}
	rest := filepath.ToSlash(g.String())
	root := strings.TrimSuffix(filepath.ToSlash(g.Root()), "/")
	rest = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(rest), root), "/")
	most = strings.Count(strings.TrimPrefix(rest, "./"), "/")
	if strings.Contains(rest, "**") {
		return 0, everyDepth
	}
	return most, most
}

// walk calls visit with dir and what lies below it, between least and most
// folders deep. Folders that are links, and those of ours, are left out.
func walk(dir string, least, most int, v *visit, visit func(dir string)) {
	if least <= 0 {
		visit(dir)
	}
	if most == 0 {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		v.failed(err)
		return
	}
	for _, e := range entries {
		if e.IsDir() && !ours(e.Name()) {
			walk(filepath.Join(dir, e.Name()), least-1, most-1, v, visit)
		}
	}
}
