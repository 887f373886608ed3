package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
)

// The layout of a bbolt file (its internal/common), little-endian on all that
// we build for:
//
//	page     id 8, flags 2, count 2, overflow 4, then its elements, then their keys and values
//	branch   pos 4, key size 4, page 8           pos counts from the start of the element
//	leaf     flags 4, pos 4, key size 4, value size 4
//	bucket   root page 8, sequence 8; root 0: the page itself follows
//	meta     magic 4, version 4, page size 4, flags 4, root bucket 16, free list 8, pages 8, txid 8, checksum 8
//
// bbolt believes what it reads. This reader believes nothing: it never panics,
// never asks for more memory than a page's content, and visits a page once.
const (
	pageHeader  = 16
	elementSize = 16
	bucketSize  = 16

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagMeta     = 0x04
	flagFreelist = 0x10
	flagBucket   = 0x01 // of a leaf's element

	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	noFreelist     = 1<<64 - 1
	minPageSize    = 1 << 10
	maxPageSize    = 1 << 24
	maxElementKey  = 32768       // bbolt's own limit
	maxPageContent = 2 * maxBody // a leaf holds at least two keys before it is split
	maxDepth       = 64
)

// errPage is a page that cannot be right.
var errPage = errors.New("unreadable page")

// pageFile is a file of pages that may hold anything.
type pageFile struct {
	file     io.ReaderAt
	size     int64
	pageSize int64
	reached  bitmap // pages that the walk has seen, or taken for parts of those
	reads    int    // that worked, besides those behind the end
	failed   error  // of the file system, the last one
}

// metaPage is a valid meta page.
type metaPage struct {
	pageSize              int64
	root, sequence        uint64
	freelist, pages, txid uint64
}

// page is a branch or leaf. Its elements alias one buffer.
type page struct {
	id       uint64
	leaf     bool
	elements []element
	sound    bool // every element is where it must be; else some are missing or bad
	length   int64
}

// element is a child of a branch, or a pair of a leaf.
type element struct {
	key, value []byte
	child      uint64
	bucket     bool
	misplaced  bool // its bytes do not end where the next one's start
	disordered bool // its key is not between its neighbours'
}

// openPages finds the page size and the valid meta pages, the newest first.
func openPages(file io.ReaderAt, size int64) (*pageFile, []metaPage) {
	p := &pageFile{file: file, size: size}
	var metas []metaPage
	if m, ok := p.meta(0); ok {
		metas = append(metas, m)
	}
	for at := int64(minPageSize); at <= maxPageSize && at < size; at <<= 1 {
		if m, ok := p.meta(at); ok && m.pageSize == at && (len(metas) == 0 || metas[0].pageSize == at) {
			metas = append(metas, m)
			break
		}
	}
	if len(metas) == 2 && metas[1].txid > metas[0].txid {
		metas[0], metas[1] = metas[1], metas[0]
	}
	if len(metas) > 0 {
		p.pageSize = metas[0].pageSize
	} else {
		p.pageSize = p.guessPageSize()
	}
	p.reached = newBitmap(p.pages())
	return p, metas
}

// pages is how many pages of the file can be read at least in part.
func (p *pageFile) pages() uint64 { return uint64((p.size + p.pageSize - 1) / p.pageSize) }

// meta reads the meta page at an offset.
func (p *pageFile) meta(at int64) (metaPage, bool) {
	b := make([]byte, metaBytes)
	if p.read(b, at) != len(b) {
		return metaPage{}, false
	}
	b = b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:56])
	if binary.LittleEndian.Uint32(b) != metaMagic || binary.LittleEndian.Uint32(b[4:]) != metaVersion ||
		binary.LittleEndian.Uint64(b[56:]) != sum.Sum64() {
		return metaPage{}, false
	}
	m := metaPage{
		pageSize: int64(binary.LittleEndian.Uint32(b[8:])),
		root:     binary.LittleEndian.Uint64(b[16:]), sequence: binary.LittleEndian.Uint64(b[24:]),
		freelist: binary.LittleEndian.Uint64(b[32:]), pages: binary.LittleEndian.Uint64(b[40:]),
		txid: binary.LittleEndian.Uint64(b[48:]),
	}
	fits := m.pageSize >= minPageSize && m.pageSize <= maxPageSize && bits.OnesCount64(uint64(m.pageSize)) == 1
	return m, fits
}

