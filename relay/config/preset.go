package config

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"funnelrelay/relay/source"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// Presets lists the known exports, sorted.
func Presets() []string {
	var names []string
	files, _ := fs.Glob(presetFiles, "presets/*.yaml") // fails for a bad pattern only
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(file, "presets/"), ".yaml"))
	}
	return names
}

// PresetText is the body of a source that reads a known export, with comments:
// what may stand instead of `preset: NAME`.
func PresetText(name string) (string, bool) {
	if strings.ContainsAny(name, `/\.`) {
		return "", false
	}
	data, err := presetFiles.ReadFile("presets/" + name + ".yaml")
	return string(data), err == nil
}

// need is a key that a preset cannot know, since the account decides it.
type need struct {
	key   string // values.date
	write string // what to write there
}

var needLine = regexp.MustCompile(`(?m)^# needs ([a-z_.]+): (.+)$`)

// presetNeeds reads them from a preset's comments, `# needs KEY: WHAT TO WRITE`,
// so that one text tells people and the relay.
func presetNeeds(text string) []need {
	var list []need
	for _, found := range needLine.FindAllStringSubmatch(text, -1) {
		list = append(list, need{found[1], strings.TrimSpace(found[2])})
	}
	return list
}

// PresetAlone is what a preset itself says: what it needs besides is left out,
// and the source is not complete then. It is for who compares presets with
// files.
func PresetAlone(name string) (source.Source, error) {
	s, _, err := presetSource(name)
	return s, err
}

// PresetSource is the source that a preset alone makes, for who looks at a file
// by it. What an account has to add to the preset is an error that names it.
func PresetSource(name string) (*source.Source, error) {
	s, needs, err := presetSource(name)
	if err != nil {
		return nil, err
	}
	if len(needs) > 0 {
		keys := make([]string, len(needs))
		for i, n := range needs {
			keys[i] = n.key
		}
		return nil, fmt.Errorf("preset %s needs %s, as each account has its own; write a source with it into the config, or let `funnelrelay learn` do so",
			name, strings.Join(keys, " and "))
	}
	return &s, nil
}

func presetSource(name string) (s source.Source, needs []need, err error) {
	s = source.Default()
	s.Name, s.Preset = name, name
	if _, ok := PresetText(name); !ok {
		write := "there are: " + strings.Join(Presets(), ", ")
		if near := nearest(name, Presets()); near != "" {
			write = "did you mean " + near + "? " + write
		}
		return s, nil, fmt.Errorf("there is no preset %s; %s", name, write)
	}
	if needs, err = layPreset(name, &s); err != nil {
		return s, nil, fmt.Errorf("preset %s: %w", name, err)
	}
	return s, needs, nil
}
