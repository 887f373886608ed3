package dropfolder

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/source"
)

// tableWait is for how long a file waits for a table that it is joined with and
// that is not there: tills write one after the other. Then it is refused.
const tableWait = 5 * time.Minute

// sets lets a file in dir count as changed when what is read with it does: with
// an index.xml any other file, with a table those that are joined.
func (v *visit) sets(dir string, entries []fs.DirEntry) {
	joined, missing := v.joined(dir, entries)
	for path := range v.seen {
		f := v.lane.files[path]
		switch {
		case f == nil || f.dir != dir:
		case isIndex(f.name):
			f.with(besides(dir, entries), "", v.now)
		case f.joins(v.source):
			f.with(joined, missing, v.now)
			if missing != "" && !f.taken && !v.lane.settled(v.source, f) {
				v.lane.once("table "+path, "a file waits for the table "+missing+", which it is joined with and which is not there", path)
			}
		}
	}
}

// joins says that other tables are joined with the file. A zip has them in it,
// and rejected rows have their columns.
func (f *sighting) joins(s *Source) bool {
	return len(s.Spec.Read.Join) > 0 && s.Spec.Mode != source.Follow && !f.corrected() &&
		!strings.EqualFold(filepath.Ext(f.name), ".zip")
}

// with notes what is read with the file.
func (f *sighting) with(beside []signature, missing string, now time.Time) {
	f.missing = missing
	if slices.EqualFunc(f.beside, beside, signature.equal) {
		return
	}
	f.beside, f.since, f.looks = beside, now, 1
	f.handled = signature{}
}

// besides are all files of a folder.
func besides(dir string, entries []fs.DirEntry) (list []signature) {
	for _, e := range entries {
		if sig, err := signed(filepath.Join(dir, e.Name())); err == nil && sig.info.Mode().IsRegular() && !ignored(e.Name()) {
			list = append(list, sig)
		}
	}
	return list
}

// joined are the tables that the source joins with files in dir; missing is one
// that is not there.
func (v *visit) joined(dir string, entries []fs.DirEntry) (list []signature, missing string) {
	for _, join := range v.source.Spec.Read.Join {
		sig, err := signed(tablePath(dir, entries, join.Table))
		if err != nil {
			missing = join.Table
			continue
		}
		list = append(list, sig)
	}
	return list, missing
}

// tablePath is where the table called name lies, whose letters' case need not be
// that of the file.
func tablePath(dir string, entries []fs.DirEntry, name string) string {
	path := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))
	if _, err := os.Lstat(path); err == nil || filepath.Dir(path) != dir {
		return path
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), filepath.Base(path)) {
			return filepath.Join(dir, e.Name())
		}
	}
	return path
}

// signed is the signature of what lies at path.
func signed(path string) (signature, error) {
	info, err := os.Stat(path)
	if err != nil {
		return signature{}, err
	}
	return signatureOf(info), nil
}
