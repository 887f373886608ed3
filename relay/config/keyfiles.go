package config

import (
	"path/filepath"
	"regexp"
	"slices"

	"funnelrelay/relay/secret"
)

// aReference is ${file:PATH} or ${cred:NAME} in what a mark shows.
var aReference = regexp.MustCompile(`\$\{(file|cred):([^}]+)\}`)

// KeyFiles are the files from which values were put in, by ${file:} and by
// ${cred:}; none for a config that was made in code.
func (c *Config) KeyFiles() []string {
	if c.origin == nil {
		return nil
	}
	refs := references{folder: c.origin.doc.folder}
	var list []string
	for _, m := range c.origin.marks {
		for _, found := range aReference.FindAllStringSubmatch(m.shown, -1) {
			path := found[2]
			if found[1] == "cred" {
				path = refs.credentialPath(path)
			} else if !filepath.IsAbs(path) {
				path = filepath.Join(refs.folder, path)
			}
			list = append(list, path)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// credentialPath is where the secret of that name is: in systemd's folder, or
// beside the config.
func (r references) credentialPath(name string) string {
	if folder, ok := r.lookup("CREDENTIALS_DIRECTORY"); ok && folder != "" {
		path := filepath.Join(folder, name)
		if f, err := r.open(path); err == nil {
			f.Close()
			return path
		}
	}
	return secret.Beside(filepath.Join(r.folder, "config.yaml")).Path(name)
}
