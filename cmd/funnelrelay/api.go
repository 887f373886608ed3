package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/ingest"
	"funnelrelay/spool"
)

// api is the relay's API: that of the relay that runs, over its port, or else
// that of its spool, opened by this process.
type api struct {
	*client
	zone    *time.Location // of the site
	offline bool           // the relay does not run
	token   ingest.Secret
	release func() error
}

// answerWithin bounds a question; what changes something may take longer, as
// deciding about a million events does.
const answerWithin = time.Minute

// api finds out whether the relay runs, and opens its spool where it does not.
// The caller closes what it gets.
func (a *app) api(ctx context.Context) (*api, error) {
	cfg, c, err := a.asker()
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(startsWithin); ; {
		err := c.dial(ctx, cfg)
		if err == nil || running(err) {
			return c, err
		}
		err = c.openSpool(cfg, a.path())
		switch {
		case err == nil:
			fmt.Fprintln(a.err, "the relay is not running; reading its spool directly")
			return c, nil
		case !errors.Is(err, spool.ErrLocked) || time.Now().After(end) || ctx.Err() != nil:
			return nil, err
		}
		// It starts or stops just now, or another command has the spool; the
		// attempt waited for it.
	}
}

// onlyRunning is api for what only a relay that runs can do; doing says what.
func (a *app) onlyRunning(ctx context.Context, doing string) (*api, error) {
	cfg, c, err := a.asker()
	if err != nil {
		return nil, err
	}
	err = c.dial(ctx, cfg)
	if errors.Is(err, errNotRunning) {
		return nil, fmt.Errorf("%w, and only it can %s; start it with `funnelrelay service start`, or `funnelrelay run`", errNotRunning, doing)
	}
	return c, err
}

// asker is an api that has not asked for anything yet.
func (a *app) asker() (*config.Config, *api, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	c, err := newClient(cfg)
	if err != nil {
		return nil, nil, err
	}
	zone, err := cfg.Timezone.Location()
	if err != nil {
		return nil, nil, err
	}
	c.http.Timeout = 0 // each request has its own
	return cfg, &api{client: c, zone: zone, release: func() error { return nil }}, nil
}

// dial gets ready to ask the relay, if it runs.
func (c *api) dial(ctx context.Context, cfg *config.Config) (err error) {
	if err = c.reach(ctx); err != nil {
		return err
	}
	if c.token, err = ingest.ReadAdminToken(cfg.Data); err != nil {
		return tokenHint(err)
	}
	return nil
}

// startsWithin is how long a relay is waited for that has its spool open and
// does not answer yet, or not any more.
const startsWithin = 15 * time.Second

// reach fails where nobody listens on the port.
func (c *client) reach(ctx context.Context) error {
	at, err := url.Parse(c.base)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", at.Host)
	if err != nil {
		return notRunning(err)
	}
	return conn.Close()
}

func tokenHint(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; run this as the relay's user, as root or as administrator", err)
	}
	return fmt.Errorf("%w (is it the right config, and may this user read the data folder?)", err)
}

// openSpool serves the API from the spool of a relay that does not run.
func (c *api) openSpool(cfg *config.Config, path string) error {
	desk, err := relay.Offline(cfg, relay.Options{Version: version, BuildDate: thisBuild().date(), ConfigPath: path})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w, and has never run here: %w", errNotRunning, err)
	case errors.Is(err, spool.ErrLocked):
		return fmt.Errorf("the relay does not answer at %s, and its spool is in use: it starts or stops, or another command has it; try again: %w", c.base, err)
	case err != nil:
		return fmt.Errorf("%w, and its spool cannot be opened: %w", errNotRunning, err)
	}
	c.base, c.http = "http://offline", &http.Client{Transport: inProcess{desk.Handler()}}
	c.offline, c.release = true, desk.Close
	return nil
}

// Close gives the spool back.
func (c *api) Close() error { return c.release() }

// refusal is an answer that is no yes.
type refusal struct {
	status int
	text   string
	body   []byte
}

func (r *refusal) Error() string { return r.text }

// open makes a request, and returns the body of an answer that is a yes.
func (c *api) open(ctx context.Context, method, path string, body io.Reader, kind string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+string(c.token))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, notRunning(err)
	}
	if res.StatusCode/100 == 2 {
		return res.Body, nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	said := told(text)
	if said == "" {
		said = "the relay answered " + res.Status
	}
	if res.StatusCode == http.StatusUnauthorized {
		said = "the relay does not know this admin token: is it the one of this config's data folder? " + said
	}
	return nil, &refusal{status: res.StatusCode, text: said, body: text}
}

// get asks for something, as JSON.
func (c *api) get(ctx context.Context, path string, query url.Values) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return c.all(c.open(ctx, http.MethodGet, withQuery(path, query), nil, ""))
}

// post has something done. what is sent as JSON, unless it is nil.
func (c *api) post(ctx context.Context, path string, what any) (json.RawMessage, error) {
	if what == nil {
		return c.all(c.open(ctx, http.MethodPost, path, nil, ""))
	}
	body, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	return c.all(c.open(ctx, http.MethodPost, path, bytes.NewReader(body), "application/json"))
}

func (c *api) all(body io.ReadCloser, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, 256<<20))
}

// stream copies an answer of any length to w.
func (c *api) stream(ctx context.Context, path string, query url.Values, w io.Writer) error {
	body, err := c.open(ctx, http.MethodGet, withQuery(path, query), nil, "")
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// result prints what the relay answered: as the JSON that it is, or as show
// writes it for people.
func result[T any](a *app, asJSON bool, answer json.RawMessage, show func(of *T)) error {
	if asJSON {
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(answer), "", "  "); err != nil {
			return fmt.Errorf("the relay's answer: %w", err)
		}
		b.WriteByte('\n')
		_, err := a.out.Write(b.Bytes())
		return err
	}
	of := new(T)
	if err := json.Unmarshal(answer, of); err != nil {
		return fmt.Errorf("the relay's answer: %w", err)
	}
	show(of)
	return nil
}
