package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/ingest"
)

// unzipped is what a zip file holds, by name.
func unzipped(t *testing.T, path string) map[string]string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	held := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		held[f.Name] = string(text)
	}
	return held
}

// TestBundle looks into a bundle for what must not be in it: the key, the admin
// token, the sender's token, the password of the proxy, and the person of an
// event, though something has written all of them into the log.
func TestBundle(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	r := newRig(t, "    proxy: http://till:pr0xy-p%40ss@"+nobody+"\n"+
		"http: {auth: {tokens: [a-token-of-a-sender-99]}}\n")
	text, err := os.ReadFile(r.config)
	if err != nil {
		t.Fatal(err)
	}
	logFile := filepath.Join(r.dir, "relay.log")
	text = append(bytes.Replace(text, []byte("key-1"), []byte("k3y-of-the-shop"), 1), []byte("log: {file: "+logFile+"}\n")...)
	if err := os.WriteFile(r.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	stop := relayInside(t, r)
	defer stop()
	if status, answer := r.post(t.Context(), "Lead", "", `{"email":"Ann.Person@Example.com","note":"body-of-the-event"}`); status != 202 {
		t.Fatalf("%d %s", status, answer)
	}
	token, err := ingest.ReadAdminToken(filepath.Join(r.dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	careless := `{"level":"ERROR","msg":"careless","key":"k3y-of-the-shop","token":"` + string(token) + `","who":"ann.person@example.com",` +
		`"url":"http://till:pr0xy-p%40ss@host/?e=ann.person%40example.com","auth":"a-token-of-a-sender-99","plain":"pr0xy-p@ss"}` + "\n"
	f, err := os.OpenFile(logFile, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(strings.Repeat("old line\n", bundleLog/8) + careless); err != nil {
		t.Fatal(err)
	}
	f.Close()

	for _, up := range []bool{true, false} {
		path := filepath.Join(r.dir, map[bool]string{true: "up.zip", false: "down.zip"}[up])
		var out, errs bytes.Buffer
		execute(context.Background(), []string{"doctor", "--config", r.config, "--bundle", path}, streams{strings.NewReader(""), &out, &errs})
		held := unzipped(t, path)
		held["what was printed"] = out.String() + errs.String()
		for _, name := range []string{"doctor.json", "status.json", "config.yaml", "log.txt", "version.json", "README.txt"} {
			if held[name] == "" {
				t.Errorf("up %v: %s is missing; notes: %s", up, name, held["notes.txt"])
			}
		}
		if up && held["metrics.txt"] == "" {
			t.Errorf("no metrics: %s", held["notes.txt"])
		}
		for name, text := range held {
			for _, secret := range []string{"k3y-of-the-shop", string(token), "a-token-of-a-sender", "pr0xy-p", "ann.person", "body-of-the-event"} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
					t.Errorf("up %v: %s holds %s", up, name, secret)
				}
			}
		}
		hashes := regexp.MustCompile(`<email:[0-9a-f]{8}>`).FindAllString(held["log.txt"], -1)
		if len(hashes) < 2 || hashes[0] != hashes[len(hashes)-1] {
			t.Errorf("one address is not one word: %q", hashes)
		}
		if len(held["log.txt"]) > bundleLog+1000 || !strings.HasPrefix(held["log.txt"], "old line\n") {
			t.Errorf("the log is not cut at a line: %d bytes, %.20q", len(held["log.txt"]), held["log.txt"])
		}
		if up {
			stop()
		}
	}
}

// relayInside starts the relay, whose log goes to a file, and returns how to end it.
func relayInside(t *testing.T, r *rig) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, []string{"run", "--config", r.config}, streams{strings.NewReader(""), io.Discard, io.Discard})
	}()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for range 500 {
		if _, err := r.status(); err == nil {
			break
		}
		<-pace.C
	}
	stopped := false
	return func() {
		cancel()
		if !stopped {
			stopped = true
			<-ended
		}
	}
}

// TestRedactor hides what it was told of, in the forms in which it may stand.
func TestRedactor(t *testing.T) {
	r := newRedactor([]string{`a"quoted\key`, "k3y", "", "abc"})
	text := string(r.text([]byte(`{"x":"a\"quoted\\key"} a"quoted\key abc Bob@Example.com, bob@example.com bob%40example.com é.ü@exämple.de <b@c.de>`)))
	for _, gone := range []string{"quoted", "ob@", "%40", "@"} {
		if strings.Contains(text, gone) {
			t.Errorf("holds %s: %s", gone, text)
		}
	}
	if !strings.Contains(text, " abc ") {
		t.Errorf("a short secret tears the text: %s", text)
	}
	words := regexp.MustCompile(`<email:[0-9a-f]{8}>`).FindAllString(text, -1)
	if len(words) != 5 || words[0] != words[1] || words[1] != words[2] || words[2] == words[3] {
		t.Errorf("%q in %s", words, text)
	}
}

// TestBundleCuts: no part of a secret is left where a file is cut.
func TestBundleCuts(t *testing.T) {
	var file bytes.Buffer
	b := &bundle{zip: zip.NewWriter(&file), hide: newRedactor([]string{"a-long-secret"})}
	if err := errors.Join(b.add("a", []byte(strings.Repeat("x", bundleFile-6)+"a-long-secret"), nil), b.zip.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	held, err := r.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(held)
	if err != nil || len(text) != bundleFile || bytes.Contains(text, []byte("a-l")) || len(b.notes) != 1 {
		t.Errorf("%d bytes, …%q, %v %v", len(text), text[max(0, len(text)-20):], b.notes, err)
	}
	for text, want := range map[string]string{"a-long-secret\nb\n": "b\n", "b\n": "b\n", "a-long-secret": ""} {
		if got := lastLines([]byte(text), 8); string(got) != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
