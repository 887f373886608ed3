package config

import (
	"fmt"

	"funnelrelay/relay/source"
)

// PresetAlone is what a preset itself says: what it needs besides is left out,
// and the source is not complete then. It is for who compares presets with
// files.
func PresetAlone(name string) (source.Source, error) {
	s := source.Default()
	s.Name, s.Preset = name, name
	if _, err := layPreset(name, &s); err != nil {
		return s, fmt.Errorf("preset %s: %w", name, err)
	}
	return s, nil
}
