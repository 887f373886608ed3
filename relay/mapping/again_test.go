package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// ledger stands for the spool's memory of keys.
type ledger map[string]uint64

// take counts the new orders, and those that came before with other content.
func (l ledger) take(t *testing.T, results []*Result) (fresh, changed int) {
	t.Helper()
	for _, r := range results {
		if r.Offer == nil {
			t.Errorf("%v", shown([]*Result{r}))
			continue
		}
		content, known := l[r.Offer.Key.Name]
		switch {
		case !known:
			l[r.Offer.Key.Name] = r.Offer.Key.Content
			fresh++
		case content != r.Offer.Key.Content:
			changed++
		}
	}
	return fresh, changed
}

func daily() *source.Source {
	return &source.Source{
		Values: source.Values{Date: []string{"yyyy-MM-dd"}, Money: "1.50"},
		Const:  extra("currency", "EUR"),
		Order:  &source.Order{ID: column("{Day}/{No}"), At: column("Day"), Extra: extra("note", "Note")},
		Items:  &source.Items{SKU: column("SKU"), Label: column("Item"), Total: column("Sum")},
	}
}

// A file that comes again in whatever way makes the events that are new.
func TestExportsAgain(t *testing.T) {
	m := made(t, daily(), Options{})
	header := "Day,No,SKU,Item,Sum,Note"
	var list []string
	for i := 1; i <= 20; i++ {
		list = append(list, fmt.Sprintf("2026-03-01,%d,S%d,Tea,%d.50,", i, i, i))
	}
	list = append(list, "2026-03-01,20,S20,Tea,20.50,") // the same thing rung up twice
	file := text(append([]string{header}, list...)...)
	l := ledger{}
	step := func(name, text string, fresh, changed int) {
		t.Helper()
		results := read(t, m, text, File{Scope: name})
		if f, c := l.take(t, results); f != fresh || c != changed {
			t.Errorf("%s: %d new and %d changed orders, want %d and %d", name, f, c, fresh, changed)
		}
	}
	step("first", file, 20, 0)
	step("dropped twice", file, 0, 0)
	step("with CRLF", strings.ReplaceAll(file, "\n", "\r\n"), 0, 0)
	more := file
	for i := 21; i <= 30; i++ {
		more += fmt.Sprintf("2026-03-01,%d,S%d,Tea,%d.50,\n", i, i, i)
	}
	step("ten more rows", more, 10, 0)
	var wide []string
	for _, line := range strings.Split(strings.TrimSpace(more), "\n") {
		cells := strings.Split(line, ",")
		new := "Jane"
		if cells[0] == "Day" {
			new = "Employee"
		}
		wide = append(wide, strings.Join(append(append(append([]string{}, cells[:3]...), new), cells[3:]...), ","))
	}
	step("a new column in the middle", text(wide...), 0, 0)
	step("a note was added", strings.Replace(more, "1.50,\n", "1.50,hello\n", 1), 0, 0)
	step("an amount was corrected", strings.Replace(more, ",1.50,", ",1.60,", 1), 0, 1)
	step("numbers restart the next day", strings.ReplaceAll(file, "2026-03-01", "2026-03-02"), 20, 0)
	slow := strings.Split(strings.TrimSpace(file), "\n")
	for i, j := 1, len(slow)-1; i < j; i, j = i+1, j-1 {
		slow[i], slow[j] = slow[j], slow[i]
	}
	step("newest first", text(slow...), 0, 0)
}

// A reader that was stopped gets the same results again.
func TestResultsAreStable(t *testing.T) {
	m := made(t, square(), Options{})
	var b strings.Builder
	b.WriteString("Date,Time,Time Zone,Item,Price Point Name,SKU,GTIN,Token,Net Sales,Tax,Transaction ID,Event Type,Location,Customer ID\n")
	for i := range 300 {
		fmt.Fprintf(&b, "2026-07-18,12:%02d:00,UTC,Tea,,S,,,$%d.00,$0.00,T%d,Payment,Main,\n", i%60, i, i*7%113)
	}
	first, second := shown(read(t, m, b.String(), File{})), shown(read(t, m, b.String(), File{}))
	if strings.Join(first, "\n") != strings.Join(second, "\n") || len(first) != 113 {
		t.Errorf("the same file yields %d and %d results that differ", len(first), len(second))
	}
}

// Rows of one order that are too far apart are refused, and named.
func TestRowsTooFarApart(t *testing.T) {
	m := made(t, daily(), Options{})
	var b strings.Builder
	b.WriteString("Day,No,SKU,Item,Sum,Note\n")
	filler := strings.Repeat("x", 1000)
	for i := range 12_000 {
		fmt.Fprintf(&b, "2026-03-01,%d,S,Tea,1.00,%s\n", i, filler)
	}
	b.WriteString("2026-03-01,0,S,Cake,1.00,\n2026-03-01,0,S,Mug,1.00,\n2026-03-01,11999,S,Cake,1.00,\n")
	results := read(t, m, b.String(), File{})
	if len(results) != 12_001 {
		t.Fatalf("%d results, want 12001", len(results))
	}
	late := results[12_000]
	want := `the order "2026-03-01/0" was finished with other rows, which began with row 1: an order's rows must stand within some 8 MB; sort the file by order, or export fewer days at once`
	if late.Reason != want || late.Counted != 2 || late.At.Record != 12_001 {
		t.Errorf("the late rows are %d, at %v: %s", late.Counted, late.At, late.Reason)
	}
	if results[11_999].Counted != 2 {
		t.Errorf("the order whose rows are near has %d", results[11_999].Counted)
	}
}

