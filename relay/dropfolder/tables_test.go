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
	records, err := s.spool.List("shop", spool.Pending, 0, 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%s\n", r.Body)
	}
	return b.String()
}

// A table that changes while the file is read, or after it in mode: rewrite, is
// not missed.
func TestJoinChanges(t *testing.T) {
	heads, vat := numbered(1200), ""
	lines, receipts := "No,Line,Text\n", "No,Receipt\n"
	for _, id := range heads {
		lines += id + ",1,Tea\n"
		receipts += id + "," + id + "\n"
	}
	for _, id := range heads {
		vat += id + ",1,2.50\n"
	}
	t.Run("while it is read", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			s.put("lines.csv", lines)
			s.put("heads.csv", receipts)
			s.put("vat.csv", taxedVAT+vat)
			s.then(func() { s.put("vat.csv", taxedVAT+strings.ReplaceAll(vat, "2.50", "12.50")) })
			s.during(time.Minute, s.source(sales(taxed), "lines.csv"))
			s.wantEvents(heads...)
			s.wantFiles("done/lines.csv", "heads.csv", "vat.csv")
			if got := strings.Count(s.bodies(), ":250,"); got != batchOffers {
				t.Errorf("%d orders are as before, and %d were taken before", got, batchOffers)
			}
		})
	})
	t.Run("rewrite", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			r := s.start(s.options(), s.source(sales(func(spec *source.Source) {
				taxed(spec)
				spec.Mode = source.Rewrite
			}), "lines.csv"))
			s.put("lines.csv", "No,Line,Text\n1,1,Tea\n2,1,Tea\n")
			s.put("vat.csv", taxedVAT+"1,1,2.50\n2,1,2.50\n")
			s.put("heads.csv", taxedHeads)
			time.Sleep(waitTaken) // fake
			s.wantEvents("R-1")
			s.put("heads.csv", taxedHeads+"2,R-2\n")
			time.Sleep(waitTaken) // fake
			r.stop()
			s.wantEvents("R-1", "R-2")
		})
	})
}

// A source that joins no tables any more waits for none.
func TestJoinReload(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("lines.csv", "order,label,total\n1,Tea,2.50\n")
		r := s.start(s.options(), s.source(sales(taxed), "lines.csv"))
		time.Sleep(waitTaken) // fake
		s.wantFiles("lines.csv")
		r.Update([]Source{s.source(sales(nil), "lines.csv")})
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("1")
	})
}
