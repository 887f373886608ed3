package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestSmoke drives the real binary with tiny numbers: it holds the scenarios to
// the relay's config, answers and metrics.
func TestSmoke(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the relay is built with the go command, which is not here")
	}
	var out, log bytes.Buffer
	args := []string{"-only", "ingest-64,drain-start", "-d", "100ms", "-runs", "1", "-n", "300", "-json", "-dir", t.TempDir()}
	if code := execute(t.Context(), args, &out, &log); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), log.String())
	}
	found := map[string]map[string]float64{}
	for line := range strings.Lines(out.String()) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		found[r.Scenario] = map[string]float64{}
		for _, f := range r.Figures {
			found[r.Scenario][f.Name] = f.Value
		}
	}
	for scenario, name := range map[string]string{"ingest-64": "accepted", "drain-start": "sent"} {
		if found[scenario][name] <= 0 {
			t.Errorf("%s: %s is %v, want more than 0", scenario, name, found[scenario][name])
		}
	}
	if n, ok := found["drain-start"][duplicates]; n != 0 || !ok {
		t.Errorf("drain-start: %v duplicates, %v", n, ok)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-only", "ingest-65"}, {"-runs", "0"}, {"-d", "0s"}, {"ingest-64"}, {"-nonsense"}} {
		var out, log bytes.Buffer
		if code := execute(t.Context(), args, &out, &log); code != 2 || log.Len() == 0 {
			t.Errorf("%v: exit code %d, %q", args, code, log.String())
		}
	}
}

func TestCommandMeasuresItAgain(t *testing.T) {
	o, err := parse([]string{"-only", "idle,drain-0ms", "-json", "-d", "2s", "-n", "7"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios() {
		want := "go run ./packaging/bench -only " + s.name + " -d 2s"
		if s.backlog > 0 {
			want += " -n 7"
		}
		if got := o.command(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
