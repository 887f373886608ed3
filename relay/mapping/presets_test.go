package mapping_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

var update = flag.Bool("update", false, "write the golden bodies anew")

// accounts are what the presets leave to each account, by preset.
var accounts = map[string]string{
	"clover-orders":      "values: { zone: America/New_York }",
	"loyverse-items":     "values: { date: dd/MM/yyyy HH:mm, zone: Asia/Bahrain }\n    const: { currency: BHD }\n    items: { total: Net sales }",
	"simphony-checks":    "const: { currency: USD }",
	"square-items":       "const: { currency: USD }",
	"toast-items":        "const: { currency: USD }\n    values: { zone: America/New_York }",
	"vend-ledger":        "const: { currency: NZD }\n    values: { zone: Pacific/Auckland }",
	"odoo-pos":           "const: { currency: EUR }",
	"woocommerce-orders": "values: { date: M/d/yyyy H:mm:ss }",
}

// TestPresets reads the sample of each preset and holds the bodies, and what
// was left out or refused, against the golden list beside it.
func TestPresets(t *testing.T) {
	for _, name := range config.Presets() {
		t.Run(name, func(t *testing.T) {
			spec := presetSource(t, name)
			m, faults := mapping.New(spec, mapping.Options{Project: "shop", Rules: &event.Rules{Zone: time.UTC}, Site: time.UTC})
			if faults != nil {
				t.Fatal(faults)
			}
			folder := filepath.Join("testdata", "presets", name)
			samples, err := filepath.Glob(filepath.Join(folder, "sample*"))
			if err != nil || len(samples) == 0 {
				t.Fatal("no sample", err)
			}
			var got bytes.Buffer
			for _, sample := range samples {
				if strings.HasSuffix(sample, "sample") {
					sample = filepath.Join(sample, "index.xml")
				}
				fmt.Fprintf(&got, "%s\n", filepath.ToSlash(strings.TrimPrefix(sample, folder+string(filepath.Separator))))
				mapSample(t, &got, m, sample)
			}
			golden := filepath.Join(folder, "golden.txt")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

// presetSource is the preset as somebody would write it into a config.
func presetSource(t *testing.T, name string) *source.Source {
	t.Helper()
	text := fmt.Sprintf("projects: { shop: { project_id: a, api_key: b } }\nsources:\n  till:\n    preset: %s\n    watch: drop/x/*\n    %s\n", name, accounts[name])
	cfg, err := config.Parse("config.yaml", []byte(text), config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return &cfg.Sources[0]
}

// mapSample writes a line for each result: what it is, and the exact body.
func mapSample(t *testing.T, w io.Writer, m *mapping.Mapping, path string) {
	t.Helper()
	reader, err := rows.Open(os.DirFS(filepath.Dir(path)), filepath.Base(path), m.Reading())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	orders, err := m.Read(reader, mapping.File{Name: filepath.Base(path), Scope: "sample", Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	counted := int64(0)
	for {
		r, err := orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		counted += int64(r.Counted)
		switch {
		case r.Skipped != "":
			fmt.Fprintf(w, "  line %d, %s %s: left out by %s\n", r.At.Line, r.Kind, r.Order, r.Skipped)
		case r.Reason != "":
			fmt.Fprintf(w, "  line %d, order %s: refused: %s\n", r.At.Line, r.Order, r.Reason)
		default:
			if !json.Valid(r.Offer.Event.Body) {
				t.Errorf("not JSON: %s", r.Offer.Event.Body)
			}
			held := ""
			if r.Offer.Held != "" {
				held = " (held: " + r.Offer.Held + ")"
			}
			fmt.Fprintf(w, "  line %d, %s %s: %s%s\n    %s\n", r.At.Line, r.Kind, r.Order, r.Offer.Event.Action, held, r.Offer.Event.Body)
		}
	}
	if counted != orders.Rows() {
		t.Errorf("%d rows are accounted for, of %d", counted, orders.Rows())
	}
}
