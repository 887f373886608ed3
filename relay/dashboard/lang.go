package dashboard

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed lang/*.json
var langFiles embed.FS

// lang is one language of the pages: a file of texts by key.
type lang struct {
	tag   language.Tag
	texts map[string]string
}

// langs are all languages, the default first.
type langs struct {
	list    []*lang
	matcher language.Matcher
}

// defaultLang is what a reader gets whose languages we do not have.
const defaultLang = "en"

func loadLangs() *langs {
	entries, err := langFiles.ReadDir("lang")
	if err != nil {
		panic(fmt.Sprintf("dashboard: languages: %v", err))
	}
	l := &langs{}
	for _, e := range entries {
		text, err := langFiles.ReadFile(path.Join("lang", e.Name()))
		if err != nil {
			panic(fmt.Sprintf("dashboard: languages: %v", err))
		}
		one := &lang{tag: language.MustParse(strings.TrimSuffix(e.Name(), ".json"))}
		if err := json.Unmarshal(text, &one.texts); err != nil {
			panic(fmt.Sprintf("dashboard: language %s: %v", e.Name(), err))
		}
		l.list = append(l.list, one)
	}
	slices.SortFunc(l.list, func(a, b *lang) int {
		first := func(x *lang) int {
			if x.tag.String() == defaultLang {
				return 0
			}
			return 1
		}
		return cmp.Or(first(a)-first(b), strings.Compare(a.tag.String(), b.tag.String()))
	})
	tags := make([]language.Tag, len(l.list))
	for i, one := range l.list {
		tags[i] = one.tag
	}
	l.matcher = language.NewMatcher(tags)
	return l
}

// choose picks the language for a reader who chose one, or whose browser asks
// for some, and the reader's own variant of it, by which numbers are written:
// a reader of en-GB has the English texts and British dates.
func (l *langs) choose(chosen, accept string) (*lang, language.Tag) {
	asked, _, _ := language.ParseAcceptLanguage(accept)
	if len(asked) > 10 {
		asked = asked[:10]
	}
	var found *lang
	for _, one := range l.list {
		if one.tag.String() == chosen {
			found = one
		}
	}
	if found == nil {
		_, i, _ := l.matcher.Match(asked...)
		found = l.list[i]
	}
	base, _ := found.tag.Base()
	for _, tag := range asked {
		if b, _ := tag.Base(); b == base {
			return found, tag
		}
	}
	return found, found.tag
}

// text is the text of key, with the named values put into its {placeholders}.
// A key that is missing shows as itself, which a test keeps from happening.
func (l *lang) text(key string, named ...string) string {
	t, ok := l.texts[key]
	if !ok {
		return key
	}
	if len(named) == 0 {
		return t
	}
	pairs := make([]string, 0, len(named))
	for i := 0; i+1 < len(named); i += 2 {
		pairs = append(pairs, "{"+named[i]+"}", named[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(t)
}

// forms are the endings of keys whose text depends on a number.
var forms = map[plural.Form]string{
	plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many", plural.Other: ".other",
}

// counted is the key of the form that the language has for n.
func (l *lang) counted(key string, n int64) string {
	i := int(max(n, -n) % 1_000_000_000)
	form := plural.Cardinal.MatchPlural(l.tag, i, 0, 0, 0, 0)
	if k := key + forms[form]; l.texts[k] != "" {
		return k
	}
	return key + ".other"
}
