package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// Proxy stands between senders and a relay, and keeps each request as its bytes
// came. It knows only as much of HTTP as it takes to find a request's end. Its
// fields are set before Run.
type Proxy struct {
	To   string // address of the relay
	Lose int    // of so many first requests the answer is lost, after the relay has given it
	Busy int    // so many first requests are answered with 503, and the relay does not see them
	// Seen is called with each request, before it goes on, one at a time. Nil:
	// they are only counted.
	Seen func(request []byte)

	mu       sync.Mutex // guards all below, and the calls of Seen
	requests int
	open     map[net.Conn]bool
	closing  bool
}

// Requests is how many have come.
func (p *Proxy) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// Run serves the listener until ctx ends, then closes it and every connection,
// and returns when none of its goroutines is left.
func (p *Proxy) Run(ctx context.Context, l net.Listener) error {
	var all sync.WaitGroup
	defer all.Wait()
	stop := context.AfterFunc(ctx, func() { p.close(l) })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			p.close(l)
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("proxy: %w", err)
		}
		all.Go(func() { p.serve(conn) })
	}
}

func (p *Proxy) close(l net.Listener) {
	_ = l.Close() // it may be closed
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
	for conn := range p.open {
		_ = conn.Close()
	}
}

// hold keeps the connection, so that close ends it, and reports whether it may
// be used.
func (p *Proxy) hold(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[net.Conn]bool{}
	}
	p.open[conn] = true
	return !p.closing
}

func (p *Proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	_ = conn.Close() // what was to be said was said
}

// serve passes the requests of one connection on, one after the other.
func (p *Proxy) serve(sender net.Conn) {
	defer p.drop(sender)
	relay, err := net.Dial("tcp", p.To)
	if err != nil {
		return // the sender sees a closed connection, as without a relay
	}
	defer p.drop(relay)
	if !p.hold(sender) || !p.hold(relay) {
		return
	}
	from, answers := bufio.NewReader(sender), bufio.NewReader(relay)
	for {
		request, err := ReadRequest(from, sender)
		if err != nil {
			return
		}
		switch n := p.note(request); {
		case n <= p.Busy:
			_, _ = io.WriteString(sender, busy)
			return
		case n <= p.Busy+p.Lose:
			_, _, _ = p.pass(request, relay, answers) // whatever it was
			return
		default:
			var answer []byte
			var last bool
			if answer, last, err = p.pass(request, relay, answers); err == nil {
				_, err = sender.Write(answer)
			}
			if last {
				return // some senders read up to the end of the connection
			}
		}
		if err != nil {
			return
		}
	}
}

const busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n" +
	"Content-Length: 86\r\nConnection: close\r\n\r\n" + `{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"too busy"}` + "\n"

// note counts and shows a request, and returns its number, from 1.
func (p *Proxy) note(request []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	if p.Seen != nil {
		p.Seen(request)
	}
	return p.requests
}

// pass gives the request to the relay and returns the bytes of its answer, and
// whether it is the last on the connection.
func (p *Proxy) pass(request []byte, relay net.Conn, answers *bufio.Reader) ([]byte, bool, error) {
	if _, err := relay.Write(request); err != nil {
		return nil, false, err
	}
	var answer bytes.Buffer
	read := bufio.NewReaderSize(io.TeeReader(answers, &answer), 16) // little, so that it keeps nothing of the next
	res, err := http.ReadResponse(read, nil)
	if err != nil {
		return nil, false, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return nil, false, err
	}
	return answer.Bytes(), res.Close, nil
}

// ReadRequest reads one request, up to its end, as its bytes came. A sender that
// waits for "100 Continue" is told to go on, over to.
func ReadRequest(from *bufio.Reader, to io.Writer) ([]byte, error) {
	var request bytes.Buffer
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		request.Write(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	head, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request.Bytes())))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	if head.Header.Get("Expect") != "" {
		if _, err := io.WriteString(to, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return nil, err
		}
	}
	if len(head.TransferEncoding) > 0 {
		err = readChunks(from, &request)
	} else {
		_, err = io.CopyN(&request, from, max(head.ContentLength, 0))
	}
	return request.Bytes(), err
}

// readChunks reads a chunked body with its lengths, up to its last line.
func readChunks(from *bufio.Reader, request *bytes.Buffer) error {
	for last := false; ; {
		line, err := from.ReadBytes('\n')
		if err != nil {
			return err
		}
		request.Write(line)
		text := string(bytes.TrimRight(line, "\r\n"))
		if last {
			if text == "" {
				return nil
			}
			continue // a trailer
		}
		size, err := strconv.ParseInt(text, 16, 32)
		if err != nil || size < 0 {
			return errors.New("request: a chunk without a length")
		}
		if last = size == 0; !last {
			if _, err := io.CopyN(request, from, size+2); err != nil {
				return err
			}
		}
	}
}
