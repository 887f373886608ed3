package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"funnelrelay/relay/control"
)

// pretty puts line breaks into a body and changes no token of it: numbers stay
// as they were written. It is "" for what is no JSON.
func pretty(body string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(body), "", "  ") != nil {
		return ""
	}
	return out.String()
}

// escaped writes the characters of a JSON text that cannot be seen, or that turn
// the text around, as JSON escapes, so that a person sees what is edited. In JSON
// they can only stand in strings.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case !odd(r), r == unicode.ReplacementChar, r == '\u200c', r == '\u200d': // joiners belong to words and emoji
			out.WriteRune(r)
		case r > 0xFFFF:
			a, b := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, a, b)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// longestCurl is the longest body that is put into a command; shells refuse much
// more.
const longestCurl = 32 << 10

// curl is the command that sends an event as the relay does. The key is not in
// it: the relay shows that nowhere.
func curl(e *control.EventDetail) string {
	to := e.URL
	if to == "" {
		to = "https://events.funnelytics.io/api/v1/webhook/" + url.PathEscape(e.Action)
	}
	lines := []string{
		"curl -X POST " + quote(to),
		"-H 'Content-Type: application/json'",
		"-H " + quote("X-PROJECT-ID: "+e.ProjectID),
		"-H 'X-API-KEY: YOUR-API-KEY'",
	}
	if len(e.Body) > longestCurl {
		lines = append(lines, "--data-binary @"+e.ID+".json")
	} else {
		lines = append(lines, "--data-raw "+quote(e.Body))
	}
	return strings.Join(lines, " \\\n  ")
}

// quote makes one word of a POSIX shell of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func mayHaveArrived(e *control.Event) bool { return slices.Contains(e.Flags, "may-have-arrived") }

func isQuery(err error) bool { return errors.Is(err, control.ErrQuery) }

func goneOf(err error) *control.Gone {
	var gone *control.Gone
	if errors.As(err, &gone) {
		return gone
	}
	return nil
}
