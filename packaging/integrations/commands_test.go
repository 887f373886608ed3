package integrations

import (
	"bufio"
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
)

// shop is a folder in which the commands of the guides are run, with the real
// program on the path, and a relay and a sandbox of it running.
type shop struct {
	t              *testing.T
	dir            string
	relay, sandbox string // addresses
	env            []string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a shell")
	}
	need(t, "go", "sh", "curl")
	s := &shop{t: t, dir: t.TempDir()}
	program := build(t, "funnelrelay", "../../cmd/funnelrelay")
	must(t, exec.Command("cp", "-R", "custom/.", s.dir))
	for name, text := range map[string]string{"lead.json": exampleLead, "purchase.json": examplePurchase} {
		s.write(name, text)
	}
	s.env = append(os.Environ(), "PATH="+filepath.Dir(program)+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"FUNNELRELAY_CONFIG="+filepath.Join(s.dir, "config.yaml"), "FUNNELRELAY_PROJECT_ID="+accountID, "FUNNELRELAY_API_KEY="+secretKey, "no_proxy=*")
	s.sandbox = s.start(`sandbox on http://(\S+)`, program, "sandbox", "--listen", "127.0.0.1:0")
	s.write("config.yaml", fmt.Sprintf("listen: 127.0.0.1:0\ndata: data\nhttp: {hosts: [%s], auth: {api_key: true}}\n"+
		"projects: {shop: {project_id: %s, api_key: %s, url: \"http://%s\"}}\n", public, accountID, secretKey, s.sandbox))
	s.relay = s.start(`"msg":"ready","address":"([^"]+)"`, program, "run", "--config", filepath.Join(s.dir, "config.yaml"))
	s.write("config.yaml", strings.Replace(file(t, filepath.Join(s.dir, "config.yaml")), "127.0.0.1:0", s.relay, 1)) // where commands ask
	s.env = append(s.env, "FUNNELRELAY_URL=http://"+s.relay)
	return s
}

func (s *shop) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start runs a program until the test ends, and returns what ready finds in its
// error output.
func (s *shop) start(ready string, line ...string) string {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir, cmd.Env = s.dir, s.env
	stderr, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	found, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if m := regexp.MustCompile(ready).FindStringSubmatch(lines.Text()); m != nil {
				select {
				case found <- m[1]:
				default:
				}
			}
		}
		_ = cmd.Wait() // it is killed
	}()
	s.t.Cleanup(func() { stop(); <-ended })
	select {
	case m := <-found:
		return m
	case <-ended:
	case <-time.After(time.Minute):
	}
	s.t.Fatalf("%v is not ready", line)
	return ""
}

// run runs a command as a shell does.
func (s *shop) run(command string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		s.t.Errorf("%s: %v\n%s", command, err, &out)
	}
	return out.String()
}

