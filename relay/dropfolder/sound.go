package dropfolder

import (
	"context"
	"errors"
	"io"

	"funnelrelay/relay/rows"
)

// sound reads a file to its end before any of it is handed over, where its rows
// are known by their place in it alone: if it broke off half way, what a person
// mended would be another file, and none of its rows be known. A table that is
// in no zip never breaks off, and is not read twice.
func (p *pass) sound(ctx context.Context, in *rows.Package, zipped bool, sum string) error {
	if p.skip > 0 || !p.t.source.Mapping.ByPlace() {
		return nil
	}
	for _, name := range in.Names {
		r, _, err := p.open(in, name, sum)
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
	p.t.under.bytes.Store(0)
	return nil
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
