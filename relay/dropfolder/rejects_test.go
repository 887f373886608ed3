package dropfolder

import (
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// The reason of a refused row begins with its line in the file.
func TestPlaced(t *testing.T) {
	at := func(line int64) *rows.Row { return &rows.Row{At: rows.Position{Line: line}} }
	for _, tt := range []struct {
		line         int64
		reason, want string
	}{
		{17, "column \"Menge\": no", "line 17: column \"Menge\": no"},
		{17, "line 17: a quote", "line 17: a quote"},
		{17, "line 170: a quote", "line 17: line 170: a quote"},
		{1, "line 17: a quote", "line 1: line 17: a quote"},
		{0, "no", "no"},
	} {
		if got := placed(at(tt.line), tt.reason); got != tt.want {
			t.Errorf("line %d, %s: %s", tt.line, tt.reason, got)
		}
	}
}

// Each refused row of a table and of JSON says where it stood.
func TestRejectsSayWhere(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("a.csv", "id,email\nbad1,\na,a@x.de\nbad2,\n")
		s.put("b.json", "[{\"id\":\"b\",\"email\":\"b@x.de\"},\n\n{\"id\":\"bad3\"}]")
		s.during(waitTaken, s.source(leads(func(spec *source.Source) { spec.Identity = "require" }), "*.*"))
		s.wantEvents("a", "b")
		for name, lines := range map[string][]string{
			"rejected/a.csv.rows.csv": {"bad1,,\"line 2: ", "bad2,,\"line 4: "}, "rejected/b.json.rows.ndjson": {"{\"funnelrelay_reason\":\"line 3: "},
		} {
			for _, want := range lines {
				if text := s.read(name); !strings.Contains(text, want) {
					t.Errorf("%s without %q: %s", name, want, text)
				}
			}
		}
	})
}

// Refused rows of a file that is written anew all day are shown once, though
// they stand in another line by now.
func TestRejectsMoved(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("a.csv", "id,email\nbad,\n")
		r := s.start(s.options(), s.source(leads(func(spec *source.Source) {
			spec.Identity, spec.Mode = "require", source.Rewrite
		}), "*.csv"))
		time.Sleep(waitTaken) // fake
		s.put("a.csv", "id,email\na,a@x.de\nbad,\n")
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a")
		s.wantFiles("a.csv", "rejected/a.csv.rows.csv")
	})
}
