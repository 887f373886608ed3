package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// benchTable is sales of one row each, some 110 bytes long.
func benchTable(n int) []byte {
	var b bytes.Buffer
	b.WriteString("Date,Time,Receipt,Store,Customer,SKU,Item,Qty,Net,Tax,Method,Note\n")
	for i := range n {
		fmt.Fprintf(&b, "2026-03-%02d,%02d:%02d:%02d,R-%08d,Main Street,jane%d@shop.example,SKU-%04d,Espresso Double,1,%d.50,0.70,Card,\n",
			i%28+1, i/3600%24, i/60%60, i%60, i, i%5000, i%300, i%90)
	}
	return b.Bytes()
}

func benchSource() *source.Source {
	return &source.Source{
		Name: "bench", Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm:ss"}, Zone: "Europe/Berlin", Money: "1,234.56"},
		Refund: is("Net", "<0"), Const: extra("currency", "EUR"),
		Order: &source.Order{ID: column("Receipt"), At: column("{Date} {Time}"), Email: column("Customer"), Extra: extra("store", "Store")},
		Items: &source.Items{SKU: column("SKU"), Label: column("Item"), Total: column("Net")},
	}
}

func benchmark(b *testing.B, m *Mapping, data []byte, n int) {
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r, err := rows.OpenBytes("bench", data, m.Reading())
		if err != nil {
			b.Fatal(err)
		}
		orders, err := m.Read(r, File{Scope: "x"})
		if err != nil {
			b.Fatal(err)
		}
		offers := 0
		for {
			result, err := orders.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			if result.Offer == nil {
				b.Fatal(result.Reason)
			}
			offers++
		}
		if offers != n {
			b.Fatalf("%d orders of %d", offers, n)
		}
		_ = r.Close()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkTable is a table with an order in each row.
func BenchmarkTable(b *testing.B) {
	const n = 50_000
	m := made(b, benchSource(), Options{})
	data := benchTable(n)
	benchmark(b, m, data, n)
}

// BenchmarkRowsID is the same without ids.
func BenchmarkRowsID(b *testing.B) {
	const n = 50_000
	s := benchSource()
	s.Order.ID = source.Value{source.RowsID}
	benchmark(b, made(b, s, Options{}), benchTable(n), n)
}

// BenchmarkCalculated has a calculated total, as Square's.
func BenchmarkCalculated(b *testing.B) {
	const n = 50_000
	s := benchSource()
	s.Items.Total = source.Value{`= money("Net") + money("Tax")`}
	benchmark(b, made(b, s, Options{}), benchTable(n), n)
}
