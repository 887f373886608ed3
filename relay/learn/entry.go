package learn

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"funnelrelay/relay/source"
)

// commentWidth is where a comment goes on in the next line.
const commentWidth = 96

// YAML writes the finding as a config has it: sources, with one entry. Each key
// has a comment that says what it was found out from; what is open stands as a
// comment, with the ways to write it.
func (f *Finding) YAML() []byte {
	e := &entry{f: f}
	e.line(0, "sources:")
	e.line(1, scalar(f.Source.Name)+":")
	e.comment(2, f.Because[""])
	e.fields(reflect.ValueOf(f.Source), "", 2, reflect.ValueOf(source.Default()))
	return []byte(e.b.String())
}

// entry is the text of an entry as it is written.
type entry struct {
	f *Finding
	b strings.Builder
}

func (e *entry) line(depth int, text string) {
	e.b.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// comment writes a text as lines of comments.
func (e *entry) comment(depth int, text string) {
	words := strings.Fields(printable(text))
	for len(words) > 0 {
		line := "#"
		for len(words) > 0 && (line == "#" || len(line)+len(words[0])+2*depth < commentWidth) {
			line += " " + words[0]
			words = words[1:]
		}
		e.line(depth, line)
	}
}

// printable is a text without what no comment may hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// fields writes the keys of a part of a source, as its type has them. usual is
// the part in which every key was left out.
func (e *entry) fields(v reflect.Value, path string, depth int, usual reflect.Value) {
	for _, field := range reflect.VisibleFields(v.Type()) {
		name, one := field.Tag.Get("yaml"), v.FieldByIndex(field.Index)
		if name == "" {
			continue
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		set := !one.IsZero()
		if usual.IsValid() && reflect.DeepEqual(one.Interface(), usual.FieldByIndex(field.Index).Interface()) {
			set = false
		}
		if e.openBelow(at) && isPart(field.Type) {
			set = true
		}
		if set {
			e.value(name, at, one, depth)
		}
		e.questions(name, at, depth)
	}
}

// openBelow says whether a key below path is open, or has a reason.
func (e *entry) openBelow(path string) bool {
	return slices.ContainsFunc(e.f.Questions, func(q Question) bool { return strings.HasPrefix(q.Key, path+".") })
}

// isPart says that a type is written as a mapping of its own.
func isPart(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[source.Header]() || t == reflect.TypeFor[[]source.Field]()
}

// value writes one key.
func (e *entry) value(name, path string, v reflect.Value, depth int) {
	e.comment(depth, e.f.Because[path])
	if text, ok := flow(v); ok {
		e.line(depth, name+": "+text)
		return
	}
	switch value := v.Interface().(type) {
	case source.Matcher:
		e.line(depth, name+":")
		for _, c := range value {
			e.line(depth+1, "- "+condition(c))
		}
		return
	case []source.Field:
		e.line(depth, name+":")
		for _, field := range value {
			e.comment(depth+1, e.f.Because[path+"."+field.Name])
			e.line(depth+1, scalar(field.Name)+": "+oneOrMore(field.Value))
		}
		return
	case []source.Join:
		e.line(depth, name+":")
		for _, j := range value {
			text := "{ table: " + scalar(j.Table) + ", by: [" + commas(j.By) + "]"
			if len(j.Sum) > 0 {
				text += ", sum: [" + commas(j.Sum) + "]"
			}
			e.line(depth+1, "- "+text+" }")
		}
		return
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v = reflect.New(v.Type().Elem())
		}
		v = v.Elem()
	}
	e.line(depth, name+":")
	e.fields(v, path, depth+1, reflect.Value{})
}

// questions writes what is open at a key: as comments, with each way.
func (e *entry) questions(name, path string, depth int) {
	for _, q := range e.f.Questions {
		if q.Key != path && !(path == "const" && q.Key == "const.currency" && len(e.f.Source.Const) == 0) {
			continue
		}
		if path == "const" {
			e.open(q, "currency", depth+1)
			continue
		}
		e.open(q, name, depth)
	}
}

func (e *entry) open(q Question, name string, depth int) {
	e.comment(depth, "UNCLEAR: "+q.Is+". Take the # away from one of these:")
	for _, way := range q.Ways {
		if way.Write == "none" {
			e.line(depth, "# or leave it so: "+way.Means)
			continue
		}
		write := "…"
		if way.Write != "" {
			write = oneOrMore(strings.Split(way.Write, " | "))
		}
		e.line(depth, strings.TrimRight("#"+name+": "+write+"  # "+strings.Join(strings.Fields(printable(way.Means)), " "), " #"))
	}
}

// flow writes a value in one line, if it can.
func flow(v reflect.Value) (string, bool) {
	switch value := v.Interface().(type) {
	case source.Value:
		return oneOrMore(value), true
	case []string:
		return oneOrMore(value), true
	case source.Header:
		if value.None {
			return "none", true
		}
		return oneOrMore(value.Names), true
	case source.Matcher:
		if len(value) == 1 {
			return condition(value[0]), true
		}
		return "", false
	case time.Duration:
		return value.String(), true
	case bool:
		return strconv.FormatBool(value), true
	}
	if v.Kind() == reflect.String {
		return scalar(v.String()), true
	}
	return "", false
}

func condition(c source.Condition) string {
	var tests []string
	for _, t := range c {
		tests = append(tests, scalar(t.Column)+": "+oneOrMore(t.Is))
	}
	return "{ " + strings.Join(tests, ", ") + " }"
}

// oneOrMore writes a text, or a list of texts.
func oneOrMore(list []string) string {
	if len(list) == 1 {
		return scalar(list[0])
	}
	return "[" + commas(list) + "]"
}

func commas(list []string) string {
	parts := make([]string, len(list))
	for i, text := range list {
		parts[i] = scalar(text)
	}
	return strings.Join(parts, ", ")
}

// scalar writes a text as YAML reads it, in quotes where it needs them. A
// literal ${ is $${ in a config.
func scalar(text string) string {
	text = strings.ReplaceAll(text, "${", "$${")
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	odd := func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune("0123456789_-./ ", r) }
	plain := text != "" && !strings.ContainsFunc(text, odd) && (text[0] >= 0x80 || strings.ContainsRune(letters+"/", rune(text[0]))) && !strings.HasSuffix(text, " ")
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "none":
		plain = false
	}
	if plain || text != "" && text[0] != ' ' && isClock(text) {
		return text
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) && r < 0x2000 || r == unicode.ReplacementChar
	}) {
		return strconv.QuoteToASCII(text)
	}
	if strings.Contains(text, "'") && !strings.ContainsAny(text, `"\`) {
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// isClock says that a text is a pattern of dates with colons between letters,
// which YAML leaves alone.
func isClock(text string) bool {
	return strings.Trim(text, "yMdHhmsSaZ.-/: ") == "" && strings.Contains(text, "mm") && !strings.Contains(text, ": ") && !strings.HasSuffix(text, ":")
}
