package forward

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
)

const (
	headSize  = 1 << 10  // how much of an answer is kept
	drainSize = 15 << 10 // how much more is read so that the connection can be kept
)

// answer is how one POST ended: with a status, or with an error.
type answer struct {
	status int
	header http.Header
	head   []byte // the first kilobyte of the body; valid until the next attempt
	cut    bool   // the body ended before its time
	err    error  // no answer at all
	begun  bool   // with err: there was a connection, and the request was on its way
	whole  bool   // with err: all of it was, so that it may have arrived
}

// courier makes attempts, one at a time. It belongs to one worker.
type courier struct {
	buf    [headSize + drainSize]byte
	urls   map[string]*url.URL // by action path, of target
	target *target
}

// post sends one event and reads the answer. It ends with ctx, or after the
// target's timeout.
func (c *courier) post(ctx context.Context, t *target, path string, body []byte) answer {
	if t.fault != nil {
		return answer{err: t.fault}
	}
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeout)
	defer cancel()
	p := &payload{body: body}
	request := t.request.WithContext(ctx)
	request.URL = c.webhook(t, path)
	request.Body, request.ContentLength, request.GetBody = p.rewind(), int64(len(body)), p.again
	response, err := t.transport.RoundTrip(request)
	if err != nil {
		return answer{err: err, begun: p.begun(), whole: p.whole()}
	}
	defer response.Body.Close()
	n, err := readUpTo(response.Body, c.buf[:])
	return answer{
		status: response.StatusCode,
		header: response.Header,
		head:   clip(withoutSecret(c.buf[:n], t.secret), headSize),
		cut:    err != nil,
	}
}

// withoutSecret takes the key out of an answer, which is kept and shown: an
// upstream may well say "invalid key: …".
func withoutSecret(head, secret []byte) []byte {
	if len(secret) == 0 || !bytes.Contains(head, secret) {
		return head
	}
	return bytes.ReplaceAll(head, secret, []byte(redacted))
}

func clip(b []byte, n int) []byte { return b[:min(len(b), n)] }

// webhook is target.webhook with a memory: actions are few.
func (c *courier) webhook(t *target, path string) *url.URL {
	if c.target != t || len(c.urls) > 256 {
		c.target, c.urls = t, map[string]*url.URL{}
	}
	u, ok := c.urls[path]
	if !ok {
		u = Address(t.o.URL, path)
		c.urls[path] = u
	}
	return u
}

// readUpTo fills buf from r, to the end of r if that is near enough. The error
// is that of a body which ended before its time.
func readUpTo(r io.Reader, buf []byte) (int, error) {
	n := 0
	for n < len(buf) {
		k, err := r.Read(buf[n:])
		n += k
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// payload is the body of a request, and knows whether all of it was read. It
// wraps nothing but a bytes.Reader, which net/http knows to be in memory: header
// and body then leave in one write.
type payload struct {
	body   []byte
	reader bytes.Reader
}

func (p *payload) rewind() io.ReadCloser {
	p.reader.Reset(p.body)
	return io.NopCloser(&p.reader)
}

// begun says that some of it was read, which needs a connection. What is said
// of whole is true of it, too.
func (p *payload) begun() bool { return p.reader.Len() < len(p.body) }

// whole says that the last byte was read, so that the request may have gone out
// in full. It may be asked only when RoundTrip has failed: net/http has then
// ended what wrote the request.
func (p *payload) whole() bool { return p.reader.Len() == 0 }

// again is called by net/http when nothing of the request was written to a kept
// connection that had died, and it takes another.
func (p *payload) again() (io.ReadCloser, error) { return p.rewind(), nil }
