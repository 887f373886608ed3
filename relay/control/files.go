package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"funnelrelay/relay/dropfolder"
)

// Rejects lists the files in rejected/ of a source's folders, newest first;
// source "" means all.
func (c *Control) Rejects(_ context.Context, source string) ([]Reject, error) {
	kept, err := c.o.Folders.Rejected(source)
	if err != nil {
		return nil, fileError(err)
	}
	list := make([]Reject, len(kept))
	for i, k := range kept {
		list[i] = Reject(k)
	}
	return list, nil
}

// OpenReject opens one for download. Only files that Rejects lists can be
// opened.
func (c *Control) OpenReject(_ context.Context, source, file string) (io.ReadCloser, Reject, error) {
	f, kept, err := c.o.Folders.OpenRejected(source, file)
	if err != nil {
		return nil, Reject{}, fileError(err)
	}
	return f, Reject(kept), nil
}

// ReadAgain puts a file of done/ or rejected/ of a source back, so that it is
// taken again; what was taken before is a duplicate then. The file is called as
// in Rejects, or by its path.
func (c *Control) ReadAgain(ctx context.Context, source, file string) error {
	return fileError(c.o.Folders.ReadAgain(ctx, source, file))
}

func fileError(err error) error {
	switch {
	case errors.Is(err, dropfolder.ErrNoFile):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, dropfolder.ErrNotAgain):
		return refused("%s", err)
	}
	return err
}

const (
	mostPreview   = 16 << 20
	previewEvents = 50 // events that are shown
)

// errTooLarge says that a body is larger than is taken.
var errTooLarge = errors.New("is too large")

// Preview reads at most 16 MiB.
func (c *Control) Preview(ctx context.Context, source, name string, file io.Reader) (Preview, error) {
	data, err := io.ReadAll(io.LimitReader(file, mostPreview+1))
	switch {
	case err != nil:
		return Preview{}, err
	case len(data) > mostPreview:
		return Preview{}, fmt.Errorf("%s %w: a file to look at has at most 16 MiB; run `funnelrelay preview` on it", quote(name), errTooLarge)
	}
	if i := strings.LastIndexAny(name, `/\`); i >= 0 { // of a browser on any system
		name = name[i+1:]
	}
	if name == "" || name == "." || name == ".." {
		return Preview{}, queryError("name the file, by name")
	}
	p, err := c.o.Preview(ctx, source, name, bytes.NewReader(data))
	if err != nil && !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
		return p, refused("%s", err)
	}
	return p, err
}
