package rows

import (
	"bytes"
	"fmt"
)

// blockBytes is how many NULs in a row are a block that was never written, as
// after a power cut. A field that is filled up with NULs has fewer.
const blockBytes = 64

var leastBlock = make([]byte, blockBytes)

// block finds the first block of NULs in text; from < 0: there is none.
func block(text []byte) (from, to int) {
	from = bytes.Index(text, leastBlock)
	if from < 0 {
		return -1, -1
	}
	for to = from + blockBytes; to < len(text) && text[to] == 0; to++ {
	}
	return from, to
}

// withoutBlocks is text without its blocks of NULs.
func withoutBlocks(text []byte) []byte {
	from, to := block(text)
	if from < 0 {
		return text
	}
	var kept []byte
	for from >= 0 {
		kept = append(kept, text[:from]...)
		text = text[to:]
		from, to = block(text)
	}
	return append(kept, text...)
}

// torn reads over the start of a line that breaks off at a block of NULs, where
// another one goes on behind the block. Nil: the first line of b is none.
func (t *table) torn(b []byte, v verdict) *Broken {
	if v == whole && bytes.IndexByte(b[:t.scan.size], 0) < 0 {
		return nil
	}
	text, _, _ := line(b, true)
	from, to := block(text)
	if from <= 0 || to == len(text) || t.scan.stops(b, from-1) || t.scan.stops(b, to) || len(bytes.Trim(text[:from], " \t\x00\x1A")) == 0 {
		return nil
	}
	if t.lost == 0 {
		t.lost, t.width = t.at.Line, 0
	}
	t.scan.split(text[:from])
	cells, _ := t.decode(text[:from])
	at := t.at
	t.read(to, 0)
	t.at.Record++
	reason := fmt.Sprintf("the line breaks off at a block of %d NUL bytes, as after a power cut while it was written; what stands behind them is read as a line of its own", to-from)
	return &Broken{At: at, Reason: reason, Row: t.row(at, cells)}
}
