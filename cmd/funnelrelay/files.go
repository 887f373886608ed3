package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
)

func (a *app) files() *cobra.Command {
	var asJSON, rejects bool
	var source string
	cmd := family("files", "Show what became of files in the drop folders", a.filesRejects(), a.filesAgain())
	cmd.Long = `files shows each source's folders, the files that are being read, what became of the
last ones, and with --rejects what lies in the rejected folders.`
	cmd.Example = `  funnelrelay files --rejects
  funnelrelay files rejects export-2.csv.rows.csv > corrected.csv
  funnelrelay files again export-2.csv`
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		c, err := a.api(cmd.Context())
		if err != nil {
			return err
		}
		defer closing(c, &err)
		answer, err := c.get(cmd.Context(), "/api/v1/sources", nil)
		if err != nil {
			return err
		}
		if err := result(a, asJSON, answer, func(s *sources) { a.printFiles(c, *s, source) }); err != nil || !rejects || asJSON {
			return err
		}
		fmt.Fprintln(a.out)
		return a.listRejects(cmd.Context(), c, source, false)
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&rejects, "rejects", false, "also list the files of refused rows, and those that could not be read")
	cmd.Flags().StringVar(&source, "source", "", "only of this source")
	return cmd
}

// sources is the answer of GET /api/v1/sources.
type sources []dropfolder.State

func (a *app) printFiles(c *api, list sources, only string) {
	var shown sources
	for _, s := range list {
		if only == "" || s.Source == only {
			shown = append(shown, s)
		}
	}
	if len(shown) == 0 {
		if c.offline {
			fmt.Fprintln(a.out, "what folders hold, and what became of files, is known while the relay runs; `funnelrelay files rejects` lists what was refused")
			return
		}
		fmt.Fprintln(a.out, "no folder is watched")
		return
	}
	printSources(a.out, shown)
	for _, s := range shown {
		for _, folder := range s.Folders {
			fmt.Fprintf(a.out, "%s: %s\n", s.Source, clean(folder))
		}
	}
	t := newGrid("at", "source", "file", "rows", "accepted", "duplicates", "rejected", "held", "why it was refused")
	for _, s := range shown {
		for _, r := range s.Recent[:min(len(s.Recent), 20)] {
			n := r.Totals
			t.add(c.at(r.At), s.Source, filepath.Base(r.File), nonzero(n.Rows), nonzero(n.Accepted), nonzero(n.Duplicates), nonzero(n.Rejected), nonzero(n.Held), r.Error)
		}
	}
	if len(t.rows) > 1 {
		fmt.Fprintln(a.out)
		t.print(a.out, a.width())
	}
}

