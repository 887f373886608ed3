package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// project picks the project by X-PROJECT-ID ("Information like the X-API-KEY
// and X-PROJECT-ID") or by the source, and looks at who may post to it. What a
// stranger gets wrong is answered with one text, so that it cannot be used to
// ask which projects and sources there are.
func (s *settings) project(r *http.Request, from *Source) (*project, *problem) {
	ids := r.Header["X-Project-Id"]
	p := s.pick(ids)
	if from != nil { // a source has its project; naming another is wrong
		if own := s.byName[from.Project]; p == own || unset(ids) {
			p = own
		} else {
			p = nil
		}
	}
	known := s.direct(r) || s.bearer(r.Header["Authorization"]) || s.insecure && !s.keyAuth && len(s.tokens) == 0
	keys := r.Header["X-Api-Key"]
	// An empty key is what an unset variable of a sender leaves: it is none.
	given := len(keys) > 1 || len(keys) == 1 && keys[0] != ""
	right := given && p != nil && len(keys) == 1 && p.keyed && sameHash(p.key, keys[0])
	switch {
	case !known && !(s.keyAuth && right):
		return nil, s.unauthorized(r)
	case p == nil && len(s.projects) == 0:
		return nil, &problem{status: http.StatusNotFound, detail: "no project is configured; add one to projects"}
	case p == nil && from != nil:
		return nil, &problem{status: http.StatusNotFound, detail: "the source belongs to another project than this X-PROJECT-ID; leave the header out, or see sources in the config"}
	case p == nil:
		return nil, &problem{status: http.StatusNotFound, detail: "no project has this X-PROJECT-ID; see projects in the config"}
	case given && !right:
		return nil, challenge("the X-API-KEY is not that of the project; see its api_key in the config")
	}
	return p, nil
}

// pick finds the project of the header; nil: there is none.
func (s *settings) pick(ids []string) *project {
	if unset(ids) {
		if len(s.projects) == 0 {
			return nil
		}
		return s.projects[0]
	}
	if len(ids) > 1 {
		return nil
	}
	return s.byID[ids[0]]
}

// unset says that a header is not there, or empty, as an unset variable of a
// sender leaves it.
func unset(values []string) bool { return len(values) == 0 || len(values) == 1 && values[0] == "" }

func (s *settings) unauthorized(r *http.Request) *problem {
	why := "this request"
	if name := forwardedBy(r.Header); name != "" {
		why = "this request came through a proxy or tunnel (it has " + name + ") and"
	}
	if !s.keyAuth && len(s.tokens) == 0 {
		return challenge(why + " needs credentials, and none are configured; set http.auth.api_key: true for the project's X-API-KEY, or http.auth.tokens")
	}
	return challenge(why + " needs right credentials: the project's X-PROJECT-ID and X-API-KEY, or Authorization: Bearer, as http.auth says")
}

func challenge(detail string) *problem {
	return &problem{status: http.StatusUnauthorized, detail: detail,
		header: [2]string{"WWW-Authenticate", `Bearer realm="funnelrelay"`}}
}

// bearer says whether the header holds one of the tokens.
func (s *settings) bearer(values []string) bool {
	token := bearerToken(values)
	if token == "" {
		return false
	}
	found := false
	for _, want := range s.tokens { // all of them, so that the time says nothing
		found = sameHash(want, token) || found
	}
	return found
}

// bearerToken is the token of an Authorization header; empty: none.
func bearerToken(values []string) string {
	if len(values) != 1 {
		return ""
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.Trim(token, " ")
}

// sameHash compares in constant time. Texts are hashed first, so that their
// lengths do not show either.
func sameHash(want [sha256.Size]byte, given string) bool {
	got := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
