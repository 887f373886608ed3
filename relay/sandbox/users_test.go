package sandbox

import (
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// together sends all bodies at once, waits for the answers, and returns their
// statuses.
func together(t *testing.T, s *Sandbox, bodies ...string) []int {
	t.Helper()
	handler := s.Handler()
	codes := make([]int, len(bodies))
	var wait sync.WaitGroup
	for i, body := range bodies {
		wait.Go(func() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, post("Demo", body))
			codes[i] = w.Code
		})
	}
	wait.Wait()
	return codes
}

func TestUsersInFlightTogetherAreDoubled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{UserDelay: time.Second})
		together(t, s, `{"email":"a","n":1}`, `{"email":"a","n":2}`, `{"email":"a","n":3}`, `{"email":"b"}`)
		together(t, s, `{"email":"a","n":4}`, `{"email":"a","n":5}`) // known by now
		got := s.Stats()
		want := []DoubledUser{{Project: testProject, Key: "email", Value: "a", Users: 3}}
		if diff := cmp.Diff(want, got.DoubledUsers); diff != "" || got.Users != 4 || got.Races != 2 || got.Taken != 6 {
			t.Errorf("stats %+v\n%s", got, diff)
		}
		s.Reset()
		if got := s.Stats(); got.Users != 0 || got.Races != 0 || len(got.DoubledUsers) != 0 {
			t.Errorf("after the reset: %+v", got)
		}
	})
}

func TestUsersOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		start := time.Now()
		for i := range 5 {
			together(t, s, fmt.Sprintf(`{"email":"a","n":%d}`, i))
		}
		if took := time.Since(start); took != 3*time.Millisecond {
			t.Errorf("took %v: only the first should wait to make its user", took)
		}
		if got := s.Stats(); got.Users != 1 || got.Races != 0 || got.Anonymous != 0 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestUsersAreTiedByEitherName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		together(t, s, `{"email":"a","session":1}`)
		together(t, s, `{"email":"b","session":"1"}`) // the session leads to a's user
		together(t, s, `{"email":"b"}`)
		if got := s.Stats(); got.Users != 1 || got.Races != 0 {
			t.Errorf("stats %+v", got)
		}
		// The one links c to a's user while the other makes a user for it.
		together(t, s, `{"email":"c","session":1}`, `{"email":"c"}`)
		got := s.Stats()
		want := []DoubledUser{{Project: testProject, Key: "email", Value: "c", Users: 2}}
		if diff := cmp.Diff(want, got.DoubledUsers); diff != "" || got.Users != 2 {
			t.Errorf("stats %+v\n%s", got, diff)
		}
		together(t, s, `{"session":9,"n":1}`, `{"session":"9","n":2}`)
		if got := s.Stats(); len(got.DoubledUsers) != 2 || got.DoubledUsers[1].Key != "session" {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestAnonymousEventsMakeAUserEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		codes := together(t, s, `{"a":1}`, `{"a":2}`, `{"a":2}`)
		if got := s.Stats(); got.Users != 2 || got.Anonymous != 2 || got.Races != 0 {
			t.Errorf("codes %v, stats %+v: a repeat must not make a user", codes, got)
		}
	})
}

func TestProjectsHaveTheirOwnUsers(t *testing.T) {
	s := quick(Options{})
	for _, project := range []string{"p", "q"} {
		r := post("Demo", `{"email":"a"}`)
		r.Header.Set("X-PROJECT-ID", project)
		wantAnswer(t, answer(s, r), 200)
	}
	if got := s.Stats(); got.Users != 2 || got.Taken != 2 || got.Races != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestDoubledUsersAreBounded(t *testing.T) {
	var table userTable
	table.reset()
	table.mu.Lock()
	for i := range mostDoubled + 5 {
		name := fmt.Sprint(i)
		table.double(fingerprintOf(nil, name), DoubledUser{Value: name, Users: 1})
	}
	table.mu.Unlock()
	var got Stats
	table.fill(&got)
	if len(got.DoubledUsers) != mostDoubled || got.Races != mostDoubled+5 {
		t.Errorf("%d listed, %d counted", len(got.DoubledUsers), got.Races)
	}
}