// An order of more than 8 MB is refused in parts.
func TestOrderTooLarge(t *testing.T) {
	m := made(t, daily(), Options{})
	var b strings.Builder
	b.WriteString("Day,No,SKU,Item,Sum,Note\n")
	filler := strings.Repeat("x", 10_000)
	for range 2000 {
		fmt.Fprintf(&b, "2026-03-01,1,S,Tea,1.00,%s\n", filler)
	}
	for i, r := range read(t, m, b.String(), File{}) {
		if r.Reason == "" {
			t.Errorf("result %d: %v", i, shown([]*Result{r}))
		}
	}
}

// A journal's last order waits for the next one, or for quiet.
func TestGrowing(t *testing.T) {
	s := daily()
	s.Mode = source.Follow
	m := made(t, s, Options{})
	header := "Day,No,SKU,Item,Sum,Note\n"
	one := "2026-03-01,1,A,Tea,1.00,\n2026-03-01,1,B,Cake,2.00,\n"
	two := "2026-03-01,2,A,Tea,3.00,\n"
	settled := func(text string, start rows.Position, flush bool) ([]string, rows.Position) {
		t.Helper()
		o := m.Reading()
		o.Start, o.Growing = start, !flush
		r, err := rows.OpenBytes("journal", []byte(text), o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		orders, err := m.Read(r, File{Name: "journal", Scope: "j", Growing: true, Flush: flush})
		if err != nil {
			t.Fatal(err)
		}
		var list []*Result
		for {
			result, err := orders.Next()
			if err != nil {
				return shown(list), orders.Settled()
			}
			list = append(list, result)
		}
	}
	got, at := settled(header+one[:24], rows.Position{}, false)
	if len(got) != 0 || at.Offset > int64(len(header)) {
		t.Errorf("half an order yields %v, settled at %v", got, at)
	}
	got, at = settled(header+one, at, false)
	if len(got) != 0 || at.Record > 1 {
		t.Errorf("an order that may go on yields %v, settled at %v", got, at)
	}
	got, at = settled(header+one+two, at, false)
	if len(got) != 1 || !strings.Contains(got[0], "Cake") || at.Offset != int64(len(header+one)) || at.Record != 3 {
		t.Errorf("an order that is over yields %v, settled at %v", got, at)
	}
	got, at = settled(header+one+two, at, true)
	if len(got) != 1 || !strings.Contains(got[0], `"2026-03-01/2"`) || at.Offset != int64(len(header+one+two)) {
		t.Errorf("the last order yields %v, settled at %v", got, at)
	}
	got, _ = settled(header+one+two, at, true)
	if len(got) != 0 {
		t.Errorf("nothing new yields %v", got)
	}
}

// A journal's rows without ids are known by their places.
func TestGrowingRows(t *testing.T) {
	s := &source.Source{
		Mode: source.Follow, Values: source.Values{Date: []string{"yyyy-MM-dd HH:mm"}, Money: "1.50"}, Const: extra("currency", "EUR"),
		Order: &source.Order{ID: column("rows"), At: column("When")}, Items: &source.Items{Label: column("What"), Total: column("Sum")},
	}
	m := made(t, s, Options{})
	header, row := "When;What;Sum\n", "2026-03-01 09:00;Coffee;2.50\n"
	l := ledger{}
	start := rows.Position{}
	for n, want := range []int{1, 1, 1} {
		o := m.Reading()
		o.Start = start
		r, err := rows.OpenBytes("journal", []byte(header+strings.Repeat(row, n+1)), o)
		if err != nil {
			t.Fatal(err)
		}
		orders, err := m.Read(r, File{Scope: "j", Growing: true})
		if err != nil {
			t.Fatal(err)
		}
		var list []*Result
		for {
			result, err := orders.Next()
			if err != nil {
				break
			}
			list = append(list, result)
		}
		if fresh, _ := l.take(t, list); fresh != want {
			t.Errorf("growth %d: %d new rows, want %d", n, fresh, want)
		}
		start = orders.Settled()
		r.Close()
	}
}

func TestOlderThanMemory(t *testing.T) {
	m := made(t, daily(), Options{KeepKeys: 10 * 24 * time.Hour})
	now := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	check(t, read(t, m, text("Day,No,SKU,Item,Sum,Note", "2026-03-01,1,S,Tea,1.00,"), File{Now: now}),
		`sale 2026-03-01/1 __commerce_action__ {"dateTime":"2026-03-01T00:00:00+00:00","purchase_data":[{"__sku__":"S","__label__":"Tea","__total_in_cents__":100,"__order__":"2026-03-01/1","__currency__":"EUR"}]}`+
			` held: older than memory: it is of 2026-03-01, and orders are known again for 10 days only (keep_keys), so that it may have been sent before`)
	if held := read(t, m, text("Day,No,SKU,Item,Sum,Note", "2026-03-15,1,S,Tea,1.00,"), File{Now: now})[0].Offer.Held; held != "" {
		t.Errorf("an order of last week is held: %s", held)
	}
}

// Keys hold the kind, so that a refund with the sale's id is another event.
func TestKeys(t *testing.T) {
	m := made(t, square(), Options{})
	results := read(t, m, text(
		"Date,Time,Time Zone,Item,Price Point Name,SKU,GTIN,Token,Net Sales,Tax,Transaction ID,Event Type,Location,Customer ID",
		"2026-07-18,12:59:30,UTC,Tea,,S,,,$8.00,$0.00,T1,Payment,Main,",
	), File{})
	if got, want := results[0].Offer.Key.Name, string(event.OrderKey("test", "T1", "sale")); got != want {
		t.Errorf("the key is %q, want %q", got, want)
	}
	if results[0].Offer.Changed != event.ChangedHold {
		t.Errorf("a changed purchase is to be %q", results[0].Offer.Changed)
	}
}
