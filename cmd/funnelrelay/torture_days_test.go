package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

// printed is what a command prints about the relay of the rig.
func (r *rig) printed(args ...string) []byte {
	r.t.Helper()
	var out, errs bytes.Buffer
	if code := execute(r.t.Context(), append(args, "--config", r.config), streams{strings.NewReader(""), &out, &errs}); code != 0 {
		r.t.Fatalf("%v: exit %d: %s", args, code, &errs)
	}
	return out.Bytes()
}

// counted is what one row of the days says.
type counted struct{ Accepted, Sent, Pending, Dead, Discarded spool.Sum }

// checkDays counts every event of the spool anew, by what its body says, and
// compares that with the days, which were kept up all the while.
func checkDays(t *testing.T, r *rig) {
	t.Helper()
	type name struct{ day, project, source, currency string }
	recount := map[name]counted{}
	first, last := "9999", ""
	for line := range bytes.Lines(r.printed("spool", "export")) {
		var x control.Exported
		var body struct {
			Items []struct {
				Cents    int64  `json:"__total_in_cents__"`
				Currency string `json:"__currency__"`
			} `json:"purchase_data"`
		}
		if err := json.Unmarshal(line, &x); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(x.Body), &body); err != nil || len(body.Items) != 1 {
			t.Fatalf("%s: %v", x.Body, err)
		}
		first, last = min(first, x.Day), max(last, x.Day)
		key := name{x.Day, x.Project, x.Source, body.Items[0].Currency}
		c := recount[key]
		for _, sum := range []*spool.Sum{&c.Accepted, map[string]*spool.Sum{"sent": &c.Sent, "pending": &c.Pending, "dead": &c.Dead}[x.State]} {
			sum.Count++
			sum.Amount += body.Items[0].Cents
		}
		recount[key] = c
	}
	var days control.Days
	if err := json.Unmarshal(r.printed("days", "--json", "--from", first, "--to", last), &days); err != nil {
		t.Fatal(err)
	}
	kept := map[name]counted{}
	for _, d := range days.Rows {
		kept[name{d.Day, d.Project, d.Source, d.Currency}] = counted{d.Accepted, d.Sent, d.Pending, d.Dead, d.Discarded}
	}
	if diff := cmp.Diff(recount, kept); diff != "" {
		t.Errorf("the days differ from a recount (-recount +days):\n%s", diff)
	}
}
