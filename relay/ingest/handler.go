package ingest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"funnelrelay/relay/event"
)

// Handler takes events at /api/v1/webhook/{action} and, through a source's
// mapping, at /api/v1/sources/{source}, and guards the port that it is served
// on. Its methods may be called concurrently.
type Handler struct {
	settings   atomic.Pointer[settings]
	protection *http.CrossOriginProtection
	memory     *budget
	intakes    sync.Pool     // of *intake
	gunzips    sync.Pool     // of *gunzip
	unpacking  chan struct{} // of size 1; held while a zip is read
	failing    outage

	refusals   *rate.Limiter // of log lines, so that a wrong sender cannot fill the disk
	suppressed atomic.Int64  // refusals since the last such line

	mu    sync.Mutex       // guards doors
	doors map[Secret]*Door // one for each admin token
}

// New makes a handler that works by o.
func New(o Options) *Handler {
	h := &Handler{
		protection: http.NewCrossOriginProtection(),
		memory:     newBudget(o.Limits.orDefaults().Memory),
		unpacking:  make(chan struct{}, 1),
		refusals:   rate.NewLimiter(1, 10),
		doors:      map[Secret]*Door{},
	}
	h.intakes.New = func() any { return new(intake) }
	h.gunzips.New = func() any { return new(gunzip) }
	h.settings.Store(newSettings(o))
	return h
}

// Update puts o in the place of the options before. Requests under way end by
// the options that they began with.
func (h *Handler) Update(o Options) {
	h.memory.resize(o.Limits.orDefaults().Memory)
	h.settings.Store(newSettings(o))
}

// Port is all that is served on the port: the webhook, and behind Guard rest
// for every other path. It stands in front of the mux, because a mux cleans
// paths and redirects, and an action may look like anything.
func (h *Handler) Port(rest *http.ServeMux) http.Handler {
	guarded := h.Guard(h.known(rest))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := rawPath(r.URL); onWebhook(path) || onSource(path) {
			h.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// ServeHTTP takes the events of one request; any path but the webhook's and a
// source's is a 404. It does not answer 2xx before the events are on disk (P1).
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.caught(w, r)
	s := h.settings.Load()
	if p := h.post(w, r, s); p != nil && !p.written {
		h.refuse(w, r, s, p)
	}
}

// allowed is the Allow header of the webhook.
const allowed = "OPTIONS, POST"

// post goes from what is cheap and safe to look at to what is not: address,
// Host, path, origin, credentials, type, and only then the body.
func (h *Handler) post(w http.ResponseWriter, r *http.Request, s *settings) *problem {
	if p := s.screen(r); p != nil {
		return p
	}
	to, p := s.address(r)
	if p != nil {
		return p
	}
	if p := h.crossOrigin(w, r, s.origins); p != nil {
		return p
	}
	switch r.Method {
	case http.MethodPost:
	case http.MethodOptions:
		preflight(w, r)
		return nil
	default:
		return &problem{status: http.StatusMethodNotAllowed, header: [2]string{"Allow", allowed},
			detail: "events are posted; use POST instead of " + quoteShort(r.Method)}
	}
	if s.stopping() {
		return &problem{status: http.StatusServiceUnavailable, after: 5, detail: "the relay is stopping; send it again in a moment"}
	}
	project, p := s.project(r, to.source)
	if p = cmp.Or(p, to.unknown); p != nil {
		return p
	}
	form, p := to.formOf(r.Header)
	if p != nil {
		return p
	}
	in := h.intakes.Get().(*intake)
	in.action, in.source = to.action, to.source
	p = h.receive(in, w, r, s, project, form)
	if p == nil && in.reset() {
		h.intakes.Put(in) // only now: a sink that failed may still hold the bytes
	}
	return p
}

// receive reads the body, has it taken, and gives back the memory that it took.
func (h *Handler) receive(in *intake, w http.ResponseWriter, r *http.Request, s *settings, to *project, form bodyForm) *problem {
	defer func() { in.held = h.memory.release(in.held) }()
	if p := h.read(in, r, s, form.gzip); p != nil {
		return p
	}
	if in.source != nil {
		return h.takeMapped(in, w, r, s, to, form)
	}
	return h.take(in, w, r, s, to, form.kind)
}

// take brings what was read to the sink and answers.
func (h *Handler) take(in *intake, w http.ResponseWriter, r *http.Request, s *settings, to *project, kind bodyKind) *problem {
	start := time.Now()
	p := in.offer(s, to, kind)
	if p == nil {
		p = in.name(r.Header["Idempotency-Key"], to)
	}
	if p != nil {
		return p
	}
	receipts, p := h.accept(w, r, s, event.Batch{Project: to.Name, Source: portSource, Offers: in.offers})
	if p != nil {
		return p
	}
	s.seconds.UpdateDuration(start)
	to.count(s, to.Rules, in.offers, receipts)
	h.held(s, to, in.offers, receipts)
	in.answer(w, receipts)
	return nil
}

// accept hands the batch to the sink and says why it did not take it. A sink
// that does not decide in time is answered for.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request, s *settings, b event.Batch) ([]event.Receipt, *problem) {
	ctx, cancel := context.WithTimeout(r.Context(), waitForSink)
	defer cancel()
	wait := h.await(w, r, s)
	receipts, err := s.sink.Accept(ctx, b)
	if wait.over() {
		if err == nil {
			s.log.Warn("events were taken after their sender had been told to send them again", "project", b.Project, "events", len(receipts))
		}
		return nil, &problem{written: true}
	}
	if err != nil {
		return nil, h.unaccepted(s, err)
	}
	if len(receipts) != len(b.Offers) {
		s.log.Error("the sink gave no receipt for some events", "offers", len(b.Offers), "receipts", len(receipts))
		return nil, &problem{status: http.StatusInternalServerError, detail: "an error in the relay; its log has more"}
	}
	h.failing.over(s.log)
	return receipts, nil
}

