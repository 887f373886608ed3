package spool

import (
	"bytes"
	"os"
	"testing"
)

// putBack is a site whose spool was rolled back, closed: two records are in
// doubt as soon as it is opened.
func putBack(t *testing.T) *site {
	t.Helper()
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1), entry(2)) })
	old := w.save()
	w.life("", func(s *Spool) { sendAll(t, s, 2) })
	w.put(old)
	return w
}

// crash leaves the file and the witness as they are now, under other names.
func (w *site) crash() *site {
	w.t.Helper()
	after := newSite(w.t)
	after.machine = w.machine
	after.put(w.save())
	if told, err := os.ReadFile(w.witness()); err == nil {
		writeFile(w.t, after.witness(), told)
	}
	return after
}

func crashDoubtBefore(t *testing.T) {
	w := putBack(t)
	told := read(t, w.witness())
	var s *Spool
	file := beforeMeta(t, w.path(), func() { s = w.open(RolledBack) })
	s.Close()
	w.put(read(t, file))
	writeFile(t, w.witness(), told)
	w.life(RolledBack, func(s *Spool) { waits(t, s, 2) })
}

func crashDoubtUntold(t *testing.T) {
	w := putBack(t)
	old := w.save()
	told := read(t, w.witness())
	s := w.open(RolledBack)
	after := w.crash()
	s.Close()
	writeFile(t, after.witness(), told)
	after.life(RolledBack, func(s *Spool) {
		waits(t, s, 2)
		if n := s.self.identity().before; !bytes.Contains(read(t, after.witness()), []byte(showIncarnation(n))) {
			t.Error("the witness was not told what was superseded")
		}
	})
	after.put(old)
	after.life(RolledBack, nil)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func crashWitnessHalf(t *testing.T) {
	w := putBack(t)
	writeFile(t, w.witness()+".new", []byte(`{"spools": [{"incar`))
	w.life(RolledBack, nil)
	if exists(w.witness() + ".new") {
		t.Error(".new is still there")
	}
}

func crashWitnessBehind(t *testing.T) {
	w := newSite(t)
	w.life("", func(s *Spool) { put(t, s, entry(1)) })
	s := w.open("")
	put(t, s, entry(2))
	sendAll(t, s, 1)
	after := w.crash()
	s.Close()
	after.life("", func(s *Spool) { sendAll(t, s, 1) })
}

func crashBuried(t *testing.T) {
	w := putBack(t)
	s := w.open(RolledBack)
	queue, ids, err := s.someHeld(2)
	if err != nil || len(ids) != 2 {
		t.Fatal(ids, err)
	}
	if err := s.do(1, func(tx *writeTx) error {
		_, err := tx.buryHeld(queue, ids[0], "cause")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	after := w.crash()
	s.Close()
	after.life(RolledBack, func(s *Spool) {
		waits(t, s, 1)
		if n, err := s.Adopt(t.Context(), true); n != 1 || err != nil {
			t.Error(n, err)
		}
		if got := s.Counts()["shop"]; got != (Counts{Accepted: 2, Dead: 2}) {
			t.Errorf("%+v", got)
		}
	})
}

func crashDecided(t *testing.T) {
	w := putBack(t)
	s := w.open(RolledBack)
	if _, err := s.Adopt(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	after := w.crash()
	s.Close()
	after.life("", func(s *Spool) {
		for _, c := range sendAll(t, s, 2) {
			if c.Flags&Unknown == 0 || !c.Restarted {
				t.Errorf("%+v", c)
			}
		}
	})
}
