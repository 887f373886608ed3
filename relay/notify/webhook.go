package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Webhook posts each notice to a URL, as JSON.
type Webhook struct {
	URL       string // secret
	Header    http.Header
	UserAgent string

	// Proxy is the way to it. Default: the environment's.
	Proxy func(*http.Request) (*url.URL, error)
}

// Tell posts the notices one by one.
func (w *Webhook) Tell(ctx context.Context, list []Notice) (arrived int, err error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if w.Proxy != nil {
		transport.Proxy = w.Proxy
	}
	transport.TLSHandshakeTimeout = 15 * time.Second
	defer transport.CloseIdleConnections()
	for i := range list {
		if err := w.post(ctx, transport, &list[i]); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// post makes one request. It follows no redirect: the headers are for the host
// that was written.
func (w *Webhook) post(ctx context.Context, transport *http.Transport, n *Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("its URL cannot be used") // the error holds it
	}
	for name, values := range w.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", w.UserAgent)
	if user := req.URL.User; user != nil && req.Header.Get("Authorization") == "" {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	res, err := transport.RoundTrip(req)
	if cause := (*url.Error)(nil); errors.As(err, &cause) { // it would name the URL
		err = cause.Err
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode/100 == 3:
		return fmt.Errorf("it answered %s, and a redirect is not followed; write the URL that it leads to", res.Status)
	}
	answer := fmt.Sprintf("it answered %s", res.Status)
	if text := clip(hide(string(said), w.secrets()), 120); text != "" && !strings.HasPrefix(text, "<") {
		answer += ": " + text
	}
	return errors.New(answer)
}

func (w *Webhook) String() string {
	if u, err := url.Parse(w.URL); err == nil {
		return "the webhook at " + u.Host
	}
	return "a webhook"
}

func (w *Webhook) secrets() []string {
	list := []string{w.URL}
	if u, err := url.Parse(w.URL); err == nil {
		list = append(list, u.RequestURI(), u.EscapedPath(), u.RawQuery)
		if u.User != nil {
			password, _ := u.User.Password()
			list = append(list, u.User.String(), password, u.User.Username())
		}
	}
	for _, values := range w.Header {
		for _, value := range values {
			list = append(list, value)
			if _, token, found := strings.Cut(value, " "); found { // Bearer TOKEN
				list = append(list, token)
			}
		}
	}
	return list
}
