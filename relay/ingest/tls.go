package ingest

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"funnelrelay/relay/alarm"
)

// lookEvery is how often a handshake looks whether the files have changed.
const lookEvery = 3 * time.Second

// TLSConfig serves the certificate in the PEM files cert and key, and reads
// them again when they change: whoever renews them need not restart the relay.
// While the new ones cannot be read, as between the writing of the one and the
// other, the old ones are served and the alarm tls-certificate is open.
func TLSConfig(cert, key string, board *alarm.Board) (*tls.Config, error) {
	f := &certFiles{cert: cert, key: key, board: board}
	if err := f.load(f.marks()); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	f.looked = time.Now()
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: f.get}, nil
}

// certFiles is a certificate and the files that it comes from.
type certFiles struct {
	cert, key string
	board     *alarm.Board

	mu     sync.Mutex // guards all below
	loaded *tls.Certificate
	from   [2]mark // of the files when they were last read, well or not
	looked time.Time
}

// mark tells one state of a file from another.
type mark struct {
	changed time.Time
	size    int64
}

// get is asked for the certificate at every handshake.
func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.looked) >= lookEvery || now.Before(f.looked) {
		f.looked = now
		f.lookLocked()
	}
	return f.loaded, nil
}

func (f *certFiles) lookLocked() {
	marks := f.marks()
	if marks == f.from {
		return
	}
	if err := f.load(marks); err != nil {
		f.board.Raise("tls-certificate", "the changed certificate cannot be used, the one before is served: "+err.Error(),
			"put a certificate and its key, both PEM, at "+f.cert+" and "+f.key)
		return
	}
	f.board.Clear("tls-certificate")
}

// load reads both files; marks are those from before the reading, so that a
// change while reading is seen next time.
func (f *certFiles) load(marks [2]mark) error {
	f.from = marks
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.loaded = &pair
	return nil
}

func (f *certFiles) marks() (m [2]mark) {
	for i, path := range []string{f.cert, f.key} {
		if info, err := os.Stat(path); err == nil {
			m[i] = mark{info.ModTime(), info.Size()}
		}
	}
	return m
}
