package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const jsonWindowSize = 64 << 10

// jsonWindow is the part of a text that is in memory: what is being read, and no
// more of it than whoever reads asked for.
type jsonWindow struct {
	in   io.Reader
	buf  []byte
	at   int   // buf[at:] was read, and not taken yet
	base int64 // where buf[0] is in the text
	line int64 // of buf[at], from 1
	head int64 // where that line begins in the text
	err  error // io.EOF: the text has ended
}

// newJSONWindow begins at the place base of the file.
func newJSONWindow(in io.Reader, base int64) *jsonWindow {
	return &jsonWindow{in: in, buf: make([]byte, 0, jsonWindowSize), base: base, head: base, line: 1}
}

// rest is what is in memory and not taken; it holds until more or take.
func (w *jsonWindow) rest() []byte { return w.buf[w.at:] }

func (w *jsonWindow) offset() int64 { return w.base + int64(w.at) }

// more brings in more of the text behind rest. False: there is none, or it
// cannot be read (fault).
func (w *jsonWindow) more() bool {
	if w.err != nil {
		return false
	}
	if len(w.buf) == cap(w.buf) {
		w.makeRoom()
	}
	for range 100 { // readers may return nothing a few times
		n, err := w.in.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if err != nil {
			w.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	w.err = io.ErrNoProgress
	return false
}

func (w *jsonWindow) makeRoom() {
	kept := len(w.buf) - w.at
	to := w.buf
	if kept > cap(w.buf)/2 {
		to = make([]byte, 0, 2*cap(w.buf))
	}
	w.base += int64(w.at)
	w.buf = to[:copy(to[:kept], w.buf[w.at:])]
	w.at = 0
}

// take leaves n bytes of rest behind.
func (w *jsonWindow) take(n int) {
	taken := w.buf[w.at : w.at+n]
	if lines := bytes.Count(taken, []byte{'\n'}); lines > 0 {
		w.line += int64(lines)
		w.head = w.offset() + int64(bytes.LastIndexByte(taken, '\n')) + 1
	}
	w.at += n
}

// peek is the next byte that is no space, which is taken up to there. False:
// the text has ended.
func (w *jsonWindow) peek() (byte, bool) {
	for {
		for i, c := range w.rest() {
			if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
				w.take(i)
				return c, true
			}
		}
		w.take(len(w.rest()))
		if !w.more() {
			return 0, false
		}
	}
}

// peekAhead is the next byte that is no space, as far as one is in memory or
// comes with the first piece; nothing is taken.
func (w *jsonWindow) peekAhead() (byte, bool) {
	for {
		rest := w.rest()
		if n := spaces(rest); n < len(rest) {
			return rest[n], true
		}
		if len(rest) >= jsonWindowSize || !w.more() {
			return 0, false
		}
	}
}

// fault is why the text cannot be read further, nil where it has just ended.
func (w *jsonWindow) fault() error {
	if errors.Is(w.err, io.EOF) {
		return nil
	}
	return w.err
}

// place names the byte n behind what was taken, for messages.
func (w *jsonWindow) place(n int) string {
	before := w.rest()[:min(n, len(w.rest()))]
	line, column := w.line, int64(0)
	if lines := bytes.Count(before, []byte{'\n'}); lines > 0 {
		line += int64(lines)
		before = before[bytes.LastIndexByte(before, '\n')+1:]
	} else {
		column = w.offset() - w.head
	}
	return fmt.Sprintf("line %d, column %d", line, column+int64(utf8.RuneCount(before))+1)
}

// seek goes on at the place offset, which lies behind. What is decoded cannot be
// leapt over, so that all up to there is read.
func (w *jsonWindow) seek(offset int64) error {
	for {
		w.take(int(min(offset-w.offset(), int64(len(w.rest())))))
		if w.offset() == offset {
			return nil
		}
		if !w.more() {
			break
		}
	}
	if err := w.fault(); err != nil {
		return err
	}
	return fmt.Errorf("the file ends before byte %d, where reading was to go on: it was cut or written anew", offset)
}
