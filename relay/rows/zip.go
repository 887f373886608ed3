package rows

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync/atomic"
)

// What is unpacked of a zip at most. A text packs to a tenth, seldom to a
// fiftieth; a zip that was made to fill a disk or a memory packs to a
// thousandth.
const (
	maxUnpacked   = 16 << 30 // bytes of all files
	maxRatio      = 250      // of a file's bytes to its packed ones
	freeOfRatio   = 16 << 20 // bytes of a file that are read whatever the ratio
	maxZipEntries = 10_000
)

// Package is what a file holds that is to be read: the files in a zip, or the
// file itself. It reads them as a stream, and writes nothing to the disk. The
// caller closes it.
type Package struct {
	FS    fs.FS
	Names []string // in FS: what is to be read, in the order of the zip

	// LeftOut are the files of a zip that are no tables by the endings of their
	// names, as readme.txt, without what systems add.
	LeftOut []string

	closer io.Closer
	closed atomic.Bool
}

// Unpack opens name where it is a zip, by its first bytes: Names are the
// index.xml alone where it holds any, else each file in it but those that
// macOS and Windows add, documents and pictures, and texts (.txt) that stand
// beside a file with an ending of tables (.csv and the like). A zip with an encrypted file, a zip within, a name
// that leads out of it, or far more content than a file of rows has, is an
// error. Anything else than a zip is its own package.
func Unpack(fsys fs.FS, name string) (*Package, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	p, err := unpack(fsys, name, file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	if p.closer == nil {
		return p, file.Close()
	}
	return p, nil
}

func unpack(fsys fs.FS, name string, file fs.File) (*Package, error) {
	own := &Package{FS: fsys, Names: []string{name}}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return own, nil
	}
	var magic [4]byte
	if n, err := io.ReadFull(file, magic[:]); n < len(magic) {
		if errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF {
			return own, nil
		}
		return nil, err
	}
	if !isZip(magic[:]) {
		return own, nil
	}
	at, ok := file.(io.ReaderAt)
	if !ok {
		return nil, errors.New("a zip, which cannot be read from here")
	}
	return openZip(at, info.Size(), file)
}

// UnpackBytes opens data, as the body of a request, as Unpack does the file of
// that name. Where it is no zip the Package is nil, and data is for OpenBytes.
func UnpackBytes(name string, data []byte) (*Package, error) {
	if !isZip(data) {
		return nil, nil
	}
	p, err := openZip(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// isZip looks at the first bytes of a file.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, []byte("PK\x07\x08"))
}

func openZip(at io.ReaderAt, size int64, closer io.Closer) (*Package, error) {
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, fmt.Errorf("a zip that cannot be opened: it is damaged, or not complete: %w", err)
	}
	names, err := entries(z)
	if err != nil {
		return nil, err
	}
	budget := new(atomic.Int64)
	budget.Store(maxUnpacked)
	names, left := tables(names)
	return &Package{FS: zipFS{z, budget}, Names: names, LeftOut: left, closer: closer}, nil
}

