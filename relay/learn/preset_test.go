package learn_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/config"
	"funnelrelay/relay/learn"
)

// samplesOfPresets are the made-up exports that mapping keeps.
const samplesOfPresets = "../mapping/testdata/presets"

// Each preset is recognized by its own sample, and by no other's.
func TestPresetsAreRecognized(t *testing.T) {
	all := presets(t)
	for _, p := range all {
		t.Run(p.Name, func(t *testing.T) {
			folder := filepath.Join(samplesOfPresets, p.Name)
			names := sampleFiles(t, folder)
			set := map[string]string{"const.currency": "EUR", "values.zone": "America/New_York"}
			if p.Name == "loyverse-items" {
				set["items.total"] = "Net sales"
			}
			f, err := learn.Files(os.DirFS(folder), names, learn.Options{Folder: "drop/till/", Presets: all, Set: set})
			if err != nil {
				t.Fatal(err)
			}
			if f.Source.Preset != p.Name {
				t.Fatalf("recognized %q\n%s", f.Source.Preset, f.YAML())
			}
			if asked := keys(f); len(asked) > 0 && !slices.Equal(asked, []string{"values.date"}) {
				t.Errorf("asks %q", asked)
			}
			if len(f.Questions) > 0 {
				return
			}
			if _, err := config.Parse("c.yaml", append([]byte(account), f.YAML()...), config.Env{}); err != nil {
				t.Errorf("%v\n%s", err, f.YAML())
			}
		})
	}
}

// sampleFiles are the files to learn a preset's export from.
func sampleFiles(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		switch {
		case e.IsDir():
			names = append(names, e.Name()+"/index.xml")
		case strings.HasPrefix(e.Name(), "sample"):
			names = append(names, e.Name())
		}
	}
	return names
}

// What a preset needs is asked for, with its own words.
func TestPresetNeeds(t *testing.T) {
	const file = "Date,Receipt number,Receipt type,Category,SKU,Item,Variant,Quantity,Gross sales,Discounts,Net sales,Taxes,POS,Store,Cashier name,Status\n" +
		"03/04/2026 23:50,2-1678,Sale,Coffee,10001,Latte,Large,2.000,3.000,0.500,2.500,0.000,Till 2,Souq,Owner,Closed\n"
	f := learned(t, learn.Options{Presets: presets(t), Folder: "drop/till/"}, "a.csv", file)
	if f.Source.Preset != "loyverse-items" {
		t.Fatalf("preset %q", f.Source.Preset)
	}
	if want, asked := []string{"values.date", "const.currency", "items.total"}, keys(f); !slices.Equal(asked, want) {
		t.Errorf("asks %q, want %q", asked, want)
	}
	text := string(f.YAML())
	for _, want := range []string{
		"#date: dd/MM/yyyy HH:mm  # the day stands first", "#total: Net sales  # where prices include the tax", "#currency: …",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	f = learned(t, learn.Options{Presets: presets(t), Preset: "none"}, "a.csv", file)
	if f.Source.Preset != "" {
		t.Errorf("with none: %q", f.Source.Preset)
	}
}

// A preset's own dates are looked at: an export that has others says so.
func TestPresetDatesThatDoNotFit(t *testing.T) {
	const file = "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Device Name,Event Type,Location,Customer ID,Unit,Count,GTIN,Token\n" +
		"12/27/2018,16:40:02,Eastern Time (US & Canada),None,Tea,1,Regular,T,$2.50,$0.00,$2.50,$0.20,x1,Till,Payment,Shop,,,,,\n"
	f := learned(t, learn.Options{Presets: presets(t), Set: map[string]string{"const.currency": "USD"}, Folder: "drop/till/"}, "items-2018.csv", file)
	if got := strings.Join(f.Source.Values.Date, ""); f.Source.Preset != "square-items" || got != "MM/dd/yyyy HH:mm:ss" {
		t.Errorf("preset %q, date %q, because %q", f.Source.Preset, got, f.Because["values.date"])
	}
}
