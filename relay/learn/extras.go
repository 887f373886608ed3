package learn

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"funnelrelay/relay/source"
)

// extras are what an event may have besides.
func (w *finder) extras() {
	order := w.Source.Order
	for _, one := range []struct {
		name string
		r    role
	}{{"store", roleStore}, {"till", roleTill}, {"channel", roleChannel}, {"customer", roleCustomer}} {
		for _, c := range w.t.choices(one.r, w.all) {
			name := w.t.names[c.column]
			if c.score < 200 || w.used[name] && one.r != roleStore && one.r != roleTill {
				continue
			}
			w.used[name] = true
			order.Extra = append(order.Extra, source.Field{Name: one.name, Value: source.Value{column(name)}})
			break
		}
	}
	if len(order.Extra) > 0 {
		w.because("order.extra", "further fields of the event, by their names; take away what you do not want to send")
	}
}

// mixture asks where a file holds rows of several kinds.
func (w *finder) mixture() {
	if !w.set.headless {
		return
	}
	widths := map[int]int{}
	for n := range w.t.lines {
		last := 0
		for i, text := range w.t.lines[n].cells {
			if text != "" {
				last = i + 1
			}
		}
		widths[last]++
	}
	if len(widths) < 2 {
		return
	}
	if least := slices.Min(slices.Collect(maps.Keys(widths))); len(w.t.names) > 2*least {
		w.ask("read.records", fmt.Sprintf("rows have from %d to %d cells, as where a file holds rows of several kinds", least, len(w.t.names)),
			Way{"", "how the row of an order and that of an item look, as in { order: { 0: H }, item: { 0: L } }"})
	}
}

var (
	copied  = regexp.MustCompile(` ?\(\d+\)$| - (?:Copy|Kopie|copie|copia|kopia)$`)
	numbers = regexp.MustCompile(`\d+(?:[-_. T:]*\d+)*`)
	stars   = regexp.MustCompile(`\*[*\-_. ()]*\*`)
)

// watch makes the patterns of the files, and the source's name.
func (f *Finding) watch(names []string, o Options) {
	if f.Source.Name = o.Name; o.Name == "" {
		f.Source.Name = sourceName(names[0])
	}
	if o.Watch != "" {
		f.Source.Watch = []string{o.Watch}
		f.because("watch", "as you said")
		return
	}
	var general []string
	folder := literalGlob(o.Folder)
	for _, name := range names {
		if g := folder + generalPath(name, strings.Contains(o.Folder, `\`)); !slices.Contains(general, g) {
			general = append(general, g)
		}
	}
	f.Source.Watch = general
	if strings.Contains(general[0][len(folder):], "*") {
		f.because("watch", "what differs from file to file by its look is a *; the folder is the one in which they lie now")
	} else {
		f.because("watch", "nothing in the name looks as if it changes from file to file; the folder is the one in which it lies now")
	}
}

// generalPath is a pattern for files that are called like name, which has
// slashes.
func generalPath(name string, windows bool) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = generalName(part)
	}
	if windows {
		return strings.Join(parts, `\`)
	}
	return strings.Join(parts, "/")
}

// generalName is a pattern for names like this one: what looks like a date, a
// number that goes up, or the number of a copy is a *.
func generalName(name string) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if strings.Trim(ext, ".0123456789") == "" {
		stem, ext = name, ""
	}
	tail := ""
	if copied.MatchString(stem) {
		stem, tail = copied.ReplaceAllString(stem, ""), "*"
	}
	var b strings.Builder
	last := 0
	for _, at := range numbers.FindAllStringIndex(stem, -1) {
		before := at[0] > 0 && isLetterByte(stem[at[0]-1])
		if own, rest := digits(stem[at[0]:at[1]]); before && len(own) < 4 && rest != "" {
			at[0] += len(own) + len(rest) - len(strings.TrimLeft(rest, "-_. T:")) // till3-20261122
			before = false
		}
		after := at[1] < len(stem) && isLetterByte(stem[at[1]])
		if before && at[1]-at[0] < 4 || after && !before && at[1]-at[0] < 4 && at[0] > 0 {
			continue // till3, and no number that goes up
		}
		b.WriteString(literalGlob(stem[last:at[0]]) + "*")
		last = at[1]
	}
	b.WriteString(literalGlob(stem[last:]) + tail)
	return stars.ReplaceAllString(b.String(), "*") + literalGlob(ext)
}

func isLetterByte(c byte) bool { return c >= 0x80 || 'a' <= c|0x20 && c|0x20 <= 'z' }

// literalGlob writes a text so that a pattern takes it as it is.
func literalGlob(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "[", "[[]", "*", "[*]", "?", "[?]").Replace(text)
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// sourceName makes a source's name of a file's.
func sourceName(name string) string {
	stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
	stem = copied.ReplaceAllString(stem, "")
	stem = numbers.ReplaceAllString(stem, " ")
	text := strings.Trim(notName.ReplaceAllString(strings.ReplaceAll(plainWords(stem), " ", "_"), "_"), "_")
	if len(text) > 40 {
		text = strings.Trim(text[:40], "_")
	}
	switch text {
	case "", "index":
		return "till"
	case "drop", "http":
		return text + "_files"
	}
	return text
}
