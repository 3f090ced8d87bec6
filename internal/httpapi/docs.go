package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const (
	openAPIPath = "/openapi.json"
	docsPath    = "/docs"
	errorsPath  = "/docs/errors"
	schemaRefs  = "#/components/schemas/"
)

// document is the configuration from which huma makes the OpenAPI document. Its own routes are off:
// its page loads a program from elsewhere.
func (a *API) document() huma.Config {
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "hongyan gateway", Version: a.Version,
				Description: "Takes messages for WeCom (企业微信), and gets each there once, within WeCom's limits, or says why not. " +
					"Errors are RFC 9457 problems with a number; " + a.ErrorsURL + " lists them. Hints are in Chinese with Accept-Language: zh, else in English.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry(schemaRefs, huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					bearerScheme: {Type: "http", Scheme: "bearer", Description: `An API key: "Authorization: Bearer hy_…".`},
					headerScheme: {Type: "apiKey", In: "header", Name: keyHeader, Description: "The same key, for clients that cannot send the other header."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
	c.AllowAdditionalPropertiesByDefault = true // of answers: clients must bear new fields
	return c
}

// jsonFormat leaves a body as it is, for its operation to read.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if body, ok := v.(interface{ keep(data []byte) }); ok {
			body.keep(bytes.Clone(data)) // huma uses its buffer again
			return nil
		}
		return json.Unmarshal(data, v)
	},
}

//go:embed docs.html
var docsHTML string

var docsTemplate = template.Must(template.New("docs").Funcs(template.FuncMap{
	"methods": methodsOf, "fields": fieldsOf, "typed": typeOf, "ref": refOf, "json": indented,
	"sorted": func(schemas map[string]*huma.Schema) []string { return slices.Sorted(maps.Keys(schemas)) },
}).Parse(docsHTML))

// registerDocs adds the OpenAPI document, and the pages made from it and from the catalogue of
// problems. All of them are made once, here: what is registered later is not in them.
func (a *API) registerDocs() {
	spec, err := json.MarshalIndent(a.huma.OpenAPI(), "", " ")
	if err != nil {
		panic(err) // it is made of constants
	}
	a.routes.HandleFunc("GET "+openAPIPath, static("application/json", spec))
	var page bytes.Buffer
	if err := docsTemplate.ExecuteTemplate(&page, "docs", a.huma.OpenAPI()); err != nil {
		panic(err)
	}
	a.routes.HandleFunc("GET "+docsPath, static("text/html; charset=utf-8", page.Bytes()))
	var problems bytes.Buffer
	if err := docsTemplate.ExecuteTemplate(&problems, "errors", entries()); err != nil {
		panic(err)
	}
	a.routes.HandleFunc("GET "+errorsPath, static("text/html; charset=utf-8", problems.Bytes()))
}

// entry is an entry of the catalogue, for the page.
type entry struct {
	Code, Status                 int
	Title, TitleZh, Hint, HintZh string
}

func entries() []entry {
	all := make([]entry, len(catalogue))
	for i, k := range catalogue {
		all[i] = entry{k.code, k.status(), k.title.en, k.title.zh, k.hint.en, k.hint.zh}
	}
	return all
}

func static(contentType string, content []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", contentType)
		header.Set("Content-Length", strconv.Itoa(len(content)))
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(content)
	}
}

// endpoint is an operation with where it is.
type endpoint struct {
	Method, Path string
	*huma.Operation
}

func methodsOf(doc *huma.OpenAPI) []endpoint {
	var all []endpoint
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, e := range []endpoint{{"GET", path, item.Get}, {"POST", path, item.Post}, {"PUT", path, item.Put}, {"DELETE", path, item.Delete}} {
			if e.Operation != nil {
				all = append(all, e)
			}
		}
	}
	return all
}

// member is a member of an object, for the page.
type member struct {
	Name     string
	Required bool
	*huma.Schema
}

func fieldsOf(s *huma.Schema) []member {
	var all []member
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		all = append(all, member{name, slices.Contains(s.Required, name), s.Properties[name]})
	}
	return all
}

// typeOf says what values a schema takes, in a word or two.
func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return refOf(s)
	case s.Type == "array":
		return "array of " + typeOf(s.Items)
	case len(s.Enum) > 0:
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			data, _ := json.Marshal(v)
			values[i] = string(data)
		}
		return strings.Join(values, ", ")
	case s.Format == "date-time":
		return "time"
	}
	return s.Type
}

func refOf(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	return strings.TrimPrefix(s.Ref, schemaRefs)
}

func indented(v any) (string, error) {
	var text strings.Builder
	enc := json.NewEncoder(io.Writer(&text))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return text.String(), err
}
