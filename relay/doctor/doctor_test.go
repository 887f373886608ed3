package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/spool"
)

// TestUnanswered has a look that never comes back: a share that is gone.
func TestUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := make(chan struct{})
		l := look{name: "folder", about: `\\till\export`, group: GroupFolders, limit: fileTime, do: func(context.Context) []Check {
			<-back
			return []Check{{Verdict: OK}}
		}}
		began := time.Now()
		said := l.bounded(t.Context())
		if took := time.Since(began); took > fileTime+time.Second {
			t.Errorf("took %s", took)
		}
		want(t, said[0], Bad, "no answer within 8s")
		if said[0].Group != GroupFolders || said[0].About != `\\till\export` {
			t.Errorf("%+v", said[0])
		}
		close(back)
	})
}

// TestSecretsStayOut has a system whose errors tell what they should not.
func TestSecretsStayOut(t *testing.T) {
	o := Options{
		Groups: []Group{GroupService}, Secrets: []Secret{"k3y-of-the-shop", "", "ab"},
		State: func() (string, error) { return "", errors.New("cannot log in with k3y-of-the-shop about") },
	}
	list := Run(t.Context(), o)
	if len(list) != 1 || !strings.Contains(list[0].Says, "with ••• about") {
		t.Errorf("%+v", list)
	}
	for _, verb := range []string{"%v", "%s", "%q", "%x", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, o.Secrets); strings.Contains(text, "k3y") || strings.Contains(text, "6b3379") {
			t.Errorf("%s shows %s", verb, text)
		}
	}
	if text, err := json.Marshal(o.Secrets); err != nil || strings.Contains(string(text), "k3y") {
		t.Errorf("%s %v", text, err)
	}
}

func TestKey(t *testing.T) {
	for _, c := range []struct {
		key     Secret
		verdict Verdict
		says    string
	}{
		{"f3a9c07e-5b1d-4e0c-9a58-7c2d1e6b4f10", OK, "36 characters"},
		{"two words of it", OK, "15 characters"},
		{"", Bad, "no key"},
		{"account", Bad, "the same text"},
		{"YOUR SECRET KEY", Warn, "instructions"},
		{"<api-key-here>", Warn, "instructions"},
		{"${FUNNELYTICS}…", Bad, "plain ASCII"},
		{"Bearer f3a9c07e5b1d", Bad, "header"},
		{`"f3a9c07e5b1d"`, Bad, "quotation marks"},
		{"“f3a9c07e5b1d”", Bad, "typographic"},
		{"f3a9c07e\u200b5b1d", Bad, "cannot be seen"},
		{"f3a9c07e5b1d\n", Bad, "cannot be seen"},
		{"f3a9c07é5b1d", Bad, "plain ASCII"},
		{" f3a9c07e5b1d", Bad, "space at its beginning"},
		{"https://events.funnelytics.io", Bad, "address"},
		{"1234", Bad, "4 letters only"},
	} {
		p := Project{Name: "shop", ProjectID: "account", Key: c.key}
		said := p.key()
		want(t, said, c.verdict, c.says)
		if len(c.key) > 4 && c.key != "account" && strings.Contains(said.Says+said.Remedy, string(c.key)) {
			t.Errorf("the key shows: %s", said.Says)
		}
	}
	p := Project{Name: "shop", ProjectID: "YOUR WEBHOOK ACCOUNT ID", Key: "f3a9c07e5b1d"}
	want(t, p.key(), Warn, "project_id")
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		folder  Folder
		verdict Verdict
		says    string
	}{
		{Folder{Source: "till", Path: dir}, OK, "files of source till can be read, and be put away"},
		{Folder{Source: "till", Path: filepath.Join(dir, "none")}, Bad, "is not there"},
		{Folder{Path: filepath.Join(dir, "none"), Own: true}, Skipped, "not there yet"},
		{Folder{Source: "till", Path: file}, Bad, "cannot be read"},
	} {
		want(t, c.folder.check(), c.verdict, c.says)
	}
	o := Options{Data: filepath.Join(dir, "none"), KeyFiles: []string{filepath.Join(dir, "nokey")}}
	said := o.rights()
	want(t, said[0], Skipped, "not there yet")
	want(t, said[1], Bad, "not there")
	want(t, fsync(t.Context(), o.Data), Skipped, "not there yet")

	if runtime.GOOS != "windows" { // where below a file there is nothing, as anywhere else
		want(t, fsync(t.Context(), file), Bad, "nothing can be written: ", "writable")
		o = Options{Data: filepath.Join(dir, "none"), Witness: dir, Log: filepath.Join(file, "relay.log")}
		said = o.rights()
		want(t, said[1], OK, "can be written")
		want(t, said[2], Warn, "the folder of the log cannot be written")
		o = Options{Data: dir, Token: file}
		said = o.rights()
		want(t, said[len(said)-1], Bad, "every user of this machine can read it", "chmod o-rwx")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("something was left behind: %v %v", list, err)
	}
}

