package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/mapping"
)

const (
	previewEvents  = 50  // that are shown
	previewRejects = 100 // that are shown
)

// previewFile says what would become of a file that a person holds out. name is
// the file's own, and source "" means: the one that would take a file of that
// name.
func previewFile(ctx context.Context, cfg *config.Config, source, name string, file io.Reader) (control.Preview, error) {
	p := control.Preview{Events: []string{}}
	way, path, err := previewWay(cfg, source, name)
	if err != nil {
		return p, err
	}
	p.Says, p.Project, p.Remark = way.Says, way.Project, way.Remark
	data, err := io.ReadAll(file)
	if err != nil {
		return p, err
	}
	f, err := ReadBytes(path, data, way)
	if err != nil {
		return p, err
	}
	defer f.Close()
	if len(f.LeftOut) > 0 {
		p.Remark = strings.TrimSpace("Left out of the zip, as no tables by their names: " + strings.Join(f.LeftOut, ", ") + ". " + p.Remark)
	}
	if err := f.Sound(ctx); err != nil {
		return p, fmt.Errorf("nothing of this file would be taken: %w", err)
	}
	err = f.Each(func(t *FileTable) error { return showTable(ctx, &p, t) })
	if err != nil && p.Total+len(p.Rejected)+p.Skipped > 0 && ctx.Err() == nil {
		p.Remark = strings.TrimSpace("Not all of it can be read: " + err.Error() + ". " + p.Remark)
		err = nil
	}
	return p, err
}

// showTable adds what becomes of one table.
func showTable(ctx context.Context, p *control.Preview, t *FileTable) error {
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r, err := t.Orders.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		showResult(p, r)
	}
}

func showResult(p *control.Preview, r *mapping.Result) {
	switch {
	case r.Skipped != "":
		p.Skipped++
	case r.Offer == nil:
		if len(p.Rejected) < previewRejects {
			p.Rejected = append(p.Rejected, control.RejectedRow{Line: r.At.Line, Why: r.Reason})
		}
	default:
		if p.Total++; len(p.Events) < previewEvents {
			p.Events = append(p.Events, string(r.Offer.Event.Body))
		}
	}
}

// previewWay finds how a file of that name is read, and where it would lie.
func previewWay(cfg *config.Config, source, name string) (*FileWay, string, error) {
	if folder, ok := strings.CutPrefix(source, dropSource+"/"); ok {
		action, err := dropfolder.ActionOf(folder)
		if err != nil {
			return nil, "", fmt.Errorf("source %s: %w", source, err)
		}
		path := filepath.Join(dropPath(cfg), filepath.Base(folder), name)
		way, err := FileSource(cfg, path, FileChoice{Action: action})
		return way, path, err
	}
	known := source == ""
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		if source != "" && s.Name != source {
			continue
		}
		known = true
		globs, problems := watchPatterns(cfg, s)
		if len(problems) > 0 {
			return nil, "", problems
		}
		for _, glob := range globs {
			path := filepath.Join(glob.Root(), name)
			if captures, ok := glob.Match(dropfolder.Original(path)); ok {
				way, err := sourceWay(cfg, s, captures)
				return way, path, err
			}
		}
	}
	if !known {
		return nil, "", fmt.Errorf("source %s: %w", source, control.ErrNotFound)
	}
	// Filenames of no folder: the name alone, so that no folder of the service
	// comes in.
	way, err := FileSource(cfg, name, FileChoice{Source: source})
	if err == nil && source == "" && way.Others != "" {
		way.Remark = strings.TrimSpace("No source takes a file of this name; choose one to read it by: " + way.Others + ". " + way.Remark)
	}
	return way, name, err
}
