package rows

import (
	"bytes"
	"io"
)

// headBytes is how much of a file is looked at before its first row: for the
// encoding, the delimiter and the header.
const headBytes = 128 << 10

// window is a part of a file in memory.
type window struct {
	src  io.Reader
	buf  []byte
	from int // buf[from:to] is not read yet
	to   int
	err  error // why src gave no more: io.EOF or worse
}

// newWindow holds size bytes at once, or as many as are asked for.
func newWindow(src io.Reader, size int) *window {
	return &window{src: src, buf: make([]byte, max(size, 512))}
}

// rest is what is in memory and not read yet.
func (w *window) rest() []byte { return w.buf[w.from:w.to] }

// over says that nothing comes behind rest.
func (w *window) over() bool { return w.err != nil }

// skip reads over n bytes of rest.
func (w *window) skip(n int) { w.from += n }

// fill reads until the window is full, after it doubled where nothing was free.
func (w *window) fill() {
	switch {
	case w.from > 0:
		w.to = copy(w.buf, w.buf[w.from:w.to])
		w.from = 0
	case w.to == len(w.buf):
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	for idle := 0; w.to < len(w.buf) && w.err == nil; {
		n, err := w.src.Read(w.buf[w.to:])
		w.to += n
		w.err = err
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle > 100 {
			w.err = io.ErrNoProgress
		}
	}
}

// seek goes on n bytes behind the start of rest, wherever that is.
func (w *window) seek(n int64) {
	if n <= int64(w.to-w.from) {
		w.from += int(n)
		return
	}
	n -= int64(w.to - w.from)
	w.from, w.to = 0, 0
	if w.err != nil {
		return
	}
	if s, ok := w.src.(io.Seeker); ok {
		if _, err := s.Seek(n, io.SeekCurrent); err == nil {
			return
		}
	}
	if _, err := io.CopyN(io.Discard, w.src, n); err != nil {
		w.err = err
	}
}

// newline is the length of the line end at the start of b: \n, \r, \r\n, or the
// \r\r\n of a text that went through two programs. 0: more bytes must come to
// tell.
func newline(b []byte, over bool) int {
	switch {
	case b[0] == '\n':
		return 1
	case len(b) == 1, len(b) == 2 && b[1] == '\r':
		if !over {
			return 0
		}
	case b[1] == '\n':
		return 2
	case b[1] == '\r' && b[2] == '\n':
		return 3
	}
	return 1
}

// firstNewline is the first line end in b, as Format has it; "": none is there,
// or not all of it.
func firstNewline(b []byte, over bool) string {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return ""
	}
	n := newline(b[i:], over || i+1 < len(b))
	if n == 3 {
		return "\r\n"
	}
	return string(b[i : i+n])
}

// line is the first line of b: its text, and its length with the line end. ok:
// it has an end, or b is the last one.
func line(b []byte, over bool) (text []byte, size int, ok bool) {
	i := bytes.IndexByte(b, '\n')
	head := b
	if i >= 0 {
		head = b[:i]
	}
	if r := bytes.IndexByte(head, '\r'); r >= 0 {
		i = r
	}
	if i < 0 {
		return b, len(b), over
	}
	n := newline(b[i:], over)
	return b[:i], i + max(n, 1), n > 0
}

// lines counts the line ends in b.
func lines(b []byte) int64 {
	var n int64
	for {
		i := bytes.IndexAny(b, "\r\n")
		if i < 0 {
			return n
		}
		n++
		b = b[i+newline(b[i:], true):]
	}
}
