package ingest

import (
	"net"
	"sync"
)

// crowdedListener accepts a connection only when there is room for it. The
// others wait in the system's queue, and take no file and no memory of ours.
type crowdedListener struct {
	net.Listener
	room   chan struct{} // one entry for each open connection; the server's ConnState takes it out
	once   sync.Once
	closed chan struct{}
}

// Accept waits for room and for a connection.
func (l *crowdedListener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.room
	}
	return conn, err
}

// Close ends a waiting Accept, too.
func (l *crowdedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
