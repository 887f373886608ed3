package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/source"
)

// TestExampleOfTargets reads the entries under alarm.to as they look.
func TestExampleOfTargets(t *testing.T) {
	text := commented.ReplaceAllString(string(readExample(t)), "$1$2")
	c, err := Parse("/etc/funnelrelay/config.yaml", []byte(text), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	hook, err := NewHookURL("https://hooks.example/T0/B0/XYZ")
	if err != nil {
		t.Fatal(err)
	}
	want := []Target{
		{Webhook: hook, Headers: Headers{{"Authorization", NewSecret("Bearer k e y")}}, Only: []string{"silence", "dead", "project"}},
		{Mail: &Mail{
			Server: "smtp.example.com:587", From: "Shop <relay@shop.example>", To: []string{"owner@shop.example", "it@shop.example"},
			User: "relay@shop.example", Password: NewSecret("a password"), TLS: MailStartTLS,
		}},
		{Command: Command{{Text: "/usr/local/bin/tell"}, {Text: "--loud"}}},
	}
	if diff := cmp.Diff(want, c.Alarm.To); diff != "" {
		t.Errorf("the example's alarm.to (-code +example):\n%s", diff)
	}
	for _, kind := range AlarmKinds {
		short, _, _ := strings.Cut(kind, "-")
		if !strings.Contains(text, "#   "+short) && !strings.Contains(text, ", "+short+" ") {
			t.Errorf("the example does not say what %s is", kind)
		}
	}
}

// alarm wraps settings of alarm into a config that lacks nothing else.
func alarmWith(settings string) string {
	return "alarm:\n  " + strings.ReplaceAll(settings, "\n", "\n  ") + "\n" + with("")
}

func TestMistakesOfAlarms(t *testing.T) {
	checkMistakes(t, []mistake{
		{"unknown", alarmWith("offlineAfter: 5m"), "c.yaml:2:3: alarm.offlineAfter: unknown key; did you mean `offline_after`?"},
		{"short", alarmWith("offline_after: 5s\nrepeat: 1m\nsilence: 5s\nhours: {mon: 9-12}"),
			"c.yaml:2:18: alarm.offline_after: is less than 1m; write 1m or more, or 0 for never\n" +
				"c.yaml:3:11: alarm.repeat: is less than 5m; write 5m or more, or 0 for never\n" +
				"c.yaml:4:12: alarm.silence: is less than 1m; write 1m or more, or 0 for never"},
		{"to", alarmWith("to: https://hooks.example/secret"), "c.yaml:2:7: alarm.to: wants a list, and has a single value; write it as in [{webhook: https://hooks.example/…}]"},
		{"nobody", alarmWith("to:\n  - only: dead"), "c.yaml:3:7: alarm.to[0]: tells nobody; write one of webhook: URL, mail: {server: …} or command: [PROGRAM]"},
		{"two", alarmWith("to:\n  - webhook: https://a.example/s3cret\n    command: /bin/true"), "c.yaml:3:7: alarm.to[0]: is more than one way to tell; write one of webhook: URL, mail: {server: …} or command: [PROGRAM], and the other as an entry of its own"},
		{"no url", alarmWith("to:\n  - webhook: hooks.example/s3cret"), "c.yaml:3:16: alarm.to[0].webhook: the value is not the URL of a webhook; write it as in https://hooks.example/…"},
		{"scheme", alarmWith("to:\n  - webhook: ftp://hooks.example/s3cret"), "c.yaml:3:16: alarm.to[0].webhook: the value is neither https:// nor http://; write it as in https://hooks.example/…"},
		{"headers", alarmWith("to:\n  - webhook: https://a.example\n    headers: {'a b': x, Host: y, X-Token: ''}"),
			"c.yaml:4:17: alarm.to[0].headers.\"a b\": is not the name of a header; write it as in Authorization or X-Token\n" +
				"c.yaml:4:27: alarm.to[0].headers.Host: is set by the relay itself; take it away\n" +
				"c.yaml:4:45: alarm.to[0].headers.X-Token: the value is empty; give it a text"},
		{"headers of a command", alarmWith("to:\n  - command: /bin/true\n    headers: {A: b}"), "c.yaml:4:16: alarm.to[0].headers: is for a webhook only; take it away"},
		{"relative", alarmWith("to: [{command: [tell, now]}]"), `c.yaml:2:19: alarm.to[0].command[0]: "tell" is not the whole path of a program; write it as in /usr/local/bin/tell: a service looks nowhere else`},
		{"only", alarmWith("to: [{command: /bin/true, only: [silense, dead/shop, spool, x]}]"),
			"c.yaml:2:36: alarm.to[0].only[0]: \"silense\" is not a kind of alarm; did you mean `silence`?\n" +
				`c.yaml:2:63: alarm.to[0].only[3]: "x" is not a kind of alarm; known: ` + strings.Join(AlarmKinds, ", ")},
		{"empty mail", alarmWith("to: [{mail: {server: s.example}}]"),
			"c.yaml:2:15: alarm.to[0].mail.from: is missing; write the address that the mails come from\n" +
				"c.yaml:2:15: alarm.to[0].mail.to: is missing; write who gets the mails, as in [owner@shop.example]"},
		{"mail", alarmWith("to:\n  - mail:\n      server: smtp.example:99999\n      from: shop\n      to: [a@b.example, 'x']\n      user: u\n      tls: ssl"),
			`c.yaml:3:7: alarm.to[0].mail.password: is missing; write it as ${file:PATH} or ${cred:NAME}, or take user away` + "\n" +
				`c.yaml:4:17: alarm.to[0].mail.server: "smtp.example:99999" is not a host with a port; write it as in smtp.example.com:587` + "\n" +
				`c.yaml:5:15: alarm.to[0].mail.from: "shop" is not an address; write it as in owner@shop.example, or Shop <owner@shop.example>` + "\n" +
				`c.yaml:6:27: alarm.to[0].mail.to[1]: "x" is not an address; write it as in owner@shop.example, or Shop <owner@shop.example>` + "\n" +
				`c.yaml:8:14: alarm.to[0].mail.tls: "ssl" is none of the words that are known here; write starttls, tls or none`},
		{"readable password", alarmWith("to: [{mail: {server: s.example, from: a@b.c, to: a@b.c, user: u, password: hunter2, tls: none}}]"),
			"c.yaml:2:92: alarm.to[0].mail.tls: would send the password readably over the network; write starttls or tls"},
	})
}

func TestMistakesOfHours(t *testing.T) {
	checkMistakes(t, []mistake{
		{"text", alarmWith("hours: 9-18"), "c.yaml:2:10: alarm.hours: wants days and when they are open, as in `{mon-fri: 09:00-18:30, sat: 09:00-14:00}`, and has a single value; write `key: value`, one a line, further in than the line above"},
		{"day", alarmWith("hours: {mo-fr: 9-18}"), "c.yaml:2:11: alarm.hours.mo-fr: \"mo-fr\" is neither a day nor a date; write mon, mon-fri or daily; a date as 2026-12-24, or as 12-24 for every year; or closed"},
		{"time", alarmWith("hours: {mon: 9am-5pm, tue: 9}"),
			"c.yaml:2:16: alarm.hours.mon: \"9am-5pm\" has a time that is none of a clock of 24 hours; write it as in 09:00-18:30, or \"09:00-12:00, 14:00-18:30\"; or closed\n" +
				"c.yaml:2:30: alarm.hours.tue: \"9\" is not from when until when; write it as in 09:00-18:30, or \"09:00-12:00, 14:00-18:30\"; or closed"},
		{"overlap", alarmWith("hours: {mon: [9-12, 11-13]}"), "c.yaml:2:11: alarm.hours.mon: the value has 09:00-12:00 and 11:00-13:00, which overlap; write it as in 09:00-18:30, or \"09:00-12:00, 14:00-18:30\"; or closed"},
		{"twice", alarmWith("hours: {mon-fri: 9-18, fri-sat: 9-12, wed: 9-10}"), "c.yaml:2:26: alarm.hours.fri-sat: says a second time when fri is open; name each day in one range only"},
		{"never", alarmWith("hours: {daily: closed}"), "c.yaml:2:10: alarm.hours: is never open; name days, as in `{mon-fri: 09:00-18:30, sat: 09:00-14:00}`"},
		{"no date", alarmWith("hours: {mon: 9-18, closed: [2026-13-01, 12-25, 12-25]}"),
			"c.yaml:2:31: alarm.hours.closed[0]: \"2026-13-01\" is not a date; write it as in 2026-12-25, or as 12-25 for every year\n" +
				"c.yaml:2:50: alarm.hours.closed[2]: \"12-25\" is there twice; keep one of the two"},
		{"of a source", "sources: {till: {watch: 'drop/till/*.csv', hours: {mon: x}}}\n" + with(""),
			"c.yaml:1:57: sources.till.hours.mon: \"x\" is not from when until when; write it as in 09:00-18:30, or \"09:00-12:00, 14:00-18:30\"; or closed"},
		{"of the port", "http: {silence: 60}\n" + with(""), `c.yaml:1:17: http.silence: "60" has no unit; write it with one, as in 60s, 60m, 60h or 60d`},
	})
}

// A dump is read as the same alarms, but for what is secret.
func TestAlarmIsDumped(t *testing.T) {
	text := alarmWith("hours:\n  mon-fri: 9-18\n  wed: 9-12, 14-17\n  sat: 20-3\n  12-24: 9-12\n  closed: [12-25, 2027-01-02]\n" +
		"silence: 90m\nsite: Main ${\"\nrepeat: 0\nto:\n" +
		"  - webhook: https://user:hunter2@hooks.example:8443/s3cret?k=s3cret\n    headers: {X-Token: s3cret}\n" +
		"  - mail: {server: smtp.example, from: a@b.example, to: c@d.example, user: u, password: s3cret}\n" +
		"  - command: [/bin/tell, \"${env:FUNNELYTICS_API_KEY}\", plain]\n    only: [dead]")
	text = strings.Replace(text, `Main ${"`, `Main $${`, 1)
	c, err := Parse("c.yaml", []byte(text), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	if c.Alarm.Site != "Main ${" || c.Alarm.To[1].Mail.Server != "smtp.example:587" || c.Alarm.To[1].Mail.TLS != MailStartTLS {
		t.Errorf("%+v", c.Alarm)
	}
	dump, err := c.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	shown := string(dump) + fmt.Sprintf("%v %+v %#v %s", c.Alarm, c.Alarm, c.Alarm, c.Alarm.To[0].Webhook)
	for _, secret := range []string{"s3cret", "hunter2", "k e y"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%s is shown in\n%s", secret, shown)
		}
	}
	for _, part := range []string{"https://hooks.example:8443/•••", "/bin/tell", "plain", `mon-tue: 09:00-18:00`, "wed: 09:00-12:00, 14:00-17:00", "sat: 20:00-03:00"} {
		if !strings.Contains(strings.ReplaceAll(shown, "'", ""), part) {
			t.Errorf("no %s in\n%s", part, shown)
		}
	}
	again, err := Parse("c.yaml", dump, fakeEnv())
	if err != nil {
		t.Fatalf("%v\n%s", err, dump)
	}
	if diff := cmp.Diff(c.Alarm.Hours, again.Alarm.Hours); diff != "" {
		t.Errorf("hours: %s", diff)
	}
	if again.Alarm.Silence != c.Alarm.Silence || again.Alarm.Repeat != 0 || again.Alarm.Site != c.Alarm.Site || len(again.Alarm.To) != 3 {
		t.Errorf("%+v", again.Alarm)
	}
}

func TestSilences(t *testing.T) {
	text := "http: {silence: 30m, hours: {daily: 6-22}}\nsources:\n  till: {watch: 'drop/till/*.csv', silence: 2h}\n  web: {watch: 'drop/web/*.csv'}\n" +
		alarmWith("silence: 1h\nhours: {mon: 9-18}")
	c, err := Parse("c.yaml", []byte(text), fakeEnv())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("%v", c.Warnings)
	}
	var got []string
	for _, s := range c.Silences() {
		got = append(got, fmt.Sprintf("%s %s %d", s.Source, s.After, len(s.Hours.Lines())))
		if s.Source == "till" && !cmp.Equal(*s.Hours, c.Alarm.Hours) {
			t.Errorf("till: %+v", s.Hours)
		}
	}
	if want := " 1h0m0s 1,http 30m0s 1,till 2h0m0s 1"; strings.Join(got, ",") != want {
		t.Errorf("%q", got)
	}
	for _, row := range []struct{ text, want string }{
		{alarmWith("silence: 1h"), "c.yaml:2:12: alarm.silence: is counted around the clock, as there are no opening hours: a night without a sale is an alarm; write alarm.hours, as in `hours: {mon-fri: 09:00-18:30, sat: 09:00-14:00}`, or `hours: {daily: 00:00-24:00}` if that is meant"},
		{alarmWith("hours: {mon: 9-18}"), "c.yaml:2:10: alarm.hours: has no effect, as no silence is set; write for how long the shop may be silent, as in `silence: 60m`"},
		{"http: {hours: {mon: 9-18}}\n" + with(""), "c.yaml:1:15: http.hours: has no effect without silence; write beside it for how long it may be silent, as in `silence: 60m`"},
		{alarmWith("to: [{webhook: 'http://hooks.example/x'}, {webhook: 'http://127.0.0.1:1/x'}]"), "c.yaml:2:18: alarm.to[0].webhook: goes over the network readably; write https:// where the other side can do it"},
	} {
		c, err := Parse("c.yaml", []byte(row.text), fakeEnv())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Warnings) != 1 || c.Warnings[0].String() != row.want {
			t.Errorf("got  %v\nwant %s", c.Warnings, row.want)
		}
	}
}

func TestAlarmsThatChanged(t *testing.T) {
	parse := func(settings string) *Config {
		c, err := Parse("c.yaml", []byte(alarmWith(settings)), fakeEnv())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a := parse("silence: 1h\nhours: {mon: 9-18}\nto: [{webhook: 'https://a.example/1'}]")
	for settings, want := range map[string]string{
		"silence: 1h\nhours: {mon: 9-18}\nto: [{webhook: 'https://a.example/1'}]":  "",
		"silence: 1h\nhours: {mon: 9-17}\nto: [{webhook: 'https://a.example/1'}]":  "alarm.hours",
		"silence: 2h\nhours: {mon: 9-18}\nto: [{webhook: 'https://a.example/22'}]": "alarm.silence alarm.to",
	} {
		changed := Changed(a, parse(settings))
		for i := range changed {
			if len(NeedRestart(changed[i:i+1])) > 0 {
				t.Errorf("%s needs a restart", changed[i])
			}
		}
		if got := strings.Join(changed, " "); got != want {
			t.Errorf("%s: changed %q, want %q", settings, got, want)
		}
	}
	hours := source.Hours{}
	if hours.Given || Default().Alarm.OfflineAfter != 15*time.Minute {
		t.Error("defaults")
	}
}
