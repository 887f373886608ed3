package values

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// zone is a timezone and the stretch of time in it that was asked for last.
type zone struct {
	loc  *time.Location
	last atomic.Pointer[stretch]
	// fixed are locations of offsets that stand in dates: int seconds to
	// *time.Location.
	fixed sync.Map
}

// stretch is a time without a change of the clocks, in seconds since 1970 as
// the local clock shows them, a day less at both ends; and its offset.
type stretch struct {
	from, to int64
	offset   int
}

func newZone(loc *time.Location) *zone {
	if loc == nil {
		loc = time.Local
	}
	return &zone{loc: loc}
}

const day = 24 * 60 * 60

// offset is the zone's offset from UTC, in seconds east, at the local time
// that is given in seconds since 1970 as if it were UTC. Where the clocks show
// a time twice, the first one counts, and where they leave it out, the offset
// before; note says so.
func (z *zone) offset(local int64) (offset int, note string) {
	if s := z.last.Load(); s != nil && s.from <= local && local < s.to {
		return s.offset, ""
	}
	at := func(utc int64) int {
		_, offset := time.Unix(utc, 0).In(z.loc).Zone()
		return offset
	}
	before, after := at(local-day), at(local+day)
	middle := time.Unix(local-int64(before), 0).In(z.loc)
	_, now := middle.Zone()
	if before == after && now == before {
		z.remember(middle, before)
		return before, ""
	}
	first := now == before                    // the offset before the change fits
	second := at(local-int64(after)) == after // the one after it does
	switch {
	case first && second && before != after:
		return before, fmt.Sprintf("is shown twice by the clocks of %v: the first time was taken", z.loc)
	case first:
		return before, ""
	case second:
		return after, ""
	}
	return before, fmt.Sprintf("is left out by the clocks of %v, which go forward then: the offset before it was taken", z.loc)
}

// remember keeps the stretch around t, which has the offset.
func (z *zone) remember(t time.Time, offset int) {
	from, to := t.ZoneBounds()
	s := &stretch{from: -1 << 62, to: 1 << 62, offset: offset}
	if !from.IsZero() {
		s.from = from.Unix() + int64(offset) + day
	}
	if !to.IsZero() {
		s.to = to.Unix() + int64(offset) - day
	}
	if s.from < s.to {
		z.last.Store(s)
	}
}

// withOffset is the zone itself where it has that offset at t, else a location
// of that offset.
func (z *zone) withOffset(t time.Time, offset int) time.Time {
	t = t.In(z.loc)
	if _, now := t.Zone(); now == offset {
		return t
	}
	loc, ok := z.fixed.Load(offset)
	if !ok {
		loc, _ = z.fixed.LoadOrStore(offset, time.FixedZone("", offset))
	}
	return t.In(loc.(*time.Location))
}

// abbreviated finds the offset of a local time that is written with an
// abbreviation, as in EST. It must be one that the zone uses at that time.
func (z *zone) abbreviated(local int64, name string) (offset int, err error) {
	upper := strings.ToUpper(name)
	switch upper {
	case "Z", "UTC", "GMT", "UT":
		if z.loc != time.UTC && upper == "GMT" {
			break // London's winter time, or Greenwich's: the same offset
		}
		return 0, nil
	}
	offset, _ = z.offset(local)
	var used []string
	for _, candidate := range [...]int64{local - int64(offset), local - int64(offset) + 3600, local - int64(offset) - 3600} {
		got, off := time.Unix(candidate, 0).In(z.loc).Zone()
		if candidate+int64(off) != local {
			continue
		}
		if sameAbbreviation(upper, got) {
			return off, nil
		}
		used = append(used, got)
	}
	if upper == "GMT" {
		return 0, nil
	}
	if len(used) == 0 {
		used = append(used, "another one")
	}
	return 0, fmt.Errorf("has %s, but clocks in %v show %s at that time: set values.zone to the place of the till, or write the abbreviation into values.date in quotes, as in 'EST', where it means nothing", name, z.loc, strings.Join(used, " and "))
}

// sameAbbreviation says that a text's abbreviation means the one of a place.
func sameAbbreviation(text, of string) bool {
	switch text {
	case of:
		return true
	case "MEZ", "HNEC":
		return of == "CET"
	case "MESZ", "HAEC":
		return of == "CEST"
	case "ET", "CT", "MT", "PT", "AT":
		return len(of) == 3 && of[0] == text[0] && of[2] == 'T' && (of[1] == 'S' || of[1] == 'D')
	}
	return false
}
