package values

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"funnelrelay/relay/source"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// timeOf reads text by the patterns; site is Berlin.
func timeOf(t testing.TB, patterns []string, zone source.Text, text string) (time.Time, string, error) {
	t.Helper()
	c := NewCompiler(source.Values{Date: patterns, Zone: zone}, CompilerOptions{Site: location(t, "Europe/Berlin")})
	v := c.Value("order.at", source.Value{"At"})
	if faults := c.Faults(); faults != nil {
		t.Fatal(faults)
	}
	at, note, _, err := v.Time(&Scope{Cells: map[string]string{"At": text}})
	return at, note, err
}

func TestTime(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		zone    source.Text
		text    string
		want    string // RFC 3339; "": refused
	}{
		{"", "", "2026-07-18", "2026-07-18T00:00:00+02:00"},
		{"iso", "", "2026-09-11T10:00:00", "2026-09-11T10:00:00+02:00"},
		{"iso", "", "2026-09-11T10:00:00.000Z", "2026-09-11T10:00:00Z"},
		{"iso", "", "2026-09-11T10:00:00.1234567891+05:30", "2026-09-11T10:00:00.123456789+05:30"},
		{"iso", "", "2026-09-11 10:00", "2026-09-11T10:00:00+02:00"},
		{"iso", "", "20260911T100000Z", "2026-09-11T10:00:00Z"},
		{"iso", "", "20260911", "2026-09-11T00:00:00+02:00"},
		{"iso", "", "2026-04-06 01:48:03 +0400", "2026-04-06T01:48:03+04:00"},
		{"iso", "", "2026-04-06T01:48:03-03", "2026-04-06T01:48:03-03:00"},
		{"iso", "UTC", "2026-01-11T10:00:00", "2026-01-11T10:00:00Z"},
		{"iso", "", "2026-01-11T24:00:00", "2026-01-12T00:00:00+01:00"},
		{"iso", "", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
		{"iso", "", "2026-1-11", ""}, {"iso", "", "11.01.2026", ""}, {"iso", "", "2026-01-11T", ""}, {"iso", "", "2026-01-11T10:00:00 CET", ""},
		{"iso", "", "2026-01-11T10:00:00+5:30", "2026-01-11T10:00:00+05:30"}, {"iso", "", "2026-01-11T10:00:00+530", "2026-01-11T10:00:00+05:30"},
		{"iso", "", "2026-01-11T10:00:00+05:3", ""}, {"iso", "", "2026-01-11T10:00:00+05:", ""}, {"iso", "", "2026-01-11T10:00:00+05::30", ""},
		{"iso", "", "2026-01-11T10:00:00+0", "2026-01-11T10:00:00Z"}, {"iso", "", "2026-01-11T10:00:00+02:00x", ""}, {"iso", "", "2026", ""},
		{"unix", "", "1768125600", "2026-01-11T11:00:00+01:00"},
		{"unix", "UTC", "1768125600.25", "2026-01-11T10:00:00.25Z"},
		{"unix_ms", "UTC", "1768125600250", "2026-01-11T10:00:00.25Z"},
		{"unix_ms", "UTC", "1768125600250.5", "2026-01-11T10:00:00.2505Z"},
		{"unix", "", "1768125600250", ""}, {"unix_ms", "", "1768125600", ""}, {"unix", "", "yesterday", ""},
		{"dd.MM.yyyy HH:mm:ss", "", "31.12.2026 23:59:59", "2026-12-31T23:59:59+01:00"},
		{"dd.MM.yyyy HH:mm:ss", "", "1.2.2026 3:04:05", "2026-02-01T03:04:05+01:00"},
		{"d.M.yyyy", "", "01.02.2026", "2026-02-01T00:00:00+01:00"},
		{"dd.MM.yyyy", "", "31.02.2026", ""}, {"dd.MM.yyyy", "", "00.01.2026", ""}, {"dd.MM.yyyy", "", "01.13.2026", ""},
		{"dd.MM.yyyy", "", "29.02.2024", "2024-02-29T00:00:00+01:00"}, {"dd.MM.yyyy", "", "29.02.2026", ""}, {"dd.MM.yyyy", "", "29.02.2100", ""},
		{"dd.MM.yyyy", "", "01.02.26", ""}, {"dd.MM.yy", "", "15.03.23", "2023-03-15T00:00:00+01:00"}, {"dd.MM.yy", "", "15.03.2023", ""},
		{"dd.MM.yyyy", "", "01.02.2026 10:00", ""}, {"dd.MM.yyyy", "", "1 .2.2026", ""},
		{"dd.MM.yyyy HH:mm", "", "01.02.2026 24:01", ""}, {"dd.MM.yyyy HH:mm", "", "01.02.2026 12:60", ""},
		{"dd.MM.yyyy  HH:mm", "", "01.02.2026\u00a010:00", "2026-02-01T10:00:00+01:00"},
		{"dd.MM.yyyy HH:mm", "", "01.02.2026   10:00", "2026-02-01T10:00:00+01:00"},
		{"M/d/yy h:mm a", "America/New_York", "10/8/26 5:18 PM", "2026-10-08T17:18:00-04:00"},
		{"M/d/yy h:mm a", "America/New_York", "10/8/26 12:18 AM", "2026-10-08T00:18:00-04:00"},
		{"M/d/yy h:mm a", "America/New_York", "10/8/26 12:18 p.m.", "2026-10-08T12:18:00-04:00"},
		{"M/d/yy h:mm AM/PM", "America/New_York", "10/8/26 1:18\u202fPM", "2026-10-08T13:18:00-04:00"},
		{"M/d/yy h:mm:ss tt", "", "10/8/26 13:18:00 PM", ""}, {"M/d/yy h:mm a", "", "10/8/26 5:18", ""},
		{"yyyyMMddHHmmss", "", "20260911100203", "2026-09-11T10:02:03+02:00"}, {"yyyyMMddHHmmss", "", "2026091110020", ""},
		{"yyMMddHHmm", "", "2609111002", "2026-09-11T10:02:00+02:00"},
		{"yyyyMMddHHmmssSSS", "", "20260911100203456", "2026-09-11T10:02:03.456+02:00"},
		{"yyyyMMdd", "", "20260911", "2026-09-11T00:00:00+02:00"}, {"yyyyMMdd", "", "202609111", ""},
		{"ddMMyyyy", "", "11092026", "2026-09-11T00:00:00+02:00"}, {"ddMMyyyy", "", "1192026", ""},
		{"yyyy-MM-dd HH:mm:ss Z", "", "2026-04-06 01:48:03 +0400", "2026-04-06T01:48:03+04:00"},
		{"yyyy-MM-dd HH:mm:ss XXX", "", "2026-04-06 01:48:03 Z", "2026-04-06T01:48:03Z"},
		{"yyyy-MM-dd HH:mm:ss Z", "", "2026-04-06 01:48:03 GMT+4", "2026-04-06T01:48:03+04:00"},
		{"yyyy-MM-dd HH:mm:ss Z", "", "2026-04-06 01:48:03", ""},
		{"yyyy-MM-ddTHH:mm:ss.SSS", "", "2026-04-06T01:48:03.5", "2026-04-06T01:48:03.5+02:00"},
		{"yyyy-MM-dd'T'HH:mm", "", "2026-04-06T01:48", "2026-04-06T01:48:00+02:00"},
		{"d' o''clock' MM yyyy", "", "6 o'clock 04 2026", "2026-04-06T00:00:00+02:00"},
		{"dd-MMM-yyyy hh:mm a z", "America/New_York", "16-Dec-2023 02:44 AM EST", "2023-12-16T02:44:00-05:00"},
		{"dd-MMM-yyyy hh:mm a z", "America/New_York", "16-Jul-2023 02:44 AM EDT", "2023-07-16T02:44:00-04:00"},
		{"dd-MMM-yyyy hh:mm a z", "America/New_York", "16-Jul-2023 02:44 AM ET", "2023-07-16T02:44:00-04:00"},
		{"dd-MMM-yyyy hh:mm a z", "America/New_York", "16-Jul-2023 02:44 AM EST", ""},
		{"dd-MMM-yyyy hh:mm a z", "America/New_York", "16-Dec-2023 02:44 AM PST", ""},
		{"dd-MMM-yyyy hh:mm a z", "", "16-Dec-2023 02:44 AM EST", ""},
		{"dd-MMM-yyyy hh:mm a z", "", "16-Dec-2023 02:44 AM UTC", "2023-12-16T02:44:00Z"},
		{"dd-MMM-yyyy hh:mm a 'EST'", "America/New_York", "16-Dec-2023 02:44 AM EST", "2023-12-16T02:44:00-05:00"},
		{"dd.MM.yyyy HH:mm z", "", "16.12.2023 02:44 MEZ", "2023-12-16T02:44:00+01:00"},
		{"dd.MM.yyyy HH:mm z", "", "16.07.2023 02:44 MESZ", "2023-07-16T02:44:00+02:00"},
		{"dd.MM.yyyy HH:mm z", "Europe/London", "16.12.2023 02:44 GMT", "2023-12-16T02:44:00Z"},
		{"dd.MM.yyyy HH:mm z", "Europe/London", "16.07.2023 02:44 BST", "2023-07-16T02:44:00+01:00"},
		// The doubled hour, told apart by the abbreviation.
		{"dd.MM.yyyy HH:mm z", "", "25.10.2026 02:30 CEST", "2026-10-25T02:30:00+02:00"},
		{"dd.MM.yyyy HH:mm z", "", "25.10.2026 02:30 CET", "2026-10-25T02:30:00+01:00"},
		{"EEE, d MMM yyyy HH:mm:ss Z", "", "Mon, 6 Apr 2026 01:48:03 +0000", "2026-04-06T01:48:03Z"},
		{"EEEE d MMMM yyyy", "", "lundi 6 août 2026", "2026-08-06T00:00:00+02:00"},
		{"dddd, d. MMMM yyyy", "", "Montag, 6. März 2026", "2026-03-06T00:00:00+01:00"},
		{"d MMM yyyy", "", "6 janv. 2026", "2026-01-06T00:00:00+01:00"}, {"d MMM yyyy", "", "6 ENE 2026", "2026-01-06T00:00:00+01:00"},
		{"d MMMM yyyy", "", "6 września 2026", "2026-09-06T00:00:00+02:00"}, {"d MMMM yyyy", "", "6 PAŹDZIERNIKA 2026", "2026-10-06T00:00:00+02:00"},
		{"d MMM yyyy", "", "6 mrt 2026", "2026-03-06T00:00:00+01:00"}, {"d MMM yyyy", "", "6 ott 2026", "2026-10-06T00:00:00+02:00"},
		{"MMM d, yyyy", "", "Sept. 6, 2026", "2026-09-06T00:00:00+02:00"}, {"MMM d, yyyy", "", "Foo 6, 2026", ""},
		{"d. MMM. yyyy", "", "6. Mär. 2026", "2026-03-06T00:00:00+01:00"}, {"d. MMM. yyyy", "", "6. Mai 2026", "2026-05-06T00:00:00+02:00"},
		{"yyyy-MM-dd HH:mm:ss zzz", "", "2026-04-06 01:48:03 +04:00", "2026-04-06T01:48:03+04:00"},
		{"dd.MM.yyyy", "", "01.01.0001", ""}, {"yyyy-MM-dd", "", "0001-01-01", ""},
		{"yyyy-MM-dd HH:mm", "Eastern Time (US & Canada)", "2026-07-18 12:59", "2026-07-18T12:59:00-04:00"},
		{"yyyy-MM-dd HH:mm", "(GMT-05:00) Eastern Time (US & Canada)", "2026-07-18 12:59", "2026-07-18T12:59:00-04:00"},
		{"yyyy-MM-dd HH:mm", "W. Europe Standard Time", "2026-07-18 12:59", "2026-07-18T12:59:00+02:00"},
		{"yyyy-MM-dd HH:mm", "+05:30", "2026-07-18 12:59", "2026-07-18T12:59:00+05:30"},
		{"yyyy-MM-dd HH:mm", "local", "2026-07-18 12:59", "2026-07-18T12:59:00+02:00"},
	} {
		var patterns []string
		if tt.pattern != "" {
			patterns = []string{tt.pattern}
		}
		at, note, err := timeOf(t, patterns, tt.zone, tt.text)
		got := at.Format(time.RFC3339Nano)
		if err != nil {
			got = ""
			if !strings.HasPrefix(err.Error(), `column "At": "`) {
				t.Errorf("%q: the error is %v", tt.text, err)
			}
		}
		if got != tt.want || note != "" {
			t.Errorf("%q by %q in %q: got %s, %q, %v; want %s", tt.text, tt.pattern, tt.zone, got, note, err, tt.want)
		}
	}
}

