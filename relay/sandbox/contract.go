package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The sentences of the contract, as published. A refusal names the one that
// was broken.
const (
	ruleEndpoint  = "The new endpoint accepts POST requests with the following structure: https://events.funnelytics.io/api/v1/webhook/{actionName}"
	ruleAction    = "Where {actionName} can be anything you want."
	ruleType      = "The Content-Type header has to be always set as application/json"
	ruleHeaders   = "The Headers are what will inform our endpoint that your request is legit and in which workspace it should direct that data."
	ruleFlat      = "The payload needs to be flat, except for the purchase_data element. Any other nested object will make the request fail"
	ruleCommerce  = "To pass a Purchase or Revenue action that will be shown as a purchase on the Funnelyics canvas the URL to use for the requests is ONLY the following https://events.funnelytics.io/api/v1/webhook/__commerce_action__"
	rulePurchase  = "purchase_data: an array that could include various objects and iterate through them. Each object should include __sku__: Product ID, __label__: Product Name, __total_in_cents__: Total amount in cents, __order__: Order number, __currency__: Currency (e.g., 'USD')"
	ruleDateTime  = "Use the dateTime parameter to specify the date of the event in ISO-8601 format."
	ruleDuplicate = "Duplicated requests will be rejected."
	ruleSession   = "If you are storing or are able to pass the Funnelytics ID for your users (available in the browser console with the window.funnelytics.session command) you can pass it as session and the event will be tied to a specific user"
	ruleEmail     = "If you are identifying users using emails you will be able to pass the user email as email and the action will be tied to the user with that email"
)

const (
	webhookPrefix  = "/api/v1/webhook/"
	commerceAction = "__commerce_action__"
)

// refusal is a rule that was broken. As an answer it is the JSON object
// {"error":reason,"message":text,"rule":sentence}. Only the refusal of a repeat
// says "duplicate": senders look for that word.
type refusal struct {
	Reason  string `json:"error"`
	Message string `json:"message"`
	Rule    string `json:"rule,omitempty"`
	status  int
}

func refuse(status int, reason, rule, format string, args ...any) *refusal {
	return &refusal{Reason: reason, Message: fmt.Sprintf(format, args...), Rule: rule, status: status}
}

func (r *refusal) body() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		return []byte(`{"error":"unknown"}`) // not reached: three strings always marshal
	}
	return append(b, '\n')
}

// head is what the rules about path and headers let through.
type head struct {
	project string
	action  string // unescaped
}

// readHead checks all that can be checked before the body is read.
func (o *Options) readHead(r *http.Request) (head, *refusal) {
	h := head{project: r.Header.Get("X-Project-Id")}
	// Rule: "The new endpoint accepts POST requests". The status is ours.
	if r.Method != http.MethodPost {
		return h, refuse(http.StatusMethodNotAllowed, "method", ruleEndpoint, "the method is %s: only POST is taken", quote(r.Method))
	}
	action, fault := readAction(r.URL)
	if fault != nil {
		return h, fault
	}
	h.action = action
	// Rule: "always set as application/json": this, byte for byte, and once.
	if got := r.Header.Values("Content-Type"); len(got) != 1 || got[0] != "application/json" {
		return h, refuse(http.StatusUnsupportedMediaType, "content_type", ruleType,
			"the Content-Type is %s: it must be application/json and nothing else", quote(strings.Join(got, ", ")))
	}
	if fault := checkCredential(r.Header, "X-PROJECT-ID", o.ProjectID); fault != nil {
		return h, fault
	}
	return h, checkCredential(r.Header, "X-API-KEY", o.APIKey)
}

// readAction takes the action from the path: one segment, which may hold
// anything as long as it is escaped.
func readAction(u *url.URL) (string, *refusal) {
	const status = http.StatusNotFound // ours: the contract names none
	raw := strings.TrimPrefix(u.EscapedPath(), webhookPrefix)
	switch {
	case raw == "":
		return "", refuse(status, "path", ruleEndpoint, "the action name is empty")
	case strings.Contains(raw, "/"):
		return "", refuse(status, "path", ruleEndpoint, "the action name is more than one segment: write a slash inside it as %%2F")
	case u.RawQuery != "" || u.ForceQuery:
		// A name with a raw question mark would arrive cut off, unseen.
		return "", refuse(status, "path", ruleEndpoint, "the endpoint takes no query: write a question mark inside the action name as %%3F")
	}
	action, err := url.PathUnescape(raw)
	if err != nil {
		return "", refuse(status, "path", ruleAction, "the action name has a broken escape: %v", err)
	}
	if action == "." || action == ".." {
		// RFC 3986, 5.2.4: whatever stands on the way may take such a segment
		// out of the path, also where it is escaped.
		return "", refuse(status, "path", ruleEndpoint, "the action name is %s, which a URL cannot carry", quote(action))
	}
	return action, nil
}

// checkCredential wants the header once and not empty, and equal to want where
// that is set. The answer never repeats the value.
func checkCredential(h http.Header, name, want string) *refusal {
	got := h.Values(name)
	switch {
	case len(got) == 0 || got[0] == "":
		return refuse(http.StatusUnauthorized, "credentials", ruleHeaders, "the header %s is missing or empty", name)
	case len(got) > 1:
		return refuse(http.StatusUnauthorized, "credentials", ruleHeaders, "the header %s is there %d times", name, len(got))
	case want != "" && got[0] != want:
		return refuse(http.StatusUnauthorized, "credentials", ruleHeaders, "the header %s is wrong", name)
	}
	return nil
}

// quote shows foreign text in a message: quoted, its oddities escaped, and cut
// where it is long.
func quote(s string) string {
	const most = 80
	if len(s) <= most {
		return strconv.Quote(s)
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strconv.Quote(s[:end]) + "…"
}
