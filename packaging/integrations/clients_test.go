package integrations

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"funnelrelay/packaging/integrations/wire"
)

// client is one of the custom applications, ready to run.
type client struct {
	dir     string // below custom
	needs   []string
	prepare func(t *testing.T) []string // the command that takes ACTION FILE KEY
	version []string                    // the command that says which runtime it is
}

// clients are those that can be run where they have their runtime. PowerShell and
// VBA have none on the systems that the tests know; see TestScriptsOfWindows.
var clients = []client{
	{"curl", []string{"sh", "curl", "awk"}, command("sh", "curl/send.sh"), []string{"curl", "--version"}},
	{"python", []string{"python3"}, command("python3", "python/send.py"), []string{"python3", "--version"}},
	{"node", []string{"node"}, command("node", "node/send.mjs"), []string{"node", "--version"}},
	{"php", []string{"php"}, command("php", "php/send.php"), []string{"php", "--version"}},
	{"java", []string{"javac", "java"}, func(t *testing.T) []string {
		classes := t.TempDir()
		must(t, exec.Command("javac", "-d", classes, "custom/java/Send.java"))
		return []string{"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes, "Send"}
	}, []string{"java", "--version"}},
	{"go", []string{"go"}, func(t *testing.T) []string { return []string{build(t, "client", "./custom/go")} }, []string{"go", "version"}},
	{"csharp", []string{"mcs", "mono"}, func(t *testing.T) []string {
		program := filepath.Join(t.TempDir(), "Send.exe")
		must(t, exec.Command("mcs", "-r:System.Net.Http.dll", "-out:"+program, "custom/csharp/Send.cs"))
		return []string{"mono", program}
	}, []string{"mono", "--version"}},
}

func command(program, script string) func(*testing.T) []string {
	return func(*testing.T) []string { return []string{program, "custom/" + script} }
}

func must(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// run sends an event with a client and returns its exit code and what it said.
func run(t *testing.T, line []string, address, key, action, event, idempotency string) (code int, said string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, line[0], append(line[1:len(line):len(line)], action, path, idempotency)...)
	cmd.Env = append(os.Environ(), "FUNNELRELAY_URL=http://"+address, "FUNNELRELAY_PROJECT_ID="+accountID, "FUNNELRELAY_API_KEY="+key,
		"FUNNELRELAY_WAIT=0.05", "FUNNELRELAY_TRIES=3", "no_proxy=*", "NO_PROXY=*")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

func TestClients(t *testing.T) {
	for _, c := range clients {
		t.Run(c.dir, func(t *testing.T) {
			need(t, c.needs...)
			if runtime.GOOS == "windows" && c.dir == "curl" {
				t.Skip("a script for sh")
			}
			line := c.prepare(t)
			t.Run("examples", func(t *testing.T) { clientExamples(t, c, line) })
			t.Run("no answer", func(t *testing.T) { clientNoAnswer(t, line) })
			t.Run("refusals", func(t *testing.T) { clientRefusals(t, line) })
		})
	}
}

// Both examples are taken, and arrive as they are in the file.
func clientExamples(t *testing.T, c client, line []string) {
	r := newRig(t, nil)
	var requests [][]byte
	p := &wire.Proxy{Seen: func(request []byte) { requests = append(requests, request) }}
	address := r.through(p)
	for i, action := range []string{"Lead", "__commerce_action__"} {
		code, said := run(t, line, address, secretKey, action, example(action), "client-"+action)
		if code != 0 || !strings.Contains(said, "queued") {
			t.Fatalf("%s: exit code %d: %s", action, code, said)
		}
		holds(t, r.arrived(i + 1)[i], action, example(action))
	}
	if n := p.Requests(); n != 2 {
		t.Fatalf("%d requests for 2 events", n)
	}
	if *record {
		keep(t, c, requests)
	}
}

// keep writes the two requests as fixtures.
func keep(t *testing.T, c client, requests [][]byte) {
	t.Helper()
	out, err := exec.Command(c.version[0], c.version[1:]...).Output()
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	version := regexp.MustCompile(`\d+(\.\d+)+`).FindString(first)
	for i, f := range []wire.Fixture{{Arrives: "Lead body"}, {Arrives: "__commerce_action__ body"}} {
		f.Sender, f.Source, f.Answer, f.Request = c.version[0]+" "+version, "recorded", "202 queued", requests[i]
		dir := filepath.Join("custom", c.dir, "wire")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, []string{"lead", "purchase"}[i]+".http"), f.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The relay took the event and the answer was lost: the client sends the same
// again with the same key, and the event is there once. A relay that is busy is
// asked again as well; one that is not there is an exit code of 1.
func clientNoAnswer(t *testing.T, line []string) {
	r := newRig(t, nil)
	p := &wire.Proxy{Busy: 1, Lose: 1}
	code, said := run(t, line, r.through(p), secretKey, "Lead", exampleLead, "lost")
	if code != 0 || !strings.Contains(said, "duplicate") || p.Requests() != 3 {
		t.Errorf("exit code %d after %d requests: %s", code, p.Requests(), said)
	}
	holds(t, r.arrived(1)[0], "Lead", exampleLead)

	nobody := listen(t)
	address := nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	if code, said := run(t, line, address, secretKey, "Lead", exampleLead, "nobody"); code != 1 {
		t.Errorf("no relay: exit code %d: %s", code, said)
	}
}

// What is refused is not sent again: the event's faults are shown with their
// places and are an exit code of 2; a wrong key, or a key that was used, are told
// apart.
func clientRefusals(t *testing.T, line []string) {
	r := newRig(t, nil)
	for i, c := range []struct {
		key, action, event string
		code               int
		words              []string
	}{
		{secretKey, "Lead", examplePurchase, 2, []string{"422", "/purchase_data", "/api/v1/webhook/__commerce_action__"}},
		{secretKey, "__commerce_action__", strings.Replace(examplePurchase, "30000000", `"1,234.50"`, 1), 2,
			[]string{"422", "/purchase_data/0/__total_in_cents__", "whole number"}},
		{secretKey, "Lead", `{"email":`, 2, []string{"400"}},
		{"wrong", "Lead", exampleLead, 3, []string{"401", "X-API-KEY"}},
	} {
		p := &wire.Proxy{}
		code, said := run(t, line, r.through(p), c.key, c.action, c.event, fmt.Sprint("refused-", i))
		if code != c.code || p.Requests() != 1 {
			t.Errorf("%s %s: exit code %d after %d requests: %s", c.action, c.event, code, p.Requests(), said)
		}
		for _, w := range c.words {
			if !strings.Contains(said, w) {
				t.Errorf("%q is missing in: %s", w, said)
			}
		}
	}
	r.arrived(0)
}
