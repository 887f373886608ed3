package control

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"

	"funnelrelay/relay/event"
)

// Imported is what became of an import.
type Imported struct {
	Lines      int64         `json:"lines"`
	Accepted   int64         `json:"accepted"`
	Duplicates int64         `json:"duplicates"`
	Skipped    int64         `json:"skipped"` // of a state that was not asked for
	Refused    int64         `json:"refused"`
	Rejected   []RejectedRow `json:"rejected,omitempty"` // the first 100 refused lines
}

const (
	importGroup = 64      // events in one transaction
	mostLine    = 8 << 20 // bytes: a body of 1 MiB, escaped
	sourceless  = "import"
)

// ImportSpool takes over what ExportSpool wrote, as new events, whose source
// stays what it was: those that are pending, or of the states that are named.
// What was imported before is a duplicate, and so is a body whose own dateTime
// and content are known. A line that cannot be taken is refused by itself; the
// error is the spool's or the reader's, and what was taken until then stays.
//
// An event keeps its bytes. That another relay does not send it as well is for
// the person to see to.
func (c *Control) ImportSpool(ctx context.Context, states []string, r io.Reader) (Imported, error) {
	if len(states) == 0 {
		states = []string{statePending}
	}
	wanted, err := statesOf(states)
	if err != nil {
		return Imported{}, err
	}
	im := &importing{control: c}
	for _, s := range wanted {
		im.states = append(im.states, s.String())
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), mostLine)
	for lines.Scan() {
		im.done.Lines++
		if text := bytes.TrimSpace(lines.Bytes()); len(text) > 0 {
			if err := im.line(ctx, text); err != nil {
				return im.done, err
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		im.refuse(im.done.Lines+1, "the line is longer than 8 MiB; what follows was not read")
	} else if err != nil {
		return im.done, err
	}
	return im.done, im.hand(ctx)
}

// importing is an import under way.
type importing struct {
	control *Control
	states  []string // nil: all
	done    Imported
	batch   event.Batch
}

func (im *importing) refuse(line int64, why string) {
	im.done.Refused++
	if len(im.done.Rejected) < listedMost {
		im.done.Rejected = append(im.done.Rejected, RejectedRow{Line: line, Why: why})
	}
}

// parseExported reads one line.
func parseExported(text []byte) (x Exported, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&x); err != nil {
		return x, fmt.Errorf("it is no line of an export: %w", err)
	}
	switch {
	case d.More():
		return x, errors.New("something follows the object: each event is a line of its own")
	case x.Error != "":
		return x, errors.New("nothing could be read of it when it was exported: " + x.Error)
	case x.Body == "" && len(x.Raw) == 0:
		return x, errors.New("it has no body")
	case x.ID == "" || x.Action == "" && x.Path == "":
		return x, errors.New("it has no id or no action")
	}
	return x, nil
}

// line takes one event in.
func (im *importing) line(ctx context.Context, text []byte) error {
	at := im.done.Lines
	x, err := parseExported(text)
	switch {
	case err != nil:
		im.refuse(at, err.Error())
		return nil
	case im.states != nil && !slices.Contains(im.states, x.State):
		im.done.Skipped++
		return nil
	case !im.control.configured(x.Project):
		im.refuse(at, "project "+quote(x.Project)+" is not in the config")
		return nil
	}
	body := []byte(x.Body)
	if len(x.Raw) > 0 {
		body = x.Raw
	}
	source := cmp.Or(x.Source, sourceless)
	rules := im.control.o.Rules(x.Project, source)
	path := cmp.Or(x.Path, event.EscapeAction(x.Action))
	offer := event.Offer{Key: importKey(&x, body)}
	ev, faults := event.Normalize(path, body, rules)
	switch {
	case faults == nil:
		offer.Event = ev
	case x.State == stateDead: // that is what it is dead for
		offer.Held = cmp.Or(x.Cause, faults.Error())
		offer.Event = &event.Event{Action: x.Action, Path: path, Body: body}
	default:
		im.refuse(at, faults.Error())
		return nil
	}
	if x.State == stateDead && offer.Held == "" {
		offer.Held = cmp.Or(x.Cause, "it was dead when it was exported")
	}
	if (x.Project != im.batch.Project || source != im.batch.Source || len(im.batch.Offers) == importGroup) && len(im.batch.Offers) > 0 {
		if err := im.hand(ctx); err != nil {
			return err
		}
	}
	im.batch.Project, im.batch.Source, im.batch.Rules = x.Project, source, rules
	im.batch.Offers = append(im.batch.Offers, offer)
	return nil
}

// importKey lets an event be taken once, however often its line comes: ids of
// two relays are alike, so that what tells them apart is the time and the body.
func importKey(x *Exported, body []byte) *event.Key {
	h := fnv.New64a()
	_, _ = h.Write(body)
	name := fmt.Sprintf("%s\x00%d\x00%x", x.ID, x.Accepted.UnixMilli(), h.Sum64())
	return &event.Key{Name: string(event.IdempotencyKey(x.Project, "\x00"+sourceless, name, 0))}
}

// hand has the batch accepted.
func (im *importing) hand(ctx context.Context) error {
	if len(im.batch.Offers) == 0 {
		return nil
	}
	receipts, err := im.control.o.Sink.Accept(ctx, im.batch)
	if err != nil {
		return err
	}
	for _, r := range receipts {
		if r.Duplicate {
			im.done.Duplicates++
		} else {
			im.done.Accepted++
		}
	}
	im.batch = event.Batch{}
	return nil
}
