package dashboard

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

var (
	placeholder = regexp.MustCompile(`\{[a-z]+\}`)
	pluralForm  = regexp.MustCompile(`\.(zero|one|two|few|many|other)$`)
	ofCountry   = regexp.MustCompile(`\.[A-Z]{2}$`)
)

// Every language has the texts of the default one, with the same values in them.
func TestLanguagesAgree(t *testing.T) {
	all := loadLangs().list
	if all[0].tag.String() != defaultLang || len(all) < 2 {
		t.Fatalf("languages: %d, the first is %s", len(all), all[0].tag)
	}
	for _, l := range all[1:] {
		for key, text := range all[0].texts {
			if ofCountry.MatchString(key) || pluralForm.MatchString(key) && !strings.HasSuffix(key, ".other") {
				continue // a country's own way, and forms that not every language has
			}
			other, ok := l.texts[key]
			if !ok {
				t.Errorf("%s: no text for %s", l.tag, key)
				continue
			}
			if a, b := values(text), values(other); !slices.Equal(a, b) {
				t.Errorf("%s: %s holds %v, want %v", l.tag, key, b, a)
			}
		}
		for key := range l.texts {
			plain := ofCountry.ReplaceAllString(key, "")
			if plain = pluralForm.ReplaceAllString(plain, ".other"); all[0].texts[key] == "" && all[0].texts[plain] == "" {
				t.Errorf("%s: a text for %s, which %s does not have", l.tag, key, defaultLang)
			}
		}
	}
	for _, l := range all {
		for key, text := range l.texts {
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %s is blank or begins or ends with a space", l.tag, key)
			}
		}
	}
}

func values(text string) []string {
	list := placeholder.FindAllString(text, -1)
	slices.Sort(list)
	return list
}

// made are the beginnings of keys that are put together while a page is made,
// with what may follow.
var made = map[string][]string{
	"nav.":         {"overview", "events", "dead", "sources", "days", "health"},
	"state.":       {"pending", "sent", "dead", "unknown"},
	"mode.":        {"online", "offline", "paused", "held"},
	"flag.":        {"confirmed", "unproven", "may-double", "may-have-arrived", "unknown", "salvaged", "clock-wrong"},
	"flag_help.":   {"confirmed", "unproven", "may-double", "may-have-arrived", "unknown", "salvaged", "clock-wrong"},
	"event.ended_": {"pending", "sent", "dead", "unknown"},
	"verdict.":     {"ok", "warn", "bad", "skipped"},
	"bulk.title_":  {"retry", "discard"},
	"bulk.would_":  {"retry", "discard"},
	"bulk.do_":     {"retry", "discard"},
	"days.":        {"accepted", "sent", "waiting", "dead"},
	"note.bulk_":   {"retry", "discard"},
}

// Every text is used somewhere, and every text that is used is there.
func TestTextsAreUsed(t *testing.T) {
	texts := loadLangs().list[0].texts
	used := map[string]bool{"lang.name": true}
	word := regexp.MustCompile(`"([a-z]+\.[a-z_.-]+)"`)
	for _, name := range sourceFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range word.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
	}
	for begin, ends := range made {
		for _, end := range ends {
			used[begin+end] = true
		}
	}
	for key := range texts {
		plain := pluralForm.ReplaceAllString(ofCountry.ReplaceAllString(key, ""), "")
		if !used[plain] && !used[key] && !strings.HasPrefix(key, "alarm.") {
			t.Errorf("nothing uses %s", key)
		}
	}
	call := regexp.MustCompile(`(?:\b[TN]|\blocal|Key:|Key =|light\{"[a-z]+",) ?\(?"([a-z_]+\.[a-z_.-]+)"`)
	for _, name := range sourceFiles(t) {
		text, _ := os.ReadFile(name)
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			if made[m[1]] == nil && texts[m[1]] == "" && texts[m[1]+".other"] == "" {
				t.Errorf("%s uses %s, which has no text", name, m[1])
			}
		}
	}
	for begin, ends := range made {
		for _, end := range ends {
			if texts[begin+end] == "" && texts[begin+end+".other"] == "" {
				t.Errorf("no text for %s%s", begin, end)
			}
		}
	}
}

func sourceFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		found, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if !strings.HasSuffix(name, "_test.go") {
				names = append(names, name)
			}
		}
	}
	return names
}

func TestChooseLanguage(t *testing.T) {
	l := loadLangs()
	for _, c := range []struct{ chosen, accept, want, locale string }{
		{"", "", "en", "en"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de", "de-AT"},
		{"", "fr-FR, en-GB;q=0.7", "en", "en-GB"},
		{"", "ja", "en", "en"},
		{"de", "en-US", "de", "de"},
		{"en", "de-CH, en-AU", "en", "en-AU"},
		{"xx", "de", "de", "de"},
		{"", strings.Repeat("de,", 5000), "en", "en"},
		{"", ";;;q=\x00", "en", "en"},
	} {
		got, locale := l.choose(c.chosen, c.accept)
		if got.tag.String() != c.want && len(c.accept) < 1000 || locale != language.MustParse(c.locale) && len(c.accept) < 1000 {
			t.Errorf("chosen %q, accepts %.40q: %s and %s, want %s and %s", c.chosen, c.accept, got.tag, locale, c.want, c.locale)
		}
	}
}
