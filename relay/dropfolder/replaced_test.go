package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/source"
)

// A till that begins the next export under the name of one that could not be put
// away has as long for it as for any other.
func TestWrittenOverWhatIsTaken(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put(doneDir, "in the way of the folder")
		r := s.start(s.options(), s.source(leads(nil), "*.csv"))
		path := s.put("x.csv", table("a"))
		time.Sleep(waitTaken) // fake
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"id,em", "ail\nb,b@x", ".de\nc,", "c@x.de\n"} {
			time.Sleep(1500 * time.Millisecond) // fake
			_, err = f.WriteString(part)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a", "b", "c")
		s.wantFiles(doneDir, "x.csv")
	})
}

// What comes between the last batch and the move is no part of what was taken,
// and is not moved with it.
func TestReplacedBeforeTheMove(t *testing.T) {
	for _, after := range []source.After{source.AfterDone, source.AfterDelete} {
		t.Run(string(after), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(leads(func(spec *source.Source) { spec.After = after }), "*.csv")
				s.put("x.csv", table("a"))
				s.then(func() { s.put("x.csv", table("b", "c")) })
				s.during(waitTaken, src)
				s.wantEvents("a", "b", "c")
			})
		})
	}
}

// A file that is written over while it is read is not refused for what was seen
// of it.
func TestReplacedWhileRead(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		once := sync.OnceFunc(func() { s.put("x.csv", "i") }) // the first letter of the next export
		o.fault = func(step string) {
			if step == stepRead {
				once()
			}
		}
		s.put("x.csv", table("a"))
		r := s.start(o, s.source(leads(nil), "*.csv"))
		time.Sleep(4 * time.Second) // fake
		s.put("x.csv", table("a", "b"))
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a", "b")
		s.wantFiles("done/x.csv")
	})
}

// The log tells what was taken of a file that was replaced while it was read,
// apart from what came after it.
func TestReplacedIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.put("x.csv", table(numbered(1200)...))
		s.then(func() { s.put("x.csv", table("b")) })
		states := s.during(time.Minute, s.source(leads(nil), "*.csv"))
		log := s.log.String()
		if !strings.Contains(log, "replaced while it was read") || !strings.Contains(log, fmt.Sprintf("results=%d accepted=%[1]d", batchOffers)) {
			t.Errorf("log: %s", log)
		}
		if !strings.Contains(log, "rows=1 accepted=1 ") {
			t.Errorf("the second one is told of with the first: %s", log)
		}
		if got := states[0].Totals.Accepted; got != batchOffers+1 {
			t.Errorf("%d accepted", got)
		}
	})
}

// unsure is a sink that tells of an error, though the batch is on disk.
type unsure struct {
	*site
	told bool
}

func (u *unsure) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	receipts, err := u.site.Accept(ctx, b)
	if err == nil && !u.told && len(b.Offers) > 0 {
		u.told = true
		return nil, errors.New("it may be on disk, or not")
	}
	return receipts, err
}

// The refused rows of a file are kept where nobody knows whether its last batch
// is on disk: its note may say that they are.
func TestRejectsOfAnUnsureBatch(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Sink = &unsure{site: s}
		r := s.start(o, s.source(leads(func(spec *source.Source) { spec.Identity = "require" }), "*.csv"))
		s.put("x.csv", table("a")+"bad,\n")
		time.Sleep(waitTaken) // fake
		r.stop()
		s.wantEvents("a")
		s.wantFiles("done/x.csv", "rejected/x.csv.rows.csv")
	})
}
