package mapping

import "fmt"

// hashes is a set of 64-bit hashes, each with a small number, in a flat table:
// 8 bytes a slot, and 4 more where there are numbers.
type hashes struct {
	slots   []uint64 // 0: free
	numbers []uint32
	n       int
}

// find is the slot of h, or the free one where it belongs. There is always a
// free one.
func (t *hashes) find(h uint64) (slot int, ok bool) {
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch t.slots[i] {
		case h:
			return int(i), true
		case 0:
			return int(i), false
		}
	}
}

// grow makes room for one more; it keeps a quarter of the slots free.
func (t *hashes) grow(numbered bool) {
	if t.n*4 < len(t.slots)*3 {
		return
	}
	old, numbers := t.slots, t.numbers
	t.slots = make([]uint64, max(2*len(old), 64))
	if numbered {
		t.numbers = make([]uint32, len(t.slots))
	}
	for i, h := range old {
		if h == 0 {
			continue
		}
		slot, _ := t.find(h)
		t.slots[slot] = h
		if numbered {
			t.numbers[slot] = numbers[i]
		}
	}
}

// mostFinished is how many slots each half of finished has: 6 MB of them.
const mostFinished = 1 << 19

// finished remembers the keys of orders that were returned, with their rows'
// numbers: the last 390,000 at least, in 12 MB at most. What it forgets, the
// spool still knows.
type finished struct{ now, before hashes }

func (f *finished) add(key string, record int64) {
	h := hashKey(key)
	if f.now.n*4 >= mostFinished*3 {
		f.before, f.now = f.now, hashes{}
	}
	f.now.grow(true)
	slot, ok := f.now.find(h)
	if !ok {
		f.now.n++
	}
	f.now.slots[slot], f.now.numbers[slot] = h, uint32(record)
}

func (f *finished) find(key string) (record int64, ok bool) {
	h := hashKey(key)
	for _, t := range [...]*hashes{&f.now, &f.before} {
		if t.n == 0 {
			continue
		}
		if slot, ok := t.find(h); ok {
			return int64(t.numbers[slot]), true
		}
	}
	return 0, false
}

// mostRepeats is how many different rows without an id one file may hold: 32 MB
// of hashes.
const mostRepeats = 2_000_000

// errTooManyRows says that equal rows cannot be counted any more.
var errTooManyRows = fmt.Errorf("the file holds more than %d different rows without an id (id: rows), "+
	"which is more than can be told apart; export fewer days at once, or name an id", mostRepeats)

// repeats counts equal rows.
type repeats struct {
	seen  hashes
	again map[uint64]int
}

// next is the ordinal of a row among the equal ones so far, from 0.
func (r *repeats) next(h uint64) (int, error) {
	h = max(h, 1)
	r.seen.grow(false)
	slot, ok := r.seen.find(h)
	if !ok {
		if r.seen.n >= mostRepeats {
			return 0, errTooManyRows
		}
		r.seen.slots[slot] = h
		r.seen.n++
		return 0, nil
	}
	if r.again == nil {
		r.again = map[uint64]int{}
	}
	r.again[h]++
	return r.again[h], nil
}

// FNV-1a with 64 bits.
const (
	hashStart = uint64(14695981039346656037)
	hashPrime = uint64(1099511628211)
)

// hash takes text and its end into h.
func hash(h uint64, text string) uint64 {
	for i := 0; i < len(text); i++ {
		h = (h ^ uint64(text[i])) * hashPrime
	}
	return (h ^ 0xff) * hashPrime // no byte of UTF-8
}

func hashNumber(h uint64, n int64) uint64 {
	for shift := 0; shift < 64; shift += 8 {
		h = (h ^ uint64(byte(n>>shift))) * hashPrime
	}
	return h
}

// spread lets every bit bear on every other (the finish of MurmurHash3).
func spread(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// hashKey is never 0.
func hashKey(key string) uint64 { return max(spread(hash(hashStart, key)), 1) }
