package config

import (
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// takenFolders are those that the relay makes beside the files that it takes.
var takenFolders = []string{"done", "rejected"}

// windowsPath is C:\ or \\SERVER\.
var windowsPath = regexp.MustCompile(`^([A-Za-z]:[\\/]|\\\\)`)

// watched is a pattern of a source, complete.
type watched struct {
	path    string // of the key
	source  string
	written string
	plain   []string // folders and name of the complete pattern, captures as *
}

// checkWatch makes the patterns of all sources complete, and looks at them
// alone and together.
func (c *Config) checkWatch(d *decoder) {
	var all []watched
	for i := range c.Sources {
		s := &c.Sources[i]
		at := join(join("sources", showKey(s.Name)), "watch")
		for j, pattern := range s.Watch {
			path := at
			if _, ok := d.marks[index(at, j)]; ok || len(s.Watch) > 1 {
				path = index(at, j)
			}
			if f := wholePattern(&pattern, c.Data); f != nil {
				d.at(path, d.shown(path, s.Watch[j])+" "+f.is, f.write)
				continue
			}
			all = append(all, watched{path, s.Name, s.Watch[j], segments(pattern)})
			s.Watch[j] = pattern
			if name := filepath.Base(pattern); !strings.ContainsAny(name, ".*?{") {
				d.warn(path, "ends in "+quote(name)+", which is one file's name", "if it is a folder, name the files in it too, as in "+quote(name+"/*.csv"))
			}
		}
	}
	for i, one := range all {
		for _, other := range all[:i] {
			d.checkPair(one, other)
		}
		for _, other := range all {
			if folder := insideTaken(one, other); folder != "" {
				d.at(one.path, "lies in the folder "+folder+" that the relay makes for what sources."+other.source+" took",
					"watch another folder; what is dropped back goes into the watched folder itself")
				break
			}
		}
	}
}

// wholePattern makes a pattern complete, from the data folder on.
func wholePattern(pattern *string, data string) *fault {
	text := *pattern
	if runtime.GOOS != "windows" && windowsPath.MatchString(text) {
		return &fault{"is a path of Windows, and this is " + runtime.GOOS, "write it as in /srv/drop/*.csv; a share must be mounted"}
	}
	if f := checkCaptures(text); f != nil {
		return f
	}
	slashed := filepath.ToSlash(text)
	switch {
	case strings.HasSuffix(slashed, "/"):
		return &fault{"names a folder", "name the files in it too, as in " + quote(text+"*.csv")}
	case strings.Contains(slashed, "**"):
		return &fault{"has **, which is not known here", "a * stands for one folder or a part of a name; name each folder"}
	case strings.ContainsRune(slashed, 0):
		return &fault{"holds a character that no path has", "take it away"}
	case !filepath.IsAbs(text) && filepath.VolumeName(text) == "" && strings.HasPrefix(slashed, "/"):
		return &fault{"lacks the letter of its drive", `write it as in D:\drop\*.csv`}
	case !filepath.IsAbs(text) && filepath.VolumeName(text) != "":
		return &fault{"lacks the \\ after the letter of its drive", `write it as in D:\drop\*.csv`}
	case !filepath.IsAbs(text) && strings.ContainsAny(data, "*?[]{}"):
		return &fault{"lies in the data folder, whose path holds a character that stands for others in a pattern", "give data a path without * ? [ ] { }"}
	case !filepath.IsAbs(text):
		text = filepath.Join(data, text)
	}
	text = filepath.Clean(text)
	folder, name := filepath.Split(text)
	switch {
	case name == "" || filepath.Clean(folder) == text:
		return &fault{"names no files", "write it as in drop/till/*.csv"}
	case data != "" && samePath(filepath.Clean(folder), filepath.Clean(data)):
		return &fault{"lies in the data folder itself, among the relay's own files", "put a folder before it, as in " + quote("drop/till/"+name)}
	}
	*pattern = text
	return nil
}

var (
	capture     = regexp.MustCompile(`\{[^{}]*\}`)
	captureName = regexp.MustCompile(`^\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]+))?\}$`)
)

// ownBraces makes of {{ and }}, which are braces of a file's name, other
// characters: they are no part of a capture.
var ownBraces = strings.NewReplacer("{{", "(", "}}", ")")

// checkCaptures looks at the {name} and {name:yyyyMMdd} of a pattern.
func checkCaptures(pattern string) *fault {
	pattern = ownBraces.Replace(pattern)
	var names []string
	for _, found := range capture.FindAllString(pattern, -1) {
		name := captureName.FindStringSubmatch(found)
		switch {
		case name == nil:
			return &fault{"has " + quote(found) + ", which is no name for a part of the path", "write {name} or {name:yyyyMMdd}, the name of letters, digits and _"}
		case strings.ContainsAny(name[2], `/\`):
			return &fault{"has a slash in " + quote(found), "write the parts on both sides one by one, as in {year:yyyy}/{month:MM}"}
		case slices.Contains(names, name[1]):
			return &fault{"has the name " + name[1] + " twice", "give each part a name of its own"}
		}
		names = append(names, name[1])
	}
	if strings.ContainsAny(capture.ReplaceAllString(pattern, ""), "{}") {
		return &fault{"has a { or a } that stands alone", "write {name} for a part of the path that is to be put into texts, and {{ or }} for one of the name"}
	}
	return nil
}

// segments cuts a pattern into folders and a name.
func segments(pattern string) []string {
	list := strings.Split(filepath.ToSlash(capture.ReplaceAllString(ownBraces.Replace(pattern), "*")), "/")
	if runtime.GOOS == "windows" {
		for i := range list {
			list[i] = strings.ToLower(list[i])
		}
	}
	return list
}

func samePath(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}

// checkPair refuses a pattern of which an earlier source takes every file: the
// first source that asks for a file takes it. A wider one may follow a narrow
// one, for what that leaves.
func (d *decoder) checkPair(later, earlier watched) {
	switch {
	case later.source == earlier.source:
	case slices.Equal(later.plain, earlier.plain):
		d.at(later.path, "is what sources."+earlier.source+" watches as well, which takes the files, as it stands first",
			"give each source a folder, or names of their own")
	case covers(earlier.plain, later.plain):
		d.at(later.path, "is a part of what sources."+earlier.source+" watches ("+quote(earlier.written)+"), which takes the files, as it stands first",
			"put sources."+later.source+" before it, or give each a folder")
	}
}

// covers says whether wide takes every path that narrow takes.
func covers(wide, narrow []string) bool {
	return slices.EqualFunc(wide, narrow, func(w, n string) bool { return coversName([]rune(w), []rune(n)) })
}

// coversName is covers for what stands between two slashes: wide is matched
// with the text of narrow, in which a * goes only into a * and a ? into either.
func coversName(wide, narrow []rune) bool {
	row := make([]bool, len(narrow)+1) // row[j]: wide up to here covers narrow[:j]
	row[0] = true
	for _, w := range wide {
		next := make([]bool, len(narrow)+1)
		next[0] = w == '*' && row[0]
		for j, n := range narrow {
			switch w {
			case '*':
				next[j+1] = row[j+1] || next[j]
			case '?':
				next[j+1] = row[j] && n != '*'
			default:
				next[j+1] = row[j] && n == w
			}
		}
		row = next
	}
	return row[len(narrow)]
}

// insideTaken names the folder of other, made by the relay, in which one lies;
// "" for none.
func insideTaken(one, other watched) string {
	folders := other.plain[:len(other.plain)-1]
	if len(one.plain) <= len(folders)+1 {
		return ""
	}
	name := one.plain[len(folders)]
	if !slices.Contains(takenFolders, name) || !covers(folders, one.plain[:len(folders)]) {
		return ""
	}
	return name
}

// stays says whether a source's files stay where they are.
func stays(s *source.Source) bool { return s.Mode == source.Follow || s.Mode == source.Rewrite }
