package event

import "time"

// A mark is a time at which a body was seen. Together with the hash of what is
// around the dateTime it stands for the bytes of a body: two bodies have the
// same mark if and only if they are the same bytes.
//
// Marks that follow each other are a chain. So that the end of a chain of
// thousands is found without walking it, marks carry links:
//
//   - the first mark of a chain, its root, links to the last one;
//   - every other links to the root;
//   - a mark of a dateTime of the sender's own has no link, until a chain
//     begins at it or runs into it.
//
// Where a chain runs into the root or a member of another, its root becomes a
// member of that one, so that all of them have one last mark (a union of sets,
// with the paths shortened whenever they are walked). Links only save time:
// each time is looked up before it is given, whatever the links say.
type mark struct {
	at int64 // milliseconds since 1970
	form
}

// form is what, besides the instant, tells the bytes of a dateTime. The zero
// form is that of a text that the relay would not write; the hash of the body
// holds the text then.
type form struct {
	offset  int // minutes east of UTC
	millis  bool
	stamped bool
}

func (k mark) time() time.Time { return time.UnixMilli(k.at).UTC() }

// append writes the mark's dateTime, as in the contract's own example, with an
// offset also for UTC.
func (k mark) append(dst []byte) []byte {
	local := time.UnixMilli(k.at + int64(k.offset)*60_000).UTC()
	t := dateTime{offset: k.offset}
	var month time.Month
	t.year, month, t.day = local.Date()
	t.month = int(month)
	t.hour, t.minute, t.second = local.Clock()
	if k.millis {
		var digits [3]byte
		t.fraction = string(appendDigits(digits[:0], local.Nanosecond()/1e6, 3))
	}
	return t.append(dst)
}

// A link as a number: from the right, one bit that says that there is one, one
// for a link to the root, one for milliseconds, twelve for the offset from
// -24:00, then the time, up to the year 9999.
const (
	linkSet     = 1 << 0
	linkToRoot  = 1 << 1
	linkMillis  = 1 << 2
	linkOffset  = 3
	linkTime    = 15
	offsetShift = 24 * 60
)

func (k mark) link(flags int64) int64 {
	n := k.at<<linkTime | int64(k.offset+offsetShift)<<linkOffset | linkSet | flags
	if k.millis {
		n |= linkMillis
	}
	return n
}

func linked(link int64) mark {
	offset := int(link>>linkOffset&(1<<(linkTime-linkOffset)-1)) - offsetShift
	return mark{at: link >> linkTime, form: form{offset: offset, millis: link&linkMillis != 0, stamped: true}}
}

// ahead is how far the seconds of stamps may run ahead of the clock.
const ahead = time.Minute

// marks are those of one body in one project.
type marks struct {
	memory  Memory
	base    [16]byte
	zone    *time.Location
	millis  bool  // the unit of stamps
	horizon int64 // the last time for stamps in seconds
}

func newMarks(m Memory, base [16]byte, project string, now time.Time, r *Rules) marks {
	return marks{memory: m, base: scoped(base, project), zone: r.zone(), millis: r.millis(), horizon: now.Add(ahead).UnixMilli()}
}

// key is the hash under which the mark is kept.
func (w *marks) key(k mark) [16]byte {
	key := w.base
	if k.stamped {
		key[0] ^= byte(k.offset + offsetShift)
		key[1] ^= byte((k.offset + offsetShift) >> 8)
		key[2] ^= 1
		if k.millis {
			key[2] ^= 2
		}
	}
	return key
}

func (w *marks) seen(k mark) (id uint64, link int64, ok bool) { return w.memory.Seen(k.at, w.key(k)) }

func (w *marks) remember(k mark, link int64) { w.memory.Remember(k.at, w.key(k), link) }

// stamp is the mark of a stamp at a time.
func (w *marks) stamp(at int64, millis bool) mark {
	_, seconds := time.UnixMilli(at).In(w.zone).Zone()
	return mark{at: at, form: form{offset: seconds / 60, millis: millis, stamped: true}}
}

// first is the stamp for now.
func (w *marks) first(now time.Time) mark {
	if at := now.UnixMilli(); w.millis {
		return w.stamp(at, true)
	}
	return w.stamp(floor(now.UnixMilli(), 1000), false)
}

// floor is the greatest multiple of unit up to n.
func floor(n, unit int64) int64 { return n - ((n%unit)+unit)%unit }

// after is the stamp so many units behind k.
func (w *marks) after(k mark, units int64) mark {
	if at := floor(k.at, 1000) + 1000*units; !w.millis && at <= w.horizon {
		return w.stamp(at, false)
	}
	return w.stamp(k.at+units, true)
}

// place remembers k, or where that is taken the next mark that is free, and
// returns it.
func (w *marks) place(k mark) mark {
	_, link, ok := w.seen(k)
	if !ok {
		w.remember(k, 0)
		return k
	}
	return w.extend(k, link)
}

// move is place for a mark that must not be used again.
func (w *marks) move(k mark) mark {
	_, link, _ := w.seen(k)
	return w.extend(k, link)
}

// patience is after how many marks that are taken the steps grow. Times that
// follow each other without a chain are those of a sender who gives some
// events a dateTime and others none.
const patience = 4

// extend adds a mark to the chain of k.
func (w *marks) extend(k mark, link int64) mark {
	root, last := w.root(k, link)
	if last.at < k.at {
		last = k
	}
	units := int64(1)
	for tries := 0; ; tries++ {
		next := w.after(last, units)
		_, link, ok := w.seen(next)
		if !ok {
			w.remember(next, root.link(linkToRoot))
			w.remember(root, next.link(0))
			return next
		}
		last = next
		if link != 0 {
			other, end := w.root(next, link)
			if other != root {
				w.remember(root, other.link(linkToRoot))
				root = other
			}
			if end.at > last.at {
				last = end
			}
		} else {
			w.remember(next, root.link(linkToRoot))
		}
		if tries >= patience {
			units *= 2
		}
	}
}

// farthest is how many links are followed: far more than paths get long.
const farthest = 32

// root follows the links from k, whose own is given, to the root of its chain
// and the last mark of it.
func (w *marks) root(k mark, link int64) (root, last mark) {
	root, last = k, k
	steps := 0
	for link != 0 {
		to := linked(link)
		if link&linkToRoot == 0 {
			last = to
			break
		}
		_, next, ok := w.seen(to)
		if !ok || steps == farthest {
			// Forgotten. What is left of the chain begins anew here.
			return root, last
		}
		root, last, link = to, to, next
		steps++
	}
	if steps > 1 {
		w.remember(k, root.link(linkToRoot))
	}
	return root, last
}
