package dropfolder

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"funnelrelay/relay/source"
)

// What lies in done and rejected of a link is what it led to: the link itself
// would lead nowhere from there.
func TestLinkPutAway(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right there that tills do not have")
	}
	bubble(t, func(t *testing.T, s *site) {
		s.put("store/a.dat", table("a"))
		s.put("store/b.dat", "nr,mail\n1,b@x.de\n")
		for _, name := range []string{"a", "b"} {
			if err := os.Symlink(filepath.Join("store", name+".dat"), filepath.Join(s.drop, name+".csv")); err != nil {
				t.Skip(err)
			}
		}
		s.during(waitTaken, s.source(leads(func(spec *source.Source) { spec.Identity = "require" }), "*.csv"))
		s.wantEvents("a")
		s.wantFiles("done/a.csv", "rejected/b.csv", "rejected/b.csv.why.txt", "store/a.dat", "store/b.dat")
		err := filepath.WalkDir(s.drop, func(path string, d os.DirEntry, err error) error {
			_, dangling := os.Stat(path)
			return errors.Join(err, dangling)
		})
		if err != nil {
			t.Error(err)
		}
	})
}
