package control

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

const (
	usualLimit = 50
	mostEvents = 500  // on a page
	mostText   = 1000 // bytes of what is searched for
)

// ParseQuery reads a Query from the parameters of a URL, which are called as its
// keys in JSON. One that is not known, or stands twice, is ErrQuery.
func ParseQuery(values url.Values) (Query, error) {
	var q Query
	fields := reflect.ValueOf(&q).Elem()
	known := map[string]reflect.Value{}
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
		known[name] = fields.Field(i)
	}
	for name, given := range values {
		field, ok := known[name]
		switch {
		case !ok:
			return q, queryError("parameter %s is not known; there are q, order, email, session, sku, action, source, project, state, cause, from, to, cursor and limit", quote(name))
		case len(given) > 1:
			return q, queryError("parameter %s stands %d times; send it once", name, len(given))
		case given[0] == "":
			continue
		}
		switch field.Interface().(type) {
		case string:
			field.SetString(given[0])
		case int:
			n, err := strconv.Atoi(given[0])
			if err != nil {
				return q, queryError("%s %s is no number", name, quote(given[0]))
			}
			field.SetInt(int64(n))
		case time.Time:
			at, err := parseTime(given[0])
			if err != nil {
				return q, queryError("%s %s is no time as in 2026-11-23T14:02:00+01:00", name, quote(given[0]))
			}
			field.Set(reflect.ValueOf(at))
		}
	}
	return q, nil
}

// parseTime reads a time of a URL, in which a + that nobody escaped is a space.
func parseTime(text string) (time.Time, error) {
	return time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1))
}

// quote is a stranger's text for a message.
func quote(text string) string {
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return strconv.Quote(text)
}

// selection is a Query made ready for the spool.
type selection struct {
	spool.Query
	ids []spool.ID // that Any may stand for
}

// selects makes q ready, or says what is wrong with it.
func (c *Control) selects(q *Query) (*selection, error) {
	s := &selection{}
	for _, text := range [...]*string{&q.Any, &q.Order, &q.Email, &q.Session, &q.SKU, &q.Action, &q.Source, &q.Project, &q.Cause} {
		*text = strings.TrimSpace(*text)
		if len(*text) > mostText || !utf8.ValidString(*text) {
			return nil, queryError("%s is longer than %d bytes, or not in UTF-8", quote(*text), mostText)
		}
	}
	q.Email = strings.ToLower(q.Email)
	s.Limit = cmp.Or(q.Limit, usualLimit)
	if s.Limit < 1 || s.Limit > mostEvents {
		return nil, queryError("limit %d is not from 1 to %d", q.Limit, mostEvents)
	}
	switch q.State {
	case "":
	case "pending":
		s.State = spool.Pending
	case "sent":
		s.State = spool.Sent
	case "dead":
		s.State = spool.Dead
	default:
		return nil, queryError("state %s is none of pending, sent and dead", quote(q.State))
	}
	if q.Cursor != "" {
		before, err := spool.ParseID(q.Cursor)
		if err != nil {
			return nil, queryError("cursor %s is none that was given with a page", quote(q.Cursor))
		}
		s.Before = before
	}
	if s.From, s.To = q.From, q.To; !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return nil, queryError("from %s is not before to %s", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	}
	c.narrow(s, q)
	return s, nil
}

// narrow fills in what of q the spool looks up, and a look at what it finds.
func (c *Control) narrow(s *selection, q *Query) {
	for prefix, text := range map[string]string{
		"o:": q.Order, "e:": q.Email, "u:": q.Session, "s:": q.SKU, "a:": q.Action, "w:": q.Source,
	} {
		if text != "" {
			s.Terms = append(s.Terms, []string{prefix + text})
		}
	}
	if q.Any != "" {
		s.Terms = append(s.Terms, []string{"o:" + q.Any, "e:" + strings.ToLower(q.Any), "u:" + q.Any, "s:" + q.Any})
		s.ids = idsOf(q.Any)
	}
	var queues []string
	if q.Project != "" {
		for _, known := range c.o.Queues() {
			if known.Project == q.Project || known.Name == q.Project {
				queues = append(queues, known.Name)
			}
		}
		if len(queues) == 1 {
			s.Queue = queues[0]
		}
	}
	others := *q // but for what the spool looks at by itself
	others.State, others.From, others.To, others.Cursor, others.Limit = "", time.Time{}, time.Time{}, "", 0
	if s.Queue != "" {
		others.Project = ""
	}
	if others == (Query{}) {
		return // so that one which cannot be read is in the list
	}
	cause := strings.ToLower(q.Cause)
	s.Keep = func(r *spool.Record) bool {
		return (q.Project == "" || slices.Contains(queues, r.Queue)) &&
			(cause == "" || strings.Contains(strings.ToLower(r.Cause), cause)) &&
			q.fits(r, true)
	}
}

// fits looks into a record for what the spool only looked up by hashes. free says
// that Any counts: it does not for one that was found by its id.
func (q *Query) fits(r *spool.Record, free bool) bool {
	if q.Action != "" || q.Source != "" {
		facts, err := event.ParseFacts(r.Facts)
		if err != nil || q.Action != "" && facts.Action != q.Action || q.Source != "" && facts.Source != q.Source {
			return false
		}
	}
	free = free && q.Any != ""
	if !free && q.Order == "" && q.Email == "" && q.Session == "" && q.SKU == "" {
		return true
	}
	w := peek(r.Body)
	return (q.Order == "" || slices.Contains(w.orders, q.Order)) &&
		(q.Email == "" || w.email == q.Email) &&
		(q.Session == "" || w.session == q.Session) &&
		(q.SKU == "" || slices.Contains(w.skus, q.SKU)) &&
		(!free || slices.Contains(w.orders, q.Any) || w.session == q.Any || slices.Contains(w.skus, q.Any) || w.email == strings.ToLower(q.Any))
}

// fitsAll is fits with all that the spool otherwise looks at.
func (s *selection) fitsAll(q *Query, r *spool.Record) bool {
	name, _, _ := strings.Cut(r.Queue, "/")
	return (s.State == 0 || r.State == s.State) &&
		(s.From.IsZero() || !r.Accepted.Before(s.From)) && (s.To.IsZero() || r.Accepted.Before(s.To)) &&
		(q.Project == "" || name == q.Project || r.Queue == q.Project) &&
		(q.Cause == "" || strings.Contains(strings.ToLower(r.Cause), strings.ToLower(q.Cause))) &&
		q.fits(r, false)
}

// idsOf are the ids that a text may be: as they are written, or without the
// zeros in front. One of digits alone may be an order's number as well.
func idsOf(text string) []spool.ID {
	text = strings.ToLower(text)
	if n := len(text); n == 0 || n > 16 {
		return nil
	}
	id, err := spool.ParseID(strings.Repeat("0", 16-len(text)) + text)
	if err != nil {
		return nil
	}
	return []spool.ID{id}
}

// idOf is the one event that a person or a path names.
func idOf(text string) (spool.ID, error) {
	ids := idsOf(strings.TrimSpace(text))
	if len(ids) == 0 {
		return 0, notFound("event %s: an id has up to 16 hexadecimal digits", quote(text))
	}
	return ids[0], nil
}
