package dropfolder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

const (
	batchOffers = 500     // of one transaction
	batchBytes  = 1 << 20 // of their bodies and keys, about
	tellEvery   = 5 * time.Second
)

// FullBatch says that so many events, with so many bytes of bodies, are handed
// over together: what stands behind them in a file changes nothing of that.
func FullBatch(events, bytes int) bool {
	return events >= batchOffers || bytes+200*events >= batchBytes
}

// pass is one reading of a file from its start. While a batch is on its way to
// the disk, the next one is read.
type pass struct {
	t        *taking
	skip     int64 // results that were handed over by an earlier pass
	results  int64 // so far
	batch    event.Batch
	bytes    int
	rejects  *rejects // of the part that is read; nil: none yet
	sent     chan handed
	waiting  bool                // a batch is on its way; what became of it comes on sent
	deleting map[string][]byte   // the notes of the batch that is on its way
	mark     func(n *note) error // notes how far the file is handed over with the batch
	told     time.Time
	prior    int64 // rows of earlier parts
}

// pass reads the file in the folder in, and hands over what was not before.
func (t *taking) pass(ctx context.Context, in *folder, sum string) (err error) {
	p := &pass{t: t, skip: t.note.Results, sent: make(chan handed, 1), told: time.Now()}
	p.mark = func(n *note) error {
		n.Results = p.results
		return nil
	}
	defer func() { err = errors.Join(err, p.await()) }()
	unpacked, err := rows.Unpack(in, t.file.name)
	if err != nil {
		return &unreadable{err}
	}
	defer unpacked.Close()
	if err := p.sound(ctx, unpacked, unpacked.FS != fs.FS(in), sum); err != nil {
		return err
	}
	p.remarkLeftOut(unpacked)
	for nth, name := range unpacked.Names {
		if err := p.part(ctx, unpacked, nth, name, sum); err != nil {
			return err
		}
	}
	if err := p.await(); err != nil {
		return err
	}
	if err := t.conclude(); err != nil {
		return err
	}
	return p.flush(ctx, true)
}

// remarkLeftOut tells of files in a zip that are not read.
func (p *pass) remarkLeftOut(in *rows.Package) {
	if len(in.LeftOut) > 0 {
		p.t.lane.watcher.o.Log.Info("files in a zip are left out, as they are no tables by their names", "source", p.t.source.Name,
			"file", p.t.file.path, "files", strings.Join(in.LeftOut, ", "))
	}
}

// conclude puts into the note that all is handed over with the next batch.
func (t *taking) conclude() error {
	n := &t.note
	n.Taken, n.Size, n.Time = true, t.file.sig.size, t.file.sig.time
	var sums []string
	for _, r := range t.reject {
		sum := r.sum()
		sums = append(sums, sum)
		if slices.Contains(n.Known, sum) {
			if err := r.drop(); err != nil {
				return err
			}
			continue
		}
		n.Rejects = append(n.Rejects, r.name)
	}
	if t.source.stays(t.file) {
		n.Known = sums
		return nil
	}
	n.Target = t.target()
	return nil
}

// open begins to read one file of a zip, or the file itself.
func (p *pass) open(in *rows.Package, name, sum string) (*rows.Reader, *mapping.Orders, error) {
	t := p.t
	r, err := rows.Open(in.FS, name, t.source.Mapping.Reading())
	if err != nil {
		return nil, nil, &unreadable{err}
	}
	now, _ := t.lane.watcher.o.Now()
	file := mapping.File{Name: Original(t.file.path), Scope: sum, Captures: t.file.captures, Now: now}
	if len(in.Names) > 1 {
		file.Name, file.Scope = name, sum+"/"+name
	}
	orders, err := t.source.Mapping.Read(r, file)
	if err != nil {
		return nil, nil, &unreadable{errors.Join(err, r.Close())}
	}
	return r, orders, nil
}

// part reads one file of a zip, or the file itself.
func (p *pass) part(ctx context.Context, in *rows.Package, nth int, name, sum string) error {
	t := p.t
	r, orders, err := p.open(in, name, sum)
	if err != nil {
		return err
	}
	defer r.Close()
	p.rejects = nil
	for {
		result, err := orders.Next()
		t.rows(p.prior + orders.Rows())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &unreadable{err}
		}
		if err := p.add(ctx, result, r, nth); err != nil {
			return err
		}
	}
	p.prior += orders.Rows()
	if p.rejects != nil {
		return p.rejects.close()
	}
	return nil
}

// rows notes how many rows were read.
func (t *taking) rows(n int64) {
	t.totals.Rows = n
	t.under.rows.Store(n)
}

// add takes a result up. Those that an earlier pass handed over are only
// counted, but for the rejects, which are written anew.
func (p *pass) add(ctx context.Context, result *mapping.Result, r *rows.Reader, nth int) error {
	t := p.t
	p.results++
	earlier := p.results <= p.skip
	switch {
	case result.Reason != "":
		t.totals.Rejected++
		if err := p.reject(result, r, nth); err != nil {
			return err
		}
	case result.Skipped != "":
		t.totals.Skipped++
	case earlier:
		t.totals.Earlier++
	default:
		for _, text := range result.Notes {
			t.lane.watcher.o.Log.Info("a row was read with a remark", "source", t.source.Name, "file", t.file.path, "place", result.Place(), "remark", text)
		}
		p.offer(result)
	}
	if FullBatch(len(p.batch.Offers), p.bytes) {
		return p.flush(ctx, false)
	}
	if time.Since(p.told) >= tellEvery {
		p.tell()
	}
	return ctx.Err()
}

// tell logs how far a large file is.
func (p *pass) tell() {
	p.told = time.Now()
	u := p.t.under.progress()
	p.t.lane.watcher.o.Log.Info("reading", "source", p.t.source.Name, "file", u.File, "rows", u.Rows,
		"percent", u.Percent(), "rows_per_second", int64(u.Rate), "left", u.Left)
}

func (p *pass) reject(result *mapping.Result, r *rows.Reader, nth int) error {
	if p.rejects == nil {
		f := r.Format()
		dir := filepath.Join(p.t.file.dir, rejectedDir)
		var err error
		if p.rejects, err = openRejects(dir, rejectsFor(p.t.file.name, nth, f), f); err != nil {
			return err
		}
		p.t.reject = append(p.t.reject, p.rejects)
	}
	return p.rejects.write(result.Rows, result.Reason)
}

// closeRejects ends the rejects of a journal's pass.
func (p *pass) closeRejects() error {
	if p.rejects == nil {
		return nil
	}
	return p.rejects.close()
}

// dropRejects removes the rejects of a pass that failed.
func (t *taking) dropRejects() {
	for _, r := range t.reject {
		if err := r.drop(); err != nil {
			t.lane.watcher.o.Log.Warn("unfinished rejects cannot be removed", "source", t.source.Name, "file", t.file.path, "err", err)
		}
	}
	t.reject = nil
}

// offer adds the event of a result to the batch.
func (p *pass) offer(result *mapping.Result) {
	if p.batch.Offers == nil {
		p.batch.Offers = make([]event.Offer, 0, batchOffers)
	}
	o := *result.Offer
	if o.Key == nil {
		o.Key = &event.Key{Name: string(event.FileKey(p.t.source.Name, p.t.note.Sum, p.results))}
	}
	p.batch.Offers = append(p.batch.Offers, o)
	p.bytes += len(o.Event.Body)
}
