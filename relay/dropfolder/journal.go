package dropfolder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

// checkBytes is how much of a journal, before where it ended when it was read,
// tells that it is still the same one.
const checkBytes = 4 << 10

// lineWait is for how long a last line without an end is taken for one that is
// still being written: tills that write in blocks of 4 kB leave half a line
// until the next block, and half an amount would be a sale.
const lineWait = 10 * time.Minute

// journalDue is when a journal is to be read: at once when it has grown, once
// more when it stands still, for its last order, and late for a line without an
// end.
func (l *lane) journalDue(s *Source, f *sighting, now time.Time) time.Time {
	switch {
	case f.passed.info == nil || !f.passed.equal(f.sig):
		return now
	case f.half:
		return f.since.Add(max(s.settle(), lineWait))
	}
	return f.since.Add(s.settle())
}

// follow reads what a journal has grown by.
func (l *lane) follow(ctx context.Context, s *Source, f *sighting) error {
	name := noteName(s.Name, f.path)
	n, as, err := l.journal(name, f.path)
	if err == nil && as == nil {
		if err := l.rename(ctx, s, f.dir); err != nil {
			return err
		}
		n, as, err = l.journal(name, f.path)
	}
	switch {
	case err != nil:
		return err
	case as != nil:
	case n.Journal.begun():
		return errChanged
	default:
		if as, err = identified(f.path); err != nil {
			return err
		}
	}
	if n.Journal == nil {
		n.Journal = &place{Path: f.path, Generation: 1}
	}
	f.known = true
	quiet := f.passed.info != nil && f.passed.equal(f.sig) && f.looks > 1 && time.Since(f.since) >= s.settle()
	t := &taking{lane: l, source: s, file: f, begun: time.Now(), name: name, note: n, path: f.path, as: as}
	t.ended = quiet && time.Since(f.since) >= lineWait
	if err := t.goOn(ctx, quiet); err != nil {
		return err
	}
	f.passed, f.half = f.sig, false
	switch j := t.note.Journal; {
	case quiet && !t.ended && j.At.Offset != f.sig.size:
		f.half = true
	case quiet:
		f.handled = f.sig
	}
	return nil
}

// journal is the note by that name, and what is known of the file at path if the
// note is about it and something of it was read.
func (l *lane) journal(name, path string) (n note, as os.FileInfo, err error) {
	if n, err = l.recalled(name); err == nil && n.Journal.begun() {
		as, err = n.Journal.continues(path)
	}
	return n, as, err
}

// goOn reads on from where the note says.
func (t *taking) goOn(ctx context.Context, flush bool) error {
	t.under = &underway{file: t.path, size: t.file.sig.size, started: t.begun}
	t.lane.ledger.begin(t.under)
	defer t.lane.ledger.end()
	if err := t.finishPart(ctx); err != nil {
		return err
	}
	return t.grow(ctx, flush)
}

