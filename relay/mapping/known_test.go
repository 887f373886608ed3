package mapping

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"funnelrelay/relay/rows"
)

// The tables of hashes agree with plain maps.
func TestKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f finished
		var r repeats
		plain, counts := map[string]int64{}, map[uint64]int{}
		for i := range rapid.IntRange(0, 300).Draw(t, "steps") {
			key := fmt.Sprint(rapid.IntRange(0, 200).Draw(t, "key"))
			record, ok := f.find(key)
			if want, known := plain[key]; ok != known || record != want {
				t.Fatalf("%s is at %d (%v), want %d", key, record, ok, want)
			}
			f.add(key, int64(i))
			plain[key] = int64(i)
			h := hashKey(key)
			n, err := r.next(h)
			if err != nil || n != counts[h] {
				t.Fatalf("%s came %d times (%v), want %d", key, n, err, counts[h])
			}
			counts[h]++
		}
	})
}

// What is finished is remembered within a bound, the last ones surely.
func TestFinishedIsBounded(t *testing.T) {
	var f finished
	const n = 1_000_000
	for i := range n {
		f.add(fmt.Sprint(i), int64(i))
	}
	if size := len(f.now.slots) + len(f.before.slots); size > 2*mostFinished {
		t.Errorf("it takes %d slots", size)
	}
	for _, i := range []int{n - 1, n - 390_000} {
		if record, ok := f.find(fmt.Sprint(i)); !ok || record != int64(i) {
			t.Errorf("%d is at %d, %v", i, record, ok)
		}
	}
	if _, ok := f.find("never"); ok {
		t.Error("an unknown key is known")
	}
}

func TestTooManyRepeats(t *testing.T) {
	var r repeats
	for i := range uint64(mostRepeats) {
		if n, err := r.next(spread(i + 1)); n != 0 || err != nil {
			t.Fatalf("row %d: %d, %v", i, n, err)
		}
	}
	if _, err := r.next(spread(mostRepeats + 1)); err == nil {
		t.Error("one more row than can be told apart is taken")
	}
	if n, err := r.next(spread(1)); n != 1 || err != nil {
		t.Errorf("a row that came before: %d, %v", n, err)
	}
}

// A column of a list may be missing, as long as another one is there.
func TestListsAreAliases(t *testing.T) {
	s := daily()
	s.Items.SKU = []string{"SKU", "Token"}
	m := made(t, s, Options{})
	for header, ok := range map[string]bool{
		"Day,No,SKU,Item,Sum,Note": true, "Day,No,Token,Item,Sum,Note": true, "Day,No,Other,Item,Sum,Note": false, "Day,No,SKU,Item,Note": false,
	} {
		r, err := rows.OpenBytes("x", []byte(header+"\n"), m.Reading())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = m.Read(r, File{Name: "x"}); (err == nil) != ok {
			t.Errorf("%s: %v", header, err)
		}
		_ = r.Close()
	}
}