// guessPageSize takes the size under which most pages tell their own number.
func (p *pageFile) guessPageSize() int64 {
	best, most := int64(4096), 0
	for size := best; size <= 1<<16; size <<= 1 {
		hits := 0
		for id := int64(2); id < 256 && id*size < p.size; id++ {
			b := make([]byte, pageHeader)
			if p.read(b, id*size) == len(b) && binary.LittleEndian.Uint64(b) == uint64(id) {
				hits++
			}
		}
		if hits > most {
			best, most = size, hits
		}
	}
	return best
}

// read reads what is there of b at an offset. An error of the disk is like an
// end there: what lies on a bad sector is lost, and nothing else.
func (p *pageFile) read(b []byte, at int64) int {
	if at < 0 || at >= p.size {
		return 0
	}
	n, err := p.file.ReadAt(b[:min(int64(len(b)), p.size-at)], at)
	if err != nil && err != io.EOF {
		p.failed = err
	} else {
		p.reads++
	}
	return n
}

// page reads a page of the tree.
func (p *pageFile) page(id uint64) (page, error) {
	if id < 2 || id >= p.pages() {
		return page{}, fmt.Errorf("page %d of %d: %w", id, p.pages(), errPage)
	}
	at := int64(id) * p.pageSize
	b := make([]byte, p.pageSize)
	b = b[:p.read(b, at)]
	if len(b) < pageHeader || binary.LittleEndian.Uint64(b) != id {
		return page{}, fmt.Errorf("page %d: %w", id, errPage)
	}
	// The elements tell how much there is to read, first their table, then
	// what they point to.
	for range 2 {
		if need := contentEnd(b, min(p.size-at, maxPageContent)); need > int64(len(b)) {
			b = make([]byte, need)
			b = b[:p.read(b, at)]
		}
	}
	pg, err := parsePage(b)
	pg.id = id
	if own := 1 + int64(binary.LittleEndian.Uint32(b[12:])); pg.length > own*p.pageSize {
		pg.sound = false // a size is wrong: that would be another page's
	}
	return pg, err
}

// contentEnd is where the content of a page ends, as far as b tells, and at
// most limit.
func contentEnd(b []byte, limit int64) int64 {
	flags, count := pageKind(b)
	count = tableLength(b, flags, count)
	end := int64(pageHeader + count*elementSize)
	for i := range count {
		at := pageHeader + i*elementSize
		if at+elementSize > len(b) {
			break
		}
		pos, ksize, vsize := elementExtent(b[at:], flags)
		if stop := int64(at) + pos + ksize + vsize; stop <= limit {
			end = max(end, stop)
		}
	}
	return min(end, limit)
}

func pageKind(b []byte) (flags uint16, count int) {
	return binary.LittleEndian.Uint16(b[8:]), int(binary.LittleEndian.Uint16(b[10:]))
}

// tableLength is how many elements a page has. Its first key follows the table,
// so that tells, too; where the two differ, the first element is believed if
// the second one bears it out.
func tableLength(b []byte, flags uint16, count int) int {
	if len(b) < pageHeader+2*elementSize {
		return count
	}
	pos, ksize, vsize := elementExtent(b[pageHeader:], flags)
	pos2, _, _ := elementExtent(b[pageHeader+elementSize:], flags)
	n := int(pos / elementSize)
	if pos%elementSize == 0 && n >= 2 && n <= 1<<16 && pos+ksize+vsize == elementSize+pos2 {
		return n
	}
	return count
}

func elementExtent(e []byte, flags uint16) (pos, ksize, vsize int64) {
	word := func(i int) int64 { return int64(binary.LittleEndian.Uint32(e[4*i:])) }
	if flags == flagLeaf {
		return word(1), word(2), word(3)
	}
	return word(0), word(1), 0
}

