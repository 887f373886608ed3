package event

// memory is a plain map in the place of the spool's memory of bodies, which
// has the same two methods and the same rules.
type memory struct {
	marks map[memoryKey]memoryMark
	id    uint64 // of the record being stored
	calls int
}

type memoryKey struct {
	at   int64
	body [16]byte
}

type memoryMark struct {
	id   uint64
	link int64
}

func newMemory() *memory { return &memory{marks: make(map[memoryKey]memoryMark)} }

func (m *memory) Seen(at int64, body [16]byte) (id uint64, link int64, ok bool) {
	m.calls++
	mark, ok := m.marks[memoryKey{at, body}]
	return mark.id, mark.link, ok
}

func (m *memory) Remember(at int64, body [16]byte, link int64) {
	m.calls++
	key := memoryKey{at, body}
	mark, ok := m.marks[key]
	if !ok {
		mark.id = m.id
	}
	mark.link = link
	m.marks[key] = mark
}
