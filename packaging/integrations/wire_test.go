package integrations

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"funnelrelay/packaging/integrations/wire"
)

// fixtures are all requests that were kept, by path.
func fixtures(t *testing.T) map[string]*wire.Fixture {
	t.Helper()
	paths, err := filepath.Glob("*/wire/*.http")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("custom/*/wire/*.http")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*wire.Fixture{}
	for _, path := range append(paths, more...) {
		f, err := wire.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.ToSlash(path)] = f
	}
	return found
}

// Every request of every sender, as its bytes were or are said to be, is answered
// and arrives as it should, once; sent again, it is not taken twice where it has a
// key or a dateTime of its own.
func TestFixtures(t *testing.T) {
	for path, f := range fixtures(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			if a := r.send(f.Request); !a.is(f.Answer) {
				t.Fatalf("answered %d %s, want %s", a.status, a.text, f.Answer)
			}
			if f.Arrives == "" {
				r.arrived(0)
				return
			}
			action, event, _ := strings.Cut(f.Arrives, " ")
			if event == "body" {
				_, body, _ := bytes.Cut(f.Request, []byte("\r\n\r\n"))
				event = string(body)
			}
			holds(t, r.arrived(1)[0], action, event)
			if bytes.Contains(bytes.ToLower(f.Request), []byte("\r\nidempotency-key: ")) {
				if a := r.send(f.Request); !a.is("200 duplicate") {
					t.Errorf("again: %d %s", a.status, a.text)
				}
				r.arrived(1)
			}
		})
	}
}

// Each of the contract's senders has a guide, a lead and a purchase, and says
// where the bytes come from.
func TestEverySender(t *testing.T) {
	all := fixtures(t)
	for _, name := range []string{"make", "integromat", "pabbly", "suretriggers", "procesio", "n8n", "postman",
		"custom/curl", "custom/python", "custom/node", "custom/php", "custom/java", "custom/go", "custom/csharp", "custom/powershell", "custom/vba"} {
		for _, example := range []string{"lead", "purchase"} {
			path := name + "/wire/" + example + ".http"
			f := all[path]
			switch {
			case f == nil:
				t.Errorf("%s is missing", path)
			case f.Source != "recorded" && !strings.HasPrefix(f.Source, "documentation: "):
				t.Errorf("%s: source %q", path, f.Source)
			case !strings.HasPrefix(f.Answer, "202 ") || f.Arrives == "":
				t.Errorf("%s: an example is taken", path)
			}
		}
		guide, _, _ := strings.Cut(name, "/")
		if _, err := os.Stat(filepath.Join(guide, "README.md")); err != nil {
			t.Error(err)
		}
	}
}

// A node that has 30 items sends 30 requests at once, on 30 connections.
func TestThirtyAtOnce(t *testing.T) {
	r := newRig(t, nil)
	f := fixtures(t)["n8n/wire/lead.http"]
	if f == nil {
		t.Fatal("n8n's lead is missing")
	}
	const many = 30
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range many {
		request := bytes.Replace(f.Request, []byte("lead-12345678"), []byte("lead-"+fmt.Sprint(10000000+i)), 1)
		request = bytes.Replace(request, []byte(`"session":12345678`), []byte(`"session":`+fmt.Sprint(10000000+i)), 1)
		if bytes.Equal(request, f.Request) {
			t.Fatal("the fixture has changed")
		}
		all.Go(func() {
			<-begin
			if a := r.send(request); !a.is("202 queued") {
				t.Errorf("%d: %d %s", i, a.status, a.text)
			}
		})
	}
	close(begin)
	all.Wait()
	sessions := map[string]bool{}
	for _, d := range r.arrived(many) {
		sessions[d.Session] = true
	}
	if len(sessions) != many {
		t.Errorf("%d of %d arrived", len(sessions), many)
	}
}
