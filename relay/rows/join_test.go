package rows

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestJoin(t *testing.T) {
	const main = "Order,Line,Item\n1,1,Tea\n1,2,Cup\n2,1,Tea\n3,1,\"x\ny\"\n"
	by := []string{"order"}
	for name, tt := range map[string]struct {
		main, side string
		join       []Join
		want       []string
	}{
		"the first one counts": {side: "Order;Date;Item\n1;mon;?\n2;tue;?\n1;wed;?\n", join: []Join{{Table: "side.csv", By: by}},
			want: []string{"Order|Line|Item|Date", "1|1|Tea|mon", "1|2|Cup|mon", "2|1|Tea|tue", "3|1|x\ny|"}},
		"two keys and a sum": {side: "Order;Line;Tax\n1;1;0,10\n1;2;7\n1;1;0,2\n2;1;1,999\n1;1;\n3;1;\n", join: []Join{{Table: "SIDE.csv", By: []string{"Order", "Line"}, Sum: []string{"Tax"}}},
			want: []string{"Order|Line|Item|Tax", "1|1|Tea|0,30", "1|2|Cup|7", "2|1|Tea|1,999", "3|1|x\ny|"}},
		"keys that only look alike": {main: "A,B\n1,23\n12,3\n", side: "A,B,C\n12,3,x\n1,23,y\n", join: []Join{{Table: "side.csv", By: []string{"A", "B"}}},
			want: []string{"A|B|C", "1|23|y", "12|3|x"}},
		"by a column that was joined": {side: "Order,Till\n1,K1\n2,K2\n3,K1\n", join: []Join{{Table: "side.csv", By: by}, {Table: "tills.csv", By: []string{"Till"}}},
			want: []string{"Order|Line|Item|Till|Store", "1|1|Tea|K1|A", "1|2|Cup|K1|A", "2|1|Tea|K2|B", "3|1|x\ny|K1|A"}},
		"two signs, told by others": {side: "Order;Tax\n1;1,234\n1;2\n2;5,50\n2;1.000,00\n3;1,5\n3;2.5\n", join: []Join{{Table: "side.csv", By: by, Sum: []string{"Tax"}}},
			want: []string{"Order|Line|Item|Tax", "! column \"Tax\" of side.csv: \"1,234\" could be read in two ways, as nothing tells the decimal sign", "! column \"Tax\" of side.csv: \"1,234\" could be read in two ways, as nothing tells the decimal sign", "2|1|Tea|1005,50", "3|1|x\ny|4,0"}},
		"no number": {side: "Order;Tax\n1;1\n1;x\n2;1\n", join: []Join{{Table: "side.csv", By: by, Sum: []string{"Tax"}}},
			want: []string{"Order|Line|Item|Tax", `! column "Tax" of side.csv: "x" is not a number`, `! column "Tax" of side.csv: "x" is not a number`, "2|1|Tea|1", "3|1|x\ny|"}},
		"rows of any length": {main: "Order,Line\n1\n2,1,x,y\n", side: "Order,Date\n1,mon\n2\n", join: []Join{{Table: "side.csv", By: by}},
			want: []string{"Order|Line|Date", "1||mon", "2|1||x|y"}},
		"no such table":            {join: []Join{{Table: "x.csv", By: by}}, want: []string{"error: day/sales.csv: join x.csv: table x.csv: file does not exist beside the file in day"}},
		"a table elsewhere":        {join: []Join{{Table: "../tills.csv", By: by}}, want: []string{"error: day/sales.csv: join ../tills.csv: it is no file beside the one that is read"}},
		"no such column here":      {side: "Order\n", join: []Join{{Table: "side.csv", By: []string{"Bon"}}}, want: []string{`error: day/sales.csv: join side.csv: the rows have no column "Bon"; they have Order, Line, Item`}},
		"no such column there":     {side: "Bon,Date\n1,2\n", join: []Join{{Table: "side.csv", By: by}}, want: []string{`error: day/sales.csv: join side.csv: it has no column "order"; it has Bon, Date`}},
		"no such column to sum up": {side: "Order,Date\n1,2\n", join: []Join{{Table: "side.csv", By: by, Sum: []string{"Tax"}}}, want: []string{`error: day/sales.csv: join side.csv: it has no column "Tax" to sum up; it has Order, Date`}},
		"a sum that is hidden":     {side: "Order,Line\n1,2\n", join: []Join{{Table: "side.csv", By: by, Sum: []string{"Line"}}}, want: []string{`error: day/sales.csv: join side.csv: the column "Line" to sum up is one that the rows have, too: it would not be seen`}},
		"no keys":                  {side: "Order,Line\n1,2\n", join: []Join{{Table: "side.csv"}}, want: []string{`error: day/sales.csv: join side.csv: by is missing: name the columns that are equal in both tables`}},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.main == "" {
				tt.main = main
			}
			files := fstest.MapFS{"day/sales.csv": {Data: []byte(tt.main)}, "day/side.csv": {Data: []byte(tt.side)},
				"day/tills.csv": {Data: []byte("Till,Store\nK1,A\nK2,B\n")}}
			got, _ := readTable(t, files, "day/sales.csv", Options{Join: tt.join})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Many rows of one key, as where it is blank, are added up in little time.
func TestJoinManyOfAKey(t *testing.T) {
	const count = 300_000
	files := fstest.MapFS{"sales.csv": {Data: []byte("Order,Line\n,1\n")},
		"side.csv": {Data: []byte("Order,Tax\n" + strings.Repeat(",0.25\n", count))}}
	got, _ := readTable(t, files, "sales.csv", Options{Join: []Join{{Table: "side.csv", By: []string{"Order"}, Sum: []string{"Tax"}}}})
	if want := fmt.Sprintf("|1|%d.00", count/4); len(got) != 2 || got[1] != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// A broken row of a joined table is nobody's first or sum: which one's, cannot
// be told.
func TestJoinBroken(t *testing.T) {
	files := fstest.MapFS{"sales.csv": {Data: []byte("Order,Line\n1,1\n")},
		"side.csv": {Data: []byte("Order,Date\n1,\"mon\n2,tue\n3,wed\n4,thu\n")}}
	got, _ := readTable(t, files, "sales.csv", Options{Join: []Join{{Table: "side.csv", By: []string{"Order"}}}})
	if len(got) != 1 || !strings.HasPrefix(got[0], `error: sales.csv: join side.csv: line 2: the quote in column "Date" in line 2`) {
		t.Errorf("%q", got)
	}
}

// A table that is too large to be held is read along, where its order allows.
func TestJoinAlong(t *testing.T) {
	const count = 36_000
	var main, side strings.Builder
	main.WriteString("Order;Line\n")
	side.WriteString("Order;Note;Tax\n")
	note := strings.Repeat("n", 1000)
	for i := range count {
		fmt.Fprintf(&main, "%d;1\n%d;2\n", i, i)
		fmt.Fprintf(&side, "%d;%s%d;0,%d\n%d;;1,%d\n", i, note, i, i%10, i, i%10)
	}
	read := func(main, side string) (rows int, most uint64, err error) {
		files := fstest.MapFS{"sales.csv": {Data: []byte(main)}, "side.csv": {Data: []byte(side)}}
		runtime.GC()
		var before, stats runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Open(files, "sales.csv", Options{Join: []Join{{Table: "side.csv", By: []string{"Order"}, Sum: []string{"Tax"}}}})
		if err != nil {
			return 0, 0, err
		}
		defer r.Close()
		for {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				return rows, most, nil
			} else if err != nil {
				return rows, most, err
			}
			n, _ := strconv.Atoi(row.Cells[0])
			if want := fmt.Sprintf("%s%d|%d,%d", note, n, 1+2*(n%10)/10, 2*(n%10)%10); strings.Join(row.Cells[2:], "|") != want {
				t.Fatalf("%q, not %q", row.Cells, want)
			}
			if rows++; rows%20_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&stats)
				most = max(most, stats.HeapInuse-min(before.HeapInuse, stats.HeapInuse))
			}
		}
	}
	rows, most, err := read(main.String(), side.String())
	if err != nil || rows != 2*count || most > 30<<20 {
		t.Errorf("%d rows, %d MB, %v", rows, most>>20, err)
	}
	_, _, err = read("Order;Line\n5;1\n4;1\n", side.String())
	if err == nil || !strings.Contains(err.Error(), "has none for 4 behind those that were read: both must be sorted alike") {
		t.Errorf("another order: %v", err)
	}
	_, _, err = read("Order;Line\n0;1\n1;1\n9999999;1\n", side.String()+"0;x;1\n")
	if err == nil || !strings.Contains(err.Error(), "the rows of 0 do not stand together in it") {
		t.Errorf("rows that are parted: %v", err)
	}
}

