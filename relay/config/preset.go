package config

import (
	"embed"
	"io/fs"
	"regexp"
	"strings"
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
