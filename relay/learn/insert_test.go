package learn_test

import (
	"strings"
	"testing"

	"funnelrelay/relay/config"
	"funnelrelay/relay/learn"
)

const entry = "sources:\n  till:\n    # where they lie\n    watch: drop/till/*.csv\n    preset: sumup-sales\n"

func TestInsert(t *testing.T) {
	const shop = "projects:\n  shop: {project_id: p, api_key: k} # ours\n"
	for name, c := range map[string]struct{ config, want string }{
		"nothing there": {
			"", entry,
		},
		"no key": {
			"# my config\n" + shop, "# my config\n" + shop + "\n" + entry,
		},
		"no newline at the end": {
			strings.TrimSuffix(shop, "\n"), shop + "\n" + entry,
		},
		"CRLF": {
			strings.ReplaceAll(shop, "\n", "\r\n"), strings.ReplaceAll(shop+"\n"+entry, "\n", "\r\n"),
		},
		"a mark at the front": {
			"\ufeff" + shop, "\ufeff" + shop + "\n" + entry,
		},
		"the default as a comment": {
			shop + "\n# Ways in.\n#sources: {}\n\nlog: {level: info}\n",
			shop + "\n# Ways in.\n#sources: {}\n" + entry + "\nlog: {level: info}\n",
		},
		"empty braces": {
			"sources: {}\n" + shop, entry + shop,
		},
		"empty braces and a comment": {
			"sources: { }  # none yet\n" + shop, strings.Replace(entry, "sources:", "sources: # none yet", 1) + shop,
		},
		"nothing behind the colon": {
			"sources:\n" + shop, entry + shop,
		},
		"null": {
			shop + "sources: null", shop + entry,
		},
		"behind others, before a comment of the next key": {
			"sources:\n  a:\n    watch: drop/a/*.csv # one\n    # the last of a\n\n# The rest.\n" + shop,
			"sources:\n  a:\n    watch: drop/a/*.csv # one\n    # the last of a\n" + strings.TrimPrefix(entry, "sources:\n") + "\n# The rest.\n" + shop,
		},
		"four deep": {
			shop + "sources:\n    a:\n        watch: drop/a/*.csv",
			shop + "sources:\n    a:\n        watch: drop/a/*.csv\n    till:\n      # where they lie\n      watch: drop/till/*.csv\n      preset: sumup-sales\n",
		},
		"an entry in braces": {
			shop + "sources:\n  a: {watch: drop/a/*.csv,\n    preset: sumup-sales}\n",
			shop + "sources:\n  a: {watch: drop/a/*.csv,\n    preset: sumup-sales}\n" + strings.TrimPrefix(entry, "sources:\n"),
		},
		"the end of the document": {
			shop + "...\n", shop + "\n" + entry + "...\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := learn.Insert([]byte(c.config), []byte(entry), "till")
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
			if c.config == "" {
				return
			}
			cfg, err := config.Parse("c.yaml", got, config.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := cfg.Sources.Get("till"); !ok {
				t.Error("the config has no source till")
			}
		})
	}
}

func TestInsertRefuses(t *testing.T) {
	for name, c := range map[string]struct{ config, want string }{
		"the name is there":   {"sources:\n  b: {}\n  till:\n    watch: x\n", "line 3: there is a source till already"},
		"in braces":           {"sources: {a: {watch: x}}\n", "line 1: sources is written in braces"},
		"all of it in braces": {"{projects: {}}\n", "the config is written in braces"},
		"a reference":         {"x: &x {a: {}}\nsources: *x\n", "line 2: sources is written in braces or elsewhere"},
		"a list":              {"sources: [a]\n", "line 1"},
		"no YAML":             {"a: b: c\n", "the config cannot be read"},
		"UTF-16":              {"\xff\xfea\x00", "the config is not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := learn.Insert([]byte(c.config), []byte(entry), "till"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q and error %v, want %q", got, err, c.want)
			}
		})
	}
}

// Whatever the config is, it is refused, or holds everything it held.
func FuzzInsert(f *testing.F) {
	f.Add("sources: {}\n")
	f.Add("sources:\n  a: {}\n# end")
	f.Add("a: |\n  x\n\nsources:\n   b:\n     c: d\r\nlog: {}\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := learn.Insert([]byte(text), []byte(entry), "till")
		if err != nil {
			return
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); !strings.Contains(line, "sources") && !strings.Contains(line, `"`) && !strings.Contains(line, "?") && !strings.Contains(string(got), line) {
				t.Errorf("%q is gone from %q", line, got)
			}
		}
		if _, err := learn.Insert(got, []byte(entry), "till"); err == nil {
			t.Errorf("the entry was added twice to %q", got)
		}
	})
}
