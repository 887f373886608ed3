package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"funnelrelay/relay/source"
)

// TestPresets reads each preset as the entry of a source, with what it needs:
// it must be in order, and without that it must say what is missing.
func TestPresets(t *testing.T) {
	needs := map[string]string{
		"values.date": "values: {date: dd/MM/yyyy HH:mm}", "const.currency": "const: {currency: EUR}", "items.total": "items: {total: Net sales}",
	}
	want := []string{
		"clover-orders", "dsfinvk", "loyverse-items", "odoo-pos", "shopify-orders", "shopify-webhook", "simphony-checks",
		"square-items", "square-orders", "sumup-sales", "toast-items", "vend-ledger", "woocommerce-orders", "woocommerce-rest",
	}
	if got := Presets(); !slices.Equal(got, want) {
		t.Errorf("presets %v, want %v", got, want)
	}
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			text, ok := PresetText(name)
			if !ok || !strings.HasPrefix(text, "# ") {
				t.Fatalf("no text with a comment at its head: %q", text)
			}
			if strings.Contains(text, "watch:") || strings.Contains(text, "preset:") || strings.Contains(text, "project:") {
				t.Error("holds what is the site's own")
			}
			entry := "sources:\n  x:\n    preset: " + name + "\n"
			asked := presetNeeds(text)
			if strings.Count(text, "# needs ") != len(asked) {
				t.Error("a line of needs that is not read")
			}
			if len(asked) > 0 {
				got := fails(t, with("")+entry)
				if len(got) != len(asked) {
					t.Errorf("without its needs:\n%v", got)
				}
				for i, n := range asked {
					wanted := fmt.Sprintf("sources.x.%s: is missing: the preset %s needs it, as each account has its own; %s", n.key, name, n.write)
					if !strings.Contains(got[i].String(), wanted) || got[i].Line == 0 {
						t.Errorf("got  %s\nwant %s", got[i], wanted)
					}
				}
			}
			for _, n := range asked {
				entry += "    " + needs[n.key] + "\n"
			}
			c, err := Parse("c.yaml", []byte(with("")+entry), Env{})
			if err != nil {
				t.Fatal(err)
			}
			s := c.Sources[0]
			if s.Plain() || s.Order == nil || s.Items == nil || s.Preset != name || s.Mode != source.Once {
				t.Errorf("read %+v", s)
			}
			// The text may stand in place of the name.
			var body strings.Builder
			for line := range strings.Lines(text) {
				body.WriteString("    " + line)
			}
			if len(asked) > 0 {
				return // their keys would stand there twice
			}
			pasted, err := Parse("c.yaml", []byte(with("")+"sources:\n  x:\n"+body.String()), Env{})
			if err != nil {
				t.Fatal(err)
			}
			pasted.Sources[0].Preset = name
			if changed := Changed(c, pasted); len(changed) > 0 {
				t.Errorf("pasted, it differs in %v", changed)
			}
		})
	}
	for _, name := range []string{"", "none", "../presets/dsfinvk", "dsfinvk.yaml"} {
		if _, ok := PresetText(name); ok {
			t.Errorf("%q is a preset", name)
		}
	}
}

// TestPresetIsLaidUnder writes keys beside a preset.
func TestPresetIsLaidUnder(t *testing.T) {
	c, err := Parse("c.yaml", []byte(with("")+`sources:
  a:
    preset: square-items
    const: {currency: CAD, shop: North}
    values: {date: [MM/dd/yyyy HH:mm:ss, yyyy-MM-dd HH:mm:ss]}
    refund: {Event Type: [Refund, Return], Qty: "<0"}
    order:
      extra: {till: Token, day: Date}
    items: {sku: Token}
    policy: {refund: negative}
  b:
    preset: square-items
    const: {currency: USD}
  c:
    preset: shopify-orders
    void: {}
    order: {extra: none}
    items: {balance: none, discount: []}
`), Env{})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := c.Sources.Get("a")
	b, _ := c.Sources.Get("b")
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"scalar replaced", a.Items.SKU, source.Value{"Token"}},
		{"scalar kept", a.Items.Total, source.Value{`= money("Net Sales") + money("Tax")`}},
		{"values merged", a.Values, source.Values{Date: []string{"MM/dd/yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss"}, Zone: "{Time Zone}", Money: "$1,234.56"}},
		{"fields merged", a.Order.Extra, []source.Field{{Name: "store", Value: source.Value{"Location"}}, {Name: "till", Value: source.Value{"Token"}}, {Name: "day", Value: source.Value{"Date"}}}},
		{"condition replaced", a.Refund, source.Matcher{{{Column: "Event Type", Is: []string{"Refund", "Return"}}, {Column: "Qty", Is: []string{"<0"}}}}},
		{"the other source", b.Order.Extra, []source.Field{{Name: "store", Value: source.Value{"Location"}}, {Name: "till", Value: source.Value{"Device Name"}}}},
		{"the other's items", b.Items.SKU, source.Value{"SKU", "GTIN", "Token", "Item"}},
		{"taken away", []any{c.Sources[2].Void, c.Sources[2].Order.Extra, c.Sources[2].Items.Balance, c.Sources[2].Items.Discount},
			[]any{source.Matcher(nil), []source.Field(nil), (*source.Balance)(nil), source.Value(nil)}},
	} {
		if fmt.Sprintf("%q", row.got) != fmt.Sprintf("%q", row.want) {
			t.Errorf("%s: got %q, want %q", row.name, row.got, row.want)
		}
	}
}
