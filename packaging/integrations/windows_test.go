package integrations

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What every client must send and tell apart, however it is written.
var everyClient = []string{"application/json", "X-PROJECT-ID", "X-API-KEY", "Idempotency-Key", "/api/v1/webhook/", "http://127.0.0.1:8787"}

// The scripts for Windows have no runtime on most systems that the tests know: they
// are run where there is one, and elsewhere their shape is checked: quotes and
// blocks are closed, the headers are those of the others, and every status that the
// others tell apart is told apart the same way.
func TestScriptsOfWindows(t *testing.T) {
	statuses := map[string][]int{"taken": {200, 202}, "refused": {400, 413, 415, 422}, "settings": {401, 403, 404, 405, 421}}
	for _, c := range []struct {
		path   string
		list   string // how a list of statuses is written
		shaped func(t *testing.T, text string)
	}{
		{"custom/powershell/Send-Event.ps1", "= %s\n", powershellShape},
		{"custom/vba/FunnelRelay.bas", "Case %s\n", basicShape},
		{"custom/vba/send.vbs", "Case %s\n", basicShape},
	} {
		t.Run(c.path, func(t *testing.T) {
			text := file(t, c.path)
			for _, want := range everyClient {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing", want)
				}
			}
			for what, codes := range statuses {
				want := fmt.Sprintf(c.list, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(codes)), ", "), "[]"))
				if !strings.Contains(text, want) {
					t.Errorf("%s: %q is missing", what, strings.TrimSpace(want))
				}
			}
			c.shaped(t, text)
		})
	}
}

// blanked takes comments and texts out, so that what is left is structure.
func blanked(t *testing.T, text, pattern string) string {
	t.Helper()
	return regexp.MustCompile(pattern).ReplaceAllStringFunc(text, func(s string) string {
		return strings.Repeat("\n", strings.Count(s, "\n"))
	})
}

func powershellShape(t *testing.T, text string) {
	code := blanked(t, text, `(?s)<#.*?#>|'[^'\n]*'|"(?:\$\([^"]*?\)|[^"\n])*"|#[^\n]*`)
	var open []rune
	pairs := map[rune]rune{')': '(', '}': '{', ']': '['}
	for i, c := range code {
		switch {
		case strings.ContainsRune("({[", c):
			open = append(open, c)
		case pairs[c] != 0 && (len(open) == 0 || open[len(open)-1] != pairs[c]):
			t.Fatalf("line %d: %c closes nothing", strings.Count(code[:i], "\n")+1, c)
		case pairs[c] != 0:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || strings.ContainsAny(code, `"'`) {
		t.Errorf("%q is not closed", string(open))
	}
	// Every variable is set somewhere, is a parameter, or is the language's own.
	known := map[string]bool{"env": true, "true": true, "false": true, "null": true, "_": true, "ErrorActionPreference": true}
	for _, m := range regexp.MustCompile(`\$(\w+)(?:, \$(\w+))? = |\]\$(\w+)`).FindAllStringSubmatch(code, -1) {
		known[m[1]], known[m[2]], known[m[3]] = true, true, true
	}
	for _, m := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(code, -1) {
		if !known[m[1]] && !known[strings.ToUpper(m[1][:1])+m[1][1:]] {
			t.Errorf("$%s is never set", m[1])
		}
	}
	if _, err := exec.LookPath("pwsh"); err == nil {
		t.Run("run", func(t *testing.T) { runPowerShell(t) })
	}
}

// runPowerShell runs the script where there is a PowerShell.
func runPowerShell(t *testing.T) {
	r := newRig(t, nil)
	lead := filepath.Join(t.TempDir(), "lead.json")
	if err := os.WriteFile(lead, []byte(exampleLead), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("pwsh", "-NoProfile", "-File", "custom/powershell/Send-Event.ps1", "-Action", "Lead", "-File", lead, "-Key", "lead-1", "-Url", "http://"+r.addr)
	must(t, cmd)
	holds(t, r.arrived(1)[0], "Lead", exampleLead)
}

// basicShape checks what VBA and VBScript have in common: each block is closed by
// its own word.
func basicShape(t *testing.T, text string) {
	code := blanked(t, text, `"(?:[^"\n]|"")*"|'[^\n]*`)
	if strings.Contains(code, `"`) {
		t.Error("a text is not closed")
	}
	opens := regexp.MustCompile(`^(?:Public |Private )?(Function|Sub|Select Case|For|Do|If)\b`)
	closes := map[string]string{"End Function": "Function", "End Sub": "Sub", "End Select": "Select Case", "Next": "For", "Loop": "Do", "End If": "If"}
	var open []string
	lines := strings.Split(code, "\n")
	for n, line := range lines {
		line = strings.TrimSpace(line)
		for word, of := range closes {
			if line == word || word == "Next" && strings.HasPrefix(line, "Next") {
				if len(open) == 0 || open[len(open)-1] != of {
					t.Fatalf("line %d: %s closes %v", n+1, line, open)
				}
				open = open[:len(open)-1]
			}
		}
		m := opens.FindStringSubmatch(line)
		if m == nil || m[1] == "If" && !strings.HasSuffix(line, "Then") { // an If on one line has no end
			continue
		}
		open = append(open, m[1])
	}
	if len(open) > 0 {
		t.Errorf("%v is not closed", open)
	}
	if !strings.Contains(code, "Option Explicit") {
		t.Error("Option Explicit is missing")
	}
	declared := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)\b(?:Dim|Const|ByVal|Public) ([^\n]+)`).FindAllStringSubmatch(code, -1) {
		for _, name := range regexp.MustCompile(`\w+`).FindAllString(m[1], -1) {
			declared[name] = true
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\s*(?:Set )?(\w+) = `).FindAllStringSubmatch(code, -1) {
		function := regexp.MustCompile(`\bFunction ` + m[1] + `\(`).MatchString(code)
		if !declared[m[1]] && !function {
			t.Errorf("%s is set and never declared", m[1])
		}
	}
}