// parsePage takes a page's content apart. Elements that point out of it are
// left out.
func parsePage(b []byte) (page, error) {
	if len(b) < pageHeader {
		return page{}, errPage
	}
	flags, count := pageKind(b)
	if flags != flagLeaf && flags != flagBranch || flags == flagBranch && count == 0 {
		return page{}, fmt.Errorf("page of kind %#x: %w", flags, errPage)
	}
	told := count
	count = tableLength(b, flags, count)
	p := page{leaf: flags == flagLeaf, sound: count == told, length: contentEnd(b, int64(len(b)))}
	table := int64(pageHeader + count*elementSize)
	next := table // where the next element's key must start
	p.elements = make([]element, 0, min(count, len(b)/elementSize))
	for i := range count {
		at := pageHeader + i*elementSize
		if at+elementSize > len(b) {
			p.sound = false
			break
		}
		pos, ksize, vsize := elementExtent(b[at:], flags)
		start := int64(at) + pos
		end := start + ksize + vsize
		if start != next && len(p.elements) > 0 {
			p.elements[len(p.elements)-1].misplaced = true
		}
		if start != next {
			p.sound = false
		}
		if start < table || ksize == 0 || ksize > maxElementKey || end > int64(len(b)) {
			p.sound = false
			continue
		}
		next = end
		e := element{key: b[start : start+ksize : start+ksize], value: b[start+ksize : end : end]}
		if p.leaf {
			kind := binary.LittleEndian.Uint32(b[at:])
			e.bucket, e.misplaced = kind == flagBucket, kind > flagBucket
		} else {
			e.child = binary.LittleEndian.Uint64(b[at+8:])
		}
		p.elements = append(p.elements, e)
	}
	return p, nil
}

// doubtOrder marks the elements whose keys cannot be right, because they are
// not between their neighbours', or not from lo up to hi (nil: no bound).
// Keys have no checksum of their own, and a record under a wrong id would be
// sent a second time.
func (p *page) doubtOrder(lo, hi []byte) {
	n := len(p.elements)
	if n > 1 && lo != nil && bytes.Compare(p.elements[1].key, lo) < 0 {
		lo = nil // rather the bound is wrong than two keys
	}
	if n > 1 && hi != nil && bytes.Compare(p.elements[n-2].key, hi) >= 0 {
		hi = nil
	}
	last := lo // greatest key that is right
	for i := range p.elements {
		e := &p.elements[i]
		next := hi
		if i+1 < n {
			next = p.elements[i+1].key
		}
		low := last != nil && bytes.Compare(e.key, last) < 0 || i > 0 && bytes.Equal(e.key, p.elements[i-1].key)
		// One of e and the next is wrong. If the next would fit behind the
		// last right one, it is e.
		high := next != nil && bytes.Compare(e.key, next) >= 0 && (last == nil || bytes.Compare(next, last) > 0)
		if low || high {
			e.disordered, p.sound = true, false
			continue
		}
		last = e.key
	}
}

// reach marks a page, and what overflows from it if its sizes agree with each
// other; false when the page was reached before: then one of the two ways to it
// is wrong.
func (p *pageFile) reach(pg *page) bool {
	if p.reached.has(pg.id) {
		return false
	}
	p.reached.set(pg.id)
	if pg.sound {
		for i := range uint64((pg.length - 1) / p.pageSize) {
			p.reached.set(pg.id + 1 + i)
		}
	}
	return true
}

// bitmap is a set of page numbers.
type bitmap []uint64

func newBitmap(n uint64) bitmap { return make(bitmap, n/64+1) }

func (b bitmap) has(i uint64) bool { return i/64 < uint64(len(b)) && b[i/64]&(1<<(i%64)) != 0 }

func (b bitmap) set(i uint64) {
	if i/64 < uint64(len(b)) {
		b[i/64] |= 1 << (i % 64)
	}
}

func (b bitmap) clear(i uint64) {
	if i/64 < uint64(len(b)) {
		b[i/64] &^= 1 << (i % 64)
	}
}