// unaccepted says why the sink did not take the events.
func (h *Handler) unaccepted(s *settings, err error) *problem {
	var reused *event.ErrKeyReused
	switch {
	case errors.As(err, &reused):
		return &problem{status: http.StatusUnprocessableEntity, first: reused.First,
			detail: "this Idempotency-Key came before with another body, for event " + reused.First + "; send a new event with a new key"}
	case errors.Is(err, event.ErrFull):
		h.failing.noted(s.log, err)
		return &problem{status: http.StatusInsufficientStorage, after: 60,
			detail: "the relay's spool is full and takes nothing new; make room on the disk or raise spool.max_size, and send it again"}
	case errors.Is(err, event.ErrProject):
		// It was there when the request began, and may only have another name now.
		return &problem{status: http.StatusServiceUnavailable, after: 1,
			detail: "the config changed while this request was under way; the event was not taken, send it again"}
	}
	h.failing.noted(s.log, err)
	return &problem{status: http.StatusServiceUnavailable, after: 5,
		detail: "the relay cannot write to its disk just now; the event was not taken, send it again"}
}

// held logs why events were kept as dead, within bounds: their sender is not
// told.
func (h *Handler) held(s *settings, to *project, offers []event.Offer, receipts []event.Receipt) {
	for i, r := range receipts {
		if r.Dead && h.refusals.Allow() {
			s.log.Warn("event is dead", "project", to.Name, "event", r.ID, "cause", offers[i].Why(r))
		}
	}
}

// refuse answers with the problem, counts it and logs it, within bounds.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, s *settings, p *problem) {
	h.note(r, s, p)
	p.write(w, r)
}

// note counts a refusal and logs it, within bounds. Of the address only the path
// is logged: a secret may stand behind it.
func (h *Handler) note(r *http.Request, s *settings, p *problem) {
	s.set.GetOrCreateCounter(`funnelrelay_refused_total{status="` + strconv.Itoa(p.status) + `"}`).Inc()
	if h.refusals.Allow() {
		s.log.Info("request refused", "status", p.status, "detail", p.detail, "method", r.Method,
			"path", shorten(rawPath(r.URL)), "from", r.RemoteAddr, "not_logged", h.suppressed.Swap(0))
	} else {
		h.suppressed.Add(1)
	}
}

// caught turns a panic into a 500 without its trace, which goes to the log. An
// answer that has begun is cut off, so that it cannot be taken for a whole one.
func (h *Handler) caught(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // how a handler asks net/http to drop the connection
	}
	s := h.settings.Load()
	s.log.Error("panic while answering", "panic", v, "method", r.Method, "path", shorten(rawPath(r.URL)), "stack", string(debug.Stack()))
	s.set.GetOrCreateCounter(`funnelrelay_refused_total{status="500"}`).Inc()
	(&problem{status: http.StatusInternalServerError, remain: true, detail: "an error in the relay; its log has more"}).write(w, r)
}
