package relay_test

import (
	"log/slog"
	"testing"

	"go.etcd.io/bbolt"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

// TestUnreadable: a dead event whose bytes are damaged is in the list, with the
// reason, and keeps nobody from deciding about the others.
func TestUnreadable(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Timezone = t.TempDir(), "Europe/Berlin"
	cfg.Projects = config.Projects{{Name: "shop", ProjectID: "id", APIKey: config.NewSecret("a key"), URL: "http://127.0.0.1:1"}}
	log := slog.New(slog.DiscardHandler)
	s, err := spool.Open(relay.SpoolPath(cfg), spool.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		e := spool.Entry{Queue: "shop/id", Day: "2026-11-23", Body: []byte(`{"email":"a@example.com"}`), Bury: "a reason"}
		if _, err := s.Put(t.Context(), spool.Batch{Entries: []spool.Entry{e}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(relay.SpoolPath(cfg), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("records"))
		key := []byte{0, 0, 0, 0, 0, 0, 0, 2}
		value := append([]byte(nil), b.Get(key)...)
		value[len(value)-1] ^= 1
		return b.Put(key, value)
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	desk, err := relay.Offline(cfg, relay.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	page, err := desk.Control().Events(t.Context(), control.Query{State: "dead"})
	if err != nil || len(page.Events) != 3 || page.Events[1].Unreadable == "" || page.Events[1].State != "dead" || page.Events[0].Cause != "a reason" {
		t.Errorf("%+v %v", page, err)
	}
	done, err := desk.Control().Bulk(t.Context(), control.Bulk{Do: "discard", Query: control.Query{State: "dead"}})
	if err != nil || done.Matched != 3 || done.Done != 2 || len(done.Refused) != 1 || done.Refused[0].ID != "0000000000000002" {
		t.Errorf("%+v %v", done, err)
	}
}
