package relay_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/source"
)

// soon waits for something that the relay does by itself.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-ticker.C {
		if ok() {
			return
		}
	}
	t.Fatal("not seen: " + what)
}

// withTill adds a source that watches a folder, which is returned.
func withTill(t *testing.T) (folder string, change func(*config.Config)) {
	t.Helper()
	folder = t.TempDir()
	return folder, func(c *config.Config) {
		s := source.Default()
		s.Name, s.Watch = "till", []string{filepath.Join(folder, "*.csv")}
		s.Settle = 50 * time.Millisecond
		s.Order = &source.Order{ID: source.Value{"Order"}, Currency: source.Value{`= "EUR"`}, Email: source.Value{"Mail"}}
		s.Items = &source.Items{Label: source.Value{"Item"}, Total: source.Value{"Total"}}
		c.Sources = append(c.Sources, s)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFiles: what was refused is listed and given out, a file is read again as
// often as one likes and nothing is sent twice, and no other file is reached.
func TestFiles(t *testing.T) {
	folder, change := withTill(t)
	d := newDesk(t, true, change)
	write(t, filepath.Join(folder, "sales.csv"), "Order,Item,Total,Mail\n1,Tea,12.50,a@example.com\n2,Tea,what,b@example.com\n")
	state := func() dropfolder.State {
		for _, s := range must[[]dropfolder.State](t, d, "GET", "sources", nil) {
			if s.Source == "till" {
				return s
			}
		}
		return dropfolder.State{}
	}
	soon(t, "the file", func() bool { return state().Totals.Files == 1 })
	list := must[[]control.Reject](t, d, "GET", "rejects?source=till", nil)
	if len(list) != 1 || list[0].File != "rejected/sales.csv.rows.csv" || list[0].Rows != 1 || list[0].Source != "till" {
		t.Fatalf("%+v", list)
	}
	for _, name := range []string{list[0].File, list[0].Path} {
		if status, text := d.do(t, "GET", "rejects/download?source=till&file="+url.QueryEscape(name), nil); status != 200 || !strings.Contains(string(text), "what") {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	write(t, filepath.Join(folder, "secret.csv.txt"), "x")
	write(t, filepath.Join(folder, rejected, "why.csv.why.txt"), "x")
	if err := os.Symlink(filepath.Join(d.cfg.Data, "admin.token"), filepath.Join(folder, rejected, "link.csv")); err != nil {
		t.Log(err)
	}
	for _, name := range []string{
		"", ".", "..", "rejected", "rejected/", "rejected/..", "rejected/../secret.csv.txt", "../" + filepath.Base(folder) + "/secret.csv.txt",
		"secret.csv.txt", filepath.Join(folder, "secret.csv.txt"), filepath.Join(d.cfg.Data, "admin.token"), "rejected/link.csv",
		"rejected/why.csv.why.txt", `rejected\..\secret.csv.txt`, "rejected/sales.csv.rows.csv\x00", "done/../rejected/sales.csv.rows.csv",
		"done/2026-01-01/../../secret.csv.txt", "rejected/NUL", "rejected/CON.csv", "rejected/sales.csv.rows.csv::$DATA", "REJECTED/none.csv",
	} {
		d.refusedWith(t, 404, "no such file", "GET", "rejects/download?source=till&file="+url.QueryEscape(name), nil)
		d.refusedWith(t, 404, "no such file", "POST", "files/again", control.File{Source: "till", File: name})
	}
	d.refusedWith(t, 404, "source nobody", "GET", "rejects?source=nobody", nil)
	done := "done/" + time.Now().UTC().Format(time.DateOnly) + "/sales.csv"
	for n := range 2 {
		soon(t, "the file in done", func() bool { _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(done))); return err == nil })
		must[struct{}](t, d, "POST", "files/again", control.File{Source: "till", File: done})
		soon(t, "the file again", func() bool { return state().Totals.Files == int64(n)+2 })
	}
	if s := state(); s.Totals.Accepted != 1 || s.Totals.Duplicates != 2 {
		t.Errorf("%+v", s.Totals)
	}
	// What takes the name meanwhile is not overwritten.
	write(t, filepath.Join(folder, "unread.txt"), "no file of the source")
	d.refusedWith(t, 404, "no such file", "POST", "files/again", control.File{Source: "till", File: "done/2020-01-01/sales.csv"})
	must[struct{}](t, d, "POST", "files/again", control.File{Source: "till", File: "rejected/sales.csv.rows.csv"})
	soon(t, "the rejects again", func() bool { return state().Totals.Files == 4 })
	if all := must[[]control.Reject](t, d, "GET", "rejects", nil); len(all) < 1 {
		t.Errorf("%+v", all)
	}
	d.arrived(t, 1)
	if n := len(d.sandbox.Deliveries(0, 0)); n != 1 {
		t.Errorf("%d arrived", n)
	}
}

const rejected = "rejected"

// TestPreview: what a file would become, by its source, by its name, and with the
// reasons.
func TestPreviewFile(t *testing.T) {
	_, change := withTill(t)
	d := newDesk(t, false, change)
	csv := "Order,Item,Total,Mail\n1,Tea,12.50,a@example.com\n2,Tea,what,b@example.com\n"
	for _, query := range []string{"source=till&name=sales.csv", "name=sales.csv", `name=C%3A%5Ctills%5Csales.csv`, "source=till&name=other.txt"} {
		p := must[control.Preview](t, d, "POST", "files/preview?"+query, strings.NewReader(csv))
		if p.Says != "source till" || p.Project != "shop" || p.Total != 1 || len(p.Events) != 1 || len(p.Rejected) != 1 || p.Rejected[0].Line != 3 {
			t.Errorf("%s: %+v", query, p)
		}
	}
	p := must[control.Preview](t, d, "POST", "files/preview?source=drop/Lead&name=x.csv", strings.NewReader("email,page\na@example.com,home\n"))
	if p.Total != 1 || !strings.Contains(p.Says, "action Lead") {
		t.Errorf("%+v", p)
	}
	d.refusedWith(t, 404, "source nobody", "POST", "files/preview?source=nobody&name=x.csv", strings.NewReader(csv))
	d.refusedWith(t, 400, "name the file", "POST", "files/preview?source=till", strings.NewReader(csv))
	d.refusedWith(t, 413, "16 MiB", "POST", "files/preview?source=till&name=x.csv", strings.NewReader(strings.Repeat("x", 16<<20+1)))
	if s := d.relay.Status(); s.Total.Accepted != 0 {
		t.Errorf("%+v", s.Total)
	}
}