func TestClockChange(t *testing.T) {
	for _, tt := range []struct{ zone, text, want, note string }{
		{"Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T01:59:59+01:00", ""},
		{"Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29T03:00:00+02:00", "left out"},
		{"Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T03:30:00+02:00", "left out"},
		{"Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T03:00:00+02:00", ""},
		{"Europe/Berlin", "2026-10-25 01:59:59", "2026-10-25T01:59:59+02:00", ""},
		{"Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25T02:00:00+02:00", "shown twice"},
		{"Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T02:59:59+02:00", "shown twice"},
		{"Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T03:00:00+01:00", ""},
		{"America/New_York", "2026-03-08 02:30:00", "2026-03-08T03:30:00-04:00", "left out"},
		{"America/New_York", "2026-11-01 01:30:00", "2026-11-01T01:30:00-04:00", "shown twice"},
		{"Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-05T01:45:00+11:00", "shown twice"},
		{"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-31T12:00:00+14:00", "left out"},
		{"Asia/Kolkata", "2026-03-29 02:30:00", "2026-03-29T02:30:00+05:30", ""},
	} {
		at, note, err := timeOf(t, []string{"yyyy-MM-dd HH:mm:ss"}, source.Text(tt.zone), tt.text)
		instant, _ := time.Parse(time.RFC3339, tt.want)
		if err != nil || !at.Equal(instant) || (note == "") != (tt.note == "") || !strings.Contains(note, tt.note) {
			t.Errorf("%s in %s: got %v, %q, %v; want %s", tt.text, tt.zone, at, note, err, tt.want)
		}
	}
}

