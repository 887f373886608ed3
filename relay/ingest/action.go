package ingest

import (
	"net/http"
	"net/url"
	"strings"

	"funnelrelay/relay/event"
)

// prefix is the upstream's own path ("accepts POST requests with the following
// structure: https://events.funnelytics.io/api/v1/webhook/{actionName}").
const prefix = "/api/v1/webhook/"

// rawPath is the path of the URL as it stood in the request line.
func rawPath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath // differs from the default encoding: %2F, raw unicode
	}
	return u.EscapedPath()
}

// onWebhook says whether the path is the webhook's, with or without an action.
func onWebhook(path string) bool {
	rest, ok := strings.CutPrefix(path, prefix[:len(prefix)-1])
	return ok && (rest == "" || rest[0] == '/')
}

// actionOf takes the action from the URL, escaped as it came ("{actionName}
// can be anything you want"). Bytes that may not stand in a URL are escaped;
// nothing else is changed, so that %2F and %41 go upstream as %2F and %41.
func actionOf(u *url.URL) (string, *problem) {
	raw, ok := strings.CutPrefix(rawPath(u), prefix)
	switch {
	case !ok:
		return "", &problem{status: http.StatusNotFound, detail: nothingHere}
	case raw == "":
		return "", &problem{status: http.StatusNotFound, detail: "the action is missing; write it after " + prefix}
	case strings.IndexByte(raw, '/') >= 0:
		return "", &problem{status: http.StatusNotFound, detail: "an action is one path segment; a / in its name is written %2F"}
	}
	action := escapeRest(raw)
	if _, faults := event.DecodeAction(action); faults != nil {
		return "", &problem{status: http.StatusUnprocessableEntity, detail: faults.Error()}
	}
	return action, nil
}

// escapeRest escapes what cannot stand in a path as it is.
func escapeRest(raw string) string {
	clean := true
	for i := 0; i < len(raw) && clean; i++ {
		clean = event.InSegment(raw[i])
	}
	if clean {
		return raw
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(raw)+16)
	for i := 0; i < len(raw); i++ {
		if c := raw[i]; event.InSegment(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
