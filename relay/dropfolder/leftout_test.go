package dropfolder

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// What is left out of a zip is told.
func TestLeftOutOfZip(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range map[string]string{"a.csv": table("a"), "readme.txt": "hello", "logo.png": "x"} {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		s.put("a.zip", b.String())
		s.during(waitTaken, s.source(leads(nil), "*.zip"))
		s.wantEvents("a")
		for _, name := range []string{"readme.txt", "logo.png"} {
			if !strings.Contains(s.log.String(), name) {
				t.Errorf("the log does not name %s: %s", name, s.log)
			}
		}
	})
}
