package ingest

import (
	"net/http"
	"net/url"
	"strings"
)

// sourcesPrefix is the path under which bodies go through a source's mapping.
const sourcesPrefix = "/api/v1/sources/"

// address is what the path of a request names: an action, or a source.
type address struct {
	action  string   // escaped as it came
	source  *Source  // nil: the webhook
	unknown *problem // no source has the name; only who may post is told
}

// onSource says whether the path is that of a source, with or without a name.
func onSource(path string) bool { return strings.HasPrefix(path, sourcesPrefix) }

// address finds out what the request is posted to.
func (s *settings) address(r *http.Request) (address, *problem) {
	name, ok := strings.CutPrefix(rawPath(r.URL), sourcesPrefix)
	if !ok {
		action, p := actionOf(r.URL)
		return address{action: action}, p
	}
	name, err := url.PathUnescape(name)
	if err != nil || s.sources[name] == nil {
		return address{unknown: &problem{status: http.StatusNotFound,
			detail: "there is no source " + quoteShort(name) + "; see sources in the config"}}, nil
	}
	return address{source: s.sources[name]}, nil
}

// formOf says how the body is to be read.
func (a address) formOf(h http.Header) (bodyForm, *problem) {
	if a.source != nil {
		return mappedForm(h)
	}
	return formOf(h)
}
