package ingest

import (
	"net/http"
	"strings"
)

// fromBrowser says whether a page of another place than ours may have made the
// request: a browser then sends one of these two headers.
func fromBrowser(r *http.Request) bool {
	return len(r.Header["Origin"]) > 0 || len(r.Header["Sec-Fetch-Site"]) > 0
}

// crossOrigin refuses what a browser sends for a page of another origin, and
// lets the listed origins read the answer, problems included (browser tills).
// It only looks at headers: a form of another origin is refused unread.
func (h *Handler) crossOrigin(w http.ResponseWriter, r *http.Request, origins map[string]bool) *problem {
	if !fromBrowser(r) {
		return nil
	}
	origin := r.Header.Get("Origin")
	if origin != "" && len(r.Header["Origin"]) == 1 && origins[strings.ToLower(origin)] {
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", origin)
		head.Set("Access-Control-Expose-Headers", "Retry-After")
		head.Add("Vary", "Origin")
		return nil
	}
	if h.protection.Check(r) != nil || origin != "" && !sameOrigin(r, origin) {
		return &problem{status: http.StatusForbidden, detail: "a browser's page of another origin may not do this; " +
			"if it is yours, add its origin to http.origins"}
	}
	return nil
}

// sameOrigin says whether the page came from the host that it now calls.
// CrossOriginProtection does not ask this of GET.
func sameOrigin(r *http.Request, origin string) bool {
	_, host, ok := strings.Cut(origin, "://")
	return ok && strings.EqualFold(host, r.Host)
}

// preflight answers a browser's question whether a page may post. It comes
// after crossOrigin, so that only listed origins, or our own, get here.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Allow", allowed)
	if r.Header.Get("Access-Control-Request-Method") != "" && h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", http.MethodPost)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Encoding, Content-Type, Idempotency-Key, X-API-KEY, X-PROJECT-ID")
		h.Set("Access-Control-Max-Age", "600")
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true") // a page on the web calls into a shop
		}
	}
	w.WriteHeader(http.StatusNoContent)
}
