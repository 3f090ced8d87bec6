package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// What a client may take its time for. A body has bodyTimeout, a wait maxWait and the answer the rest.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 20 * time.Second
	writeTimeout  = maxWait + 30*time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10 // bytes
)

// NewServer returns the server for the API, with time-outs for slow clients. Its own complaints, such
// as a TLS handshake that failed, go to the API's log.
func NewServer(a *API) *http.Server {
	s := &http.Server{
		Handler:           a,
		ReadHeaderTimeout: headerTimeout,
		// It also ends the reading of bodies that no operation asked for. An operation that waits
		// takes it off: when it fires, net/http cancels the request's context.
		ReadTimeout:    headerTimeout + bodyTimeout,
		WriteTimeout:   writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	closeUnused(s)
	return s
}

// ServeHTTP answers a request. A panic is logged, and answered by a problem that tells nothing of it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := &response{ResponseWriter: w}
	if a.Observe != nil {
		began := time.Now()
		defer func() { a.Observe(routeOf(r), out.status, time.Since(began)) }()
	}
	if a.Log.Enabled(r.Context(), slog.LevelDebug) {
		began := a.Now()
		defer func() {
			// The pattern, not the path; no query and no header: who writes a secret there will not find
			// it in the log.
			a.Log.LogAttrs(r.Context(), slog.LevelDebug, "http request", slog.String("method", r.Method),
				slog.String("route", r.Pattern), slog.Int("status", out.status), slog.Duration("took", a.Now().Sub(began)),
				slog.String("key", out.key))
		}()
	}
	defer a.recover(out, r)
	a.routes.ServeHTTP(out, r)
}

// routeOf is the pattern that a request was answered by.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

func (a *API) recover(out *response, r *http.Request) {
	cause := recover()
	switch cause {
	case nil:
		return
	case http.ErrAbortHandler:
		panic(cause)
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("route", r.Pattern)}
	if err, ok := cause.(runtime.Error); ok { // the text of others may quote a message
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	attrs = append(attrs, slog.String("stack", string(debug.Stack())))
	a.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "panic while answering a request", attrs...)
	if out.status != 0 {
		panic(http.ErrAbortHandler) // the client must not take half an answer for a whole one
	}
	a.write(out, r, a.problem(problemInternal, langOf(r.Header.Get("Accept-Language"))))
}

// response remembers what was answered, and to whom.
type response struct {
	http.ResponseWriter
	status int    // 0 until the header is written
	key    string // the name of the caller's key
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// SetReadDeadline saves huma a search through the wrappers.
func (w *response) SetReadDeadline(t time.Time) error {
	if conn, ok := w.ResponseWriter.(interface{ SetReadDeadline(time.Time) error }); ok {
		return conn.SetReadDeadline(t)
	}
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(t)
}

// routes is a ServeMux that answers problems where it knows no route or method.
type routes struct {
	*http.ServeMux
	methods map[string][]string // by path
}

func newRoutes() *routes {
	return &routes{ServeMux: http.NewServeMux(), methods: map[string][]string{}}
}

// HandleFunc adds a route, such as "GET /healthz".
func (t *routes) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	t.methods[path] = append(t.methods[path], method)
	if method == http.MethodGet {
		t.methods[path] = append(t.methods[path], http.MethodHead)
	}
	t.ServeMux.HandleFunc(pattern, handler)
}

// seal adds the answers to everything that has no route.
func (t *routes) seal(a *API) {
	t.ServeMux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p := a.problem(problemNoRoute, langOf(r.Header.Get("Accept-Language")))
		if allowed := t.allowed(r); len(allowed) > 0 {
			allow := strings.Join(allowed, ", ")
			p = a.problem(problemMethod, langOf(r.Header.Get("Accept-Language")))
			p.Detail = "it takes " + allow + ", given " + shown(r.Method)
			p.headers = http.Header{"Allow": {allow}}
		}
		a.write(w, r, p)
	})
}

// allowed lists the methods that the path of a request takes.
func (t *routes) allowed(r *http.Request) (methods []string) {
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost, http.MethodPut} {
		other := http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := t.ServeMux.Handler(&other); pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	return methods
}
