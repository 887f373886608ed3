package ingest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"funnelrelay/relay/event"
)

// status is the word for what became of an event.
func status(r event.Receipt) string {
	switch {
	case r.Duplicate:
		return "duplicate"
	case r.Dead:
		return "dead"
	}
	return "queued"
}

// answer writes the receipts: 202 when something was taken, 200 when all of it
// had been taken before.
func (in *intake) answer(w http.ResponseWriter, receipts []event.Receipt) {
	out := in.out[:0]
	if in.isBatch {
		out = append(out, `{"events":[`...)
	}
	out, code := appendReceipts(out, receipts)
	if in.isBatch {
		out = append(out, `]}`...)
	}
	in.write(w, code, append(out, '\n'))
}

// appendReceipts appends the receipts as JSON, with commas between them, and
// tells the status of the answer.
func appendReceipts(out []byte, receipts []event.Receipt) ([]byte, int) {
	code := http.StatusOK
	for i, r := range receipts {
		if !r.Duplicate {
			code = http.StatusAccepted
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"id":`...)
		out = appendJSON(out, r.ID)
		out = append(out, `,"status":"`...)
		out = append(out, status(r)...)
		out = append(out, `"}`...)
	}
	return out, code
}

// write sends an answer. A sender that is gone asks again, and gets duplicates.
func (in *intake) write(w http.ResponseWriter, code int, out []byte) {
	in.out = out
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(code)
	_, _ = w.Write(out)
}

// appendJSON appends text as a JSON string.
func appendJSON(b []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(text)
			if err != nil { // a string always encodes
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// count counts, and warns of, events that make new users ("If no session or
// email is passed every event received will create a new user"). What was
// accepted is counted where it is stored. The rules are those of the offers.
func (p *project) count(s *settings, rules *event.Rules, offers []event.Offer, receipts []event.Receipt) {
	anonymous := 0
	for i, r := range receipts {
		if !r.Duplicate && !r.Dead && offers[i].Held == "" && offers[i].Event.Anonymous() {
			anonymous++
		}
	}
	if anonymous == 0 {
		return
	}
	p.anonymous.Add(anonymous)
	if rules != nil && rules.Identity != "" && rules.Identity != event.IdentityWarn {
		return
	}
	now, last := time.Now().Unix(), p.warnedAt.Load()
	if now-last >= 3600 && p.warnedAt.CompareAndSwap(last, now) {
		s.log.Warn("events without email and session come in, and each makes a new user upstream",
			"project", p.Name, "action", offers[0].Event.Action, "so_far", p.anonymous.Get())
	}
}

// shorten bounds what a stranger can have us repeat.
func shorten(text string) string {
	if len(text) <= 80 {
		return text
	}
	return strings.ToValidUTF8(text[:80], "") + "…"
}

// quoteShort quotes what a stranger sent, for a sentence.
func quoteShort(text string) string { return strconv.Quote(shorten(text)) }
