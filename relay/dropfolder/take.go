package dropfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"funnelrelay/relay/source"
)

// The steps of a file's life, in their order: where a crash leaves what the
// package's doc says.
const (
	stepRead    = "read"    // the content is known by its hash, nothing was handed over
	stepBatch   = "batch"   // a batch and the progress are on disk, more is to come
	stepTaken   = "taken"   // the last batch is on disk
	stepRejects = "rejects" // the rejects have their name
	stepMarker  = "marker"  // the marker is put away
	stepMoved   = "moved"   // the file is put away, its note is still there
	stepWhy     = "why"     // the reason why a file is refused is written
	stepJournal = "journal" // a part of a journal is on disk
)

// An unreadable is the error of a file that cannot be read, whatever is tried:
// what is in it is wrong.
type unreadable struct{ err error }

func (u *unreadable) Error() string { return u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

// take takes a file: reads it, hands its events over, and puts it away. On
// error the file stays, and what was handed over is remembered.
func (l *lane) take(ctx context.Context, s *Source, f *sighting) error {
	if s.follows(f) {
		return l.follow(ctx, s, f)
	}
	if err := exclusive(f.path); err != nil {
		return err
	}
	t := &taking{lane: l, source: s, file: f, begun: time.Now(), name: noteName(s.Name, f.path)}
	t.under = &underway{file: f.path, size: f.sig.size, started: t.begun}
	l.ledger.begin(t.under)
	defer l.ledger.end()
	err := t.guarded(func() error { return t.read(ctx) })
	var wrong *unreadable
	if errors.As(err, &wrong) {
		if err = t.same(); err == nil {
			if err = f.awaits(wrong.err); err == nil {
				return t.refuse(ctx, wrong.err)
			}
		}
	}
	if err == nil {
		err = t.putAway(ctx)
	}
	if err != nil {
		t.leave()
	}
	return err
}

// leave counts what was handed over of a file that is to be taken up again, and
// keeps it to be told of at its end. Rows that will be read again count then.
func (t *taking) leave() {
	if !t.file.taken {
		t.totals.Rows, t.totals.Skipped, t.totals.Rejected, t.totals.Earlier = 0, 0, 0, 0
	}
	t.lane.ledger.count(t.totals)
	t.file.untold.add(t.totals)
}

// taking is a file that is being taken.
type taking struct {
	lane   *lane
	source *Source
	file   *sighting
	begun  time.Time
	under  *underway
	name   string // of the note
	note   note
	path   string      // that a journal is read under, which is not file's when it was renamed
	as     os.FileInfo // of a journal before its reading began
	ended  bool        // of a journal: a last line without an end is complete
	again  bool        // there was nothing new in it: it only stays where it is
	totals Totals
	reject []*rejects
}

// read hands over what is in the file, from where it was left.
func (t *taking) read(ctx context.Context) error {
	in, err := openFolder(t.file.dir, &t.under.bytes)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	if err := t.same(); err != nil {
		return err
	}
	members, err := in.members(t.file.name)
	if err != nil {
		return err
	}
	if t.source.Spec.Mode == source.Rewrite {
		members = append(members, t.file.tables...) // it is read anew when they are
	}
	sum, set, err := in.sum(ctx, members)
	if err != nil {
		return err
	}
	before, err := t.lane.recalled(t.name)
	if err != nil {
		return err
	}
	if t.file.taken && before.holds(set) {
		sum = before.Sum // the others were put away
	}
	print := t.source.print()
	if before.Sum == sum && before.Print == print && !t.moved(before) {
		t.note = before
		t.again = t.source.stays(t.file) && before.Taken
		if before.Taken {
			return nil
		}
	} else {
		t.replaced(before, sum)
		t.note = note{Sum: sum, Print: print}
		if len(set) > 1 {
			t.note.Set = set
		}
		if t.source.stays(t.file) {
			t.note.Known = before.Known
		}
	}
	t.file.known = true
	t.lane.watcher.o.fault(stepRead)
	if t.file.sig.size == 0 {
		return &unreadable{errors.New("the file holds nothing (0 bytes); if the till writes it later, have it write under another name and rename it")}
	}
	if !utf8.ValidString(t.file.name) {
		return &unreadable{errors.New("its name is not UTF-8, as the names of files are on this system; rename it, with plain letters at best")}
	}
	err = t.pass(ctx, in, sum)
	if err != nil && !t.note.Taken { // else they belong to what may be on disk in spite of the error
		t.dropRejects()
	}
	if err != nil && in.trouble() != nil && ctx.Err() == nil && !errors.Is(err, errChanged) {
		if changed := t.same(); changed != nil {
			return changed
		}
		return in.trouble()
	}
	return err
}

// replaced tells of a file that holds something else now than when it was read
// in part. What was taken of the first content is counted by itself.
func (t *taking) replaced(before note, sum string) {
	if before.Sum == "" || before.Sum == sum || before.Taken || before.Results == 0 {
		return
	}
	n := t.file.untold
	t.file.untold = Totals{}
	t.lane.watcher.o.Log.Warn("a file was replaced while it was read: of its first content a part was taken, and the one that is there now is read from its start",
		"source", t.source.Name, "file", t.file.path, "results", before.Results, "accepted", n.Accepted, "duplicates", n.Duplicates)
}

// moved says that the file of an earlier note was put away, and that this one
// came after it with the same content.
func (t *taking) moved(n note) bool {
	if !n.Taken || n.Target == "" {
		return false
	}
	_, err := os.Lstat(filepath.Join(t.file.dir, n.Target))
	return err == nil
}

// unchanged is called before each batch: what was read is still what lies
// there. A journal only grows.
func (t *taking) unchanged() error {
	if t.note.Journal == nil {
		return t.same()
	}
	info, err := os.Stat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && (!os.SameFile(info, t.as) || info.Size() < t.as.Size()):
		return errChanged
	}
	return err
}

