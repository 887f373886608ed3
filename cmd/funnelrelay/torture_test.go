package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

var (
	tortureKills = flag.Int("torture.kills", 4, "how often the relay is killed")
	tortureSeed  = flag.Uint64("torture.seed", 0, "of the moments and the faults; 0: a new one")
)

const (
	tortureSenders = 8
	tortureEmails  = 3 // of each sender
)

// storms are the faults that the upstream goes through.
var storms = []string{
	`{"lost":0.2,"reset":0.2}`,
	`{"status":503,"probability":0.3,"retry_after":"1","lost":0.1}`,
	`{"down_for":"300ms"}`,
	`{"lost":0.3,"lost_status":504,"latency":"10ms"}`,
	`{"status":429,"probability":0.2,"latency":"3ms"}`,
	`{"html":"<!doctype html><html>log in</html>","probability":0.2}`,
	`{}`,
}

// TestTorture kills the real relay at random moments while its upstream fails
// in every way and senders try again. At the end every event that was
// acknowledged is upstream exactly once, in its sender's order for each
// person, nobody became two users, the counts balance, and the days equal a recount.
func TestTorture(t *testing.T) {
	seed := *tortureSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	r := newRig(t, "")
	r.up()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	senders := make([]*tortureSender, tortureSenders)
	var working sync.WaitGroup
	for i := range senders {
		senders[i] = &tortureSender{n: i}
		working.Go(func() { senders[i].work(ctx, r) })
	}
	for range *tortureKills {
		r.faults(storms[dice.IntN(len(storms))])
		<-time.After(time.Duration(100+dice.IntN(500)) * time.Millisecond)
		r.relay.kill()
		r.faults(storms[dice.IntN(len(storms))])
		r.up()
	}
	r.faults(`{"lost":0.1,"reset":0.1}`)
	<-time.After(300 * time.Millisecond)
	stop()
	working.Wait()
	r.faults(`{}`)

	status := r.settled(2 * time.Minute)
	if !status.Balanced || status.Total.Dead != 0 || status.Total.Unreadable != 0 {
		t.Errorf("counts: %+v", status.Total)
	}
	checkArrivals(t, r, senders)
	checkDays(t, r)
}

// tortureSender sends one event after the other, each under a key of its own,
// until there is an answer.
type tortureSender struct {
	n     int
	acked []tortureEvent
	open  *tortureEvent // never answered: it may have arrived, or not
}

// tortureEvent is what an event says of itself.
type tortureEvent struct {
	Sender int    `json:"sender"`
	N      int    `json:"n"`
	Email  string `json:"email"`
}

func (s *tortureSender) work(ctx context.Context, r *rig) {
	for n := 0; ctx.Err() == nil; n++ {
		e := tortureEvent{s.n, n, fmt.Sprintf("person%d-%d@example.com", s.n, n%tortureEmails)}
		s.open = &e
		body := fmt.Sprintf(`{"email":%q,"sender":%d,"n":%d,"purchase_data":[{"__sku__":"A","__label__":"B","__total_in_cents__":%d,"__order__":"%d-%d","__currency__":"EUR"}]}`,
			e.Email, e.Sender, e.N, 100+n, e.Sender, e.N)
		for {
			status, answer := r.post(context.WithoutCancel(ctx), "__commerce_action__", fmt.Sprintf("key-%d-%d", e.Sender, e.N), body)
			if status/100 == 2 {
				s.acked, s.open = append(s.acked, e), nil
				break
			}
			if status != 0 && status != 503 {
				r.t.Errorf("sender %d, event %d: %d %s", s.n, n, status, answer)
				return
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
	}
}

func checkArrivals(t *testing.T, r *rig, senders []*tortureSender) {
	t.Helper()
	list, stats := r.arrived()
	type name struct{ sender, n int }
	times, last, total := map[name]int{}, map[string]int{}, 0
	for _, d := range list {
		var e tortureEvent
		if err := json.Unmarshal([]byte(d.Body), &e); err != nil {
			t.Fatal(err)
		}
		times[name{e.Sender, e.N}]++
		if before, seen := last[e.Email]; seen && e.N <= before {
			t.Errorf("%s: event %d arrived after %d", e.Email, e.N, before)
		}
		last[e.Email] = e.N
	}
	for _, s := range senders {
		for _, e := range s.acked {
			total++
			if got := times[name{e.Sender, e.N}]; got != 1 {
				t.Errorf("sender %d, event %d was acknowledged and arrived %d times", e.Sender, e.N, got)
			}
			delete(times, name{e.Sender, e.N})
		}
		if s.open != nil {
			delete(times, name{s.open.Sender, s.open.N})
		}
	}
	for n, got := range times {
		t.Errorf("sender %d, event %d arrived %d times and was never acknowledged", n.sender, n.n, got)
	}
	if len(stats.DoubledUsers) > 0 {
		t.Errorf("users made twice: %v", stats.DoubledUsers)
	}
	if total < tortureSenders {
		t.Errorf("only %d events were acknowledged: the test proves nothing", total)
	}
	t.Logf("%d acknowledged, %d arrived, %d repeats refused, %d answers lost, struck %v", total, len(list), stats.Duplicates, stats.Lost, stats.Struck)
}