// kinds of commands: how each is checked.
var kinds = []struct {
	pattern string
	check   func(t *testing.T, s *shop, command string)
}{
	{`^funnelrelay (check|reload|status)$`, func(_ *testing.T, s *shop, command string) { s.run(command) }},
	{`^funnelrelay sandbox$`, func(_ *testing.T, s *shop, command string) {
		s.start(`sandbox on http://(\S+)`, "sh", "-c", "exec "+command+" --listen 127.0.0.1:0")
	}},
	{`^(sh|python3|node|php) (curl|python|node|php)/send\.\w+ (Lead lead|__commerce_action__ purchase)\.json `, send},
	{`^java java/Send\.java Lead lead\.json `, send},
	{`^go run go/main\.go Lead lead\.json `, send},
	{`^curl -s http://127\.0\.0\.1:8788/deliveries$`, func(t *testing.T, s *shop, command string) {
		if said := s.run(strings.Replace(command, "127.0.0.1:8788", s.sandbox, 1)); !strings.Contains(said, `"deliveries"`) {
			t.Errorf("%s: %s", command, said)
		}
	}},
	{`^curl .* https://relay\.shop\.example/api/v1/webhook/Lead `, func(t *testing.T, s *shop, command string) {
		// What speaks TLS passes the name on, and says that it is there.
		said := s.run(strings.Replace(command, "https://"+public, "http://"+s.relay, 1) + " -H 'Host: " + public + "' -H 'X-Forwarded-For: 198.51.100.7'")
		if !strings.HasSuffix(strings.TrimSpace(said), "401") || !strings.Contains(said, "http.auth") {
			t.Errorf("%s: %s", command, said)
		}
	}},
	{`^mcs -r:System\.Net\.Http\.dll -out:Send\.exe csharp/Send\.cs$`, func(t *testing.T, s *shop, command string) { need(t, "mcs"); s.run(command) }},
	{`^javac -d \. java/Send\.java$`, func(t *testing.T, s *shop, command string) { need(t, "javac"); s.run(command) }},
	{`^go build -o send go/main\.go$`, func(_ *testing.T, s *shop, command string) { s.run(command) }},
	{`^packaging/integrations/n8n/test$`, func(t *testing.T, s *shop, command string) {
		need(t, "bash")
		must(t, exec.Command("bash", "-n", "../../"+command))
		if info, err := os.Stat("../../" + command); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be run: %v", command, err)
		}
	}},
	// Programs that are not here, by their documentation.
	{`^cloudflared tunnel (login|create \w+|route dns \w+ ` + regexp.QuoteMeta(public) + `|run \w+)$`, shape},
	{`^tailscale funnel (--bg 8787|status)$`, shape},
	{`^powershell -File powershell\\Send-Event\.ps1 -Action \w+ -File \w+\.json -Key [\w-]+$`, func(t *testing.T, _ *shop, command string) {
		text := file(t, "custom/powershell/Send-Event.ps1")
		for _, name := range regexp.MustCompile(` -(Action|File \w+\.json|Key) `).FindAllStringSubmatch(command, -1) {
			parameter, _, _ := strings.Cut(name[1], " ")
			if !strings.Contains(text, "[string]$"+parameter) {
				t.Errorf("%s is no parameter", parameter)
			}
		}
	}},
	{`^cscript //nologo vba\\send\.vbs \w+ \w+\.json [\w-]+$`, func(t *testing.T, _ *shop, _ string) {
		if text := file(t, "custom/vba/send.vbs"); !strings.Contains(text, "WScript.Arguments(2)") || strings.Contains(text, "WScript.Arguments(3)") {
			t.Error("the script does not take three arguments")
		}
	}},
	{`^Send\.exe \w+ \w+\.json [\w-]+$`, shape},
}

// send runs a client as a guide has it.
func send(t *testing.T, s *shop, command string) {
	program, _, _ := strings.Cut(command, " ")
	need(t, program)
	if said := s.run(command); !strings.Contains(said, "queued") && !strings.Contains(said, "duplicate") {
		t.Errorf("%s: %s", command, said)
	}
}

// shape is for a command of which nothing but its pattern can be checked.
func shape(*testing.T, *shop, string) {}

// Every command of every guide is one that is known here: it is run, or its shape
// checked.
func TestCommandsOfGuides(t *testing.T) {
	s := newShop(t)
	var all []string
	for _, guide := range guides(t) {
		for _, b := range blocks(guide) {
			if b.kind == "sh" || b.kind == "powershell" {
				all = append(all, strings.Split(strings.TrimSpace(strings.ReplaceAll(b.text, "\\\n", "")), "\n")...)
			}
		}
		for _, m := range regexp.MustCompile("(?m)^\\| `\\w+` \\| .* \\| `([^`]+)` \\|$").FindAllStringSubmatch(guide, -1) {
			all = append(all, m[1])
		}
	}
	used := map[string]bool{}
	for _, command := range all {
		t.Run(command, func(t *testing.T) {
			for _, k := range kinds {
				if regexp.MustCompile(k.pattern).MatchString(command) {
					used[k.pattern] = true
					inner := *s
					inner.t = t
					k.check(t, &inner, command)
					return
				}
			}
			t.Error("nothing here knows how to check it")
		})
	}
	for _, k := range kinds {
		if !used[k.pattern] {
			t.Errorf("no guide has a command like %s", k.pattern)
		}
	}
}
