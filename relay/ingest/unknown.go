package ingest

import "net/http"

// known puts before the mux a refusal of what it has no pattern for. Its own
// would be plain text, and a tool that posts to a mistyped path reads JSON.
func (h *Handler) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		says := verdict{header: http.Header{}}
		handler.ServeHTTP(&says, r)
		p := &problem{status: http.StatusNotFound, detail: nothingHere}
		if says.status == http.StatusMethodNotAllowed {
			allow := says.header.Get("Allow")
			p = &problem{status: says.status, header: [2]string{"Allow", allow}, detail: "this path takes " + allow + ", not " + quoteShort(r.Method)}
			if r.Method == http.MethodPost {
				p.detail += "; " + postedTo
			}
		}
		h.refuse(w, r, h.settings.Load(), p)
	})
}

// nothingHere tells who has mistyped the path what the right one is.
const (
	nothingHere = "there is nothing here; " + postedTo
	postedTo    = "events are posted to " + prefix + "{action}"
)

// verdict is what a mux's own refusal says, without its text.
type verdict struct {
	header http.Header
	status int
}

// Header is where the Allow of a refused method is put.
func (v *verdict) Header() http.Header { return v.header }

func (v *verdict) Write(text []byte) (int, error) { return len(text), nil }

// WriteHeader keeps the status.
func (v *verdict) WriteHeader(status int) { v.status = status }
