package config

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validate looks at what the values say, alone and together. Problems go to d
// at the places where the values stand.
func validate(c *Config, d *decoder) {
	c.checkHTTP(d)
	c.checkProjects(d)
	c.checkSources(d)
	c.checkAlarm(d)
	if c.Data == "" {
		d.at("data", "is empty", "name a folder, or leave the key out for the system's own")
	}
	d.reread("timezone", string(c.Timezone), new(Zone))
	d.between("spool.max_size", c.Spool.MaxSize, megabyte, 1<<60)
	if strconv.IntSize == 32 && c.Spool.MaxSize > 1000*megabyte {
		d.at("spool.max_size", "is more than a 32-bit system can have", "write 1GB or less")
	}
	if c.Spool.KeepSent < 0 {
		d.at("spool.keep_sent", "is less than nothing", "write 0 or more, as in 30d")
	}
	if c.Spool.KeepKeys < day {
		d.at("spool.keep_keys", "is less than a day: the relay would forget what it took, and take it twice", "write 1d or more, as in 800d")
	}
	for _, p := range c.Projects {
		if p.RepeatWindow > c.Spool.KeepKeys && c.Spool.KeepKeys >= day {
			d.at(join("projects", showKey(p.Name))+".repeat_window", "is longer than spool.keep_keys remembers",
				"write "+showDuration(c.Spool.KeepKeys)+" or less")
		}
	}
	d.reread("log.level", string(c.Log.Level), new(LogLevel))
	d.reread("log.format", string(c.Log.Format), new(LogFormat))
	d.between("log.max_size", c.Log.MaxSize, megabyte, 1<<50)
	d.count("log.keep", c.Log.Keep, 1, 1000)
}

// shown is the value at path as it may be shown in an error.
func (d *decoder) shown(path, value string) string {
	if m, ok := d.marks[path]; ok && m.shown != "" {
		return m.shown
	}
	if strings.Contains(value, "@") {
		return "the value"
	}
	return quote(value)
}

// failed says whether a problem was reported at path already.
func (d *decoder) failed(path string) bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return p.Key == path })
}

// failedAbove says whether the mapping that holds path was no mapping.
func (d *decoder) failedAbove(path string) bool {
	above := path[:max(strings.LastIndex(path, "."), 0)]
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return p.Key == above && strings.HasPrefix(p.What, "wants") })
}

// reread checks a value that was set in code as if it stood in a file.
func (d *decoder) reread(path, text string, into textReader) {
	if f := into.readText(text); f != nil && !d.failed(path) {
		d.at(path, d.shown(path, text)+" "+f.is, f.write)
	}
}

// between checks a size.
func (d *decoder) between(path string, size, least, most Size) {
	switch {
	case d.failed(path):
	case size < least:
		d.at(path, "is less than "+least.String(), "write "+least.String()+" or more")
	case size > most:
		d.at(path, "is more than "+most.String(), "write "+most.String()+" or less")
	}
}

// count checks a number.
func (d *decoder) count(path string, n, least, most int) {
	if (n < least || n > most) && !d.failed(path) {
		d.at(path, "is out of bounds", fmt.Sprintf("write a number from %d to %d", least, most))
	}
}

func (c *Config) checkProjects(d *decoder) {
	if len(c.Projects) == 0 {
		if !d.failed("projects") && !d.failed("") && !d.meant["projects"] {
			d.at("projects", "is missing: the relay needs one to send to",
				"write `projects: {shop: {project_id: …, api_key: …}}`, or a whole config with `funnelrelay init`")
		}
		return
	}
	ids, names := map[string]string{}, map[string]bool{}
	for i := range c.Projects {
		p := &c.Projects[i]
		path := join("projects", showKey(p.Name))
		if !projectName(p.Name) && !d.failed(path) {
			d.at(path, "is not a project's name", nameRule)
		}
		if names[p.Name] {
			d.at(path, "is there twice", "give each project a name of its own")
		}
		names[p.Name] = true
		p.check(d, path)
		if first, twice := ids[p.ProjectID]; twice && p.ProjectID != "" {
			d.at(path+".project_id", "is that of the project "+first+" as well, and X-PROJECT-ID could not tell them apart",
				"keep one of the two projects")
		}
		ids[p.ProjectID] = p.Name
	}
}