func nonzero(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func (a *app) filesRejects() *cobra.Command {
	var source, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "rejects [FILE]", Short: "List what lies in the rejected folders, or print one file of it",
		Long: `rejects lists the files of refused rows, and those that could not be read, newest
first. With the name of one it prints that file: correct it, and drop it back
into the folder; only what was refused is sent then.`,
		Example: `  funnelrelay files rejects
  funnelrelay files rejects export-2.csv.rows.csv -o corrected.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s: name one file", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			if len(args) == 0 {
				return a.listRejects(cmd.Context(), c, source, asJSON)
			}
			return a.fetchReject(cmd.Context(), c, source, args[0], to)
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "only of this source")
	cmd.Flags().StringVarP(&to, "output", "o", "", "write the file there (default: standard output)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (c *api) rejects(ctx context.Context, source string) (json.RawMessage, error) {
	query := url.Values{}
	if source != "" {
		query.Set("source", source)
	}
	return c.get(ctx, "/api/v1/rejects", query)
}

func (a *app) listRejects(ctx context.Context, c *api, source string, asJSON bool) error {
	answer, err := c.rejects(ctx, source)
	if err != nil {
		return err
	}
	return result(a, asJSON, answer, func(list *rejects) {
		if len(*list) == 0 {
			fmt.Fprintln(a.out, "nothing is rejected")
			return
		}
		t := newGrid("at", "source", "file", "rows", "size", "why")
		for _, r := range *list {
			t.add(c.at(r.At), r.Source, r.File, nonzero(r.Rows), sizeText(r.Size), r.Why)
		}
		t.print(a.out, a.width())
	})
}

// rejects is the answer of GET /api/v1/rejects.
type rejects []control.Reject

// rejected finds a file in the rejected folders by the name that it is listed
// by, or the last part of that.
func (c *api) rejected(ctx context.Context, source, name string) (found []control.Reject, err error) {
	answer, err := c.rejects(ctx, source)
	if err != nil {
		return nil, err
	}
	var list rejects
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("the relay's answer: %w", err)
	}
	for _, r := range list {
		if r.File == name || r.Path == name {
			return []control.Reject{r}, nil
		}
		if filepath.Base(r.Path) == name {
			found = append(found, r)
		}
	}
	return found, nil
}

func (a *app) fetchReject(ctx context.Context, c *api, source, name, to string) error {
	found, err := c.rejected(ctx, source, name)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return fmt.Errorf("no source has rejected a file %s; `funnelrelay files rejects` lists them", name)
	case len(found) > 1:
		return usagef("there are several files %s: name one as `funnelrelay files rejects` lists it, with --source where that is not enough", name)
	}
	query := url.Values{"source": {found[0].Source}, "file": {found[0].File}}
	return a.toFile(to, func(w io.Writer) error { return c.stream(ctx, "/api/v1/rejects/download", query, w) })
}

// kept finds a file that was refused or taken, by the name that it had: what is
// listed of a file that was taken is where it was then.
func (c *api) kept(ctx context.Context, source, name string) (control.File, error) {
	if refused, err := c.rejected(ctx, source, name); err != nil {
		return control.File{}, err
	} else if len(refused) > 0 {
		return control.File{Source: refused[0].Source, File: refused[0].File}, nil // the newest
	}
	answer, err := c.get(ctx, "/api/v1/sources", nil)
	if err != nil {
		return control.File{}, err
	}
	var list sources
	if err := json.Unmarshal(answer, &list); err != nil {
		return control.File{}, fmt.Errorf("the relay's answer: %w", err)
	}
	var found []control.File
	for _, s := range list {
		for _, folder := range s.Folders {
			if source != "" && source != s.Source {
				continue
			}
			if path := newestTaken(folder, filepath.Base(name)); path != "" {
				found = append(found, control.File{Source: s.Source, File: path})
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return control.File{}, usagef("several sources have taken a file %s: name one with --source", name)
	case source == "":
		return control.File{}, fmt.Errorf("no source has taken or refused a file %s; name it by its path, and its source with --source", name)
	}
	return control.File{Source: source, File: name}, nil
}

// newestTaken is the file of that name in done/ that was taken last; "": there is
// none. No pattern: a browser calls a second download "export[1].csv".
func newestTaken(folder, name string) string {
	days, err := os.ReadDir(filepath.Join(folder, "done"))
	if err != nil {
		return ""
	}
	for _, day := range slices.Backward(days) {
		path := filepath.Join(folder, "done", day.Name(), name)
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return ""
}

func (a *app) filesAgain() *cobra.Command {
	var source string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "again FILE", Short: "Read a file of done/ or rejected/ again",
		Long: `again puts a file that was taken or refused back, so that it is read once more: for
one that was refused for a source that has been corrected since. What was taken
before is a duplicate then, and is not sent again.`,
		Example: `  funnelrelay files again export-2.csv --source till`,
		Args:    exactly(1, "name one file, as `funnelrelay files` lists it"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			file, err := c.kept(cmd.Context(), source, args[0])
			if err != nil {
				return err
			}
			if _, err := c.post(cmd.Context(), "/api/v1/files/again", file); err != nil {
				return err
			}
			answer, err := json.Marshal(file)
			if err != nil {
				return err
			}
			return result(a, asJSON, answer, func(*struct{}) { fmt.Fprintf(a.out, "%s is read again\n", clean(file.File)) })
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "the source that it belongs to")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
