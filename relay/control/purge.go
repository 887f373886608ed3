package control

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// Purge removes one person's data.
type Purge struct {
	Email   string `json:"email,omitempty"`
	Session string `json:"session,omitempty"` // either of the two is enough to be meant
	DryRun  bool   `json:"dry_run,omitempty"`
	Force   bool   `json:"force,omitempty"` // what is still pending, too
}

// Purged says what a Purge removed, or with a dry run would.
type Purged struct {
	Sent    int64    `json:"sent"`
	Dead    int64    `json:"dead"`
	Pending int64    `json:"pending"`            // only with force
	Kept    int64    `json:"kept"`               // that wait, or are being sent
	IDs     []string `json:"ids"`                // the first 1000 that were removed
	KeptIDs []string `json:"kept_ids,omitempty"` // the first 1000 of those
	Reasons int64    `json:"reasons"`            // that people wrote, and names of files with the till's totals; their text is removed
	Files   []string `json:"files"`              // that hold the person still, and are for a person to delete
	Error   string   `json:"error,omitempty"`    // why not all of it, or why the bytes are in the file still; the same purge goes on
	DryRun  bool     `json:"dry_run"`
}

// leastSession is how short a session is looked for as a whole value only: one of
// a few digits stands in any body.
const leastSession = 6

// Purge removes all events of a person who is named by an email or a session,
// whose bytes are gone from the file then: their decoded email or session is the
// one that is asked for, or the text of it stands in their body, in an answer of
// the upstream, in the name of the action or in the reason why they wait. What
// people wrote that names the person is emptied: reasons of what was taken out
// and of pauses, names of files with the till's totals. Hashes of keys stay, so
// that an export that comes again does not bring the person back.
func (c *Control) Purge(ctx context.Context, p Purge) (Purged, error) {
	done := Purged{IDs: []string{}, Files: []string{}, DryRun: p.DryRun}
	p.Email, p.Session = strings.ToLower(strings.TrimSpace(p.Email)), strings.TrimSpace(p.Session)
	switch {
	case p.Email == "" && p.Session == "":
		return done, queryError("name the person by email or session")
	case len(p.Email) > mostText || len(p.Session) > mostText:
		return done, queryError("email or session is longer than %d bytes", mostText)
	case p.Email != "" && len(p.Email) < 3:
		return done, queryError("email %s is too short to mean one person", quote(p.Email))
	}
	needles := p.needles()
	var err error
	if done.Reasons, err = c.forgetReasons(ctx, needles, p.DryRun); err != nil {
		return done, err
	}
	purged, err := c.o.Spool.Purge(func(r *spool.Record, tries []spool.Attempt) bool {
		return p.meets(r, tries, needles)
	}, p.Force, p.DryRun)
	done.Sent, done.Dead, done.Pending, done.Kept = purged.Sent, purged.Dead, purged.Pending, purged.Kept
	for _, id := range purged.IDs {
		done.IDs = append(done.IDs, id.String())
	}
	for _, id := range purged.KeptIDs {
		done.KeptIDs = append(done.KeptIDs, id.String())
	}
	if err != nil {
		if len(done.IDs) == 0 {
			return done, err
		}
		done.Error = err.Error() // what is removed must be told all the same
	}
	if c.o.Files != nil {
		done.Files = append(done.Files, c.o.Files(ctx, needles)...)
	}
	return done, ctx.Err()
}

// needles are the texts that are looked for wherever they stand.
func (p *Purge) needles() (list []string) {
	if p.Email != "" {
		list = append(list, p.Email)
	}
	if len(p.Session) >= leastSession {
		list = append(list, p.Session)
	}
	return list
}

