package event

import (
	"bytes"
	"time"
)

// Memory is what stamping needs of the spool: which bodies were seen at which
// times. Its two methods are called inside the spool's transaction.
type Memory interface {
	// Seen reports the record with this body at this time (milliseconds since
	// 1970) and the link kept with it.
	Seen(at int64, body [16]byte) (id uint64, link int64, ok bool)
	// Remember notes the record being stored under body and time, with a link;
	// a mark that is there already keeps its record and takes the new link.
	Remember(at int64, body [16]byte, link int64)
}

// Settled is what an event becomes when it is stored.
type Settled struct {
	Body      []byte    // with a dateTime; not to be changed, as it may be the event's own
	StampAt   int       // as in Facts
	Time      time.Time // the dateTime in Body
	Duplicate uint64    // the record whose body is the same bytes; 0: none. Nothing is to be stored
	// Moved says that the stamp is later than the clock, because equal bodies
	// have the earlier ones; MovedToMillis, that it went on in milliseconds,
	// because the seconds up to a minute ahead are taken.
	Moved         bool
	MovedToMillis bool
}

// Settle gives the event its final bytes, and remembers them in m. It is called
// inside the transaction that stores the event, does no I/O beyond m's, and
// makes a handful of calls to m, however many equal events came before. now is
// the time of acceptance; project scopes what counts as equal, together with
// the action.
//
// An event with its own dateTime keeps its bytes, and is a duplicate if they
// were seen before ("Duplicated requests will be rejected"). One without gets a
// stamp, as the last member, at the first time from now on that makes it differ
// from all that m has seen ("adding the dateTime of the event it will let you
// avoid getting rejected"). An event that Normalize did not make (a body that
// broke the contract and is held) stays as it is, unremembered.
func (e *Event) Settle(m Memory, project string, now time.Time, r *Rules) Settled {
	if e.cut.end == 0 {
		return Settled{Body: e.Body, Time: e.Time}
	}
	w := newMarks(m, e.base, project, now, r)
	if e.cut.end > e.cut.at {
		own := mark{at: e.Time.UnixMilli(), form: e.form}
		s := Settled{Body: e.Body, Time: e.Time}
		if id, _, ok := w.seen(own); ok {
			s.Duplicate = id
		} else {
			w.remember(own, 0)
		}
		return s
	}
	first := w.first(now)
	free := w.place(first)
	body := make([]byte, 0, len(e.Body)+len(memberStart)+stampRoom+1)
	body = append(body, e.Body[:e.cut.at]...)
	body = append(body, insertion(e.Body, e.cut.at)...)
	body = append(body, '"')
	s := Settled{StampAt: len(body), Time: free.time()}
	s.Moved, s.MovedToMillis = free != first, free.millis && !first.millis
	body = append(free.append(body), '"')
	s.Body = append(body, e.Body[e.cut.at:]...)
	return s
}

// Restamp moves the relay's own stamp in body on, to the next time at which m
// has seen no equal body, and remembers it: the upstream refused the first
// attempt as a duplicate, so somebody else sent the same bytes. now is to be
// the time at which the event was accepted, as in Settle: from a minute after
// it the stamp moves in milliseconds, so that it stays near the sale.
//
// It returns a new body and its facts; both as they were where the body has no
// stamp of ours. f is not changed.
func Restamp(m Memory, body []byte, f *Facts, project string, now time.Time, r *Rules) ([]byte, Facts) {
	at := f.StampAt
	if at < 1 || at >= len(body) || body[at-1] != '"' {
		return body, *f
	}
	length := bytes.IndexByte(body[at:], '"')
	if length < 0 {
		return body, *f
	}
	t, wrong := parseDateTime(string(body[at : at+length]))
	if wrong != "" || !t.stamped {
		return body, *f
	}
	end := at + length + 1
	was := mark{at: t.time().UnixMilli(), form: form{offset: t.offset, millis: t.fraction != "", stamped: true}}
	w := newMarks(m, digest(f.Action, body[:at-1], "", body[end:], nil), project, now, r)
	moved := append(make([]byte, 0, len(body)+stampRoom), body[:at]...)
	moved = append(w.move(was).append(moved), '"')
	return append(moved, body[end:]...), *f
}

// stampRoom is the length of the longest stamp, with a quote.
const stampRoom = len(`2023-11-05T21:18:04.123+00:00"`)

const memberStart = `,"dateTime":`

// insertion is what comes before the stamp's value at position at of body.
func insertion(body []byte, at int) string {
	if body[at-1] == '{' {
		return memberStart[1:]
	}
	return memberStart
}

// span is a part of a body.
type span struct{ at, end int }

// closing is where a member can be added to an object: behind its last one, so
// that white space before the brace stays where it is.
func closing(object []byte) span {
	at := len(object) - 1
	for blankByte(object[at-1]) {
		at--
	}
	return span{at, at}
}

// locate finds the value of the dateTime in an object, or where it is to come.
func locate(object []byte) span {
	s := scanner{src: object}
	d := document{src: object, nodes: s.document(nil)}
	for n := 1; n < len(d.nodes) && !s.failed; n = int(d.nodes[n].next) {
		if d.keyIs(n, "dateTime") {
			return span{int(d.nodes[n].at), int(d.nodes[n].end)}
		}
	}
	return closing(object)
}
