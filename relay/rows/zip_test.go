package rows

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipped is a zip of files: pairs of a name and a content.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw is a zip of one file, of which h says what stands in the zip.
func raw(t testing.TB, h *zip.FileHeader, packed []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unpackBytes opens data as a file on a disk.
func unpackBytes(t testing.TB, data []byte) (*Package, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.zip"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return Unpack(os.DirFS(dir), "x.zip")
}

func TestUnpack(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		want []string
		err  string
	}{
		"a CSV file":            {data: []byte("a;b\n"), want: []string{"x.zip"}},
		"nothing":               {want: []string{"x.zip"}},
		"files":                 {data: zipped(t, "b.csv", "1", "sub/", "", "sub/a.json", "{}"), want: []string{"b.csv", "sub/a.json"}},
		"what systems add":      {data: zipped(t, "__MACOSX/._b.csv", "x", "b.csv", "1", "sub/.DS_Store", "", "Thumbs.db", "", "~$b.csv", ""), want: []string{"b.csv"}},
		"an index.xml":          {data: zipped(t, "k/lines.csv", "1", "k/INDEX.XML", "<a/>", "k/gdpdu.dtd", ""), want: []string{"k/INDEX.XML"}},
		"two of them":           {data: zipped(t, "1/index.xml", "<a/>", "2/index.xml", "<a/>", "2/a.csv", ""), want: []string{"1/index.xml", "2/index.xml"}},
		"names of old Windows":  {data: zipped(t, `k\a.csv`, "1"), want: []string{"k/a.csv"}},
		"names of DOS":          {data: raw(t, &zip.FileHeader{Name: "Verk\x84ufe.csv", NonUTF8: true}, nil), want: []string{"Verkäufe.csv"}},
		"no file":               {data: zipped(t, "sub/", ""), err: "x.zip: a zip without a file in it"},
		"an empty zip":          {data: zipped(t), err: "x.zip: a zip without a file in it"},
		"half a zip":            {data: zipped(t, "a.csv", "1")[:60], err: "x.zip: a zip that cannot be opened: it is damaged, or not complete: zip: not a valid zip file"},
		"out of it":             {data: zipped(t, "../a.csv", "1"), err: `x.zip: a zip with a file named "../a.csv", which leads out of it: it is not read`},
		"out of it, old":        {data: zipped(t, `..\a.csv`, "1"), err: `x.zip: a zip with a file named "../a.csv", which leads out of it: it is not read`},
		"from the root":         {data: zipped(t, "/etc/a.csv", "1"), err: `x.zip: a zip with a file named "/etc/a.csv", which leads out of it: it is not read`},
		"from a disk":           {data: zipped(t, `C:\a.csv`, "1"), err: `x.zip: a zip with a file named "C:/a.csv", which leads out of it: it is not read`},
		"a name twice":          {data: zipped(t, "a.csv", "1", "a.csv", "2"), err: `x.zip: a zip with two files named "a.csv": it is not clear which one counts`},
		"a zip in it":           {data: zipped(t, "a.ZIP", ""), err: "x.zip: a zip that holds the zip a.ZIP: unpack the outer one, and drop the inner ones"},
		"a workbook":            {data: zipped(t, "[Content_Types].xml", "", "xl/sheet.xml", ""), err: "x.zip: an Excel workbook or another document of an office program, not a table: save it as CSV"},
		"encrypted":             {data: raw(t, &zip.FileHeader{Name: "a.csv", Flags: 1}, nil), err: "x.zip: a zip in which a.csv is encrypted: pack it without a password"},
		"packed by other means": {data: raw(t, &zip.FileHeader{Name: "a.csv", Method: zip.Deflate + 6}, nil), err: "x.zip: a zip in which a.csv is packed by method 14: pack it as a usual zip (deflate)"},
		"a bomb":                {data: raw(t, &zip.FileHeader{Name: "a.csv", Method: zip.Deflate, UncompressedSize64: 1 << 30}, make([]byte, 1000)), err: "x.zip: a zip in which a.csv unpacks to more than 250 times its size, as no export does: it is not read"},
		"a large bomb":          {data: raw(t, &zip.FileHeader{Name: "a.csv", UncompressedSize64: 1 << 40, CompressedSize64: 1 << 39}, nil), err: "x.zip: a zip with more than 16 GB of content"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := unpackBytes(t, tt.data)
			if err != nil {
				if err.Error() != tt.err {
					t.Errorf("%v, not %s", err, tt.err)
				}
				return
			}
			defer p.Close()
			if diff := cmp.Diff(tt.want, p.Names); diff != "" || tt.err != "" {
				t.Errorf("%s (-want +got)\n%s", tt.err, diff)
			}
			for _, name := range p.Names {
				if _, err := fs.ReadFile(p.FS, name); err != nil {
					t.Error(err)
				}
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A text or a picture beside tables is no table; Names and LeftOut hold every
// file.
func TestUnpackLeavesOut(t *testing.T) {
	for name, tt := range map[string]struct{ files, names, left string }{
		"beside a table":      {"readme.txt sub/a.CSV Logo.PNG manual.pdf LIESMICH.md __MACOSX/._a.CSV", "sub/a.CSV", "readme.txt Logo.PNG manual.pdf LIESMICH.md"},
		"beside JSON":         {"a.ndjson readme.txt", "a.ndjson", "readme.txt"},
		"texts":               {"sales.txt items.TXT manual.pdf", "sales.txt items.TXT", "manual.pdf"},
		"an unknown ending":   {"sales.001 readme.txt a.pdf", "sales.001 readme.txt", "a.pdf"},
		"beside a table, too": {"sales.csv sales.dat SALES", "sales.csv sales.dat SALES", ""},
		"a workbook":          {"sales.csv more.xlsx", "sales.csv more.xlsx", ""},
		"no table":            {"a.pdf b.png", "a.pdf b.png", ""},
		"of an index.xml":     {"index.xml lines.csv readme.txt", "index.xml", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var files []string
			for file := range strings.FieldsSeq(tt.files) {
				files = append(files, file, "x")
			}
			p, err := unpackBytes(t, zipped(t, files...))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if names, left := strings.Join(p.Names, " "), strings.Join(p.LeftOut, " "); names != tt.names || left != tt.left {
				t.Errorf("reads %q and leaves out %q", names, left)
			}
		})
	}
}

// What is in a zip is read as it is without one.
func TestUnpackReads(t *testing.T) {
	var files []string
	for name, f := range dsfinvkFiles() {
		files = append(files, "2026/"+name, string(f.Data))
	}
	p, err := unpackBytes(t, zipped(t, files...))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	o := Options{Table: "lines.csv", Join: []Join{{Table: "transactions.csv", By: []string{"Z_KASSE_ID", "Z_NR", "BON_ID"}}}}
	want, _ := readTable(t, dsfinvkFiles(), "a/index.xml", o)
	got, _ := readTable(t, p.FS, p.Names[0], o)
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A zip that tells a lie about its sizes is caught while it is read.
func TestUnpackLies(t *testing.T) {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	line := strings.Repeat("0", 1<<16)
	for range 1 << 10 {
		fmt.Fprintln(w, line)
	}
	w.Close()
	for _, size := range []uint64{1000, 16 << 20, 0} {
		p, err := unpackBytes(t, raw(t, &zip.FileHeader{Name: "a.csv", Method: zip.Deflate,
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: size}, packed.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.FS.Open("a.csv")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, f)
		if err == nil || n > freeOfRatio+1<<20 {
			t.Errorf("%d bytes were read of a file of %d: %v", n, size, err)
		}
		f.Close()
		p.Close()
	}
}

// A body is opened as a file would be, with what lies beside a table in the zip.
func TestUnpackBytes(t *testing.T) {
	files := dsfinvkFiles()
	var parts []string
	for name, file := range files {
		parts = append(parts, name, string(file.Data))
	}
	p, err := UnpackBytes("the body", zipped(t, parts...))
	if err != nil || len(p.Names) != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	o := Options{Table: "lines.csv", Join: []Join{{Table: "transactions.csv", By: []string{"Z_KASSE_ID", "Z_NR", "BON_ID"}}}}
	got, _ := readTable(t, p.FS, p.Names[0], o)
	want, _ := readTable(t, files, "a/index.xml", o)
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if p, err := UnpackBytes("the body", []byte("a;b\n1;2\n")); p != nil || err != nil {
		t.Errorf("no zip: %+v %v", p, err)
	}
	if _, err := UnpackBytes("the body", []byte("PK\x03\x04")); err == nil || !strings.Contains(err.Error(), "the body: a zip that cannot be opened") {
		t.Errorf("damaged: %v", err)
	}
}

// A zip that was damaged says so once, and what to do.
func TestUnpackDamaged(t *testing.T) {
	table := "a;b\n"
	for i := range 20_000 {
		table += fmt.Sprintf("%d;%d\n", i, i*i)
	}
	whole := zipped(t, "a.csv", table)
	for name, damage := range map[string]func([]byte){
		"a hole":         func(b []byte) { clear(b[len(b)/4 : len(b)/4+4096]) },
		"another letter": func(b []byte) { b[bytes.Index(b, []byte("a.csv"))+9] ^= 0x20 },
		"no header":      func(b []byte) { clear(b[:30]); copy(b, "PK\x03\x04") },
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Clone(whole)
			damage(data)
			p, err := unpackBytes(t, data)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			r, err := Open(p.FS, "a.csv", Options{})
			if err == nil {
				defer r.Close()
				for err == nil {
					if _, err = r.Next(); errors.As(err, new(*Broken)) {
						err = nil
					}
				}
			}
			const want = "the zip is damaged, or was not copied to its end: copy it anew"
			if strings.Count(err.Error(), want) != 1 || strings.Contains(err.Error(), "flate") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