// checkOf is the hash of the last bytes before size. It is io.EOF or
// io.ErrUnexpectedEOF when the file is shorter.
func checkOf(path string, size int64) (string, error) {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	defer func() { _ = dir.Close() }() // only read
	file, err := dir.Open(filepath.Base(path))
	if err != nil {
		return "", err
	}
	defer file.Close()
	from := max(0, size-checkBytes)
	text := make([]byte, size-from)
	if _, err := io.ReadFull(io.NewSectionReader(file, from, size-from), text); err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// grow reads from where the note says to the end. With flush the last order is
// complete, and so is a last line without an end where t.ended says so.
func (t *taking) grow(ctx context.Context, flush bool) (err error) {
	if t.path == t.file.path && (t.as.Size() != t.file.sig.size || t.as.ModTime().UnixNano() != t.file.sig.time) {
		flush, t.ended = false, false // it goes on just now
	}
	in, err := openFolder(filepath.Dir(t.path), &t.under.bytes)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	err = t.guarded(func() error { return t.growIn(ctx, in, flush) })
	var wrong *unreadable
	switch {
	case in.trouble() != nil && ctx.Err() == nil:
		return in.trouble()
	case err == nil:
	case errors.As(err, &wrong):
		return t.refuse(ctx, wrong.err)
	default:
		return err
	}
	if err := t.finishPart(ctx); err != nil {
		return err
	}
	t.tellNowAndThen(flush)
	return nil
}

// journalTold is how often a journal that never stands still is told of.
const journalTold = time.Minute

// tellNowAndThen counts what was read, and tells of it when the journal stands
// still, has rejects, or was not told of for a while.
func (t *taking) tellNowAndThen(quiet bool) {
	f := t.file
	t.lane.ledger.count(t.totals)
	f.untold.add(t.totals)
	if f.untold == (Totals{}) || !quiet && t.totals.Rejected == 0 && time.Since(f.told) < journalTold {
		return
	}
	t.totals, f.untold, f.told = f.untold, Totals{}, time.Now()
	t.tell("")
}

func (t *taking) growIn(ctx context.Context, in *folder, flush bool) (err error) {
	start := t.note.Journal.At
	o := t.source.Mapping.Reading()
	o.Start, o.Growing = start, !t.ended
	r, err := rows.Open(in, filepath.Base(t.path), o)
	if err != nil {
		if !t.ended {
			return nil // not even its header is there yet
		}
		return &unreadable{err}
	}
	defer r.Close()
	now, _ := t.lane.watcher.o.Now()
	j := t.note.Journal
	orders, err := t.source.Mapping.Read(r, mapping.File{
		Name: j.Path, Scope: fmt.Sprintf("%s#%d", j.Path, j.Generation), Captures: t.file.captures,
		Now: now, Growing: true, Flush: flush,
	})
	if err != nil {
		begun := r.Header() == nil || len(r.Header().Names) > 0
		if !flush || t.as.Size() == 0 || !begun && !t.ended {
			return nil // its header may not be there yet, or not be whole
		}
		return &unreadable{err}
	}
	p := &pass{t: t, sent: make(chan handed, 1), told: time.Now()}
	p.mark = func(n *note) error { return t.reach(n, orders.Settled(), p.rejects) }
	defer func() { err = errors.Join(err, p.await(), p.closeRejects()) }()
	for {
		result, err := orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &unreadable{err}
		}
		t.rows(t.totals.Rows + int64(result.Counted))
		if err := p.add(ctx, result, r, 0); err != nil {
			return err
		}
	}
	if at := orders.Settled(); len(p.batch.Offers) == 0 && at == cmp.Or(t.note.Journal.At, at) && p.results == 0 {
		return nil
	}
	return p.flush(ctx, true)
}

// reach notes how far a journal is handed over. The rejects so far are on disk
// before the note is.
func (t *taking) reach(n *note, at rows.Position, r *rejects) error {
	size := max(t.as.Size(), at.Offset) // it may have grown while it was read
	check, err := checkOf(t.path, size)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, fs.ErrNotExist):
		return errChanged
	case err != nil:
		return err
	}
	j := *n.Journal
	j.At, j.Size, j.Check = at, size, check
	n.Journal, n.Part, n.PartSize = &j, "", 0
	if r == nil {
		return nil
	}
	n.Part = r.name
	n.PartSize, err = r.sync()
	return err
}

// finishPart gives the rejects of a journal that the note is about their name.
// What was written behind them is about rows that are read again.
func (t *taking) finishPart(ctx context.Context) error {
	if t.note.Part == "" {
		return nil
	}
	dir := filepath.Join(t.file.dir, rejectedDir)
	part := filepath.Join(dir, partName(t.note.Part))
	info, err := os.Stat(part)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it has its name
		err = nil
	case err == nil && info.Size() > t.note.PartSize:
		err = os.Truncate(part, t.note.PartSize)
	}
	if err == nil {
		err = keepRejects(ctx, dir, t.note.Part)
	}
	if err != nil {
		return err
	}
	t.note.Part, t.note.PartSize = "", 0 // the next rejects may get the same name
	return t.lane.watcher.o.SetNote(t.name, t.note.encode())
}