// TestOffset holds the cached offsets to the time package, around all changes
// of the clocks and between them.
func TestOffset(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Asia/Kolkata", "UTC"} {
		z := newZone(location(t, name))
		for utc := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); utc < time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC).Unix(); utc += 1800 {
			_, want := time.Unix(utc, 0).In(z.loc).Zone()
			got, note := z.offset(utc + int64(want))
			if got != want && !strings.Contains(note, "shown twice") {
				t.Fatalf("%s at %v: got %d, %q; want %d", name, time.Unix(utc, 0).UTC(), got, note, want)
			}
		}
	}
}

func TestSeveralPatterns(t *testing.T) {
	patterns := []string{"yyyy-MM-dd HH:mm:ss", "dd.MM.yyyy", "iso"}
	for text, want := range map[string]string{
		"2026-07-18 12:59:00": "2026-07-18T12:59:00+02:00", "18.07.2026": "2026-07-18T00:00:00+02:00", "2026-07-18T12:59:00Z": "2026-07-18T12:59:00Z",
	} {
		if at, _, err := timeOf(t, patterns, "", text); err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v; want %s", text, at, err, want)
		}
	}
	for text, want := range map[string]string{
		"31.02.2026": `"31.02.2026" is no day of the calendar`,
		"soon":       `"soon" is not written as values.date has it ("yyyy-MM-dd HH:mm:ss", "dd.MM.yyyy", "iso")`,
	} {
		if _, _, err := timeOf(t, patterns, "", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v; want %s", text, err, want)
		}
	}
}

