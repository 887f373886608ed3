package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// relayFiles are what a data folder may hold.
var relayFiles = []string{
	"spool.db", "spool.db.lock", "spool.db.reserve", "spool.db.damaged-20260102-030405", "admin.token", ".admin.token.123", "drop/x.csv",
	"log/funnelrelay.log", "cert.pem", "key.pem", "config.yaml", "config.yaml~", "secrets/api_key", ".funnelrelay-try-1.tmp",
}

func fill(t *testing.T, folder string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPurgeRemovesOnlyWhatIsOurs(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := &Service{o: Options{Data: data, Witness: data + "-witness"}}
	fill(t, data, append(relayFiles, "logbook.pdf")...)
	fill(t, data+"-witness", "spool.json")
	if err := s.Purge(); err == nil || !strings.Contains(err.Error(), "logbook.pdf") {
		t.Errorf("another's file: %v", err)
	}
	for _, name := range append(relayFiles, "logbook.pdf", "../data-witness/spool.json") {
		if _, err := os.Stat(filepath.Join(data, name)); err != nil {
			t.Error(err)
		}
	}
	if err := os.Remove(filepath.Join(data, "logbook.pdf")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // everything can be run twice
		if err := s.Purge(); err != nil {
			t.Error(err)
		}
	}
	for _, folder := range []string{data, data + "-witness"} {
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s is left", folder)
		}
	}
}

func TestAnothersDataFolderIsRefused(t *testing.T) {
	for name, fine := range map[string]bool{"logbook.pdf": false, "drops/x": false, "spool.db": true, "log/x": true} {
		data := t.TempDir()
		fill(t, data, name)
		if err := (&Service{o: Options{Data: data}}).onlyOurs(); (err == nil) != fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
