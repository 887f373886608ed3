package mapping

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// Columns that move, and new ones, change no event and no key.
func TestColumnsDoNotMatter(t *testing.T) {
	s := daily()
	s.Refund = is("Sum", "<0")
	s.Items.Skip = is("Item", "Rounding")
	m := made(t, s, Options{})
	ids := daily()
	ids.Order.ID = column("rows")
	byRows := made(t, ids, Options{})
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"Day", "No", "SKU", "Item", "Sum", "Note"}
		table := [][]string{names}
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			table = append(table, []string{
				rapid.SampledFrom([]string{"2026-03-01", "2026-03-02", "", "31.02.2026"}).Draw(t, "day"),
				rapid.SampledFrom([]string{"1", "2", "3", ""}).Draw(t, "no"),
				rapid.SampledFrom([]string{"S", "", "1.5E+12"}).Draw(t, "sku"),
				rapid.SampledFrom([]string{"Tea", "Rounding", "", "a;b\n\"c\""}).Draw(t, "item"),
				rapid.SampledFrom([]string{"1.00", "-2.50", "", "x"}).Draw(t, "sum"),
				rapid.SampledFrom([]string{"-", "hello"}).Draw(t, "note"), // a row of nothing is no row, and the new column would make it one
			})
		}
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6}).Draw(t, "columns")
		var moved [][]string
		for i, row := range table {
			new := fmt.Sprint("new", i)
			cells := make([]string, len(order))
			for to, from := range order {
				if from == 6 {
					cells[to] = new
				} else {
					cells[to] = row[from]
				}
			}
			moved = append(moved, cells)
		}
		for _, m := range []*Mapping{m, byRows} {
			one, n := mapTable(t, m, table)
			two, _ := mapTable(t, m, moved)
			if diff := cmp.Diff(one, two); diff != "" {
				t.Fatalf("after columns moved:\n%s", diff)
			}
			if int(n) > len(table)-1 {
				t.Fatalf("%d rows read of %d", n, len(table)-1)
			}
		}
	})
}

// mapTable maps a table, and checks that all rows are counted.
func mapTable(t *rapid.T, m *Mapping, table [][]string) (list []string, read int64) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(table)
	o := m.Reading()
	o.Delimiter = ','
	r, err := rows.OpenBytes("table", []byte(b.String()), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	orders, err := m.Read(r, File{Scope: "x"})
	if err != nil {
		t.Fatal(err)
	}
	counted := int64(0)
	for {
		result, err := orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		counted += int64(result.Counted)
		text := shown([]*Result{result})[0]
		if result.Offer != nil {
			text += fmt.Sprintf(" %q %x", result.Offer.Key.Name, result.Offer.Key.Content)
		}
		list = append(list, text)
	}
	if counted != orders.Rows() {
		t.Fatalf("%d rows counted of %d", counted, orders.Rows())
	}
	return list, orders.Rows()
}

// FuzzMapping wants every row of whatever file to be counted once, and what is
// offered to be legal.
func FuzzMapping(f *testing.F) {
	f.Add([]byte("Day,No,SKU,Item,Sum,Note\n2026-03-01,1,S,Tea,1.00,\n"))
	f.Add([]byte(shopifyHeader + "\n#1,,paid,2026-04-06 01:48:03 +0400,,,AED,10.00,0.00,1,Tea,10.00,T-1,0.00,web,1,\n"))
	f.Add([]byte(wooOrders))
	f.Add([]byte("Date,Receipt number,Total collected,Description\n2026-01-01 08:00:00,2-1678,4.250,\"1 x Tea, 2 x Date Cake\"\n"))
	f.Add([]byte("email,dateTime,__sku__,__label__,__total_in_cents__,__order__,__currency__\na,2026-01-01T10:00:00Z,S,L,1,7,EUR\n"))
	f.Add([]byte("a;b\n1;\"2\n3;4\n"))
	f.Add([]byte("2026-03-01,1,S,Tea,1.00,\n2026-03-01,1,S,\"Tea,-1.00,\n2026-03-02,1,S,Tea,(2.00),\n,,,,,\n"))
	f.Add([]byte("2026-01-01 08:00:00,2-1678,4.250,\"1 x Tea, 2 x Date Cake\"\n"))
	f.Add([]byte("#1,,paid,2026-04-06 01:48:03 +0400,,,AED,10.00,0.00,1,Tea,10.00,T-1,0.00,web,1,\n#1,,,,,,,,,1,Tea,10.00,T-1,0.00,,,\n"))
	// Under headers of their own, more of what is tried gets as far as here.
	headers := []string{
		"Day,No,SKU,Item,Sum,Note\n2026-03-01,1,S,Tea,1.00,\n", shopifyHeader + "\n", "Date,Receipt number,Total collected,Description\n",
		"email,dateTime,__sku__,__label__,__total_in_cents__,__order__,__currency__\n",
	}
	var mappings []*Mapping
	rowsID := daily()
	rowsID.Order.ID = column("rows")
	records := daily()
	records.Read.Header.None = true
	records.Read.Records = &source.Records{Order: is("0", "present"), Item: is("0", "absent")}
	records.Order.ID, records.Order.At, records.Order.Extra = column("1"), nil, nil
	records.Items = &source.Items{Label: column("3"), Total: column("4")}
	fill := daily()
	fill.Read.Fill = []string{"No", "Day"}
	for _, s := range []*source.Source{daily(), rowsID, records, fill, shopify(), woo(), loyverse(), {}, {Event: &source.Event{Action: "Lead"}}} {
		for _, mode := range []source.Mode{source.Once, source.Follow} {
			c := *s
			c.Mode = mode
			mappings = append(mappings, made(f, &c, Options{Action: "Lead"}))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range mappings {
			for _, header := range append([]string{""}, headers...) {
				o := m.Reading()
				if header != "" {
					o.Delimiter = ','
				}
				r, err := rows.OpenBytes("fuzz", append([]byte(header), data...), o)
				if err != nil {
					continue
				}
				fuzzed(t, m, r)
				_ = r.Close()
			}
		}
	})
}

func fuzzed(t *testing.T, m *Mapping, r *rows.Reader) {
	orders, err := m.Read(r, File{Scope: "x", Growing: m.source.Mode == source.Follow, Flush: true})
	if err != nil {
		return
	}
	counted := int64(0)
	for {
		result, err := orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return
		}
		counted += int64(result.Counted)
		set := 0
		for _, is := range []bool{result.Offer != nil, result.Skipped != "", result.Reason != ""} {
			if is {
				set++
			}
		}
		if set != 1 || len(result.Rows) == 0 {
			t.Fatalf("%+v", result)
		}
		result.Hold()
		_ = result.Place()
	}
	if counted != orders.Rows() {
		t.Fatalf("%d rows counted of %d", counted, orders.Rows())
	}
}
