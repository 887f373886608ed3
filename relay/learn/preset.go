package learn

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// preset uses a known export, if the columns are those of one.
func (w *finder) preset() bool {
	if w.o.Preset == "none" {
		return false
	}
	var best *Preset
	most := 0
	for i := range w.o.Presets {
		p := &w.o.Presets[i]
		if w.o.Preset == p.Name {
			w.because("preset", "as you said")
			w.usePreset(p)
			return true
		}
		if n, ok := w.covers(&p.Source); ok && n > most {
			best, most = p, n
		}
	}
	if best == nil || w.o.Preset != "" {
		return false
	}
	w.because("preset", "%s that it reads are in the file; `--preset none` makes a mapping without it", counted(most, "column"))
	w.usePreset(best)
	return true
}

// covers says whether a file has what a preset reads: the key, the time and the
// items, and four of five of all values; and how many columns it reads of it.
func (w *finder) covers(s *source.Source) (columns int, ok bool) {
	c := values.NewCompiler(s.Values, values.CompilerOptions{})
	has := map[string]bool{}
	given, found := 0, 0
	try := func(key string, v source.Value, each string) {
		if len(v) == 0 {
			return
		}
		given++
		fits := false
		for i := range v {
			names := c.Value(key, v[i:i+1]).Columns()
			if slices.IndexFunc(names, func(name string) bool { return !w.hasColumn(name, each) }) >= 0 {
				continue
			}
			fits, has[key] = true, true
			columns += len(names)
		}
		if fits {
			found++
		}
	}
	o, items := s.Order, s.Items
	if o == nil || items == nil {
		return 0, false
	}
	try("id", o.ID, "")
	try("at", o.At, "")
	try("group", o.Group, "")
	try("email", o.Email, "")
	try("currency", o.Currency, "")
	if items.Columns != "" {
		given++
		if slices.IndexFunc(w.t.names, func(name string) bool { ok, _ := path.Match(items.Columns, name); return ok }) >= 0 {
			found++
			columns += 4
			has["what"], has["cost"] = true, true
		}
	} else {
		if items.Each != "" && w.set.nested[items.Each] == nil {
			return 0, false
		}
		try("what", items.Label, items.Each)
		try("what", items.SKU, items.Each)
		try("cost", items.Price, items.Each)
		try("cost", items.Total, items.Each)
		try("qty", items.Qty, items.Each)
	}
	cost := has["cost"] || len(items.Price) == 0 && len(items.Total) == 0 && items.Columns == ""
	return columns, has["id"] && (has["at"] || len(o.At) == 0) && has["what"] && cost && columns >= 4 && 5*found >= 4*given
}

// hasColumn says whether the rows, or the elements of an array in them, have a
// column. Case and blanks make no difference.
func (w *finder) hasColumn(name, each string) bool {
	tables := []*table{w.t}
	if each != "" {
		tables = append(tables, w.set.nested[each])
	}
	bare := func(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }
	for _, t := range tables {
		if t != nil && slices.IndexFunc(t.names, func(have string) bool { return bare(have) == bare(name) }) >= 0 {
			return true
		}
	}
	return false
}

var needLine = regexp.MustCompile(`(?m)^# needs ([a-z_.]+): (.+)$`)

// usePreset makes an entry of a preset, and fills in what it leaves open.
func (w *finder) usePreset(p *Preset) {
	s := &w.Source
	s.Preset, s.Read = p.Name, source.Read{}
	for key := range w.Because {
		if strings.HasPrefix(key, "read.") {
			delete(w.Because, key)
		}
	}
	if w.set != nil && w.set.format.Guessed && w.set.encoding != "" {
		s.Read.Encoding = w.set.encoding
		w.because("read.encoding", "%s", w.set.encodingWhy)
	}
	needs := map[string]string{}
	for _, found := range needLine.FindAllStringSubmatch(p.Text, -1) {
		needs[found[1]] = strings.TrimSpace(found[2])
	}
	w.presetDates(p, needs["values.date"] != "")
	delete(needs, "values.date")
	if set := w.o.Set["values.zone"]; set != "" {
		s.Values.Zone = source.Text(set)
		w.because("values.zone", "as you said")
	}
	if set := w.o.Set["values.money"]; set != "" {
		s.Values.Money = set
		w.because("values.money", "as you said")
	}
	for _, key := range []string{"const.currency", "items.total"} {
		write, open := needs[key]
		delete(needs, key)
		switch set := w.o.Set[key]; {
		case set != "" && key == "const.currency":
			s.Const = append(s.Const, source.Field{Name: "currency", Value: source.Value{set}})
			w.because(key, "as you said")
		case set != "":
			s.Items = &source.Items{Total: source.Value{set}}
			w.because(key, "as you said")
		case open:
			w.ask(key, "the preset "+p.Name+" leaves it open, as each account has its own: "+write, needWays(write)...)
		}
	}
	for key, write := range needs {
		if w.o.Set[key] != "" {
			continue
		}
		w.ask(key, "the preset "+p.Name+" leaves it open: "+write, Way{"", "see there"})
	}
}

