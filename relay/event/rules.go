package event

import (
	"slices"
	"time"
)

// Nested says what becomes of objects and arrays outside purchase_data ("Any
// other nested object will make the request fail"). The empty value is
// NestedFlatten.
type Nested string

// What becomes of nested values.
const (
	NestedFlatten Nested = "flatten" // taken apart into flat members; see flat.go
	NestedReject  Nested = "reject"  // refused, with the pointer of each
)

// Identity says what becomes of an event with neither email nor session ("If no
// session or email is passed every event received will create a new user"). The
// empty value is IdentityWarn.
type Identity string

// What becomes of anonymous events.
const (
	IdentityWarn    Identity = "warn"    // taken; whoever takes it says so
	IdentityRequire Identity = "require" // refused
	IdentityAllow   Identity = "allow"   // taken
)

// Stamp is the unit of the dateTime that the relay sets. The empty value is
// StampSeconds.
type Stamp string

// The units of stamps.
const (
	StampSeconds      Stamp = "seconds"      // 2023-11-05T21:18:04+00:00
	StampMilliseconds Stamp = "milliseconds" // 2023-11-05T21:18:04.123+00:00
)

// Rules are the settings of a project or source that bear on what an event
// becomes. The zero value, and a nil pointer, are the defaults. Rules are not
// changed once they are in use.
type Rules struct {
	Nested   Nested
	Identity Identity
	// Zone is where a dateTime without an offset was written, and whose offset
	// stamps get. Nil: time.Local.
	Zone  *time.Location
	Stamp Stamp
	// Defaults fill what is missing, null or blank: a key between double
	// underscores ("__currency__") in each entry of purchase_data, every other
	// in the event itself. The values are written as JSON strings. dateTime and
	// purchase_data cannot be filled in; such keys are ignored.
	Defaults map[string]string
	// RepeatWindow is how long an equal purchase without a dateTime counts as
	// the same sale; 0: off. This package only carries it: see RepeatKey.
	RepeatWindow time.Duration
}

func (r *Rules) zone() *time.Location {
	if r == nil || r.Zone == nil {
		return time.Local
	}
	return r.Zone
}

func (r *Rules) flatten() bool { return r == nil || r.Nested != NestedReject }

func (r *Rules) millis() bool { return r != nil && r.Stamp == StampMilliseconds }

// itemDefaults are the names of the defaults for entries of purchase_data
// beyond the required members, sorted.
func (r *Rules) itemDefaults() []string {
	var names []string
	for name, value := range r.Defaults {
		if _, required := itemField(name); !required && forItems(name) && value != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
