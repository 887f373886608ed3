package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"funnelrelay/relay/source"
)

// checkSources looks at what sources say, alone and together. What a column, a
// calculation, a pattern of dates or a charset's name is, others know: see
// Problem.
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
		d.checkParts(path, s)
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
	switch {
	case r.Type == "gdpdu" && r.Table == "":
		d.at(path+".table", "is missing", "name the table of the index.xml whose rows are read, as in lines.csv")
	case r.Type != "gdpdu" && r.Table != "" && r.Type != "":
		d.at(path+".table", "is for gdpdu only, and type is "+r.Type, "take it away")
	}
	if r.Rows != "" && r.Type != "json" && r.Type != "" {
		d.at(path+".rows", "is for json only, and type is "+r.Type, "take it away")
	}
	if r.Type == "json" {
		for _, one := range []flag{
			{"delimiter", r.Delimiter != ""}, {"header", r.Header.None || len(r.Header.Names) > 0}, {"fill", len(r.Fill) > 0}, {"join", len(r.Join) > 0},
		} {
			if one.set {
				d.at(join(path, one.key), "is for tables only, and type is json", "take it away")
			}
		}
	}
	if rec := r.Records; rec != nil && (len(rec.Order) == 0 || len(rec.Item) == 0) && !d.failed(path+".records") {
		d.at(path+".records", "tells one kind of rows only", "write how both look, order and item")
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

// checkParts looks at what makes events, and at what belongs together.
func (d *decoder) checkParts(path string, s *source.Source) {
	if s.Event != nil {
		for _, one := range []flag{{"order", s.Order != nil}, {"items", s.Items != nil}, {"refunds", s.Refunds != nil}} {
			if one.set {
				d.at(join(path, one.key), "stands beside event, and a source makes sales or custom actions", "take one away; a second source can watch other files")
			}
		}
		return
	}
	o, i, r := s.Order, s.Items, s.Refunds
	switch {
	case o == nil && (i != nil || r != nil) && !d.failed(path+".order"):
		d.at(path+".order", "is missing: it says to which sale the items belong", "write at least its id, as in `order: {id: Receipt number}`")
	case o != nil && i == nil && !d.failed(path+".items"):
		d.at(path+".items", "is missing: a sale has items", "write it as in `items: {sku: SKU, label: Item, total: Total}`")
	}
	if o != nil && len(o.ID) == 0 && !d.failed(path+".order.id") {
		d.at(path+".order.id", "is missing: it is what makes an order known that comes again", "name the column, or write rows where there is none")
	}
	if i != nil {
		d.checkItems(path+".items", i)
	}
	if r == nil {
		return
	}
	for _, lacks := range []struct {
		key   string
		is    bool
		write string
	}{
		{"each", r.Each == "", "name the array of the order in which they stand"},
		{"id", len(r.ID) == 0, `name what tells one refund from another, as in "{id}"`},
		{"total", len(r.Total) == 0, "name what holds the amount"},
	} {
		if at := join(path+".refunds", lacks.key); lacks.is && !d.failed(at) {
			d.at(at, "is missing", lacks.write)
		}
	}
}

// flag is a key for which something holds.
type flag struct {
	key string
	set bool
}

// checkItems looks at where items stand.
func (d *decoder) checkItems(path string, i *source.Items) {
	var ways []string
	for _, way := range []struct{ key, text string }{{"each", i.Each}, {"columns", i.Columns}, {"from", i.From}} {
		if way.text != "" {
			ways = append(ways, way.key)
		}
	}
	if len(ways) > 1 {
		d.at(join(path, ways[1]), "stands beside "+ways[0]+", and items stand in one place", "keep one of them")
	}
	switch {
	case i.From != "" && i.Match == "" && !d.failed(path+".match"):
		d.at(path+".match", "is missing", `say how an item looks, as in "(?<qty>[0-9.]+) x (?<label>[^,]+)"`)
	case i.From == "" && i.Match != "":
		d.at(path+".from", "is missing: match needs the column in which all items stand", "name it")
	}
	switch {
	case i.Pairs != "" && i.Columns == "" && i.From == "":
		d.at(path+".columns", "is missing: pairs needs the columns that hold an item each", "name them, as in line_item_*")
	case i.Pairs != "" && utf8.RuneCountInString(i.Pairs) != 2:
		d.at(path+".pairs", "is not two characters", `write the one between pairs and the one in them, as in "|:" for name:Tea|quantity:1`)
	}
	if i.Columns != "" && !strings.Contains(i.Columns, "*") {
		d.at(path+".columns", "has no *", "write the columns with a * for what differs, as in line_item_*")
	}
	if len(i.Total) == 0 && len(i.Price) == 0 && !strings.Contains(i.Match, "<total>") && !strings.Contains(i.Match, "<price>") && !d.failed(path+".total") {
		d.at(path+".total", "is missing, and so is price: an item has an amount", "name a column: total for that of the line, or price (and qty)")
	}
	if len(i.SKU) == 0 && len(i.Label) == 0 && !strings.Contains(i.Match, "<sku>") && !strings.Contains(i.Match, "<label>") && !d.failed(path+".label") && !d.failed(path+".sku") {
		d.at(path+".label", "is missing, and so is sku: an item has a name", "name a column for one of them")
	}
	if b := i.Balance; b != nil && len(b.Total) == 0 && !d.failed(path+".balance.total") {
		d.at(path+".balance.total", "is missing", "name the column of the order's total")
	}
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