// entries are the files of a zip to be read.
func entries(z *zip.Reader) ([]string, error) {
	if len(z.File) > maxZipEntries {
		return nil, fmt.Errorf("a zip of %d files; at most %d are read", len(z.File), maxZipEntries)
	}
	var names []string
	seen := make(map[string]bool, len(z.File))
	var indexes []string
	total, office := uint64(0), false
	for _, f := range z.File {
		office = office || f.Name == "[Content_Types].xml"
		if f.NonUTF8 { // of a DOS or an older Windows; what reads it must know one name
			f.Name = zipName(f.Name)
		}
		f.Name = strings.ReplaceAll(f.Name, `\`, "/")
		name := f.Name
		if strings.HasSuffix(name, "/") || passedBy(name) {
			continue
		}
		if err := readable(f); err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("a zip with two files named %q: it is not clear which one counts", name)
		}
		seen[name] = true
		if total += f.UncompressedSize64; total > maxUnpacked || f.UncompressedSize64 > maxUnpacked {
			return nil, fmt.Errorf("a zip with more than %d GB of content", maxUnpacked>>30)
		}
		if strings.EqualFold(path.Base(name), "index.xml") {
			indexes = append(indexes, name)
		}
		names = append(names, name)
	}
	switch {
	case office:
		return nil, errors.New("an Excel workbook or another document of an office program, not a table: save it as CSV")
	case len(names) == 0:
		return nil, errors.New("a zip without a file in it")
	case len(indexes) > 0:
		return indexes, nil
	}
	return names, nil
}

// tables parts files that may hold rows from those that do not, by the endings
// of their names; one that is not known may be that of a table. Where no file may
// hold rows, all are read, which says what is wrong.
func tables(names []string) (read, left []string) {
	sure := slices.ContainsFunc(names, func(name string) bool { return hasEnding(name, tableEndings) })
	for _, name := range names {
		if hasEnding(name, otherEndings) || sure && hasEnding(name, " .txt ") {
			left = append(left, name)
		} else {
			read = append(read, name)
		}
	}
	if read == nil {
		return names, nil
	}
	return read, left
}

// Endings, each between spaces.
const (
	tableEndings = " .csv .tsv .json .ndjson .jsonl "
	otherEndings = " .pdf .md .html .htm .rtf .doc .docx .odt .eml .msg .url .lnk .dtd .xsd .xsl " +
		".png .jpg .jpeg .gif .bmp .svg .webp .tif .tiff .heic .ico "
)

func hasEnding(name, endings string) bool {
	ending := strings.ToLower(path.Ext(name))
	return ending != "" && strings.Contains(endings, " "+ending+" ")
}

// passedBy is what systems and programs add to a zip.
func passedBy(name string) bool {
	base := path.Base(name)
	switch strings.ToLower(base) {
	case "thumbs.db", "desktop.ini", ".ds_store":
		return true
	}
	return strings.HasPrefix(base, "._") || strings.HasPrefix(base, "~$") ||
		strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/")
}

// zipName is a name whose bytes are of no known encoding, as UTF-8.
func zipName(name string) string {
	if dos, ok := findCharset("cp437"); ok {
		return string(dos.decode(nil, []byte(name)))
	}
	return strings.ToValidUTF8(name, "_")
}

// readable is an error where f cannot or may not be read.
func readable(f *zip.File) error {
	switch {
	case !fs.ValidPath(f.Name) || strings.Contains(f.Name, ":") || strings.ContainsRune(f.Name, 0):
		return fmt.Errorf("a zip with a file named %q, which leads out of it: it is not read", f.Name)
	case !f.Mode().IsRegular():
		return fmt.Errorf("a zip in which %s is no plain file", f.Name)
	case f.Flags&0x1 != 0 || f.Method == 99:
		return fmt.Errorf("a zip in which %s is encrypted: pack it without a password", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("a zip in which %s is packed by method %d: pack it as a usual zip (deflate)", f.Name, f.Method)
	case strings.EqualFold(path.Ext(f.Name), ".zip"):
		return fmt.Errorf("a zip that holds the zip %s: unpack the outer one, and drop the inner ones", f.Name)
	case bomb(f.UncompressedSize64, f.CompressedSize64):
		return fmt.Errorf("a zip in which %s unpacks to more than %d times its size, as no export does: it is not read", f.Name, maxRatio)
	}
	return nil
}

func bomb(size, packed uint64) bool {
	return size > freeOfRatio && size/maxRatio > packed
}

// Close releases the zip. It may be called twice; what was opened in FS cannot
// be read afterwards.
func (p *Package) Close() error {
	if p.closer == nil || p.closed.Swap(true) {
		return nil
	}
	return p.closer.Close()
}

// zipFS is a zip whose files end with an error where they hold more than they
// may: the sizes that a zip tells of itself need not be true.
type zipFS struct {
	z      *zip.Reader
	budget *atomic.Int64 // bytes that may still be read of all files
}

func (z zipFS) Open(name string) (fs.File, error) {
	f, err := z.z.Open(name)
	if err != nil {
		return nil, damaged(err)
	}
	for _, entry := range z.z.File {
		if entry.Name == name {
			return &zipFile{File: f, packed: entry.CompressedSize64, budget: z.budget}, nil
		}
	}
	return f, nil // a folder
}

// zipFile counts what was read of a file.
type zipFile struct {
	fs.File
	packed uint64
	read   uint64
	budget *atomic.Int64
}

func (f *zipFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.read += uint64(n)
	switch left := f.budget.Add(-int64(n)); {
	case left < 0:
		return 0, fmt.Errorf("a zip with more than %d GB of content", maxUnpacked>>30)
	case bomb(f.read, cmp.Or(f.packed, 1)):
		return 0, fmt.Errorf("it unpacks to more than %d times its size, as no export does", maxRatio)
	}
	return n, damaged(err)
}

// Close does not tell again what Read told.
func (f *zipFile) Close() error {
	if err := f.File.Close(); !errors.As(damaged(err), new(damage)) {
		return err
	}
	return nil
}

// damage is what shows that a zip is not what it was when it was packed.
type damage struct{ error }

func (damage) Error() string {
	return "the zip is damaged, or was not copied to its end: copy it anew, or have it exported again, and drop that"
}

func (d damage) Unwrap() error { return d.error }

// damaged names damage so that a person can do something about it.
func damaged(err error) error {
	if errors.As(err, new(flate.CorruptInputError)) || errors.As(err, new(flate.InternalError)) ||
		errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damage{err}
	}
	return err
}
