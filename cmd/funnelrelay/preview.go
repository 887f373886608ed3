package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

type previewFlags struct {
	source, preset, action string
	limit                  int
	json                   bool
}

func (a *app) preview() *cobra.Command {
	var f previewFlags
	cmd := &cobra.Command{
		Use:   "preview FILE...",
		Short: "Show what a file would become, and send nothing",
		Long: `preview reads a file as a source of the config would, and shows each event that
would be sent, each row that would be refused, and why; of a file that breaks
off, how much would be taken in spite of that. Nothing is sent, moved or
remembered; that an order was taken before is not looked at.

The source is the one whose watch fits the file, or --source; --preset takes one
that needs no config. Without any, columns are taken by the webhook's own names.

  funnelrelay preview export.csv --source till
  funnelrelay preview items-2026-11-22.csv --preset square-items --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name the file to look at")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.runPreview(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVar(&f.source, "source", "", "name of the source (default: the one that watches the file)")
	cmd.Flags().StringVar(&f.preset, "preset", "", "read the file by a preset instead")
	cmd.Flags().StringVar(&f.action, "action", "", "name of the action for a file without a source (default: the folder's, or __commerce_action__)")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "stop after this many results (default: all)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print a JSON object a line for each result")
	return cmd
}

func (a *app) runPreview(ctx context.Context, files []string, f previewFlags) error {
	cfg, err := a.previewConfig()
	if err != nil {
		return err
	}
	refused := false
	for _, file := range files {
		way, err := relay.FileSource(cfg, file, relay.FileChoice{Source: f.source, Preset: f.preset, Action: f.action})
		if err != nil {
			return err
		}
		p := &previewer{app: a, f: f, way: way}
		err = p.file(ctx, file)
		if err != nil && way.Others != "" && !errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; no source of the config watches this file: name the one to read it by with --source (there are: %s)", err, way.Others)
		}
		if err != nil {
			return err // names the file
		}
		refused = refused || p.wrong
	}
	if refused {
		return errQuiet
	}
	return nil
}

// previewConfig is the config, or a made-up one where there is none yet: a
// preset and the webhook's own names need no account.
func (a *app) previewConfig() (*config.Config, error) {
	if a.path() != "" {
		return a.config()
	}
	cfg := config.Default()
	project := config.DefaultProject()
	project.Name = "default"
	cfg.Projects = config.Projects{project}
	return cfg, nil
}

// previewer shows one file.
type previewer struct {
	*app
	f     previewFlags
	way   *relay.FileWay
	table *tabwriter.Writer
	total outcome // of the table that is read
	wrong bool    // rows were refused, in any of them
	begun bool    // something was shown

	unsound      error // for which nothing of the file would be taken
	batch, bytes int   // events, and their bodies, that wait for what stands behind them
	taken        int   // events that would be taken, whatever that is
}

// previewBlock is how many lines are set in columns of one width: all of a
// large file would have to be in memory.
const previewBlock = 500

// file shows what becomes of a file, and of each one in a zip.
func (p *previewer) file(ctx context.Context, path string) error {
	f, err := relay.ReadFile(path, p.way)
	if err != nil {
		return err
	}
	defer f.Close()
	if len(f.LeftOut) > 0 {
		if _, err := fmt.Fprintf(p.aside(), "Left out of the zip, as no tables by their names: %s\n", strings.Join(f.LeftOut, ", ")); err != nil {
			return err
		}
	}
	if p.unsound = f.Sound(ctx); p.unsound == nil || !p.f.json {
		err = f.Each(p.read)
	}
	if err = cmp.Or(err, p.unsound); err != nil {
		if p.begun || p.unsound != nil {
			err = fmt.Errorf("%w; %s", err, p.fate())
		}
		return err
	}
	if p.way.Remark != "" {
		_, err = fmt.Fprintln(p.aside(), p.way.Remark)
	}
	return err
}

// aside is where remarks go: not among the objects of --json.
func (p *previewer) aside() io.Writer {
	if p.f.json {
		return p.err
	}
	return p.out
}

// fate says what would be taken of a file that cannot be read to its end.
func (p *previewer) fate() string {
	if p.taken == 0 || p.unsound != nil {
		return "nothing of this file would be taken"
	}
	return fmt.Sprintf("of this file the first %s would be taken", plural(p.taken, "event"))
}

// read shows what becomes of one table.
func (p *previewer) read(t *relay.FileTable) error {
	p.total, p.begun = outcome{}, true
	if !p.f.json {
		if t.Several {
			fmt.Fprintf(p.out, "%s:\n", t.Name)
		}
		fmt.Fprintln(p.out, describe(t.Format, p.way))
		p.table = tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(p.table, "LINE\tKIND\tORDER\tWHAT")
	}
	for n := 0; p.f.limit == 0 || n < p.f.limit; n++ {
		result, err := t.Orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(p.end(false), err)
		}
		if err := p.show(result); err != nil {
			return err
		}
		if !p.f.json && n%previewBlock == previewBlock-1 {
			if err := p.table.Flush(); err != nil {
				return err
			}
		}
	}
	return p.end(true)
}

// end writes the sums below the table. whole says that all of it was read.
func (p *previewer) end(whole bool) error {
	if p.f.json {
		return nil
	}
	if err := p.table.Flush(); err != nil {
		return err
	}
	becomes := p.total.String()
	if p.unsound != nil || !whole {
		becomes = p.fate() + ", as not all of it can be read"
	}
	_, err := fmt.Fprintf(p.out, "\n%s: %s. Nothing was sent.\n", plural(p.total.rows, "row"), becomes)
	return err
}

// previewed is a result as --json writes it.
type previewed struct {
	Line    int64           `json:"line"`
	Row     int64           `json:"row"`
	Kind    string          `json:"kind,omitempty"`
	Order   string          `json:"order,omitempty"`
	Project string          `json:"project,omitempty"`
	Action  string          `json:"action,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
	Stamped bool            `json:"stamped,omitempty"` // the relay adds a dateTime when it takes the event
	Held    string          `json:"held,omitempty"`
	Skipped string          `json:"skipped,omitempty"`
	Refused string          `json:"refused,omitempty"`
	Notes   []string        `json:"notes,omitempty"`
}

func (p *previewer) show(r *mapping.Result) error {
	p.total.add(r)
	p.wrong = p.wrong || r.Reason != ""
	out := previewed{Line: r.At.Line, Row: r.At.Record, Kind: string(r.Kind), Order: r.Order, Skipped: r.Skipped, Refused: r.Reason, Notes: r.Notes}
	what := ""
	switch {
	case r.Offer != nil:
		e := r.Offer.Event
		p.batch, p.bytes = p.batch+1, p.bytes+len(e.Body)
		out.Project, out.Action, out.Body, out.Held = p.way.Project, e.Action, e.Body, r.Offer.Held
		out.Stamped = e.Time.IsZero() && r.Offer.Held == ""
		what = e.Action + " " + string(e.Body)
		if out.Held != "" {
			what = "held: " + out.Held + "; " + what
		}
	case r.Skipped != "":
		what = "left out by " + r.Skipped
	default:
		what = "refused: " + r.Reason
	}
	if dropfolder.FullBatch(p.batch, p.bytes) {
		p.taken, p.batch, p.bytes = p.taken+p.batch, 0, 0
	}
	if p.f.json {
		return json.NewEncoder(p.out).Encode(out)
	}
	for _, note := range r.Notes {
		what += " (" + note + ")"
	}
	_, err := fmt.Fprintf(p.table, "%d\t%s\t%s\t%s\n", r.At.Line, r.Kind, r.Order, what)
	return err
}

// describe says how the file turned out to be written.
func describe(f rows.Format, way *relay.FileWay) string {
	parts := []string{f.Type, f.Encoding}
	if f.Guessed {
		parts[1] += " (taken as configured, the bytes do not tell)"
	}
	if f.Delimiter != 0 {
		parts = append(parts, fmt.Sprintf("cells parted by %q", f.Delimiter))
	}
	if f.Header != nil && f.HeaderAt > 0 {
		parts = append(parts, fmt.Sprintf("%d columns named in line %d", len(f.Header.Names), f.HeaderAt))
	}
	return strings.Join(parts, ", ") + "; read by " + way.Says
}
