package dropfolder

import (
	"errors"
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
	tables, joined, missing := v.joined(dir, entries)
	for path := range v.seen {
		f := v.lane.files[path]
		switch {
		case f == nil || f.dir != dir:
		case isIndex(f.name):
			f.with(nil, besides(dir, entries), "", v.now)
		case f.joins(v.source):
			f.with(tables, joined, missing, v.now)
			if missing != "" && !f.taken && !v.lane.settled(v.source, f) {
				v.lane.once("table "+path, "a file waits for the table "+missing+", which it is joined with and which is not there", path)
			}
		default:
			f.with(nil, nil, "", v.now)
		}
	}
}

// An awaited is the error of an index.xml whose tables are not all there yet.
type awaited struct{ err error }

func (a *awaited) Error() string { return a.err.Error() }

// awaits makes an awaited of the error of an index.xml that is read with a table
// which is not there, for as long as it may still come.
func (f *sighting) awaits(cause error) error {
	if isIndex(f.name) && errors.Is(cause, fs.ErrNotExist) && time.Since(f.since) < tableWait {
		return &awaited{cause}
	}
	return nil
}

// awaitEvery is how often an index.xml is tried that waits for a table.
const awaitEvery = 10 * time.Second

// joins says that other tables are joined with the file. A zip has them in it,
// and rejected rows have their columns.
func (f *sighting) joins(s *Source) bool {
	return len(s.Spec.Read.Join) > 0 && s.Spec.Mode != source.Follow && !f.corrected() &&
		!strings.EqualFold(filepath.Ext(f.name), ".zip")
}

// with notes what is read with the file.
func (f *sighting) with(tables []string, beside []signature, missing string, now time.Time) {
	f.tables, f.missing = tables, missing
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

// joined are the tables that the source joins with files in dir, by their names
// from there; missing is one that is not there.
func (v *visit) joined(dir string, entries []fs.DirEntry) (tables []string, list []signature, missing string) {
	for _, join := range v.source.Spec.Read.Join {
		name := tableName(dir, entries, join.Table)
		sig, err := signed(filepath.Join(dir, name))
		if err != nil {
			missing = join.Table
			continue
		}
		tables, list = append(tables, name), append(list, sig)
	}
	return tables, list, missing
}

// tableName is how the table is called, whose letters' case need not be that of
// the config.
func tableName(dir string, entries []fs.DirEntry, table string) string {
	name := filepath.FromSlash(strings.ReplaceAll(table, `\`, "/"))
	if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
		return name
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), name) {
			return e.Name()
		}
	}
	return name
}

// sameTables says that the tables of a file are those that were seen.
func (f *sighting) sameTables() bool {
	for i, name := range f.tables {
		if sig, err := signed(filepath.Join(f.dir, name)); err != nil || !sig.equal(f.beside[i]) {
			return false
		}
	}
	return true
}

// signed is the signature of what lies at path.
func signed(path string) (signature, error) {
	info, err := os.Stat(path)
	if err != nil {
		return signature{}, err
	}
	return signatureOf(info), nil
}
