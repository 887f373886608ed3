package event

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxAction is the longest action name, decoded, in bytes.
const maxAction = 1 << 10

// DecodeAction reads an action as it stands escaped in the URL ("Where
// {actionName} can be anything you want"). The faults have no pointer, as the
// action is not in the body.
func DecodeAction(path string) (string, *Faults) {
	action, wrong := decodeAction(path)
	if wrong == "" {
		return action, nil
	}
	return "", &Faults{List: []Fault{{Detail: wrong}}}
}

// EscapeAction is name as it is written into the URL where there is no sender
// who did so.
func EscapeAction(name string) string { return url.PathEscape(name) }

// InSegment says whether the byte may stand as it is in a segment of a URL's
// path (RFC 3986, 3.3: pchar); % is the beginning of an escape.
func InSegment(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-._~!$&'()*+,;=:@%", c) >= 0
}

func decodeAction(path string) (action, wrong string) {
	action = path
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '/':
			return "", "the action holds a slash; write it as %2F"
		case !InSegment(c):
			return "", "the action holds a character that must be percent-encoded in a URL"
		}
	}
	if strings.IndexByte(path, '%') >= 0 {
		var err error
		if action, err = url.PathUnescape(path); err != nil {
			return "", "the action holds a % that begins no escape; write it as %25"
		}
	}
	switch {
	case action == "":
		return "", "the action is empty; name it in the URL, as in /api/v1/webhook/Lead"
	case len(action) > maxAction:
		return "", "the action is longer than 1 kB; use a shorter name"
	case !utf8.ValidString(action):
		return "", "the action is not UTF-8; percent-encode its UTF-8 bytes"
	case action == "." || action == "..":
		// RFC 3986 (5.2.4) removes such segments on the way.
		return "", "the action cannot be called . or .., as such a URL does not arrive"
	}
	return action, ""
}
