package dropfolder

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"funnelrelay/relay/rows"
)

// rejects is the file of a file's refused rows while it is written. It lies
// under partName of its name until all of the file was handed over.
type rejects struct {
	dir, name string // of rejected/; name is the one it gets in the end
	file      *os.File
	buffer    *bufio.Writer
	rows      *rows.Rejects
	hash      hash.Hash     // of the same rows without their lines, which change when others come
	bare      *rows.Rejects // writes them to hash
}

// partName is the name of a file of rejects that is not complete.
func partName(name string) string { return "." + name + ".part" }

// rejectsFor is the name for the refused rows of the file called name; nth
// counts the files in a zip, from 0.
func rejectsFor(name string, nth int, f rows.Format) string {
	name = filepath.Base(Original(name)) + ".rows"
	if nth > 0 {
		name = name + "-" + strconv.Itoa(nth+1)
	}
	if f.Type == "json" {
		return name + ".ndjson"
	}
	return name + ".csv"
}

// openRejects begins a file of rejects in dir.
func openRejects(dir, name string, f rows.Format) (*rejects, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	name, err := free(dir, name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, partName(name)), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	r := &rejects{dir: dir, name: name, file: file, hash: sha256.New()}
	r.buffer = bufio.NewWriterSize(file, 1<<16)
	r.rows, r.bare = rows.NewRejects(r.buffer, f), rows.NewRejects(r.hash, f)
	return r, nil
}

func (r *rejects) write(list []*rows.Row, reason string) error {
	for _, row := range list {
		if err := errors.Join(r.rows.Write(row, placed(row, reason)), r.bare.Write(row, reason)); err != nil {
			return err
		}
	}
	return nil
}

// placed is the reason with the row's line in the file, where it does not say so
// itself.
func placed(row *rows.Row, reason string) string {
	line := "line " + strconv.FormatInt(row.At.Line, 10)
	rest, said := strings.CutPrefix(reason, line)
	if row.At.Line <= 0 || said && (rest == "" || rest[0] < '0' || rest[0] > '9') {
		return reason
	}
	return line + ": " + reason
}

// sync has what was written so far on disk, and tells how much it is.
func (r *rejects) sync() (size int64, err error) {
	if err := errors.Join(r.buffer.Flush(), r.file.Sync()); err != nil {
		return 0, err
	}
	return r.file.Seek(0, io.SeekCurrent)
}

// close has the file on disk.
func (r *rejects) close() error {
	return errors.Join(r.rows.Close(), r.bare.Close(), r.buffer.Flush(), r.file.Sync(), r.file.Close())
}

// sum tells these rows from others.
func (r *rejects) sum() string { return hex.EncodeToString(r.hash.Sum(nil)[:16]) }

// drop removes what was written; the file is read again from its start.
func (r *rejects) drop() error {
	err := r.file.Close()
	if errors.Is(err, fs.ErrClosed) {
		err = nil
	}
	return errors.Join(err, removeIfThere(filepath.Join(r.dir, partName(r.name))))
}

// keepRejects gives a file of rejects its name; it may have it already.
func keepRejects(ctx context.Context, dir, name string) error {
	err := patiently(ctx, func() error {
		return os.Rename(filepath.Join(dir, partName(name)), filepath.Join(dir, name))
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