// Sums are exact, whatever the sign and the grouping.
func TestSumExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := numeral{sign: ",", group: "."}
		if rapid.Bool().Draw(t, "point") {
			n = numeral{sign: ".", group: ","}
		}
		want := new(big.Rat)
		var cells []string
		for range rapid.IntRange(2, 6).Draw(t, "count") {
			number := rapid.StringMatching(`-?[0-9]{1,25}(\.[0-9]{1,6})?`).Draw(t, "number")
			value, _ := new(big.Rat).SetString(number)
			want.Add(want, value)
			cells = append(cells, strings.Replace(number, ".", n.sign, 1))
		}
		got, err := n.sum(cells)
		if err != nil {
			t.Fatal(err)
		}
		value, ok := new(big.Rat).SetString(strings.Replace(got, n.sign, ".", 1))
		if !ok || value.Cmp(want) != 0 {
			t.Fatalf("%s of %q, not %s", got, cells, want)
		}
	})
	for text, want := range map[string]string{
		"1.234,50|0,50": "1235,00", "1 234,5|5-": "1229,5", "1'000.00|1.00": "1001.00", "+1|-1": "0", "0.05|-0.10": "-0.05",
		"1.234.567|1": "1234568", "-1,5|0,5": "-1,0", "12|": "12", "|": "", " 7 ": " 7 ", "5|1.234.567,25": "1234572,25",
	} {
		n := numeral{}
		if got, err := n.sum(strings.Split(text, "|")); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"1,234", "x", "1-2", "--1", "1,2,3.4.5", "€ 5", "1e5", "-", strings.Repeat("9", 101)} {
		n := numeral{}
		if got, err := n.sum([]string{text, "1"}); err == nil {
			t.Errorf("%s: %q", text, got)
		}
	}
}
