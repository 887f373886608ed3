package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// Load reads the config file at path; "" is where Find finds one. The error is
// an Errors when the file could be read and is not right. The Config that comes
// with one is to be looked at for further mistakes and for nothing else: what
// is wrong has its default, and sources that could not be read are left out.
// It is nil where the file is no YAML.
func Load(path string) (*Config, error) {
	if path == "" {
		if path = Find(); path == "" {
			return nil, fmt.Errorf("no config file at %s; write one with `funnelrelay init`, or name it with --config",
				strings.Join(Places(), ", "))
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config %s: %w; write one with `funnelrelay init`, or name another with --config", path, cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("config %s: %w", path, cause(err))
	}
	info, err := f.Stat()
	return parse(path, data, Env{}, err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0)
}

// Parse reads a config from its bytes. name is the file's, for errors and for
// the folder of relative paths. The error is an Errors with every problem of
// the file, each with its line; the Config is nil then. Nothing but the files
// and variables that the text refers to is read.
func Parse(name string, data []byte, env Env) (*Config, error) {
	c, err := parse(name, data, env, false)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// parse is Load; public says that every user of the machine can read the file.
func parse(name string, data []byte, env Env, public bool) (*Config, error) {
	folder := filepath.Dir(name)
	if full, err := filepath.Abs(folder); err == nil {
		folder = full
	}
	doc := &document{name: name, folder: folder}
	root, problem := doc.open(data)
	if problem != nil {
		return nil, Errors{*problem}
	}
	d := newDecoder(doc, env)
	c := Default()
	d.structure(root, "", c)
	validate(c, d)
	c.keepOrigin(d)
	if len(d.problems) > 0 {
		c.Sources = slices.DeleteFunc(c.Sources, func(s source.Source) bool { return d.torn[s.Name] })
		return c, Errors(sorted(d.problems))
	}
	for _, p := range c.Projects {
		if path := "projects." + p.Name + ".api_key"; public && d.marks[path].shown == "the value" {
			d.warn(path, "stands in a file that every user of this machine can read",
				"run `chmod o-rwx "+shellWord(name)+"`, or write it as ${file:PATH}")
		}
	}
	c.Warnings = sorted(d.warnings)
	return c, nil
}

// Check looks at a config that was made in code, as Parse looks at a file, and
// brings hosts, origins and urls into their one form. The error is an Errors
// without lines. It must not be called while others read c.
func (c *Config) Check() error {
	d := newDecoder(&document{}, Env{})
	validate(c, d)
	if len(d.problems) == 0 {
		return nil
	}
	for i := range d.problems {
		d.problems[i].Line, d.problems[i].Column = 0, 0
	}
	return Errors(d.problems)
}
