package spool

import (
	"os"
	"slices"
	"testing"
)

// picture copies the spool's file as a crash would leave it now. The spool must
// be at rest.
func picture(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := temp(t)
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// metaSlots is the bytes of the two meta pages.
func metaSlots(t *testing.T, path string) (slots [2][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range slots {
		slots[i] = make([]byte, os.Getpagesize())
		if _, err := f.ReadAt(slots[i], int64(i*os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
	}
	return slots
}

// beforeMeta is a picture of the file with the pages of the transaction that
// change commits, but not yet its meta page.
func beforeMeta(t *testing.T, path string, change func()) string {
	t.Helper()
	old := metaSlots(t, path)
	change()
	to := picture(t, path)
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	changed := 0
	for i, slot := range metaSlots(t, path) {
		if !slices.Equal(slot, old[i]) {
			changed++
			if _, err := f.WriteAt(old[i], int64(i*os.Getpagesize())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if changed != 1 {
		t.Fatalf("%d meta pages changed, want one transaction", changed)
	}
	return to
}

func put(t testing.TB, s *Spool, entries ...Entry) []Receipt {
	t.Helper()
	r, err := s.Put(t.Context(), Batch{Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func claim(t testing.TB, s *Spool) *Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settled makes sure that all outcomes that were handed over are on disk.
func settled(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.SetNote("settled", []byte("x")); err != nil {
		t.Fatal(err)
	}
}

// expect opens the file and looks at its whole state.
func expect(t *testing.T, path string, want Counts, o Options) *Spool {
	t.Helper()
	s := open(t, path, o)
	if got := s.Counts()["shop"]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if h := s.Health(); h.Salvage != nil {
		t.Errorf("salvaged: %+v", h.Salvage)
	}
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
