package doctor

import (
	"fmt"
	"strings"
)

// drives looks for letters that stand for a share: they belong to the person who
// is logged in, and a service does not see them.
func (o *Options) drives() Check {
	c := Check{Name: "drives", Verdict: OK}
	if !lettersMatter {
		c.Verdict, c.Says = Skipped, "only Windows has drive letters that a service does not see"
		return c
	}
	var mapped []string
	remedy := ""
	for _, f := range o.Watched {
		letter, share := mappedTo(f.Path)
		if letter == "" {
			continue
		}
		mapped = append(mapped, f.Path)
		if share != "" {
			remedy = fmt.Sprintf(`write the share's own name in the place of the letter: %s instead of %s`, share, letter)
		}
	}
	if len(mapped) == 0 {
		c.Says = "no watched folder is on a letter that stands for a share"
		return c
	}
	c.About = strings.Join(mapped, ", ")
	c.Says = "on a drive letter that stands for a share, or for nothing: such a letter belongs to the person who is logged in"
	c.Remedy = remedy
	if remedy == "" {
		c.Remedy = `write the share's own name in the place of the letter, as in \\SERVER\tills\export (the command "net use" lists them)`
	}
	c.Remedy += ", and give the service an account that may read the share"
	c.Verdict = Warn
	if o.AsService {
		c.Verdict = Bad
		c.Says += ", and the service does not see it"
	}
	return c
}