func TestDateFaults(t *testing.T) {
	for pattern, want := range map[string]string{
		"HH:mm": "is a time without a date", "dd/mm/yyyy": "write MM for the month", "YYYY-MM-DD": "write yyyy", "DD.MM.yyyy": "write dd",
		"yyyy-MM": "has no whole date", "": "", "dd.MM.yyyy h:mm": "without a", "dd.MM.yyyy H:mm a": "without h", "dd.MM.yyyy H:h a": "H and h",
		"yyy-MM-dd": "year of 3 letters", "dd.MM.yyyy mm": "without the larger", "dd.MM.yyyy HH:mm:ss Z z": "an offset",
		"dd.MM.yyyy 'x": "without its other half", "dd.MM.yyyy bb": "means nothing", "dd.MM.yyyy dd": "in two places", "dd.MM.yyyy HH:MM": "in two places",
		"dd.MM.yyyy HH:mm:ss.fff": "not known here", "dd.MM.yyyy HHH": "3 times",
	} {
		c := NewCompiler(source.Values{Date: []string{pattern}}, CompilerOptions{})
		if len(c.Faults()) != 1 {
			t.Errorf("%q: got %v", pattern, c.Faults())
			continue
		}
		f := c.Faults()[0]
		if f.Path != "values.date" || f.Write == "" || !strings.Contains(f.Is+f.Write, want) {
			t.Errorf("%q: got %v; want %s", pattern, f, want)
		}
	}
	for _, patterns := range [][]string{{"dd/MM/yyyy", "MM/dd/yyyy"}, {"d/M/yy HH:mm", "MM/dd/yy H:mm"}} {
		c := NewCompiler(source.Values{Date: patterns}, CompilerOptions{})
		if len(c.Faults()) != 1 || c.Faults()[0].Path != "values.date[1]" {
			t.Errorf("%q: got %v", patterns, c.Faults())
		}
	}
	c := NewCompiler(source.Values{Date: []string{"dd/MM/yyyy", "dd/MM/yyyy HH:mm", "dd/MM/yyyy"}}, CompilerOptions{})
	if c.Faults() != nil {
		t.Error(c.Faults())
	}
}

