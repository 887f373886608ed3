package rows_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/rows"
)

// TestSpectrum runs npm's csv-spectrum, whose package lies unpacked in the
// folder that FUNNELRELAY_CSV_SPECTRUM names.
func TestSpectrum(t *testing.T) {
	dir := os.Getenv("FUNNELRELAY_CSV_SPECTRUM")
	files, _ := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if dir == "" || len(files) == 0 {
		if os.Getenv("FUNNELRELAY_NEED_SUITES") == "1" {
			t.Fatalf("no csvs/*.csv in FUNNELRELAY_CSV_SPECTRUM=%q", dir)
		}
		t.Skip("FUNNELRELAY_CSV_SPECTRUM is not set")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		t.Run(name, func(t *testing.T) {
			var want []map[string]string
			golden, err := os.ReadFile(filepath.Join(dir, "json", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if golden[0] == '{' {
				golden = append(append([]byte("["), golden...), ']')
			}
			if err := json.Unmarshal(golden, &want); err != nil {
				t.Fatal(err)
			}
			r, err := rows.Open(os.DirFS(filepath.Dir(file)), filepath.Base(file), rows.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var got []map[string]string
			for {
				row, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				cells := make(map[string]string)
				for i, name := range row.Header.Names {
					cells[name] = row.Cell(i)
				}
				got = append(got, cells)
			}
			if name == "location_coordinates" && len(want) == 1 {
				// The suite's two files, of 2.0.0, hold different telephone numbers.
				want[0]["Contact Phone Number"] = "2095257564"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
