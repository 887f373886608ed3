package main

import (
	"fmt"

	"funnelrelay/relay"
	"funnelrelay/relay/mapping"
)

// outcome counts what becomes of rows.
type outcome struct{ rows, events, held, skipped, refused int }

func (o *outcome) add(r *mapping.Result) {
	o.rows += r.Counted
	switch {
	case r.Skipped != "":
		o.skipped++
	case r.Offer == nil:
		o.refused++
	case r.Offer.Held != "":
		o.held++
	default:
		o.events++
	}
}

// String says what would become of the rows: "2 events would be sent, 1 left
// out by a rule, 0 refused".
func (o *outcome) String() string {
	text := fmt.Sprintf("%s would be sent, %d left out by a rule, %d refused", plural(o.events, "event"), o.skipped, o.refused)
	if o.held > 0 {
		text += fmt.Sprintf(", %d kept as dead", o.held)
	}
	return text
}

// eachTable reads a file, and each one in a zip, as the relay would.
func eachTable(path string, way *relay.FileWay, each func(*relay.FileTable) error) error {
	f, err := relay.ReadFile(path, way)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Each(each)
}
