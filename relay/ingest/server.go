package ingest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// ServerOptions is what a Server listens by. Zero is the default.
type ServerOptions struct {
	Listen  string       // host:port; default 127.0.0.1:8787
	Handler http.Handler // everything on the port; see Handler.Port
	TLS     *tls.Config  // nil: plain HTTP
	// Authed says that credentials are configured (Options.Auth), and Insecure
	// that the owner of the shop wants an open port without them, or without TLS.
	Authed, Insecure bool
	// Grace is how long answers that are under way may take after Run's
	// context has ended; default 10 s.
	Grace time.Duration
	Conns int           // connections at one time, the others wait; default 1024
	Body  time.Duration // from the first byte of a request to the end of its body; default 2 min
	Log   *slog.Logger  // nil: none
}

// headerTime is how long a request's header may take (slowloris), idleTime how
// long a connection is kept without one, and answerTime how long a request may
// take in all: compaction of a large spool is the slowest thing in it.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	answerTime = 5 * time.Minute
)

// Server is the port. A handler on it that streams, or waits for longer than
// the times above, sets its own deadlines with http.ResponseController.
type Server struct {
	http     *http.Server
	listener net.Listener
	tls      bool
	grace    time.Duration
	room     chan struct{} // one entry for each open connection
}

// CheckBind refuses an address that other machines can reach, unless both
// credentials and TLS guard it or Insecure is set.
func CheckBind(o ServerOptions) error {
	listen := cmp.Or(o.Listen, defaultListen)
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return fmt.Errorf("listen on %s: write host:port, as in %s", listen, defaultListen)
	}
	if IsLoopback(listen) || o.Insecure || o.Authed && o.TLS != nil {
		return nil
	}
	missing := "http.auth and http.tls"
	switch {
	case o.Authed:
		missing = "http.tls"
	case o.TLS != nil:
		missing = "http.auth"
	}
	return fmt.Errorf("listen on %s: other machines can reach it, so it needs %s; or listen on %s, or set http.insecure: true", listen, missing, defaultListen)
}

const defaultListen = "127.0.0.1:8787"

// Open takes the port. Nobody is answered before Run; Close gives it back.
func Open(o ServerOptions) (*Server, error) {
	if err := CheckBind(o); err != nil {
		return nil, err
	}
	listen := cmp.Or(o.Listen, defaultListen)
	listener, err := net.Listen("tcp", listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE) || isInUse(err):
		return nil, fmt.Errorf("listen on %s: another program has this port, or the relay runs already; stop it, or set listen to another port: %w", listen, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: the system does not allow this port; set listen to one above 1023: %w", listen, err)
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", listen, err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && IsLoopback(listen) && !tcp.IP.IsLoopback() {
		// "localhost" in a hosts file can be anything.
		return nil, errors.Join(fmt.Errorf("listen on %s: this is %s here, which other machines can reach; listen on %s", listen, tcp.IP, defaultListen), listener.Close())
	}
	return newServer(o, listener), nil
}

// isInUse knows Windows's own number for a port that is taken, which is not
// syscall.EADDRINUSE there.
func isInUse(err error) bool {
	const wsaeAddrInUse = syscall.Errno(10048)
	return errors.Is(err, wsaeAddrInUse)
}

// newServer serves on a listener that is open.
func newServer(o ServerOptions, listener net.Listener) *Server {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	room := make(chan struct{}, cmp.Or(o.Conns, 1024))
	s := &Server{tls: o.TLS != nil, grace: cmp.Or(o.Grace, 10*time.Second), room: room}
	s.listener = &crowdedListener{Listener: listener, room: room, closed: make(chan struct{})}
	s.http = &http.Server{
		Handler:           o.Handler,
		TLSConfig:         o.TLS,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       cmp.Or(o.Body, 2*time.Minute),
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10, // a 10 kB action gets its 422
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				<-room
			}
		},
		// What net/http has to say is about strangers' connections.
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		Protocols: new(http.Protocols),
	}
	// HTTP/2 would let one connection bring 250 bodies at a time, past the
	// bound on connections, and no sender of webhooks needs it.
	s.http.Protocols.SetHTTP1(true)
	return s
}

// Addr is where the port is, for a Listen with port 0.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run answers requests until ctx ends, then takes no more, lets those under
// way end within the grace, and cuts off the rest. It returns when none of its
// goroutines is left; nil after a clean end.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() {
		if s.tls {
			served <- s.http.ServeTLS(s.listener, "", "")
		} else {
			served <- s.http.Serve(s.listener)
		}
	}()
	select {
	case err := <-served:
		return errors.Join(fmt.Errorf("http on %s: %w", s.Addr(), err), s.http.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	err := s.http.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("http on %s: some requests took longer than %s to end: %w", s.Addr(), s.grace, err), s.http.Close())
	}
	_ = <-served            // it was told to end
	for range cap(s.room) { // full once every connection has ended
		s.room <- struct{}{}
	}
	return err
}

// Close gives the port back, for who will not call Run. It may be called twice.
func (s *Server) Close() error {
	err := errors.Join(s.http.Close(), s.listener.Close())
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