func TestZoneColumn(t *testing.T) {
	row := table(t, "At,Time Zone,Bad,Empty\n2026-07-18 12:59:59,Pacific Time (US & Canada),Middle Earth,\n")[0]
	for zone, want := range map[source.Text]string{
		"{Time Zone}": "2026-07-18T12:59:59-07:00", "{Empty}": "2026-07-18T12:59:59+02:00", "{Bad}": "",
		`= text("Empty") == "" ? "UTC" : text("Time Zone")`: "2026-07-18T12:59:59Z",
	} {
		c := NewCompiler(source.Values{Zone: zone}, CompilerOptions{Site: location(t, "Europe/Berlin")})
		at, _, _, err := c.Value("order.at", source.Value{"At"}).Time(&Scope{Row: row})
		if got := at.Format(time.RFC3339); want != "" && got != want || want == "" && (err == nil || !strings.Contains(err.Error(), `column "Bad": "Middle Earth"`)) || c.Faults() != nil {
			t.Errorf("%s: got %s, %v, %v; want %s", zone, got, err, c.Faults(), want)
		}
	}
}

func TestNoDate(t *testing.T) {
	row := table(t, "Paid,Created,Zero\n0000-00-00 00:00:00,2026-07-18 12:59:59,00.00.0000\n")[0]
	c := NewCompiler(source.Values{}, CompilerOptions{Site: time.UTC})
	s := &Scope{Row: row}
	if at, _, ok, err := c.Value("order.at", source.Value{"Paid", "Created"}).Time(s); !ok || err != nil || at.Hour() != 12 {
		t.Errorf("got %v, %t, %v", at, ok, err)
	}
	if at, _, ok, err := c.Value("order.at", source.Value{"Zero"}).Time(s); ok || err != nil {
		t.Errorf("got %v, %t, %v", at, ok, err)
	}
}

func TestZoneTables(t *testing.T) {
	if n := len(zonePlaces()); n < 280 {
		t.Errorf("%d names", n)
	}
	for name := range zonePlaces() {
		if z, ok := namedZone(name); !ok || z == nil {
			t.Errorf("%s: its place is not known", name)
		}
	}
	for _, name := range []string{"", "Nowhere", "EST5", "../etc/passwd", "+25:00", "+15:00", "++5", "+05:3", "Eastern Time", "5"} {
		if z, ok := namedZone(name); ok {
			t.Errorf("%q is %v", name, z.loc)
		}
	}
}

func TestMonthNames(t *testing.T) {
	seen := map[string]int{}
	line := 0
	for names := range strings.Lines(strings.TrimSpace(months)) {
		line++
		for _, name := range strings.Fields(names) {
			if other, ok := seen[name]; ok && other != line {
				t.Errorf("%s is month %d and %d", name, other, line)
			}
			seen[name] = line
		}
	}
	if line != 12 {
		t.Errorf("%d months", line)
	}
}
