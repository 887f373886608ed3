package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"funnelrelay/relay/control"
)

func (a *app) deadExport() *cobra.Command {
	var f queryFlags
	var asCSV bool
	var to string
	cmd := &cobra.Command{
		Use: "export", Short: "Write dead events to a file, one a line",
		Long: `export writes the dead events that the flags select, or all of them, with all that is
known of each: one JSON object a line, or a CSV for a spreadsheet. It changes
nothing.`,
		Example: `  funnelrelay dead export -o dead.ndjson
  funnelrelay dead export --csv --from 2026-11-01 -o dead.csv`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			c, err := a.api(cmd.Context())
			if err != nil {
				return err
			}
			defer closing(c, &err)
			q, err := f.query(c.zone)
			if err != nil {
				return err
			}
			q.State = "dead"
			return a.toFile(to, func(w io.Writer) error {
				if asCSV {
					return c.exportCSV(cmd.Context(), q, w)
				}
				return c.stream(cmd.Context(), "/api/v1/events/export", parameters(q), w)
			})
		},
	}
	f.add(cmd, false)
	cmd.Flags().BoolVar(&asCSV, "csv", false, "CSV with semicolons, as spreadsheets open it")
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to this file (default: standard output)")
	return cmd
}

// toFile has something written to a new file, whole or not at all; "" and "-"
// are standard output. A file that is there is not overwritten.
func (a *app) toFile(path string, write func(w io.Writer) error) (err error) {
	if path == "" || path == "-" {
		return write(a.out)
	}
	if _, err := os.Lstat(path); err == nil {
		return usagef("%s is there already, and is not overwritten", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".funnelrelay-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // what is half written is of no use
		}
	}()
	b := bufio.NewWriter(file)
	if err := errors.Join(write(b), b.Flush(), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "wrote %s\n", path)
	return nil
}

// exportCSV turns the lines of an export into a table.
func (c *api) exportCSV(ctx context.Context, q control.Query, w io.Writer) error {
	lines, err := c.open(ctx, "GET", withQuery("/api/v1/events/export", parameters(q)), nil, "")
	if err != nil {
		return err
	}
	defer lines.Close()
	out := csv.NewWriter(w)
	out.Comma = ';'
	if err := out.Write([]string{"id", "accepted", "state", "project", "source", "action", "order", "amount", "currency", "email", "session",
		"attempts", "status", "reason", "flags", "body"}); err != nil {
		return err
	}
	dec := json.NewDecoder(lines)
	for {
		var e control.EventDetail
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			out.Flush()
			return out.Error()
		} else if err != nil {
			return fmt.Errorf("the relay's answer: %w", err)
		}
		row := []string{e.ID, e.Accepted.In(c.zone).Format(time.DateTime), e.State, e.Project, e.Source, e.Action, e.Order, "", "", e.Email, e.Session,
			strconv.Itoa(e.Event.Attempts), strconv.Itoa(e.Status), e.Cause, strings.Join(e.Flags, " "), e.Body}
		if len(e.Totals) > 0 {
			amount, currency, _ := strings.Cut(money(e.Totals[0]), " ")
			row[7], row[8] = amount, currency
		}
		if err := out.Write(harmless(row)); err != nil {
			return err
		}
	}
}

// harmless keeps a spreadsheet from taking what a stranger wrote for a formula.
func harmless(row []string) []string {
	for i, text := range row {
		if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
			continue
		}
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			row[i] = "'" + text
		}
	}
	return row
}