var inTicks = regexp.MustCompile("`([^`]+)`( [^,;`]+)?")

// needWays are the values that the text of a need names.
func needWays(write string) []Way {
	var ways []Way
	for _, found := range inTicks.FindAllStringSubmatch(write, -1) {
		if !strings.Contains(found[1], "{") {
			ways = append(ways, Way{found[1], strings.TrimSuffix(strings.TrimSpace(found[2]), " or")})
		}
	}
	if ways == nil {
		ways = append(ways, Way{"", "its code by ISO 4217, as in EUR or USD"})
	}
	return ways
}

// presetDates finds the date pattern, where the preset has none, or where its
// own does not fit.
func (w *finder) presetDates(p *Preset, needed bool) {
	set := w.o.Set["values.date"]
	if p.Source.Order == nil || w.t == nil || len(p.Source.Order.At) == 0 {
		return
	}
	c := values.NewCompiler(p.Source.Values, values.CompilerOptions{})
	at := c.Value("order.at", p.Source.Order.At)
	var texts []spot
	misfits := 0
	for n := range w.t.lines {
		l := &w.t.lines[n]
		scope := &values.Scope{Cells: w.cells(l)}
		text, err := at.Text(scope)
		if err != nil || text == "" {
			continue
		}
		texts = append(texts, spot{text, l.file, l.at})
		if _, _, _, err := at.Time(scope); err != nil && !strings.Contains(err.Error(), "zone") && !strings.Contains(err.Error(), "clocks") {
			misfits++
		}
	}
	if p.Source.Values.Zone == "" {
		w.askZone(texts)
	}
	if !needed && 20*misfits <= len(texts) && set == "" {
		return
	}
	if !needed && set == "" {
		w.because("values.date", "the preset's own does not fit %d of %s", misfits, counted(len(texts), "date"))
	}
	zone, because := w.Source.Values.Zone, w.Because["values.zone"]
	w.used = map[string]bool{"offset": true} // the preset sees to the zone
	w.dates(texts)
	w.Source.Values.Zone = zone
	if because == "" {
		delete(w.Because, "values.zone")
	}
}

// cells are a line's by name.
func (w *finder) cells(l *line) map[string]string {
	cells := make(map[string]string, len(l.cells))
	for i, text := range l.cells {
		cells[w.t.names[i]] = text
	}
	return cells
}

var tableURL = regexp.MustCompile(`(?i)<URL>\s*([^<]+?)\s*</URL>`)

// tables looks at an index.xml: that of DSFinV-K has a preset, of any other the
// table must be named.
func (f *Finding) tables(fsys fs.FS, name string, o Options) (found bool, err error) {
	pack, err := rows.Unpack(fsys, name)
	if err != nil {
		return true, err
	}
	defer func() { _ = pack.Close() }()
	if len(pack.Names) != 1 || !strings.EqualFold(path.Base(pack.Names[0]), "index.xml") {
		return false, nil
	}
	text, err := fs.ReadFile(pack.FS, pack.Names[0])
	if err != nil {
		return true, err
	}
	var names []string
	for _, found := range tableURL.FindAllStringSubmatch(string(text), -1) {
		names = append(names, found[1])
	}
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(path.Base(n), name) })
	}
	f.Format = rows.Format{Type: "gdpdu"}
	for i := range o.Presets {
		p := &o.Presets[i]
		fits := p.Source.Read.Type == "gdpdu" && has(p.Source.Read.Table)
		for _, j := range p.Source.Read.Join {
			fits = fits && has(j.Table)
		}
		if o.Preset == p.Name || fits && o.Preset == "" {
			f.because("preset", "the index.xml names %s", p.Source.Read.Table)
			w := &finder{Finding: f, o: o}
			w.usePreset(p)
			return true, nil
		}
	}
	if o.Set["read.table"] != "" {
		return false, nil
	}
	f.Source.Read.Type = "gdpdu"
	f.because("read.type", "an index.xml describes the files")
	var ways []Way
	for _, name := range names {
		ways = append(ways, Way{name, "one of its tables"})
	}
	if ways == nil {
		return true, fmt.Errorf("%s names no tables", name)
	}
	f.ask("read.table", "the index.xml names "+counted(len(names), "table")+", and which one holds the lines of sales is not known", ways...)
	return true, nil
}
