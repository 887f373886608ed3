package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

//go:embed icons/*.svg
var iconFiles embed.FS

// assets are the static files under names that hold a hash of their content, so
// that a browser may keep them for ever and still has the new ones after an
// update.
type assets struct {
	byName map[string]string // plain name to hashed name
	files  map[string]asset  // by hashed name
	sums   map[string]string // by hashed name
}

type asset struct {
	content []byte
	kind    string
}

// kinds are told here, and not asked from the system: the registry of a Windows
// machine may call a script a text, and browsers then refuse it.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// loadAssets panics where the embedded files are not as they were when tested.
func loadAssets() *assets {
	a := &assets{byName: map[string]string{}, files: map[string]asset{}, sums: map[string]string{}}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, known := kinds[path.Ext(name)]
		if !known { // a licence
			return nil
		}
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		base := path.Base(name)
		hashed := strings.TrimSuffix(base, path.Ext(base)) + "." + hex.EncodeToString(sum[:6]) + path.Ext(base)
		a.byName[base] = "/static/" + hashed
		a.files[hashed], a.sums[hashed] = asset{content, kind}, hex.EncodeToString(sum[:6])
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("dashboard: static files: %v", err))
	}
	return a
}

// url is where the file called name is served.
func (a *assets) url(name string) (string, error) {
	if u, ok := a.byName[name]; ok {
		return u, nil
	}
	return "", fmt.Errorf("no static file %s", name)
}

// plain are the files that have a fixed name as well: the pages before a login
// know no other, and browsers ask for an icon by themselves.
var plain = map[string]string{"/static/style.css": "app.css", "/favicon.ico": "icon.svg"}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, keep := r.PathValue("file"), "public, max-age=31536000, immutable"
	if own, ok := plain[r.URL.Path]; ok {
		name, keep = path.Base(a.byName[own]), "no-cache"
	}
	file, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'") // an image that is opened by itself is a page, too
	h.Set("Cache-Control", keep)
	h.Set("ETag", `"`+a.sums[name]+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.content))
}

func (a *assets) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/{file}", a)
	mux.Handle("GET /favicon.ico", a)
	return mux
}

// loadIcons reads the icons as they stand in a page: hidden from screen readers,
// as each stands beside its text.
func loadIcons() map[string]template.HTML {
	icons := map[string]template.HTML{}
	entries, err := iconFiles.ReadDir("icons")
	if err != nil {
		panic(fmt.Sprintf("dashboard: icons: %v", err))
	}
	for _, e := range entries {
		text, err := iconFiles.ReadFile("icons/" + e.Name())
		if err != nil {
			panic(fmt.Sprintf("dashboard: icons: %v", err))
		}
		_, svg, _ := strings.Cut(string(text), "<svg")
		svg = `<svg aria-hidden="true" focusable="false"` + strings.Join(strings.Fields(svg), " ")
		svg = strings.Replace(svg, `"true" focusable="false"`, `"true" focusable="false" `, 1)
		icons[strings.TrimSuffix(e.Name(), ".svg")] = template.HTML(svg) //nolint:gosec // our own files
	}
	return icons
}