// check looks at one project.
func (p *Project) check(d *decoder, path string) {
	const whence = "see the integrations tab of the Funnelytics account"
	d.required(path+".project_id", p.ProjectID, "is missing", "write the Webhook Account ID: "+whence)
	d.required(path+".api_key", p.APIKey.Reveal(), "is missing", "write the Webhook Secret Key, best as ${file:PATH} or ${env:NAME}: "+whence)
	p.URL = d.upstream(path+".url", p.URL)
	d.count(path+".connections", p.Connections, 1, 256)
	if p.Rate.Per != 0 && p.Rate.Events <= 0 && !d.failed(path+".rate") {
		d.at(path+".rate", "sends nothing at all", "write more than 0, or none for no limit")
	}
	d.reread(path+".stamp", string(p.Stamp), new(Stamp))
	d.reread(path+".nested", string(p.Nested), new(Nested))
	d.reread(path+".identity", string(p.Identity), new(Identity))
	d.reread(path+".invalid", string(p.Invalid), new(Invalid))
	d.checkDefaults(path+".defaults", p.Defaults)
	if p.RepeatWindow < 0 {
		d.at(path+".repeat_window", "is less than nothing", "write 0 for never, or as in 1h")
	}
	if p.TrustDuplicates < time.Minute && !d.failed(path+".trust_duplicates") {
		d.at(path+".trust_duplicates", "is less than a minute: no refusal of a duplicate would prove anything", "write 1m or more, as in 24h")
	}
	d.reread(path+".outcomes.duplicate_body", string(p.Outcomes.DuplicateBody), new(Pattern))
}

// required checks a text that is sent in a header.
func (d *decoder) required(path, text, missing, write string) {
	switch f := headerText(text); {
	case f == nil || d.failed(path) || d.failedAbove(path) || d.meant[path]:
	case text == "" && d.marks[path].shown == "":
		d.at(path, missing, write)
	case text == "":
		d.at(path, d.marks[path].shown+" is empty", write)
	default:
		d.at(path, d.shown(path, "@")+" "+f.is, f.write)
	}
}

// checkDefaults looks at what is to be filled in into entries of purchase_data.
func (d *decoder) checkDefaults(path string, defaults map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		at, value := join(path, showKey(key)), defaults[key]
		switch {
		case key == "":
			d.at(at, "has no name", "write `name: value`")
		case key == "purchase_data":
			d.at(at, "cannot be filled in: defaults are for its entries", "write the entry's own keys, as in `__currency__: EUR`")
		case key == "__order__":
			d.at(at, "would give every sale the same order number", "leave it to the sender")
		case key == "__currency__" && (len(value) != 3 || strings.Trim(strings.ToUpper(value), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""):
			d.at(at, d.shown(at, value)+" is not a currency", "write its three letters of ISO 4217, as in EUR")
		case key == "__total_in_cents__":
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				d.at(at, d.shown(at, value)+" is not a whole number of cents", "write it as in 1999")
			}
		}
	}
}

// upstream checks a project's url and returns it without a slash at its end.
func (d *decoder) upstream(path, text string) string {
	if d.failed(path) {
		return text
	}
	const write = "write it as in https://events.funnelytics.io"
	u, err := url.Parse(text)
	shown := d.shown(path, text)
	switch {
	case err != nil || u.Opaque != "" || u.Scheme == "" || u.Hostname() == "":
		d.at(path, shown+" is not an address", write)
	case u.Scheme != "https" && u.Scheme != "http":
		d.at(path, shown+" is neither https:// nor http://", write)
	case u.User != nil:
		d.at(path, shown+" has a user or a password in it", "the key goes into api_key; "+write)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		d.at(path, shown+" has a ? or a # in it", write)
	case strings.Contains(u.Path, "/api/v1"):
		d.at(path, shown+" has the webhook's path in it, which the relay adds by itself", write)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		d.at(path, shown+" would send the api_key readably over the network", "write https://; http:// is for this machine only (127.0.0.1)")
	case u.Port() != "" && !port(u.Port(), 1):
		d.at(path, shown+" has no port that can be", write)
	}
	return strings.TrimRight(text, "/")
}

// loopback says whether a host can be reached from this machine only.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// port says whether text is a port from least to 65535.
func port(text string, least uint64) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n >= least
}
