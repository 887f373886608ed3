package dropfolder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// taxed is a source whose lines are joined with two tables beside them.
func taxed(spec *source.Source) {
	spec.Read.Join = []source.Join{
		{Table: "heads.csv", By: []string{"No"}},
		{Table: "vat.csv", By: []string{"No", "Line"}, Sum: []string{"Gross"}},
	}
	spec.Values.Money = "1234.56"
	spec.Order = &source.Order{ID: source.Value{"Receipt"}}
	spec.Items = &source.Items{Label: source.Value{"Text"}, Total: source.Value{"Gross"}}
}

const (
	taxedLines = "No,Line,Text\n1,1,Tea\n"
	taxedHeads = "No,Receipt\n1,R-1\n"
	taxedVAT   = "No,Line,Gross\n"
)

// A file is read with the tables that it is joined with when they are there, and
// stand still.
func TestJoinWaits(t *testing.T) {
	for _, edit := range []func(*source.Source){nil, func(spec *source.Source) { spec.Mode = source.Rewrite }} {
		bubble(t, func(t *testing.T, s *site) {
			r := s.start(s.options(), s.source(sales(func(spec *source.Source) {
				taxed(spec)
				if edit != nil {
					edit(spec)
				}
			}), "lines.csv"))
			s.put("lines.csv", taxedLines)
			s.put("vat.csv", taxedVAT)
			for range 20 {
				s.grow("vat.csv", "1,1,0.50\n")
				time.Sleep(time.Second) // fake
			}
			s.put("heads.csv", taxedHeads[:5])
			time.Sleep(time.Second) // fake
			s.put("heads.csv", taxedHeads)
			time.Sleep(waitTaken) // fake
			r.stop()
			s.wantEvents("R-1")
			if body := s.bodies(); !strings.Contains(body, `"__total_in_cents__":1000`) {
				t.Errorf("not the sum of all rows: %s\nlog:\n%s", body, s.log)
			}
			if got := strings.Count(s.log.String(), "waits for the table"); got != 1 {
				t.Errorf("%d remarks that it waits", got)
			}
		})
	}
}

// A table that stays away: the file is refused in the end, with its name.
func TestJoinMissing(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("lines.csv", taxedLines)
		s.put("vat.csv", taxedVAT+"1,1,2.50\n")
		r := s.start(s.options(), s.source(sales(taxed), "lines.csv"))
		time.Sleep(tableWait - time.Minute) // fake
		s.wantFiles("lines.csv", "vat.csv")
		time.Sleep(2 * time.Minute) // fake
		s.wantFiles("vat.csv", "rejected/lines.csv", "rejected/lines.csv.why.txt")
		if why := s.read("rejected/lines.csv.why.txt"); !strings.Contains(why, "heads.csv") {
			t.Errorf("why: %s", why)
		}
		s.put("heads.csv", taxedHeads)
		s.put("lines.csv", taxedLines)
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("R-1")
		s.wantFiles("heads.csv", "vat.csv", "done/lines.csv", "rejected/lines.csv", "rejected/lines.csv.why.txt")
	})
}

// bodies are those of all that waits to be sent.
func (s *site) bodies() string {
	s.t.Helper()
	records, err := s.spool.List("shop", spool.Pending, 0, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%s\n", r.Body)
	}
	return b.String()
}
