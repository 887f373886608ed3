package dropfolder

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestMoveAcross(t *testing.T) {
	from := filepath.Join(t.TempDir(), "a.csv")
	to := filepath.Join(t.TempDir(), "b.csv")
	if err := os.WriteFile(from, []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := moveAcross(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to)
	if err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	moved, err := os.Stat(to)
	if err != nil || moved.Mode() != info.Mode() || !moved.ModTime().Equal(info.ModTime()) {
		t.Errorf("%v, want %v", moved, info)
	}
	left, err := os.ReadDir(filepath.Dir(to))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := os.Stat(from); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	// what cannot be copied stays, and leaves nothing behind
	if err := moveAcross(t.Context(), to, filepath.Join(from, "no folder", "c.csv")); err == nil {
		t.Error("a move into a folder that is not there went well")
	}
	if _, err := os.Stat(to); err != nil {
		t.Error(err)
	}
}

// A done folder on another volume is filled all the same.
func TestOtherVolume(t *testing.T) {
	shm, err := os.MkdirTemp("/dev/shm", "drop") // a volume of its own on Linux
	if runtime.GOOS != "linux" || err != nil {
		t.Skip("no other volume is at hand: ", err)
	}
	t.Cleanup(func() { os.RemoveAll(shm) })
	bubble(t, func(t *testing.T, s *site) {
		if err := os.Symlink(shm, filepath.Join(s.drop, doneDir)); err != nil {
			t.Skip(err)
		}
		s.put("a.csv", table("a"))
		s.during(waitTaken, s.source(leads(nil), "*.csv"))
		s.wantEvents("a")
		if _, err := os.Stat(filepath.Join(shm, today(), "a.csv")); err != nil {
			t.Errorf("%v\n%s", err, s.log)
		}
	})
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a.csv": false, "~$a.xlsx": true, ".a.csv": true, ".~lock.a.csv#": true, "a.csv~": true, "A.TMP": true,
		"a.part": true, "a.partial": true, "a.crdownload": true, "a.filepart": true, ".a.swp": true, "a.swp": true,
		"a.csv.why.txt": true, "THUMBS.DB": true, "Desktop.ini": true, "party.csv": false, "tmp": false, "": true, leaseName: true,
	} {
		if got := ignored(name); got != want {
			t.Errorf("ignored(%q) = %v", name, got)
		}
	}
	for path, want := range map[string]string{
		"/d/a.csv": "/d/a.csv", "/d/a.csv.rows.csv": "/d/a.csv", "/d/a.csv.rows (2).csv": "/d/a.csv",
		"/d/a.zip.rows-2.csv": "/d/a.zip", "/d/a.json.rows.ndjson": "/d/a.json", "/d/rows.csv": "/d/rows.csv",
		"/d/.rows.csv": "/d/.rows.csv", "/d/a.rows.b/c.csv": "/d/a.rows.b/c.csv",
	} {
		if got := Original(filepath.FromSlash(path)); filepath.ToSlash(got) != want {
			t.Errorf("Original(%q) = %q, want %q", path, got, want)
		}
	}
	for n, want := range map[int]string{1: "a.b.csv", 2: "a.b (2).csv"} {
		if got := withNumber("a.b.csv", n); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
