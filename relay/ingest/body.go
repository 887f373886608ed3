package ingest

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
)

// smallBody is what a body may take without asking for memory, and what an
// intake keeps for the next request: a hundred times the usual event.
const smallBody = 64 << 10

// read takes the whole body into in.body. What is more than smallBody is
// taken from the handler's memory, as in.held, before it is read.
func (h *Handler) read(in *intake, r *http.Request, s *settings, zipped bool) *problem {
	limit := s.limits.Body
	if r.ContentLength > limit {
		return tooLarge(limit)
	}
	if !zipped && r.ContentLength >= 0 {
		n := int(r.ContentLength)
		if p := h.reserve(in, r, int64(n)); p != nil {
			return p
		}
		in.body = slices.Grow(in.body[:0], n)[:n]
		if n == 0 {
			return nil
		}
		_, err := io.ReadFull(r.Body, in.body)
		return unread(err)
	}
	src := io.Reader(r.Body)
	if zipped {
		z := h.gunzips.Get().(*gunzip)
		defer func() { _ = z.reset(eof{}); h.gunzips.Put(z) }() // keeps nothing of this request
		if err := z.reset(io.LimitReader(r.Body, limit)); err != nil {
			return notGzip(err)
		}
		src = &z.Reader
	}
	return h.readUnknown(in, r, src, limit, zipped)
}

// readUnknown reads a body whose length is not known: as much as is free,
// then, having asked for all that it may take, the rest. Asking once and for
// all keeps two such bodies from waiting for each other.
func (h *Handler) readUnknown(in *intake, r *http.Request, src io.Reader, limit int64, zipped bool) *problem {
	in.body = in.body[:0]
	for {
		if len(in.body) >= smallBody && in.held == 0 {
			if p := h.reserve(in, r, limit); p != nil {
				return p
			}
		}
		in.body = slices.Grow(in.body, 4<<10)
		room := in.body[len(in.body):min(int64(cap(in.body)), limit+1)]
		if in.held == 0 && len(in.body)+len(room) > smallBody {
			room = room[:max(smallBody-len(in.body), 1)]
		}
		n, err := src.Read(room)
		in.body = in.body[:len(in.body)+n]
		switch {
		case int64(len(in.body)) > limit:
			return tooLarge(limit)
		case err == io.EOF:
			if spare := in.held - int64(len(in.body)); spare > 0 {
				h.memory.release(spare)
				in.held -= spare
			}
			return nil
		case err != nil && zipped && !timedOut(err):
			return notGzip(err)
		case err != nil:
			return unread(err)
		}
	}
}

// reserve takes n bytes of the memory for bodies, waiting for others to end.
func (h *Handler) reserve(in *intake, r *http.Request, n int64) *problem {
	if n <= smallBody {
		return nil
	}
	held, ok := h.memory.acquire(r.Context(), n)
	if !ok {
		return &problem{status: http.StatusServiceUnavailable, after: 2,
			detail: "too many large bodies at one time; send it again in a moment, or fewer at once"}
	}
	in.held = held
	return nil
}

func tooLarge(limit int64) *problem {
	return &problem{status: http.StatusRequestEntityTooLarge,
		detail: fmt.Sprintf("the body is larger than %d bytes; send the events in several requests", limit)}
}

func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// unread says why a body did not come whole; nil: it did.
func unread(err error) *problem {
	switch {
	case err == nil:
		return nil
	case timedOut(err):
		return &problem{status: http.StatusRequestTimeout, remain: true, detail: "the body came too slowly; send it again"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &problem{status: http.StatusBadRequest, remain: true, detail: "the body ended before its Content-Length"}
	}
	return &problem{status: http.StatusBadRequest, remain: true, detail: "the body could not be read to its end"}
}

func notGzip(err error) *problem {
	if timedOut(err) {
		return unread(err)
	}
	return &problem{status: http.StatusBadRequest, detail: "the body is not whole gzip, as its Content-Encoding says"}
}

// gunzip is a gzip reader that is used again. It brings its own buffer,
// because gzip would make a new one for each body.
type gunzip struct {
	gzip.Reader
	buffered bufio.Reader
}

func (z *gunzip) reset(r io.Reader) error {
	z.buffered.Reset(r)
	return z.Reader.Reset(&z.buffered)
}

// eof is an empty reader.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
