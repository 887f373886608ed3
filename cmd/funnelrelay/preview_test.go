package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A long preview is shown as it is read, and not kept: every line of it is
// there once, whatever block it is in.
func TestPreviewBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Lead.csv")
	text := strings.Builder{}
	text.WriteString("email\n")
	for i := range 2*previewBlock + 1 {
		fmt.Fprintf(&text, "n%d@x.de\n", i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &app{streams: streams{out: &out}}
	if err := a.runPreview([]string{path}, previewFlags{action: "Lead"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"n0@x.de", "n499@x.de", "n500@x.de", "n1000@x.de", "1001 rows: 1001 events"} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%s is not there once", want)
		}
	}
}