// same is errChanged when the file, or a table of it, is not the one any more
// that was seen.
func (t *taking) same() error {
	info, err := os.Stat(t.file.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errChanged
	case err != nil:
		return err
	case !t.file.sig.equal(signatureOf(info)), !t.file.sameTables():
		return errChanged
	}
	return nil
}

// refuse puts a file aside that cannot be read, with the reason. What was taken
// of it stays taken.
func (t *taking) refuse(ctx context.Context, cause error) error {
	l, f := t.lane, t.file
	if t.source.stays(t.file) {
		f.handled = f.sig
		l.raise("source-unread/"+t.source.Name+"/"+f.name,
			fmt.Sprintf("source %s: file %s cannot be read: %v", t.source.Name, f.path, cause),
			"mend the file or the source; it is read again when it changes")
		t.finish(cause.Error())
		return nil
	}
	dir := filepath.Join(f.dir, rejectedDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	target, err := free(dir, f.name)
	if err != nil {
		return err
	}
	text := t.why(cause)
	if err := writeWhole(ctx, filepath.Join(dir, target+whySuffix), []byte(text)); err != nil {
		return err
	}
	l.watcher.o.fault(stepWhy)
	if err := move(ctx, f.path, filepath.Join(dir, target)); err != nil {
		return err
	}
	l.dirty[dir] = true
	t.gone()
	t.finish(cause.Error())
	return nil
}

// why is what a person reads beside a file that was refused.
func (t *taking) why(cause error) string {
	text := fmt.Sprintf("%s was not taken.\n\nReason: %v\n", t.file.name, cause)
	if n := t.note.Results; n > 0 {
		text += fmt.Sprintf("\nWhat stands before that place was taken (%d orders or events); nothing is sent twice.\n", n)
	}
	return text + fmt.Sprintf("\nMend the file, or the source %s in the config, and put the file into\n%s again.\n", t.source.Name, t.file.dir)
}

// finish tells the log and the ledger what became of the file.
func (t *taking) finish(wrong string) {
	t.totals.Files = 1
	t.lane.ledger.count(t.totals)
	t.totals.add(t.file.untold)
	t.file.untold = Totals{}
	t.tell(wrong)
}

// tell tells of what is in totals.
func (t *taking) tell(wrong string) {
	t.lane.ledger.record(Result{File: t.file.path, At: time.Now(), Totals: t.totals, Error: wrong})
	took := time.Since(t.begun)
	args := []any{
		"source", t.source.Name, "file", t.file.path, "rows", t.totals.Rows, "accepted", t.totals.Accepted,
		"duplicates", t.totals.Duplicates, "changed", t.totals.Changed, "skipped", t.totals.Skipped,
		"rejected", t.totals.Rejected, "took", took.Round(time.Millisecond),
	}
	if t.totals.Earlier > 0 {
		args = append(args, "earlier", t.totals.Earlier)
	}
	switch {
	case wrong != "":
		t.lane.watcher.o.Log.Warn("file refused", append(args, "reason", wrong)...)
	case t.totals.Rejected > 0:
		t.lane.watcher.o.Log.Warn("file taken, some rows are in rejected", args...)
	default:
		t.lane.watcher.o.Log.Info("file taken", args...)
	}
	if wrong == "" && t.source.stays(t.file) {
		t.lane.clear("source-unread/" + t.source.Name + "/" + t.file.name)
	}
}
