package phone

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"time"
)

//go:embed static templates
var files embed.FS

// templates holds the page and its fragments; a fault in one is found when the
// program starts.
var templates = template.Must(template.ParseFS(files, "templates/*.html"))

// asset is one static file. Its address carries the version, a digest of the
// content, so a browser may keep it for good and still gets the next one.
type asset struct {
	kind    string
	content []byte
	version string
}

var assets = map[string]asset{
	"phone.css":    load("phone.css", "text/css; charset=utf-8"),
	"messages.css": load("messages.css", "text/css; charset=utf-8"),
	"phone.js":     load("phone.js", "text/javascript; charset=utf-8"),
	"messages.js":  load("messages.js", "text/javascript; charset=utf-8"),
	"icon.svg":     load("icon.svg", "image/svg+xml"),
}

func load(name, kind string) asset {
	content, err := files.ReadFile("static/" + name)
	if err != nil {
		panic(err) // the file is compiled in
	}
	sum := sha256.Sum256(content)
	return asset{kind: kind, content: content, version: hex.EncodeToString(sum[:6])}
}

// assetURL is the file's address, relative to the page.
func assetURL(name string) string { return "_phone/" + name + "?v=" + assets[name].version }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	a, ok := assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Etag", `"`+a.version+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.content))
}

// render fills one template; it fails only for a fault in the template itself,
// and then nothing half-drawn has left.
func render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
