package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"time"
)

// answerTime is how long an answer may take before the load gives up.
const answerTime = 30 * time.Second

// connection is one HTTP/1.1 connection that is kept, for one request after
// the other.
type connection struct {
	tcp  net.Conn
	in   *bufio.Reader
	head []byte // of every request, up to the value of Content-Length
	body []byte // of the last request
	out  []byte
}

func dial(ctx context.Context, address, path, contentType string) (*connection, error) {
	tcp, err := (&net.Dialer{Timeout: answerTime}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{
		tcp: tcp, in: bufio.NewReaderSize(tcp, 16<<10),
		head: fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: ", path, address, contentType),
	}, nil
}

// post sends the body that write appends, and waits for a 2xx. Any other
// answer is an error with its text.
func (c *connection) post(write func(dst []byte) []byte) error {
	c.body = write(c.body[:0])
	c.out = append(c.out[:0], c.head...)
	c.out = strconv.AppendInt(c.out, int64(len(c.body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, c.body...)
	if err := c.tcp.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return err
	}
	if _, err := c.tcp.Write(c.out); err != nil {
		return err
	}
	status, length, err := c.readHead()
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if status/100 == 2 {
		return c.skip(length)
	}
	text, _ := io.ReadAll(io.LimitReader(c.in, min(1000, int64(max(0, length))))) // for the eye
	return fmt.Errorf("answer: status %d: %s", status, bytes.TrimSpace(text))
}

// chunked is the length of a body that is sent in chunks.
const chunked = -1

// readHead reads a status line and what follows up to the body.
func (c *connection) readHead() (status, length int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, 0, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, fmt.Errorf("status line %q", line)
	}
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, 0, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			return status, length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = chunked
		}
	}
}

// skip reads a body and forgets it.
func (c *connection) skip(length int) error {
	if length != chunked {
		_, err := c.in.Discard(length)
		return err
	}
	if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(c.in)); err != nil {
		return err
	}
	_, err := c.in.ReadSlice('\n') // the reader leaves the empty line behind the last chunk
	return err
}

func (c *connection) close() { _ = c.tcp.Close() } // all that it was for is done
