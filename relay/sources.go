package relay

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"funnelrelay/relay/config"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// dropSource is the name of the folder that is watched without configuration,
// in keys, metrics and the days.
const dropSource = "drop"

// dropPath is that folder: each folder in it is called like an action.
func dropPath(cfg *config.Config) string { return filepath.Join(cfg.Data, "drop") }

// LoadConfig reads the config file at path, and makes every source in it ready
// for use. config.Errors has all that is wrong with either, in the order of the
// file. The advice is on what is legal and has a price.
func LoadConfig(path string) (cfg *config.Config, advice []config.Problem, err error) {
	cfg, err = config.Load(path)
	var wrong, more config.Errors
	if cfg == nil || err != nil && !errors.As(err, &wrong) {
		return nil, nil, err
	}
	advice, err = CheckSources(cfg)
	if err != nil && !errors.As(err, &more) {
		return nil, nil, err
	}
	wrong = append(wrong, localData(cfg)...)
	for _, p := range more {
		if !slices.ContainsFunc(wrong, func(said config.Problem) bool { return said.Key == p.Key }) {
			wrong = append(wrong, p)
		}
	}
	if len(wrong) > 0 {
		return nil, nil, config.InOrder(wrong)
	}
	return cfg, advice, nil
}

// CheckSources makes every source ready for use and returns config.Errors with
// all that is wrong, and advice on what is legal and has a price.
func CheckSources(cfg *config.Config) (advice []config.Problem, err error) {
	sources, err := compileSources(cfg)
	if err != nil {
		return nil, err
	}
	for i := range sources {
		for _, text := range sources[i].Mapping.Advice() {
			advice = append(advice, cfg.Problem("sources."+sources[i].Name, text, ""))
		}
	}
	return append(advice, sameFolders(cfg, sources)...), nil
}

// sameFolders tells of folders that two sources watch by two paths, as through a
// link: the relay reads them by the first one alone.
func sameFolders(cfg *config.Config, sources []dropfolder.Source) (advice []config.Problem) {
	type folder struct {
		source, path string
		info         os.FileInfo
	}
	var known []folder
	for i := range sources {
		for n, glob := range sources[i].Globs {
			f := folder{source: sources[i].Name, path: glob.Root()}
			var err error
			if f.info, err = os.Stat(f.path); err != nil {
				continue // it may come yet
			}
			same := slices.IndexFunc(known, func(o folder) bool { return os.SameFile(o.info, f.info) })
			if same < 0 {
				known = append(known, f)
				continue
			}
			o := known[same]
			// Rel knows that the case of letters does not count on Windows.
			if rel, err := filepath.Rel(o.path, f.path); o.source != f.source && (err != nil || rel != ".") {
				advice = append(advice, cfg.Problem(fmt.Sprintf("sources.%s.watch[%d]", f.source, n),
					fmt.Sprintf("%s is the same folder as %s, which source %s watches: only that one takes files there", f.path, o.path, o.source),
					"write the same path for both, as "+o.path+", or leave the folder to one of them"))
			}
		}
	}
	return advice
}

// compileSources makes all sources of a config ready for use, or returns
// config.Errors with all that is wrong.
func compileSources(cfg *config.Config) ([]dropfolder.Source, error) {
	sources := make([]dropfolder.Source, 0, len(cfg.Sources))
	var problems config.Errors
	for i := range cfg.Sources {
		s, wrong := compileSource(cfg, &cfg.Sources[i])
		sources, problems = append(sources, s), append(problems, wrong...)
	}
	if len(problems) > 0 {
		return nil, config.InOrder(problems)
	}
	return sources, nil
}

// compileSource makes one source ready for use.
func compileSource(cfg *config.Config, s *source.Source) (dropfolder.Source, config.Errors) {
	m, faults := newMapping(cfg, s, "")
	globs, problems := watchPatterns(cfg, s)
	for _, f := range faults {
		problems = append(problems, cfg.Problem("sources."+s.Name+"."+f.Path, f.Is, f.Write))
	}
	return dropfolder.Source{Name: s.Name, Project: projectOf(cfg, s.Project).Name, Spec: *s, Mapping: m, Globs: globs}, problems
}

