package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"funnelrelay/relay/source"
)

// checkSources looks at what sources say of files, projects and rules. What
// makes an order, a calculation, a pattern of dates or a charset's name,
// others know: see Problem.
func (c *Config) checkSources(d *decoder) {
	names := map[string]bool{}
	for i := range c.Sources {
		s := &c.Sources[i]
		path := join("sources", showKey(s.Name))
		if f := sourceName(s.Name); f != nil && !d.failed(path) {
			d.at(path, f.is, f.write)
		}
		if names[s.Name] {
			d.at(path, "is there twice", "give each source a name of its own")
		}
		names[s.Name] = true
		if _, known := c.Projects.Get(s.Project); s.Project != "" && !known && !d.failed(path+".project") {
			at := path + ".project"
			d.at(at, d.shown(at, s.Project)+" is not a project of this file", knownProjects(s.Project, c.Projects))
		}
		if s.RepeatWindow > c.Spool.KeepKeys && c.Spool.KeepKeys >= day {
			d.at(path+".repeat_window", "is longer than spool.keep_keys remembers", "write "+showDuration(c.Spool.KeepKeys)+" or less")
		}
		d.checkLife(path, s)
		d.checkRead(path+".read", &s.Read)
		d.checkRules(path, s)
	}
	c.checkWatch(d)
}

func knownProjects(name string, projects Projects) string {
	var known []string
	for _, p := range projects {
		known = append(known, p.Name)
	}
	if near := nearest(name, known); near != "" {
		return "did you mean `" + near + "`?"
	}
	return "write " + orList(known)
}

// checkLife looks at what becomes of files.
func (d *decoder) checkLife(path string, s *source.Source) {
	d.word(path+".mode", string(s.Mode), string(source.Once), string(source.Follow), string(source.Rewrite))
	d.word(path+".after", string(s.After), string(source.AfterDone), string(source.AfterDelete), string(source.AfterKeep))
	if stays(s) {
		_, written := d.marks[path+".after"]
		if written && s.After != source.AfterKeep && !d.failed(path+".after") {
			d.at(path+".after", "makes no sense with mode: "+string(s.Mode)+": the file stays where it is", "take the key away")
		}
		s.After = source.AfterKeep
		if s.Marker != "" {
			d.at(path+".marker", "makes no sense with mode: "+string(s.Mode)+": the file is never complete", "take the key away")
		}
	}
	if _, written := d.marks[path+".settle"]; s.Mode == source.Follow && !written && s.Settle == source.Default().Settle {
		s.Settle = source.FollowSettle
	}
	if s.Mode == source.Follow && s.Read.Type == "gdpdu" {
		d.at(path+".mode", "cannot be follow for gdpdu: its tables are complete when they are written", "take the key away")
	}
	if strings.ContainsAny(s.Marker, `/\*?`) || strings.Trim(s.Marker, ".") == "" && s.Marker != "" {
		d.at(path+".marker", "is not the end of a file's name", "write it as in .done or .ok")
	}
	for _, one := range []flag{{"settle", s.Settle < 0}, {"keep_done", s.KeepDone < 0}, {"repeat_window", s.RepeatWindow < 0}} {
		if one.set {
			d.at(join(path, one.key), "is less than nothing", "write 0 or more")
		}
	}
}

// checkRead looks at how files are written.
func (d *decoder) checkRead(path string, r *source.Read) {
	d.word(path+".type", r.Type, "", "csv", "json", "gdpdu")
	if at := path + ".delimiter"; r.Delimiter != "" && r.Delimiter != "tab" && (utf8.RuneCountInString(r.Delimiter) != 1 || strings.ContainsAny(r.Delimiter, "\"\r\n")) {
		d.at(at, d.shown(at, r.Delimiter)+" is not one character that can part cells", "write one, as in ';', or tab")
	}
	for _, one := range []struct{ key, given, of string }{{"rows", r.Rows, "json"}, {"table", r.Table, "gdpdu"}} {
		if one.given != "" && r.Type != "" && r.Type != one.of && !d.failed(path+".type") {
			d.at(join(path, one.key), "is for "+one.of+" only, and type is "+r.Type, "take it away")
		}
	}
	for _, one := range []flag{{"delimiter", r.Delimiter != ""}, {"header", r.Header.None || len(r.Header.Names) > 0}} {
		if one.set && r.Type == "json" {
			d.at(join(path, one.key), "is for tables only, and type is json", "take it away")
		}
	}
	for i, j := range r.Join {
		at := index(path+".join", i)
		if j.Table == "" && !d.failed(at+".table") {
			d.at(at+".table", "is missing", "name the other file, as in taxes.csv")
		}
		if len(j.By) == 0 && !d.failed(at+".by") {
			d.at(at+".by", "is missing", "name the columns that are equal in both")
		}
	}
}

// flag is a key for which something holds.
type flag struct {
	key string
	set bool
}

// checkRules looks at policies, and at what is as in a project.
func (d *decoder) checkRules(path string, s *source.Source) {
	for _, kind := range []struct{ key, text string }{{"refund", s.Policy.Refund}, {"void", s.Policy.Void}} {
		at := path + ".policy." + kind.key
		if name, ok := strings.CutPrefix(kind.text, source.PolicyAction+" "); ok {
			if strings.TrimSpace(name) == "" {
				d.at(at, d.shown(at, kind.text)+" has no name of an action", "write action, or a name behind it, as in action Refund")
			}
			continue
		}
		d.word(at, kind.text, "", source.PolicyAction, source.PolicyAction+" NAME", source.PolicyNegative, source.PolicySkip, source.PolicySend, source.PolicyHold)
	}
	d.word(path+".policy.changed", s.Policy.Changed, "", source.PolicyHold, source.PolicyIgnore, source.PolicySend)
	for _, rule := range []struct {
		key, text string
		into      textReader
	}{
		{"stamp", s.Stamp, new(Stamp)}, {"nested", s.Nested, new(Nested)}, {"identity", s.Identity, new(Identity)}, {"invalid", s.Invalid, new(Invalid)},
	} {
		if rule.text != "" {
			d.reread(join(path, rule.key), rule.text, rule.into)
		}
	}
	d.checkDefaults(path+".defaults", s.Defaults)
}

// word checks a text that must be one of some words; an empty one among them
// is a key left out.
func (d *decoder) word(path, text string, words ...string) {
	if slices.Contains(words, text) || d.failed(path) {
		return
	}
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	d.at(path, d.shown(path, text)+" is none of the words that are known here", "write "+orList(words))
}
