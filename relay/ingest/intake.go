package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"

	"funnelrelay/relay/event"
)

// maxKey is the longest Idempotency-Key in bytes.
const maxKey = 255

// intake is what one request brings, on its way to the sink. It is used again,
// so that the usual event costs no large allocation.
type intake struct {
	action string  // escaped as it came
	source *Source // whose mapping reads the body; nil: the webhook
	body   []byte  // after gunzip
	held   int64   // of the handler's memory
	// isBatch says that the answer is a list, as the body was.
	isBatch bool
	offers  []event.Offer
	keys    []event.Key
	out     []byte // the answer
}

// reset forgets the request and reports whether the intake is worth keeping.
func (in *intake) reset() bool {
	clear(in.offers)
	clear(in.keys)
	in.isBatch, in.source = false, nil
	in.action, in.body, in.offers, in.keys, in.out = "", in.body[:0], in.offers[:0], in.keys[:0], in.out[:0]
	return cap(in.body) <= smallBody && cap(in.offers) <= 16 && cap(in.out) <= smallBody
}

// bom is the mark that some editors and exports put before UTF-8.
const bom = "\xef\xbb\xbf"

// offer makes offers of the body, or says everything that is wrong with it.
func (in *intake) offer(s *settings, to *project, kind bodyKind) *problem {
	text := bytes.TrimPrefix(in.body, []byte(bom))
	if len(bytes.TrimSpace(text)) == 0 {
		return &problem{status: http.StatusBadRequest, detail: "the body is empty; send a JSON object"}
	}
	switch kind {
	case kindForm:
		if int64(len(text)) > s.limits.Event {
			return eventTooLarge("", s.limits.Event)
		}
		object, faults := event.FromForm(string(text))
		if faults != nil {
			return in.hold(to, text, faults)
		}
		return in.single(s, to, object)
	case kindNDJSON:
		return in.batch(s, to, text, true)
	}
	if first := bytes.TrimLeft(text, " \t\r\n"); first[0] == '[' {
		return in.batch(s, to, text, false)
	}
	return in.single(s, to, text)
}

// single offers one event.
func (in *intake) single(s *settings, to *project, object []byte) *problem {
	if int64(len(object)) > s.limits.Event {
		return eventTooLarge("", s.limits.Event)
	}
	e, faults := event.Normalize(in.action, object, to.Rules)
	if faults != nil {
		return in.hold(to, object, faults)
	}
	in.offers = append(in.offers, event.Offer{Event: e})
	return nil
}

// hold offers a body that breaks the contract as dead, where the project says
// so, and otherwise refuses it.
func (in *intake) hold(to *project, body []byte, faults *event.Faults) *problem {
	if !to.Hold {
		return faulty(faults)
	}
	in.offers = append(in.offers, in.heldOffer(body, faults))
	return nil
}

func (in *intake) heldOffer(body []byte, faults *event.Faults) event.Offer {
	name, _ := event.DecodeAction(in.action) // actionOf has looked
	return event.Offer{Event: &event.Event{Action: name, Path: in.action, Body: body}, Held: faults.Error()}
}

// batch offers every event of an array or of lines, or none: all the faults of
// all of them are named at once.
func (in *intake) batch(s *settings, to *project, text []byte, lines bool) *problem {
	objects, faults := event.SplitBatch(text, lines, s.limits.Batch)
	if faults != nil {
		if !faults.Malformed {
			return &problem{status: http.StatusRequestEntityTooLarge, faults: faults.List,
				detail: fmt.Sprintf("the batch holds more than %d events; send them in several requests", s.limits.Batch)}
		}
		return in.hold(to, text, faults)
	}
	if len(objects) == 0 {
		return &problem{status: http.StatusUnprocessableEntity, detail: "the batch is empty; send at least one event"}
	}
	in.isBatch = true
	var all event.Faults
	for i, object := range objects {
		if int64(len(object)) > s.limits.Event {
			return eventTooLarge("/"+strconv.Itoa(i), s.limits.Event)
		}
		e, faults := event.Normalize(in.action, object, to.Rules)
		switch {
		case faults == nil:
			in.offers = append(in.offers, event.Offer{Event: e})
		case to.Hold:
			in.offers = append(in.offers, in.heldOffer(object, faults))
		default:
			all.Malformed = all.Malformed || faults.Malformed
			for _, f := range faults.List {
				f.Pointer = "/" + strconv.Itoa(i) + f.Pointer
				all.List = append(all.List, f)
			}
		}
	}
	if len(all.List) > 0 {
		return faulty(&all)
	}
	return nil
}

func eventTooLarge(pointer string, limit int64) *problem {
	detail := fmt.Sprintf("the event is larger than %d bytes; send less with it", limit)
	return &problem{status: http.StatusRequestEntityTooLarge, detail: detail, faults: []event.Fault{{Pointer: pointer, Detail: detail}}}
}

// name gives the offers the sender's key, if there is one. It is scoped to
// project and action; in a batch, each event has the key and its index. The
// hash is that of the body as it was sent, so that a retry with another body
// under an old key is seen as what it is.
func (in *intake) name(keys []string, to *project) *problem {
	if len(keys) == 0 || len(keys) == 1 && keys[0] == "" {
		return nil
	}
	if len(keys) > 1 {
		return &problem{status: http.StatusUnprocessableEntity, detail: "the request has several Idempotency-Keys; send one"}
	}
	if len(keys[0]) > maxKey {
		return &problem{status: http.StatusUnprocessableEntity,
			detail: fmt.Sprintf("the Idempotency-Key is longer than %d bytes; use a shorter one", maxKey)}
	}
	sum := sha256.Sum256(in.body)
	content := binary.BigEndian.Uint64(sum[:])
	// Grown once, because the offers point into it.
	if cap(in.keys) < len(in.offers) {
		in.keys = make([]event.Key, 0, len(in.offers))
	}
	for i := range in.offers {
		name := event.IdempotencyKey(to.Name, in.offers[i].Event.Action, keys[0], i)
		in.keys = append(in.keys, event.Key{Name: string(name), Content: content, Strict: true})
		in.offers[i].Key = &in.keys[i]
	}
	return nil
}
