package rows_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/rows"
)

func TestFind(t *testing.T) {
	_, r := read(t, "\uFEFFOrder  ID; Qty ;Qty;qty;;7;Größe;Qty#2;Tax\u00A0Rate\n", rows.Options{})
	h := r.Header()
	want := []string{"Order  ID", "Qty", "Qty#2", "qty", "", "7", "Größe", "Qty#2#2", "Tax\u00A0Rate"}
	if diff := cmp.Diff(want, h.Names); diff != "" {
		t.Fatal(diff)
	}
	for name, want := range map[string]int{
		"Order  ID": 0, "order id": 0, "ORDERID": 0, "\uFEFForder id": 0,
		"Qty": 1, "QTY": 1, "qty": 3, "Qty#1": 1, "Qty#2": 2, "qty#2": 2, "Qty#3": -1, "Qty#2#2": 7,
		"7": 5, "0": 0, "12": 12, "-1": -1, "1.5": -1, "": -1, " ": -1,
		"größe": 6, "GRO\u0308ßE": 6, "tax rate": 8, "Price": -1,
	} {
		if got := h.Find(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
	if i := (*rows.Header)(nil).Find("3"); i != 3 {
		t.Error(i)
	}
}

// TestHeaderAmongRows: the header is the first of 100 rows with all names, and
// where none has all, the one with the most.
func TestHeaderAmongRows(t *testing.T) {
	want := []string{"No", "Amount", "Note#2", "3", ""}
	for _, test := range []struct {
		name, text string
		line       int64
	}{
		{"first", "No;Amount;Note;Note\n1;2;3;4\n", 1},
		{"fiftieth", strings.Repeat("x;No\n", 49) + "No;Amount;Note;Note\n1;2;3;4\n", 50},
		{"too far down", strings.Repeat("x;y;z;v\n", 100) + "No;Amount;Note;Note\n1;2;3;4\n", 1},
		{"the most", "My No;x\nAmount\nNO;amount\nNo;1\n", 3},
		{"none", "a;b\n1;2\n", 1},
		{"an open quote above", "My \"shop\n\"Report of\nNo;Amount;Note;Note\n1;2;3;4\n", 3},
	} {
		_, r := read(t, test.text, rows.Options{Want: want})
		if f := r.Format(); f.HeaderAt != test.line {
			t.Errorf("%s: line %d, want %d", test.name, f.HeaderAt, test.line)
		}
	}
	_, r := read(t, "1;2\n", rows.Options{NoHeader: true})
	if f := r.Format(); f.HeaderAt != 0 || f.Header == nil || len(f.Header.Names) != 0 || f.Header.Find("1") != 1 {
		t.Errorf("%+v", f)
	}
}
