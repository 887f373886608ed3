package config

import (
	"errors"
	"strings"
	"testing"
)

// with wraps settings of a project into a config that lacks nothing else.
func with(settings string) string {
	return "projects:\n  shop:\n    project_id: a\n    api_key: b\n    " + settings + "\n"
}

// fails parses a text that is wrong and returns the problems.
func fails(t *testing.T, text string) Errors {
	t.Helper()
	c, err := Parse("c.yaml", []byte(text), fakeEnv())
	var problems Errors
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("no problems but %v for\n%s", err, text)
	}
	if c != nil {
		t.Error("a config came with the errors")
	}
	return problems
}

// mistake is a text that is wrong, and its errors word for word.
type mistake struct{ name, text, want string }

func checkMistakes(t *testing.T, rows []mistake) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := fails(t, row.text).Error(); got != row.want {
				t.Errorf("for\n%s\ngot  %s\nwant %s", row.text, got, row.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	ok := with("")
	checkMistakes(t, []mistake{
		{"unknown key", "lissen: 1\n" + ok, "c.yaml:1:1: lissen: unknown key; did you mean `listen`?"},
		{"other spelling", with("repeatWindow: 1h"), "c.yaml:5:5: projects.shop.repeatWindow: unknown key; did you mean `repeat_window`?"},
		{"key of another place", "max_sent: 1\nkeep_keys: 1d\n" + ok,
			"c.yaml:1:1: max_sent: unknown key; known here: listen, data, timezone, http, projects, spool, sources, alarm, log\n" +
				"c.yaml:2:1: keep_keys: unknown key; it belongs under `spool`"},
		{"key twice", with("rate: 1/s\n    rate: 2/s"), "c.yaml:6:5: projects.shop.rate: is here a second time; the first is in line 5; keep one of them"},
		{"octal", with("connections: 0123"), `c.yaml:5:18: projects.shop.connections: "0123" is not a whole number; write digits only, as in 4 or 10000`},
		{"out of bounds", with("connections: 257"), "c.yaml:5:18: projects.shop.connections: is out of bounds; write a number from 1 to 256"},
		{"list for text", with("url: [a]"), "c.yaml:5:10: projects.shop.url: wants a single value, and has a list; write `key: value`"},
		{"text for list", "http: {hosts: till}\n" + ok, "c.yaml:1:15: http.hosts: wants a list, and has a single value; write it as in [one, two]"},
		{"text for keys", "spool: 2GB\n" + ok, "c.yaml:1:8: spool: wants keys under it: max_size, keep_sent, keep_keys, and has a single value; write `key: value`, one a line, further in than the line above"},
		{"no space", "spool:\n  max_size:2GB\n" + ok, "c.yaml:2:3: spool: wants keys under it: max_size, keep_sent, keep_keys, and has a single value; put a space after the colon, as in `key: value`"},
		{"merge", "spool: {<<: {}}\n" + ok, "c.yaml:1:9: spool: merges with <<, which is not read here; write the keys out"},
		{"rate without unit", with("rate: 20"), `c.yaml:5:11: projects.shop.rate: "20" has no unit; write it with one, as in 20/s or 20/m`},
		{"rate zero", with("rate: 0/s"), "c.yaml:5:11: projects.shop.rate: \"0/s\" sends nothing at all; write more than 0, or none for no limit; `funnelrelay pause` stops a project"},
		{"word", with("stamp: minutes"), `c.yaml:5:12: projects.shop.stamp: "minutes" is none of the words that are known here; write seconds or milliseconds`},
		{"words", with("identity: no"), `c.yaml:5:15: projects.shop.identity: "no" is none of the words that are known here; write warn, require or allow`},
		{"plain http", with("url: http://events.funnelytics.io"), `c.yaml:5:10: projects.shop.url: "http://events.funnelytics.io" would send the api_key readably over the network; write https://; http:// is for this machine only (127.0.0.1)`},
		{"url with password", with("url: https://u:hunter2@x.example"), "c.yaml:5:10: projects.shop.url: the value has a user or a password in it; the key goes into api_key; write it as in https://events.funnelytics.io"},
		{"url with path", with("url: https://events.funnelytics.io/api/v1/webhook/"), `c.yaml:5:10: projects.shop.url: "https://events.funnelytics.io/api/v1/webhook/" has the webhook's path in it, which the relay adds by itself; write it as in https://events.funnelytics.io`},
		{"url without scheme", with("url: events.funnelytics.io"), `c.yaml:5:10: projects.shop.url: "events.funnelytics.io" is not an address; write it as in https://events.funnelytics.io`},
		{"proxy", with("proxy: ftp://u:hunter2@x"), "c.yaml:5:12: projects.shop.proxy: the value is not a kind of proxy that is known; use http://, https:// or socks5://"},
		{"status twice", with("outcomes: {retry: [404], dead: [404]}"), "c.yaml:5:37: projects.shop.outcomes.dead[0]: 404 is under retry as well; name a status once"},
		{"status", with("outcomes: {retry: [4x4, 999]}"),
			`c.yaml:5:24: projects.shop.outcomes.retry[0]: "4x4" is not a status of HTTP; write one from 200 to 599, or a class: 2xx, 3xx, 4xx or 5xx` + "\n" +
				`c.yaml:5:29: projects.shop.outcomes.retry[1]: "999" is not a status of HTTP; write one from 200 to 599, or a class: 2xx, 3xx, 4xx or 5xx`},
		{"pattern", with("outcomes: {duplicate_body: 'a('}"), `c.yaml:5:32: projects.shop.outcomes.duplicate_body: "a(" is not a regular expression (RE2); mask what is meant literally with \, as in already exists\.`},
		{"pattern of all", with("outcomes: {duplicate_body: 'a*'}"), `c.yaml:5:32: projects.shop.outcomes.duplicate_body: "a*" matches every answer, also an empty one; write the words of the refusal, as in duplicat, or "" for none`},
		{"currency", with("defaults: {__currency__: Euro}"), `c.yaml:5:30: projects.shop.defaults.__currency__: "Euro" is not a currency; write its three letters of ISO 4217, as in EUR`},
		{"nested default", with("defaults: {a: {b: 1}}"), "c.yaml:5:19: projects.shop.defaults.a: wants a single value, and has keys under it; write `key: value`"},
		{"key with space", "projects: {shop: {project_id: a, api_key: 'b '}}", "c.yaml:1:43: projects.shop.api_key: the value begins or ends with a space; take the space away: HTTP cannot carry it"},
		{"key on two lines", "projects:\n  shop:\n    project_id: a\n    api_key: |\n      b\n      c\n", "c.yaml:4:14: projects.shop.api_key: the value holds a line end or another invisible character; copy it again without; a file must hold one line in UTF-8"},
		{"no key", "projects: {shop: {project_id: a}}", "c.yaml:1:12: projects.shop.api_key: is missing; write the Webhook Secret Key, best as ${file:PATH} or ${env:NAME}: see the integrations tab of the Funnelytics account"},
		{"no projects", "listen: 127.0.0.1:1\n", "c.yaml:1:1: projects: is missing: the relay needs one to send to; write `projects: {shop: {project_id: …, api_key: …}}`, or a whole config with `funnelrelay init`"},
		{"no space in braces", "projects: {shop: {project_id: a, api_key:hunter2}}", "c.yaml:1:34: projects.shop.•••: unknown key; put a space after the colon, as in `key: value`"},
		{"comma in braces", "projects: {shop: {project_id: a, api_key: hun,ter22}}", "c.yaml:1:47: projects.shop.•••: unknown key; known here: project_id, api_key, url, connections, rate, stamp, nested, identity, invalid, defaults, repeat_window, proxy, trust_duplicates, outcomes; put a value that holds a comma in quotes"},
		{"alias of nothing", "alarm: &x\nhttp: {hosts: [*x]}\n" + ok, "c.yaml:1:8: http.hosts[0]: is empty; give it a value or take it away"},
		{"project's name", "projects: {Shop: {project_id: a, api_key: b}}", "c.yaml:1:12: projects.Shop: is not a project's name; use small letters, digits, - and _ only, at most 64, as in `shop`"},
		{"one id twice", with("") + "  b: {project_id: a, api_key: x}\n", "c.yaml:6:19: projects.b.project_id: is that of the project shop as well, and X-PROJECT-ID could not tell them apart; keep one of the two projects"},
	})
}

func TestMistakesBesidesProjects(t *testing.T) {
	ok := with("")
	checkMistakes(t, []mistake{
		{"duration", "spool: {keep_sent: 30, keep_keys: 3 days}\n" + ok,
			`c.yaml:1:20: spool.keep_sent: "30" has no unit; write it with one, as in 30s, 30m, 30h or 30d` + "\n" +
				`c.yaml:1:35: spool.keep_keys: "3 days" is not a length of time; write a number and a unit, as in 90s, 15m, 24h, 30d or 2w`},
		{"memory", "spool: {keep_keys: 2d}\n" + with("repeat_window: 3d"), "c.yaml:6:20: projects.shop.repeat_window: is longer than spool.keep_keys remembers; write 2d or less"},
		{"size", "spool: {max_size: 2 gigs}\n" + ok, `c.yaml:1:19: spool.max_size: "2 gigs" has an unknown unit; use kB, MB, GB, TB or KiB, MiB, GiB, TiB`},
		{"small", "spool: {max_size: 2kB}\n" + ok, "c.yaml:1:19: spool.max_size: is less than 1MB; write 1MB or more"},
		{"zone", "timezone: W. Europe Standard Time\n" + ok, `c.yaml:1:11: timezone: "W. Europe Standard Time" is Windows' name of a timezone; write a place as in Europe/Berlin or America/New_York, or local for the machine's own`},
		{"offset", "timezone: +01:00\n" + ok, `c.yaml:1:11: timezone: "+01:00" is not a timezone's name (an offset knows no summer time); write a place as in Europe/Berlin or America/New_York, or local for the machine's own`},
		{"open bind", "listen: 0.0.0.0:8787\n" + ok, "c.yaml:1:9: listen: \"0.0.0.0:8787\" is open to other machines, and neither http.auth nor http.tls is set; listen on 127.0.0.1 only; or set http.auth and http.tls; or set `http: {insecure: true}` and let everyone in the network post sales"},
		{"open bind with auth", "listen: :8787\nhttp: {auth: {api_key: true}}\n" + ok, "c.yaml:1:9: listen: \":8787\" is open to other machines, and http.tls is not set; listen on 127.0.0.1 only; or set http.auth and http.tls; or set `http: {insecure: true}` and let everyone in the network post sales"},
		{"port alone", "listen: 8787\n" + ok, `c.yaml:1:9: listen: "8787" is a port alone; write 127.0.0.1:8787 for this machine only`},
		{"port", "listen: 127.0.0.1:http\n" + ok, `c.yaml:1:9: listen: "127.0.0.1:http" has no port from 0 to 65535; write an address and a port, as in 127.0.0.1:8787`},
		{"host with port", "http: {hosts: ['till.example:80', '*']}\n" + ok,
			`c.yaml:1:16: http.hosts[0]: "till.example:80" is not a host's name; write a name or an address alone, as in till.example or 192.168.1.20` + "\n" +
				`c.yaml:1:35: http.hosts[1]: "*" holds a *: names are listed one by one; write a name or an address alone, as in till.example or 192.168.1.20`},
		{"origin", "http: {origins: [till.example, 'https://a/', 'null']}\n" + ok,
			`c.yaml:1:18: http.origins[0]: "till.example" is not an origin; write it as the browser does, as in https://till.example or http://192.168.1.20:8080` + "\n" +
				`c.yaml:1:32: http.origins[1]: "https://a/" has more than scheme, host and port; write it as the browser does, as in https://till.example or http://192.168.1.20:8080` + "\n" +
				`c.yaml:1:46: http.origins[2]: "null" would let any web page post; write it as the browser does, as in https://till.example or http://192.168.1.20:8080`},
		{"allow", "http: {allow: [192.168.1.5/24, till]}\n" + ok,
			`c.yaml:1:16: http.allow[0]: "192.168.1.5/24" is one address with a range's length; write the range by its first address (as in 192.168.1.0/24), or the address alone` + "\n" +
				`c.yaml:1:32: http.allow[1]: "till" is not an address or a range of them; write one as in 192.168.1.20 or 192.168.1.0/24; names are not resolved`},
		{"token", "http: {auth: {tokens: [short]}}\n" + ok, "c.yaml:1:24: http.auth.tokens[0]: the token is shorter than 16 characters, or holds a space; make one with `openssl rand -hex 32`"},
		{"tls", "http: {tls: yes}\n" + ok, `c.yaml:1:13: http.tls: "yes" is not a way to encrypt; write none, self-signed, or {cert: FILE, key: FILE}`},
		{"half tls", "http: {tls: {cert: a.pem}}\n" + ok, "c.yaml:1:13: http.tls.key: is missing; name the file of the certificate's private key, in PEM"},
		{"bool", "http: {insecure: maybe}\n" + ok, `c.yaml:1:18: http.insecure: "maybe" is neither true nor false; write true or false`},
		{"alarm", "alarm: [x]\n" + ok, "c.yaml:1:8: alarm: wants keys under it: offline_after, hours, silence, site, repeat, to, and has a list; write `key: value`, one a line, further in than the line above"},
		{"limits", "http: {limits: {event: 2MB, body: 1MB, batch: 0}}\n" + ok,
			"c.yaml:1:24: http.limits.event: is more than http.limits.body lets in; write 1MB or less, or raise body\n" +
				"c.yaml:1:47: http.limits.batch: is out of bounds; write a number from 1 to 1000000"},
	})
}

func TestNotYAML(t *testing.T) {
	checkMistakes(t, []mistake{
		{"empty", "", "c.yaml:1:1: is empty; write a config with `funnelrelay init`"},
		{"comment only", "# nothing\n", "c.yaml:1:1: is empty; write a config with `funnelrelay init`"},
		{"null", "~\n", "c.yaml:1:1: projects: is missing: the relay needs one to send to; write `projects: {shop: {project_id: …, api_key: …}}`, or a whole config with `funnelrelay init`"},
		{"text", "hello\n", "c.yaml:1:1: wants keys, and has a single value; write `key: value`, one a line, further in than the line above"},
		{"list", "- a\n", "c.yaml:1:1: wants keys, and has a list; write `key: value`, one a line, further in than the line above"},
		{"tab", "spool:\n\tmax_size: 1GB\n", "c.yaml:2:1: has a tab where YAML wants spaces; indent with spaces"},
		{"two documents", "listen: a\n---\nlisten: b\n", "c.yaml:2:1: begins a second document in the same file (a line of ---, or after ...); keep one document in a file"},
		{"backslash", "data: \"D:\\q\"\n", `c.yaml:1:10: has a \ that YAML does not know inside "…"; use '…' instead, as in 'D:\data', or write \\`},
		{"second colon", "data: a: b\n", "c.yaml:1:8: has a second `: ` in one line, or a key that is indented wrongly; put a value that holds `: ` in quotes, and begin keys of one level in one column"},
		{"at", "data: @x\n", "c.yaml:1:7: has a value that begins with @, which YAML keeps for itself; put the value in quotes"},
		{"unclosed brace", "http: {hosts: []\nlog: 1\n", "c.yaml:2:1: has a { that is not closed, or no comma between two keys in it; close it with }; inside { } put ${…} in quotes"},
		{"unclosed quote", "data: \"x\nlog: 1\n", "c.yaml:1:7: has a \" or ' that is not closed before the end; close it"},
		{"reference in braces", "projects: {a: {api_key: ${env:X}}}\n", "c.yaml:1:26: has a { that is not closed, or no comma between two keys in it; close it with }; inside { } put ${…} in quotes"},
		{"anchor", "data: *x\n", `c.yaml:1:7: has a value that begins with *, which YAML takes for a reference; put the value in quotes: "*…"`},
		{"indentation", "spool:\n  max_size: 1GB\n keep_sent: 1d\n", "c.yaml:3:2: has a line that does not fit to those above it; begin keys of one level in one column"},
		{"latin-1", "data: /srv/caf\xe9\n", "c.yaml:1:15: has a byte that is not UTF-8; save the file as UTF-8"},
		{"control", "data: /srv\x07\n", "c.yaml:1:11: has the control character U+0007; take it away"},
	})
}

// TestSixMistakes shows six mistakes at once, with their lines.
func TestSixMistakes(t *testing.T) {
	problems := fails(t, `listen: 0.0.0.0:8787
spol: {}
projects:
  shop:
    project_id: acc
    api_kye: hunter2hunter2
    url: http://events.funnelytics.io
    rate: 20
log: {level: loud}
`)
	want := `c.yaml:1:9: listen: "0.0.0.0:8787" is open to other machines, and neither http.auth nor http.tls is set; listen on 127.0.0.1 only; or set http.auth and http.tls; or set ` + "`http: {insecure: true}`" + ` and let everyone in the network post sales
    1 | listen: 0.0.0.0:8787
      |         ^
c.yaml:2:1: spol: unknown key; did you mean ` + "`spool`" + `?
    2 | spol…
      | ^
c.yaml:6:5: projects.shop.api_kye: unknown key; did you mean ` + "`api_key`" + `?
    6 |     api_kye…
      |     ^
c.yaml:7:10: projects.shop.url: "http://events.funnelytics.io" would send the api_key readably over the network; write https://; http:// is for this machine only (127.0.0.1)
    7 |     url: http://events.funnelytics.io
      |          ^
c.yaml:8:11: projects.shop.rate: "20" has no unit; write it with one, as in 20/s or 20/m
    8 |     rate: 20
      |           ^
c.yaml:9:14: log.level: "loud" is none of the words that are known here; write debug, info, warn or error
    9 | … loud…
      |   ^
`
	if got := problems.Detail(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestManyProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	for range 5000 {
		b.WriteString("? [a]\n: x\n")
	}
	if problems := fails(t, b.String()); len(problems) != maxProblems+1 {
		t.Errorf("%d problems", len(problems))
	}
}

// TestOtherEncodings reads what editors on Windows save.
func TestOtherEncodings(t *testing.T) {
	text := strings.ReplaceAll(with("rate: 5/s"), "\n", "\r\n")
	utf16 := func(low, high int) string {
		var b strings.Builder
		for _, r := range "\ufeff" + text {
			pair := [2]byte{}
			pair[low], pair[high] = byte(r), byte(r>>8)
			b.Write(pair[:])
		}
		return b.String()
	}
	for name, data := range map[string]string{
		"CRLF": text, "BOM": "\ufeff" + text, "UTF-16LE": utf16(0, 1), "UTF-16BE": utf16(1, 0), "UTF-16LE without BOM": utf16(0, 1)[2:],
		"CR": strings.ReplaceAll(text, "\n", ""),
	} {
		c, err := Parse("c.yaml", []byte(data), fakeEnv())
		if err != nil || c.Projects[0].Rate.PerSecond() != 5 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
