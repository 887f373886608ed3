package ingest

import (
	"mime"
	"net/http"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/relay/rows"
)

// mappedTypes are the content types of a source's bodies. What a body is, is
// seen in its bytes; a type that is not here would be none of them.
var mappedTypes = map[string]bool{
	"application/json": true, "application/x-ndjson": true, "text/json": true,
	"text/csv": true, "application/csv": true, "text/tab-separated-values": true, "text/plain": true,
	"application/vnd.ms-excel": true, // what browsers on Windows call CSV
	"application/zip":          true, "application/x-zip-compressed": true,
	"application/octet-stream": true,
}

const acceptMapped = "application/json, application/x-ndjson, text/csv, text/plain, application/zip, application/octet-stream"

// mappedForm reads the headers of a body for a source.
func mappedForm(h http.Header) (bodyForm, *problem) {
	types := h["Content-Type"]
	if unset(types) {
		return bodyForm{}, badMapped("the request has no Content-Type; send text/csv or application/json")
	}
	name, params, err := mime.ParseMediaType(types[0])
	if len(types) > 1 || err != nil && name == "" || !mappedTypes[name] {
		return bodyForm{}, badMapped("Content-Type " + quoteShort(types[0]) + " is not taken by a source; send one of " + acceptMapped)
	}
	if charset := params["charset"]; charset != "" {
		if _, ok := rows.KnownEncoding(charset); !ok {
			return bodyForm{}, badMapped("charset " + quoteShort(charset) + " is not known; leave it out, or send utf-8")
		}
	}
	gzip, p := gzipped(h["Content-Encoding"])
	return bodyForm{gzip: gzip, charset: params["charset"]}, p
}

func badMapped(detail string) *problem {
	return &problem{status: http.StatusUnsupportedMediaType, detail: detail, header: [2]string{"Accept-Post", acceptMapped}}
}

// left is an order that is not taken, by a rule of the mapping.
type left struct{ order, rule string }

// takeMapped brings a body through its source's mapping to the sink, all of it
// or nothing, and answers.
func (h *Handler) takeMapped(in *intake, w http.ResponseWriter, r *http.Request, s *settings, to *project, form bodyForm) *problem {
	start := time.Now()
	if len(in.body) == 0 {
		return &problem{status: http.StatusBadRequest, detail: "the body is empty; send the orders as CSV or JSON"}
	}
	b := mappedBody{in: in, s: s, options: in.source.Mapping.Reading()}
	if form.charset != "" {
		b.options.Encoding = form.charset
	}
	if p := h.readMapped(r.Context(), &b); p != nil {
		return p
	}
	receipts, p := h.accept(w, r, s, event.Batch{
		Project: in.source.Project, Source: in.source.Name, Rules: in.source.Mapping.Rules(), Offers: in.offers,
	})
	if p != nil {
		return p
	}
	s.seconds.UpdateDuration(start)
	to.count(s, in.source.Mapping.Rules(), in.offers, receipts)
	h.held(s, to, in.offers, receipts)
	in.answerMapped(w, receipts, b.skipped)
	return nil
}

// answerMapped writes what became of each order.
func (in *intake) answerMapped(w http.ResponseWriter, receipts []event.Receipt, skipped []left) {
	out, code := appendReceipts(append(in.out[:0], `{"events":[`...), receipts)
	out = append(out, `],"skipped":[`...)
	for i, l := range skipped {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"order":`...)
		out = appendJSON(out, l.order)
		out = append(out, `,"rule":`...)
		out = appendJSON(out, l.rule)
		out = append(out, '}')
	}
	in.write(w, code, append(out, "]}\n"...))
}