// meets says that a record is about the person.
func (p *Purge) meets(r *spool.Record, tries []spool.Attempt, needles []string) bool {
	w := peek(r.Body)
	if p.Email != "" && w.email == p.Email || p.Session != "" && w.session == p.Session {
		return true
	}
	if holds(r.Body, needles) || holds(r.Answer, needles) || holds([]byte(r.Cause), needles) {
		return true
	}
	if facts, err := event.ParseFacts(r.Facts); err == nil && (holds([]byte(facts.Action), needles) || holds([]byte(facts.Path), needles)) {
		return true
	}
	for i := range tries {
		if holds(tries[i].Answer, needles) || holds([]byte(tries[i].Cause), needles) {
			return true
		}
	}
	return false
}

// forgetReasons empties what people wrote that names the person. It comes before
// the events, as the file is compacted with those.
func (c *Control) forgetReasons(ctx context.Context, needles []string, dry bool) (int64, error) {
	names := func(text string) bool { return holds([]byte(text), needles) }
	gone, err := c.o.Spool.ForgetReasons(names, dry)
	if err != nil {
		return int64(gone), err
	}
	totals, err := c.forgetTotals(ctx, names, dry)
	if err != nil || c.o.Forget == nil {
		return int64(gone + totals), err
	}
	held, err := c.o.Forget(names, dry)
	return int64(gone + totals + held), err
}

// holds says that one of the texts stands in b by itself, whatever the case of
// letters, as it is or escaped as in JSON or in a URL.
func holds(b []byte, needles []string) bool {
	if len(b) == 0 || len(needles) == 0 {
		return false
	}
	lower := bytes.ToLower(b)
	texts := [][]byte{lower}
	if bytes.ContainsAny(lower, `\%`) {
		texts = append(texts, unescaped(lower))
	}
	for _, text := range texts {
		for _, n := range needles {
			if alone(text, []byte(strings.ToLower(n))) {
				return true
			}
		}
	}
	return false
}

// alone finds a needle that is no part of a longer one: jane@shop.example is
// nobody in mary-jane@shop.example, and somebody in „jane@shop.example“.
func alone(text, needle []byte) bool {
	for at := 0; ; {
		i := bytes.Index(text[at:], needle)
		if i < 0 {
			return false
		}
		from := at + i
		if !goesOnBefore(text[:from]) && !goesOnBehind(text[from+len(needle):]) {
			return true
		}
		at = from + 1
	}
}

// goesOnBefore says that a word, or a sign that stands inside of addresses and
// has a word before it, ends at the end of b.
func goesOnBefore(b []byte) bool {
	r, size := utf8.DecodeLastRune(b)
	if isSign(r) || r == '+' {
		r, _ = utf8.DecodeLastRune(b[:len(b)-size])
	}
	return inWord(r)
}

// goesOnBehind says the same of the beginning of b.
func goesOnBehind(b []byte) bool {
	r, size := utf8.DecodeRune(b)
	if isSign(r) {
		r, _ = utf8.DecodeRune(b[size:])
	}
	return inWord(r)
}

func isSign(r rune) bool { return r == '.' || r == '-' || r == '_' }

// inWord says that a character may be a part of an address: quotation marks and
// dashes, also those of a word processor, are none, nor is what is written
// without blanks between words.
func inWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// unescaped is a text in lower case with the characters of ASCII that were
// escaped, as in \u0040 and %40; of other escapes a blank is left.
func unescaped(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		from := 0
		switch {
		case b[i] == '%':
			from = i + 1
		case b[i] == '\\' && i+4 < len(b) && string(b[i+1:i+4]) == "u00":
			from = i + 4
		}
		if from > 0 && from+2 <= len(b) {
			if n, err := strconv.ParseUint(string(b[from:from+2]), 16, 8); err == nil && n < 0x80 {
				out = append(out, bytes.ToLower([]byte{byte(n)})...)
				i = from + 1
				continue
			}
		}
		if b[i] == '\\' && i+1 < len(b) {
			i++ // a line's end, a quote
			out = append(out, ' ')
			continue
		}
		out = append(out, b[i])
	}
	return out
}
