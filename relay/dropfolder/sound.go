package dropfolder

import (
	"context"
	"errors"
	"io"

	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

// Sound reads a file to its end before any of it is handed over, where its rows
// are known by their place in it alone: if it broke off half way, what a person
// mended would be another file, and none of its rows be known. A table that is
// in no zip never breaks off, and is not read twice. zipped says that in is one;
// journals are not asked for.
func Sound(ctx context.Context, in *rows.Package, zipped bool, m *mapping.Mapping, open func(name string) (*rows.Reader, error)) error {
	if !m.ByPlace() {
		return nil
	}
	for _, name := range in.Names {
		r, err := open(name)
		if err != nil {
			return err
		}
		if zipped || r.Format().Type != rows.TypeCSV {
			err = readOut(ctx, r)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// sound is Sound for a file of which nothing was handed over yet.
func (p *pass) sound(ctx context.Context, in *rows.Package, zipped bool, sum string) error {
	if p.skip > 0 {
		return nil
	}
	err := Sound(ctx, in, zipped, p.t.source.Mapping, func(name string) (*rows.Reader, error) {
		r, _, err := p.open(in, name, sum)
		return r, err
	})
	if err == nil {
		p.t.under.bytes.Store(0)
	}
	return err
}

// readOut reads r to its end.
func readOut(ctx context.Context, r *rows.Reader) error {
	for ctx.Err() == nil {
		_, err := r.Next()
		switch {
		case err == nil, errors.As(err, new(*rows.Broken)):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return &unreadable{err}
		}
	}
	return ctx.Err()
}
