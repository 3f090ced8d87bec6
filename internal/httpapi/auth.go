package httpapi

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/wecom"
)

// The names of the ways to give a key, in the OpenAPI document.
const (
	bearerScheme = "bearer"
	headerScheme = "apiKey"
	keyHeader    = "X-API-Key"
)

// caller is who asks.
type caller struct {
	key       *access.Key // nil if the operation needs none
	lang      wecom.Lang
	errorsURL string
	// request and writer are for operations that read the body themselves.
	request *http.Request
	writer  http.ResponseWriter
	// untimed takes off the time-out for reading the request, once it is read: see NewServer.
	untimed func()
}

type callerKey struct{}

func callerOf(ctx context.Context) *caller { return ctx.Value(callerKey{}).(*caller) }

// admit lets a request through whose key has the scope, and whose body is JSON if it is to be.
func (a *API) admit(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c := &caller{lang: langOf(ctx.Header("Accept-Language")), errorsURL: a.ErrorsURL, request: r, writer: w}
		c.untimed = func() { _ = ctx.SetReadDeadline(time.Time{}) }
		if scope := op.scope; scope != "" {
			key, err := a.authenticate(r)
			if err == nil {
				err = a.chargeRequest(r.Context(), key)
			}
			if err == nil && !key.May(scope) {
				err = &fault{is: problemScope, detail: "the operation needs " + string(scope)}
			}
			if key != nil {
				w.(*response).key = key.Name
			}
			if err != nil {
				a.write(w, r, a.problemOf(r.Context(), err, c.lang))
				return
			}
			c.key = key
			a.usage.touch(key.ID, a.Now())
		}
		if ctx.Operation().RequestBody != nil && !op.streams {
			if most := ctx.Operation().MaxBodyBytes; most > 0 && r.ContentLength > most { // not a byte of it is read
				a.write(w, r, a.problemOf(r.Context(), tooLarge(most), c.lang))
				return
			}
			if !isJSON(r.Header.Get("Content-Type")) {
				a.write(w, r, a.problemOf(r.Context(), &fault{is: problemMediaType}, c.lang))
				return
			}
			r.Header["Content-Type"] = jsonType // huma knows no other spelling
		}
		next(&admitted{humaContext: ctx, ctx: context.WithValue(ctx.Context(), callerKey{}, c)})
	}
}

type humaContext huma.Context // another name, since the interface has a method Context

// admitted is a request that was let through.
type admitted struct {
	humaContext
	ctx context.Context
}

func (a *admitted) Context() context.Context { return a.ctx }

// Unwrap is for humago.
func (a *admitted) Unwrap() huma.Context { return a.humaContext }

// BodyReader marks the errors of the body. The body of the http.Request itself is left alone: by it
// net/http sees whether the connection can be used again, or would take the rest of an unread body
// for another request.
func (a *admitted) BodyReader() io.Reader {
	body := a.humaContext.BodyReader()
	if body == nil {
		return nil
	}
	return &bodyReader{body.(io.ReadCloser)}
}

// authenticate finds the key of a request.
func (a *API) authenticate(r *http.Request) (*access.Key, error) {
	secret := r.Header.Get(keyHeader)
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, credentials, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, &fault{is: problemNoKey}
		}
		secret = credentials
	}
	if strings.TrimSpace(secret) == "" {
		return nil, &fault{is: problemNoKey}
	}
	key, err := a.Keys.Find(r.Context(), access.HashSecret(secret))
	if errors.Is(err, access.ErrNoKey) {
		return nil, &fault{is: problemBadKey}
	}
	return key, err
}

var jsonType = []string{"application/json"}

// isJSON reports whether a Content-Type says JSON, or nothing that can be relied on. A page of another
// site could send a form unasked, but it has no key.
func isJSON(contentType string) bool {
	switch contentType {
	case "", "application/json", "application/x-www-form-urlencoded":
		return true // the last is what curl -d says, whatever it sends
	}
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

// usage remembers when keys were used until it is recorded, so that no request waits for that.
type usage struct {
	mu sync.Mutex
	at map[int64]time.Time
}

func (u *usage) touch(key int64, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.at[key] = now
}

func (u *usage) take() map[int64]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.at
	u.at = map[int64]time.Time{}
	return taken
}

// giveBack keeps what could not be recorded for the next time.
func (u *usage) giveBack(at map[int64]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.Copy(at, u.at) // what came since is later
	u.at = at
}

const usageInterval = 30 * time.Second

// Run records when keys were used, twice a minute and when ctx ends; then it returns. It also forgets
// the rates of keys that are not used.
func (a *API) Run(ctx context.Context) {
	tick := time.NewTicker(usageInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			a.recordUsage(ctx)
			a.rates.forget(a.Now())
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			a.recordUsage(last)
			return
		}
	}
}

func (a *API) recordUsage(ctx context.Context) {
	at := a.usage.take()
	if len(at) == 0 {
		return
	}
	if err := a.Keys.Used(ctx, at); err != nil {
		a.Log.Warn("the last use of API keys cannot be recorded just now", "error", err)
		a.usage.giveBack(at)
	}
}
