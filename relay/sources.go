package relay

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"funnelrelay/relay/config"
	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// dropSource is the name of the folder that is watched without configuration,
// in keys, metrics and the days.
const dropSource = "drop"

// DropPath is that folder: each folder in it is called like an action.
func DropPath(cfg *config.Config) string { return filepath.Join(cfg.Data, "drop") }

// CheckSources compiles the mapping of every source and returns config.Errors
// with all that is wrong, and advice on what is legal and has a price.
func CheckSources(cfg *config.Config) (advice []config.Problem, err error) {
	_, advice, err = mappings(cfg)
	return advice, err
}

// mappings compiles the sources of a config, by name.
func mappings(cfg *config.Config) (map[string]*mapping.Mapping, []config.Problem, error) {
	made := map[string]*mapping.Mapping{}
	var problems config.Errors
	var advice []config.Problem
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		m, faults := newMapping(cfg, s, "")
		for _, f := range faults {
			problems = append(problems, cfg.Problem("sources."+s.Name+"."+f.Path, f.Is, f.Write))
		}
		if len(faults) > 0 {
			continue
		}
		made[s.Name] = m
		for _, text := range m.Advice() {
			advice = append(advice, cfg.Problem("sources."+s.Name, text, ""))
		}
	}
	if len(problems) > 0 {
		return nil, nil, config.InOrder(problems)
	}
	return made, advice, nil
}

// newMapping compiles one source. action is that of a folder which is called
// like one.
func newMapping(cfg *config.Config, s *source.Source, action string) (*mapping.Mapping, []values.Fault) {
	project := projectOf(cfg, s.Project)
	rules := eventRules(cfg, &project)
	return mapping.New(s, mapping.Options{
		Project: project.Name, Rules: rules, Site: rules.Zone, Action: action,
		Hold:     project.Invalid == config.InvalidHold,
		KeepKeys: cfg.Spool.KeepKeys,
	})
}

// projectOf is the project of that name, or the first.
func projectOf(cfg *config.Config, name string) config.Project {
	if p, ok := cfg.Projects.Get(name); ok {
		return p
	}
	return cfg.Projects[0]
}

// dropMapping reads files of the webhook's own names, in the folder of an action.
func dropMapping(cfg *config.Config, action string) (*source.Source, *mapping.Mapping, error) {
	s := source.Default()
	s.Name = dropSource
	m, faults := newMapping(cfg, &s, action)
	if len(faults) > 0 {
		return nil, nil, fmt.Errorf("%s: %s; %s", faults[0].Path, faults[0].Is, faults[0].Write)
	}
	return &s, m, nil
}

// FileChoice says by what a file is to be read, where it does not lie in a
// watched folder. All empty: by the source that watches it, or by the
// webhook's own names.
type FileChoice struct{ Source, Preset, Action string }

// FileWay is how a file becomes events.
type FileWay struct {
	Project  string
	Mapping  *mapping.Mapping
	Captures map[string]string // of the path
	Says     string            // "source till", for people
}

// FileSource finds out how a file becomes events, for who looks at one without
// a running relay.
func FileSource(cfg *config.Config, file string, c FileChoice) (*FileWay, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if c.Preset != "" {
		return presetWay(cfg, c.Preset)
	}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		captures, fits, err := watched(s, path)
		if err != nil {
			return nil, err
		}
		if c.Source == s.Name || c.Source == "" && c.Action == "" && fits {
			return sourceWay(cfg, s, captures)
		}
	}
	if c.Source != "" {
		return nil, fmt.Errorf("there is no source %s in the config; it has: %s", c.Source, sourceNames(cfg))
	}
	return plainWay(cfg, path, c.Action)
}

func sourceWay(cfg *config.Config, s *source.Source, captures map[string]string) (*FileWay, error) {
	m, faults := newMapping(cfg, s, "")
	if len(faults) > 0 {
		var problems config.Errors
		for _, f := range faults {
			problems = append(problems, cfg.Problem("sources."+s.Name+"."+f.Path, f.Is, f.Write))
		}
		return nil, problems
	}
	return &FileWay{Project: projectOf(cfg, s.Project).Name, Mapping: m, Captures: captures, Says: "source " + s.Name}, nil
}

// presetWay reads by a preset as it is.
func presetWay(cfg *config.Config, name string) (*FileWay, error) {
	s, err := config.PresetSource(name)
	if err != nil {
		return nil, err
	}
	way, err := sourceWay(cfg, s, nil)
	if err != nil {
		return nil, fmt.Errorf("preset %s: %w", name, err)
	}
	way.Says = "preset " + name
	return way, nil
}

// plainWay reads by the webhook's own names; the action is that of a folder
// under drop, if the file lies in one.
func plainWay(cfg *config.Config, path, action string) (*FileWay, error) {
	if folder := filepath.Dir(path); action == "" && filepath.Dir(folder) == DropPath(cfg) {
		action = filepath.Base(folder)
	}
	if action == "" {
		action = event.CommerceAction
	}
	_, m, err := dropMapping(cfg, action)
	if err != nil {
		return nil, err
	}
	return &FileWay{Project: cfg.Projects[0].Name, Mapping: m, Says: "the webhook's own names, action " + action}, nil
}

// watched says whether a source watches the file, and what its path gives.
func watched(s *source.Source, path string) (map[string]string, bool, error) {
	for i, pattern := range s.Watch {
		glob, err := values.Pattern(pattern)
		if err != nil {
			return nil, false, fmt.Errorf("sources.%s.watch[%d]: %w", s.Name, i, err)
		}
		if captures, ok := glob.Match(path); ok {
			return captures, true, nil
		}
	}
	return nil, false, nil
}

func sourceNames(cfg *config.Config) string {
	var names []string
	for i := range cfg.Sources {
		names = append(names, cfg.Sources[i].Name)
	}
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
