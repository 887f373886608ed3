package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// inProcess serves requests by a handler in this process, so that a command
// is written once, for a relay that runs and for one that does not.
type inProcess struct{ handler http.Handler }

// RoundTrip answers as soon as the handler has begun to. It ends when the body
// is read to its end, or closed.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	served.RequestURI, served.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:0"
	body, pipe := io.Pipe()
	w := &inProcessAnswer{header: http.Header{}, body: pipe, began: make(chan struct{})}
	go func() {
		defer served.Body.Close()
		defer func() { // how a handler cuts off an answer that it cannot end
			if cut := recover(); cut != nil {
				w.WriteHeader(http.StatusInternalServerError)
				_ = pipe.CloseWithError(fmt.Errorf("cut off: %v", cut)) // it never fails
			}
		}()
		p.handler.ServeHTTP(w, served)
		w.WriteHeader(http.StatusOK)
		_ = pipe.Close() // it never fails
	}()
	select {
	case <-w.began:
	case <-r.Context().Done():
		_ = body.CloseWithError(r.Context().Err()) // it never fails
		return nil, r.Context().Err()
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: -1, Request: r,
	}, nil
}

// inProcessAnswer is the ResponseWriter of one request.
type inProcessAnswer struct {
	header http.Header
	body   *io.PipeWriter

	once   sync.Once
	began  chan struct{} // closed once what follows is set
	status int
	sent   http.Header
}

func (a *inProcessAnswer) Header() http.Header { return a.header }

func (a *inProcessAnswer) WriteHeader(status int) {
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		close(a.began)
	})
}

func (a *inProcessAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// Flush lets a stream of changes go out: what was written is there already.
func (a *inProcessAnswer) Flush() { a.WriteHeader(http.StatusOK) }
