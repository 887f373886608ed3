package spool

import (
	"encoding/binary"
	"fmt"
	"os"
)

// freePages reads the list of pages that the tree of a meta page does not use.
// The list counts its own pages and the meta pages as used; here they are
// free, too, since no pairs are in them.
func (p *pageFile) freePages(m metaPage) (bitmap, error) {
	free := newBitmap(p.pages())
	free.set(0)
	free.set(1)
	if m.freelist == noFreelist {
		return nil, fmt.Errorf("%w: no list of free pages", errDamaged)
	}
	bad := fmt.Errorf("%w: list of free pages, page %d", errDamaged, m.freelist)
	if m.freelist < 2 || m.freelist >= min(m.pages, p.pages()) {
		return nil, bad
	}
	b := make([]byte, pageHeader+8)
	at := int64(m.freelist) * p.pageSize
	if p.read(b, at) != len(b) || binary.LittleEndian.Uint64(b) != m.freelist {
		return nil, bad
	}
	flags, count := pageKind(b)
	listed, first := uint64(count), 0
	if count == 0xffff {
		listed, first = 1+binary.LittleEndian.Uint64(b[pageHeader:]), 8
	}
	own := 1 + uint64(binary.LittleEndian.Uint32(b[12:]))
	if flags != flagFreelist || listed > m.pages || pageHeader+8*listed > min(own*uint64(p.pageSize), uint64(p.size-at)) {
		return nil, bad
	}
	ids := make([]byte, 8*listed)
	if p.read(ids, at+pageHeader) != len(ids) {
		return nil, bad
	}
	for i := first; i < len(ids); i += 8 {
		id := binary.LittleEndian.Uint64(ids[i:])
		if id < 2 || id >= m.pages {
			return nil, bad
		}
		free.set(id)
	}
	for i := range min(own, p.pages()) {
		free.set(m.freelist + i)
	}
	return free, nil
}

// checkFile looks at what bbolt believes when it opens a file, before it does:
// a list of free pages whose length is not its own would make it ask for more
// memory than there is, and that ends the process.
func checkFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	p, metas := openPages(file, info.Size())
	switch {
	case p.failed != nil && p.reads == 0:
		return p.failed
	case len(metas) == 0:
		return fmt.Errorf("%w: it does not start as a spool does", errDamaged)
	case metas[0].pages > uint64(p.size/p.pageSize):
		return fmt.Errorf("%w: it has %d bytes of %d pages", errDamaged, p.size, metas[0].pages)
	}
	_, err = p.freePages(metas[0])
	return err
}
