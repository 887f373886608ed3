package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"

	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/rows"
)

// bodyName is what a body is called in messages.
const bodyName = "the body"

// mappedBody reads the orders of a body, which may be a zip of several files,
// into its intake's offers.
type mappedBody struct {
	in      *intake
	s       *settings
	options rows.Options
	skipped []left
	faults  []event.Fault
	results int
	room    int64 // bytes that its events may still take
}

// readMapped makes offers of the body, in the order of its files, and tells
// what a rule left out. Refused rows refuse the whole body, with all of them
// named; those that the source holds are offers already.
func (h *Handler) readMapped(ctx context.Context, b *mappedBody) *problem {
	scope := fmt.Sprintf("%x", sha256.Sum256(b.in.body))
	pack, err := rows.UnpackBytes(bodyName, b.in.body)
	if err != nil {
		return unreadable(err)
	}
	if pack == nil {
		b.room = math.MaxInt64 // they are bounded by what they are read from
		reader, err := rows.OpenBytes(bodyName, b.in.body, b.options)
		if p := b.read(ctx, reader, err, mapping.File{Name: bodyName, Scope: scope}, ""); p != nil {
			return p
		}
		return b.refused()
	}
	defer pack.Close()
	if p := h.awaitUnpacking(ctx); p != nil {
		return p
	}
	defer func() { <-h.unpacking }()
	b.room = b.s.limits.Body
	for _, member := range pack.Names {
		file, of := mapping.File{Name: bodyName, Scope: scope}, ""
		if len(pack.Names) > 1 { // as files of a folder are known
			file.Name, file.Scope, of = member, scope+"/"+member, member+": "
		}
		reader, err := rows.Open(pack.FS, member, b.options)
		if p := b.read(ctx, reader, err, file, of); p != nil {
			return p
		}
	}
	return b.refused()
}

// awaitUnpacking takes the turn to read a zip: what comes out of it is in nobody's
// account of memory, so that one is read at a time.
func (h *Handler) awaitUnpacking(ctx context.Context) *problem {
	ctx, cancel := context.WithTimeout(ctx, waitForMemory)
	defer cancel()
	select {
	case h.unpacking <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &problem{status: http.StatusServiceUnavailable, after: 2, detail: "too many zips at one time; send it again in a moment"}
	}
}

// read takes the orders of one file up. failed is why it cannot be opened, and
// of is put before each place in it.
func (b *mappedBody) read(ctx context.Context, reader *rows.Reader, failed error, file mapping.File, of string) *problem {
	if failed != nil {
		return unreadable(failed)
	}
	defer func() { _ = reader.Close() }() // it is memory
	file.Now = b.s.now()
	orders, err := b.in.source.Mapping.Read(reader, file)
	if err != nil {
		return unreadable(err)
	}
	for {
		if ctx.Err() != nil {
			return unread(ctx.Err()) // nobody waits for the answer
		}
		result, err := orders.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadable(err)
		}
		if p := b.add(result, of); p != nil {
			return p
		}
	}
}

// add takes one result up.
func (b *mappedBody) add(result *mapping.Result, of string) *problem {
	large := func(format string, args ...any) *problem {
		return &problem{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf(format, args...)}
	}
	if b.results == b.s.limits.Batch {
		return large("the body holds more than %d orders; send them in several requests, or as a file", b.s.limits.Batch)
	}
	b.results++
	size := int64(0)
	if result.Offer != nil {
		size = int64(len(result.Offer.Event.Body))
	}
	if size > b.s.limits.Event {
		return large("%s%s: the event is larger than %d bytes; send less with it", of, result.Place(), b.s.limits.Event)
	}
	if b.room -= size + int64(len(result.Order)+len(result.Reason)); b.room < 0 {
		return large("the zip makes more than %d bytes of events; send it in several requests, or drop it into a folder", b.s.limits.Body)
	}
	switch {
	case result.Skipped != "":
		b.skipped = append(b.skipped, left{result.Order, result.Skipped})
	case result.Reason != "":
		b.faults = append(b.faults, event.Fault{Detail: of + result.Place() + ": " + result.Reason})
	default:
		b.in.offers = append(b.in.offers, *result.Offer)
	}
	return nil
}

// refused is the refusal of a body some of whose rows are; nil: none is.
func (b *mappedBody) refused() *problem {
	if len(b.faults) == 0 {
		return nil
	}
	return faulty(&event.Faults{List: b.faults})
}

func unreadable(err error) *problem {
	return &problem{status: http.StatusUnprocessableEntity, detail: err.Error()}
}
