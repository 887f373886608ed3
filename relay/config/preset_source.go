package config

import (
	"fmt"
	"strings"

	"funnelrelay/relay/source"
)

// PresetSource is the source that a preset alone makes, for who looks at a file
// by it. What an account has to add to the preset is an error that names it.
func PresetSource(name string) (*source.Source, error) {
	s := source.Default()
	s.Name, s.Preset = name, name
	if _, ok := PresetText(name); !ok {
		write := "there are: " + strings.Join(Presets(), ", ")
		if near := nearest(name, Presets()); near != "" {
			write = "did you mean " + near + "? " + write
		}
		return nil, fmt.Errorf("there is no preset %s; %s", name, write)
	}
	needs, err := layPreset(name, &s)
	if err != nil {
		return nil, fmt.Errorf("preset %s: %w", name, err)
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