// watchPatterns compiles what a source watches.
func watchPatterns(cfg *config.Config, s *source.Source) (globs []*values.Glob, problems config.Errors) {
	for i, pattern := range s.Watch {
		glob, err := values.Pattern(pattern)
		if err != nil {
			problems = append(problems, cfg.Problem(fmt.Sprintf("sources.%s.watch[%d]", s.Name, i), err.Error(), ""))
			continue
		}
		globs = append(globs, glob)
	}
	return globs, problems
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

// projectOf is the project of that name, or the first; in a config with
// mistakes there may be none.
func projectOf(cfg *config.Config, name string) config.Project {
	if p, ok := cfg.Projects.Get(name); ok {
		return p
	}
	if len(cfg.Projects) == 0 {
		return config.DefaultProject()
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
	Others   string            // names of the sources, none of which watches the file; "": one does, or was not asked for
	Journal  bool              // mode: follow
	Remark   string            // what cannot be known without the relay; "": nothing
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
	through := "" // the source that watches a folder of drop, which is no action's then
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		globs, problems := watchPatterns(cfg, s)
		if len(problems) > 0 {
			return nil, problems
		}
		captures, fits := watched(globs, dropfolder.Original(path))
		if folder := filepath.Dir(path); through == "" && inDrop(cfg, folder) && (&dropfolder.Source{Globs: globs}).Through(folder) {
			through = s.Name
		}
		if c.Source == s.Name || c.Source == "" && c.Action == "" && fits {
			return sourceWay(cfg, s, captures)
		}
	}
	if c.Source != "" {
		return nil, fmt.Errorf("there is no source %s in the config; it has: %s", c.Source, sourceNames(cfg))
	}
	if through != "" && c.Action == "" {
		return nil, fmt.Errorf("%s: the relay leaves this file alone: source %s watches its folder, and none of its watch fits the file; add a pattern there, or name --source %[2]s to see what it would become", file, through)
	}
	way, err := plainWay(cfg, path, c.Action)
	if err == nil && c.Action == "" && len(cfg.Sources) > 0 {
		way.Others = sourceNames(cfg)
	}
	return way, err
}

func sourceWay(cfg *config.Config, s *source.Source, captures map[string]string) (*FileWay, error) {
	compiled, problems := compileSource(cfg, s)
	if len(problems) > 0 {
		return nil, problems
	}
	way := &FileWay{
		Project: compiled.Project, Mapping: compiled.Mapping, Captures: captures, Says: "source " + s.Name,
		Journal: s.Mode == source.Follow,
	}
	if way.Journal && s.Order != nil && len(s.Order.Number) == 0 && slices.Equal(s.Order.ID, source.Value{source.RowsID}) {
		way.Remark = "Orders without an id are numbered by their place in the journal: " +
			"where it was begun anew before, as by rotation, another __order__ is sent than is shown here."
	}
	return way, nil
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
	if action == "" {
		action = event.CommerceAction
		folder := filepath.Dir(path)
		if inDrop(cfg, folder) {
			var err error
			if action, err = dropfolder.ActionOf(filepath.Base(folder)); err != nil {
				return nil, fmt.Errorf("folder %s: its name is no action's: %w", folder, err)
			}
		}
	}
	_, m, err := dropMapping(cfg, action)
	if err != nil {
		return nil, err
	}
	return &FileWay{Project: cfg.Projects[0].Name, Mapping: m, Says: "the webhook's own names, action " + action}, nil
}

// inDrop says that a folder is one of those in drop. Rel knows that the case of
// letters does not count on Windows.
func inDrop(cfg *config.Config, folder string) bool {
	rest, err := filepath.Rel(dropPath(cfg), filepath.Dir(folder))
	return err == nil && rest == "."
}

// watched says whether one of the patterns fits the file, and what its path
// gives.
func watched(globs []*values.Glob, path string) (map[string]string, bool) {
	for _, glob := range globs {
		if captures, ok := glob.Match(path); ok {
			return captures, true
		}
	}
	return nil, false
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
