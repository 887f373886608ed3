package event

import "time"

// Memory is what stamping needs of the spool: which bodies were seen at which
// times. Its two methods are called inside the spool's transaction.
type Memory interface {
	// Seen reports the record with this body at this time (milliseconds since
	// 1970) and the link kept with it.
	Seen(at int64, body [16]byte) (id uint64, link int64, ok bool)
	// Remember notes the record being stored under body and time, with a link;
	// a mark that is there already keeps its record and takes the new link.
	Remember(at int64, body [16]byte, link int64)
}

var _ = time.Second
