package ingest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/relay/alarm"
)

func TestSelfSigned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	cert, key, err := SelfSigned(dir, []string{"shop.example", "192.0.2.7:8787"})
	if err != nil {
		t.Fatal(err)
	}
	first := leaf(t, cert, key)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "shop.example", "192.0.2.7"} {
		if err := first.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if years := first.NotAfter.Sub(time.Now()).Hours() / 24 / 365; years < 9.9 {
		t.Errorf("lasts %f years", years)
	}
	if _, _, err := SelfSigned(dir, []string{"shop.example"}); err != nil || !leaf(t, cert, key).Equal(first) {
		t.Errorf("one that was good was replaced: %v", err)
	}
	if _, _, err := SelfSigned(dir, []string{"other.example"}); err != nil || leaf(t, cert, key).Equal(first) {
		t.Errorf("one without the host was kept: %v", err)
	}
	// A crash between the two files leaves a key that does not fit.
	if _, _, err := SelfSigned(filepath.Join(dir, "b"), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "b", "key.pem"), key); err != nil {
		t.Fatal(err)
	}
	if _, _, err := SelfSigned(dir, nil); err != nil {
		t.Fatal(err)
	}
	leaf(t, cert, key)
}

// The clock at the first start may say 1980, and be set right later.
func TestSelfSignedWithWrongClock(t *testing.T) {
	certPEM, keyPEM, err := makeSelfSigned([]string{"localhost"}, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	if pair.Leaf.NotAfter.Year() < 2036 {
		t.Errorf("ends %v", pair.Leaf.NotAfter)
	}
}

func leaf(t *testing.T, cert, key string) *x509.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key, err := SelfSigned(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		board := alarm.New(slog.New(slog.DiscardHandler))
		config, err := TLSConfig(cert, key, board)
		if err != nil {
			t.Fatal(err)
		}
		serial := func() string {
			c, err := config.GetCertificate(nil)
			if err != nil {
				t.Fatal(err)
			}
			return c.Leaf.SerialNumber.String()
		}
		first := serial()
		if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if serial() != first {
			t.Error("looked at once")
		}
		time.Sleep(lookEvery) // virtual
		if serial() != first || len(board.Open()) != 1 {
			t.Errorf("a broken file: alarms %v", board.Open())
		}
		certPEM, keyPEM, err := makeSelfSigned([]string{"localhost"}, time.Now().AddDate(30, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if err := writeSecret(key, keyPEM); err != nil {
			t.Fatal(err)
		}
		if err := writeSecret(cert, certPEM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookEvery)
		if serial() == first || len(board.Open()) != 0 {
			t.Errorf("the new files were not taken: alarms %v", board.Open())
		}
		if err := os.Remove(cert); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookEvery)
		if serial() == first || len(board.Open()) != 1 {
			t.Errorf("a file that is gone: alarms %v", board.Open())
		}
	})
	if _, err := TLSConfig(cert, key, alarm.New(slog.New(slog.DiscardHandler))); err == nil {
		t.Error("started without a certificate")
	}
}

func TestServeTLS(t *testing.T) {
	cert, key, err := SelfSigned(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := TLSConfig(cert, key, alarm.New(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := Open(ServerOptions{Listen: "0.0.0.0:0", TLS: config, Authed: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusAccepted) })})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	roots := x509.NewCertPool()
	roots.AddCert(leaf(t, cert, key))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}
	resp, err := (&http.Client{Transport: transport}).Get("https://" + srv.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 202 || resp.ProtoMajor != 1 {
		t.Errorf("got %s over %s", resp.Status, resp.Proto)
	}
	transport.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
