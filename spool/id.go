package spool

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// ID names a record. Ids come from the spool's own sequence, so that they sort
// in the order of acceptance whatever the clock does. The zero ID names nothing.
type ID uint64

// idLen is the length of an ID's text form.
const idLen = 16

// String is the fixed-width text form of id: 16 lower-case hexadecimal digits,
// so that it sorts as text, too.
func (id ID) String() string { return fmt.Sprintf("%016x", uint64(id)) }

// ParseID reads the text form of an ID.
func ParseID(text string) (ID, error) {
	n, err := strconv.ParseUint(text, 16, 64)
	if err != nil || len(text) != idLen || n == 0 {
		return 0, fmt.Errorf("id %q: want %d hexadecimal digits", text, idLen)
	}
	return ID(n), nil
}

// key is the bucket key of id: big-endian, so that bbolt keeps the order.
func (id ID) key() []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

func idFromKey(key []byte) ID { return ID(binary.BigEndian.Uint64(key)) }