// TestReadOnlyFolder has a folder that can be read and not written.
func TestReadOnlyFolder(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("root may write everywhere, and Windows keeps rights elsewhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	o := Options{Data: dir}
	want(t, o.rights()[0], Bad, "rights of this user do not reach")
	want(t, fsync(t.Context(), dir), Bad, "rights of this user do not reach")
	f := Folder{Source: "till", Path: dir}
	want(t, f.check(), Bad, "not be put away")
	f.Keeps = true
	want(t, f.check(), OK)
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	o := Options{Data: filepath.Join(dir, "not", "yet"), MaxSpool: 1}
	if said := o.disk()[0]; said.Verdict == Bad || !strings.Contains(said.Says, "free") {
		t.Errorf("%+v", said)
	}
	o.MaxSpool = 1 << 60
	if said := o.disk()[0]; said.Verdict == OK {
		t.Errorf("%+v", said)
	}
	want(t, o.local(), OK)
	took, err := measure(t.Context(), dir)
	if err != nil || len(took) == 0 {
		t.Errorf("%v %v", took, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, fsync(ended, dir), Bad, "not one write")
	held, _, err := renameFresh(t.Context(), dir)
	if err != nil || runtime.GOOS != "windows" && held > 0 {
		t.Errorf("%d %v", held, err)
	}
	tries, err := patiently(ended, func() error { return fs.ErrPermission })
	if tries == 0 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%d %v", tries, err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("something was left behind: %v %v", list, err)
	}
}

func TestService(t *testing.T) {
	for state, verdict := range map[string]Verdict{"running": OK, "stopped": Bad, "failed": Bad, "not installed": Warn} {
		o := Options{State: func() (string, error) { return state, nil }}
		want(t, o.service(), verdict)
	}
	o := Options{Inside: true, State: func() (string, error) { return "stopped", nil }}
	want(t, o.service(), Warn, "started by hand")
}

func TestPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := Options{Listen: l.Addr().String()}
	for _, c := range []struct {
		answer  error
		verdict Verdict
		says    string
	}{
		{nil, OK, "the relay has it"},
		{fs.ErrPermission, Warn, "may not read the admin token"},
		{fs.ErrNotExist, Bad, "another program has the port"},
		{errors.New("<html>"), Bad, "not as this relay does"},
	} {
		taken.Ours = func(context.Context) error { return c.answer }
		want(t, taken.port(t.Context()), c.verdict, c.says)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Listen: free.Addr().String()}
	free.Close()
	want(t, o.port(t.Context()), Warn, "the port is free")
	o.Listen = "192.0.2.1:8787"
	if said := o.port(t.Context()); said.Verdict != Bad {
		t.Errorf("%+v", said)
	}
	o.Listen = "127.0.0.1:0"
	want(t, o.port(t.Context()), Skipped)
	o.Listen = "8787"
	want(t, o.port(t.Context()), Bad)
}

func TestSpool(t *testing.T) {
	many := errors.New("")
	for i := range 30 {
		many = errors.Join(many, fmt.Errorf("record %d: in 2 states", i))
	}
	for _, c := range []struct {
		err     error
		verdict Verdict
		says    string
	}{
		{nil, OK, "adds up"}, {ErrTooLarge, Skipped, "spool check"}, {fs.ErrNotExist, Skipped, "not there yet"},
		{fs.ErrPermission, Bad, "rights"}, {spool.ErrLocked, Warn, "in use"}, {spool.ErrNewerFormat, Bad, "newer version"},
		{many, Bad, "and 25 more"},
	} {
		o := Options{CheckSpool: func() error { return c.err }}
		want(t, o.spool(), c.verdict, c.says)
	}
}

func TestConfig(t *testing.T) {
	o := Options{ConfigPath: "c.yaml", Mistakes: []string{"c.yaml:3:1: lisen: is not known"}, Warnings: []string{"c.yaml:9:1: …"}, Config: "in order"}
	said := o.config()
	if len(said) != 2 {
		t.Fatalf("%+v", said)
	}
	want(t, said[0], Bad, "lisen")
	want(t, said[1], Warn)
	o.Mistakes, o.Warnings = nil, nil
	want(t, o.config()[0], OK, "in order")
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	o = Options{Zone: "Europe/Berlin", Location: zone}
	want(t, o.timezone(), OK, "Europe/Berlin")
	o = Options{Zone: "local", Location: time.UTC}
	want(t, o.timezone(), Warn, "UTC")
}

// TestOrder says that all is told group by group, and quickly where nothing is in
// the way.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	list := Run(t.Context(), Options{
		Version: "1", Config: "fine", Data: dir, Spool: dir + "/spool.db", Listen: "127.0.0.1:0", Watched: []Folder{{Path: dir}},
		Projects: []Project{{Name: "shop", URL: "http://127.0.0.1:1", Key: "f3a9c07e5b1d", ProjectID: "x"}},
		State:    func() (string, error) { return "running", nil }, Location: time.UTC, Zone: "UTC",
	})
	at := -1
	for _, c := range list {
		place := -1
		for i, g := range Groups() {
			if g == c.Group {
				place = i
			}
		}
		if place < at {
			t.Errorf("%s comes too late", c.Name)
		}
		at = place
		if c.Name == "" || c.Says == "" || c.Verdict == "" {
			t.Errorf("%+v", c)
		}
	}
	if at != len(Groups())-1 {
		t.Errorf("groups are missing: %+v", list)
	}
	if Worst(list) != Bad || Worst(nil) != OK {
		t.Error(Worst(list))
	}
}
