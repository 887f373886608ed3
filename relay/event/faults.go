package event

import (
	"fmt"
	"slices"
)

// mostFaults is how many faults of one body are listed. A body that breaks the
// contract a thousand times over is refused for the first of them and a count.
const mostFaults = 100

// findings collects the faults of one body.
type findings struct {
	malformed bool
	list      []Fault
	more      int
}

// add notes a fault. Of several at one place in the body, the first says enough.
func (f *findings) add(pointer, format string, args ...any) {
	if pointer != "" && slices.ContainsFunc(f.list, func(g Fault) bool { return g.Pointer == pointer }) {
		return
	}
	if len(f.list) == mostFaults {
		f.more++
		return
	}
	f.list = append(f.list, Fault{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

func (f *findings) faults() *Faults {
	if len(f.list) == 0 {
		return nil
	}
	if f.more > 0 {
		f.list = append(f.list, Fault{Detail: fmt.Sprintf("and %d more faults, not listed", f.more)})
	}
	return &Faults{Malformed: f.malformed, List: f.list}
}
