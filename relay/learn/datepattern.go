package learn

import (
	"fmt"
	"slices"
	"strings"
)

// dating is how the dates of a value are written.
type dating struct {
	patterns []string
	why      string
	open     bool // day and month cannot be told apart: patterns has day first
	example  spot
	misfits  int
	misfit   spot
	offsets  bool // all of them say their timezone
}

// form is dates that are written alike.
type form struct {
	pattern     string
	count       int
	first, then spot // a number over 12 there
	left, right int  // the numbers
	example     spot
	offsets     int
}

// datings finds the patterns of texts. Day and month stand in one order in all
// texts with the same separator, whatever follows them.
func (set *sampled) datings(texts []spot) dating {
	var result dating
	forms := map[string]*form{}
	var order []string
	for _, s := range texts {
		if s.text == "" {
			continue
		}
		d, ok := readDate(s.text)
		if !ok {
			if result.misfits++; result.misfits == 1 {
				result.misfit = s
			}
			continue
		}
		key := strings.NewReplacer("HH", "H", "hh", "h").Replace(d.pattern)
		f := forms[key]
		if f == nil {
			f = &form{pattern: d.pattern, example: s}
			forms[key] = f
			order = append(order, key)
		}
		f.see(d, s)
	}
	shared(forms)
	slices.SortStableFunc(order, func(a, b string) int { return forms[b].count - forms[a].count })
	total, offsets := 0, 0
	for i, key := range order {
		f := forms[key]
		if i > 0 && 50*f.count < forms[order[0]].count || i > 3 {
			result.misfits += f.count // a few odd ones are no way of writing
			result.misfit = f.example
			continue
		}
		total, offsets = total+f.count, offsets+f.offsets
		if i == 0 {
			result.example = f.example
		}
		result.add(set, f)
	}
	result.offsets = total > 0 && offsets == total
	return result
}

// shared gives forms that write the day alike each other's proofs.
func shared(forms map[string]*form) {
	for _, f := range forms {
		for _, other := range forms {
			if !strings.ContainsRune(f.pattern, '\x01') || day(f.pattern) != day(other.pattern) {
				continue
			}
			if f.left < other.left {
				f.left, f.first = other.left, other.first
			}
			if f.right < other.right {
				f.right, f.then = other.right, other.then
			}
		}
	}
}

func (f *form) see(d dated, s spot) {
	f.count++
	if len(d.pattern) > len(f.pattern) {
		f.pattern = d.pattern // HH where some have two digits
	}
	if d.offset {
		f.offsets++
	}
	if d.first > 12 && f.left < d.first {
		f.left, f.first = d.first, s
	}
	if d.then > 12 && f.right < d.then {
		f.right, f.then = d.then, s
	}
}

// add makes a pattern of a form.
func (r *dating) add(set *sampled, f *form) {
	pattern := f.pattern
	if strings.ContainsRune(pattern, '\x01') {
		switch {
		case f.left > 0 && f.right > 0:
			r.open = true
			r.why = fmt.Sprintf("numbers over 12 stand first (%s: %s) and second (%s: %s): two ways of writing are mixed, which nothing can read",
				set.spotted(f.first), f.first.shown(), set.spotted(f.then), f.then.shown())
			pattern = ordered(pattern, true)
		case f.left > 0:
			r.because("days up to %d stand first (%s: %s)", f.left, set.spotted(f.first), f.first.shown())
			pattern = ordered(pattern, true)
		case f.right > 0:
			r.because("days up to %d stand second (%s: %s)", f.right, set.spotted(f.then), f.then.shown())
			pattern = ordered(pattern, false)
		default:
			r.open = true
			r.because("no day is over 12 in %s, so that day and month cannot be told apart (%s: %s)", counted(f.count, "date"), set.spotted(f.example), f.example.shown())
			pattern = ordered(pattern, true)
		}
	} else {
		r.because("as in %s (%s)", f.example.shown(), set.spotted(f.example))
	}
	if !slices.Contains(r.patterns, pattern) {
		r.patterns = append(r.patterns, pattern)
	}
}

func (r *dating) because(format string, args ...any) {
	if r.why != "" {
		r.why += "; "
	}
	r.why += fmt.Sprintf(format, args...)
}

func ordered(pattern string, dayFirst bool) string {
	if dayFirst {
		return strings.NewReplacer("\x01", "dd", "\x02", "MM").Replace(pattern)
	}
	return strings.NewReplacer("\x01", "MM", "\x02", "dd").Replace(pattern)
}

// swapped is a pattern with day and month the other way round.
func swapped(pattern string) string {
	return strings.NewReplacer("dd", "MM", "MM", "dd").Replace(pattern)
}

// epochs says whether texts are seconds or milliseconds since 1970.
func epochs(texts []spot) string {
	seconds, millis, all := 0, 0, 0
	for _, s := range texts {
		if s.text == "" {
			continue
		}
		all++
		whole, _, _ := strings.Cut(s.text, ".")
		if strings.Trim(whole, "0123456789") != "" {
			continue
		}
		switch {
		case len(whole) == 10 && whole >= "0946684800":
			seconds++
		case len(whole) == 13 && whole >= "0946684800000":
			millis++
		}
	}
	switch {
	case all == 0:
		return ""
	case seconds == all:
		return "unix"
	case millis == all:
		return "unix_ms"
	}
	return ""
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
