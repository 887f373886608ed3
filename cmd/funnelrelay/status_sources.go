package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"funnelrelay/relay/dropfolder"
)

// printSources writes what came of the drop folders, and how far the files are
// that are being read.
func printSources(w io.Writer, sources []dropfolder.State) {
	if len(sources) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nsource\tfiles\trows\taccepted\tduplicates\tchanged\tskipped\trejected\theld\twaiting files\t")
	for _, s := range sources {
		n := s.Totals
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n",
			s.Source, n.Files, n.Rows, n.Accepted, n.Duplicates, n.Changed, n.Skipped, n.Rejected, n.Held, s.Waiting)
	}
	_ = t.Flush()
	for _, s := range sources {
		for _, f := range s.Files {
			fmt.Fprintf(w, "%s: reading %s\n", s.Source, progressOf(&f))
		}
		if s.Trouble != "" {
			fmt.Fprintf(w, "%s: %s\n", s.Source, s.Trouble)
		}
	}
}

// progressOf says how far a file is: "export.csv, 64%, 320000 rows, 51000/s, 4s left".
func progressOf(p *dropfolder.Progress) string {
	text := fmt.Sprintf("%s, %d%%, %s, %.0f/s", p.File, p.Percent(), plural(int(p.Rows), "row"), p.Rate)
	if p.Left > 0 {
		text += fmt.Sprintf(", %s left", p.Left.Round(time.Second))
	}
	return text
}
