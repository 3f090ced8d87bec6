// Package httpapi is the gateway's HTTP API: /v1, its OpenAPI document and the page that shows it,
// and what load balancers ask. Every error that it answers is an RFC 9457 problem of the catalogue in
// problems.go.
//
// A group of operations has a file of its own, which registers them by [register]; everything that
// holds for all of them is done there: the key and its scope, the limits of a body, errors.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Intake takes messages: *delivery.Intake.
type Intake interface {
	Accept(ctx context.Context, r delivery.Request) (m *delivery.Message, replayed bool, err error)
	AcceptAll(ctx context.Context, requests []delivery.Request) ([]delivery.Accepted, error)
	Resend(ctx context.Context, id delivery.MessageID, r delivery.Resend) (m *delivery.Message, replayed bool, err error)
	ResendAll(ctx context.Context, f delivery.Filter, before delivery.MessageID, n int, r delivery.Resend, try bool) (delivery.ResentPage, error)
}

// Changes changes messages that were taken: *delivery.Dispatcher.
type Changes interface {
	Cancel(ctx context.Context, id delivery.MessageID) (cancelled, left int, err error)
	Recall(ctx context.Context, id delivery.MessageID) ([]delivery.Change, error)
	UpdateCard(ctx context.Context, id delivery.MessageID, u wecom.CardUpdate) ([]delivery.Change, error)
}

// Messages finds what was taken: part of delivery.Reader.
type Messages interface {
	Message(ctx context.Context, id delivery.MessageID) (*delivery.Message, error)
	Attempts(ctx context.Context, id delivery.MessageID) ([]delivery.AttemptRecord, error)
	Search(ctx context.Context, f delivery.Filter, before delivery.MessageID, n int) (delivery.Page, error)
	Resends(ctx context.Context, ids []delivery.MessageID) (map[delivery.MessageID]delivery.MessageID, error)
}

// Waiter waits until nothing more happens to a message by itself, or ctx ends, and returns it as it is
// then: *delivery.Hub.
type Waiter interface {
	Wait(ctx context.Context, id delivery.MessageID) (*delivery.Message, error)
}

// Rests tells which senders send nothing for a while, or not yet the next one: *delivery.Dispatcher.
type Rests interface {
	Rest(s delivery.Sender) (delivery.Rest, bool)
	Slowed(s delivery.Sender) delivery.Rest
}

// Keys finds API keys: part of access.Keys.
type Keys interface {
	Find(ctx context.Context, hash access.Hash) (*access.Key, error)
	Used(ctx context.Context, at map[int64]time.Time) error
}

// Config is what the API stands on. All fields without a default are required.
type Config struct {
	Intake   Intake
	Messages Messages
	Changes  Changes
	Waiter   Waiter
	Rests    Rests
	Keys     Keys
	Events   Events
	Ends     Ends
	Operator Operator
	Webhooks Webhooks
	Media    MediaFiles
	// Metrics answers GET /metrics; nil means that there are none.
	Metrics http.Handler
	// Observe is told of every request that has ended, by its pattern; nil means nobody is.
	Observe func(route string, status int, took time.Duration)
	// Stopping is closed when the gateway stops: those who listen to events are let go. nil means never.
	Stopping <-chan struct{}
	// Ready returns why messages cannot be taken just now, or nil.
	Ready func(context.Context) error

	Log     *slog.Logger
	Version string // of the program, for the OpenAPI document
	// ErrorsURL is the page that a problem's type links to, where each number is an anchor. ""
	// means the gateway's own.
	ErrorsURL string
	// Now is time.Now, except in tests.
	Now func() time.Time
}

// API answers requests. Make one with New, serve it with NewServer, and let Run run beside it.
type API struct {
	Config
	huma   huma.API
	routes *routes
	usage  usage
	rates  rates

	epoch     string // tells the events of this process from those of another
	listeners listeners
	checks    checks
}

// New returns the API. It starts nothing.
func New(c Config) *API {
	if c.ErrorsURL == "" {
		c.ErrorsURL = errorsPath
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &API{Config: c, routes: newRoutes(), usage: usage{at: map[int64]time.Time{}}, rates: rates{buckets: map[int64]*bucket{}}}
	a.epoch = strconv.FormatInt(time.Now().UnixNano(), 36)
	a.huma = humago.New(a.routes, a.document())
	a.registerMessages()
	a.registerSearch()
	a.registerBatch()
	a.registerChanges()
	a.registerResend()
	a.registerMedia()
	a.registerEvents()
	a.registerApps()
	a.registerWebhooks()
	a.registerHealth()
	a.registerDocs()
	a.routes.seal(a)
	return a
}

// operation describes one operation of the API.
type operation struct {
	huma.Operation
	scope access.Scope // that the caller's key must have; "" means that anybody may call
	// streams: the operation reads the body itself, which is no JSON and may take its time.
	streams bool
}

// register adds an operation. handle gets the caller, and returns the errors of its ports as they are:
// problemOf knows what each of them means.
func register[I, O any](a *API, op operation, handle func(ctx context.Context, c *caller, in *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBody
	}
	op.BodyReadTimeout = bodyTimeout
	op.SkipValidateBody = true // bodies are decoded here, with errors that name the field and a near one
	op.Middlewares = huma.Middlewares{a.admit(op)}
	if op.scope != "" {
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
		op.Security = []map[string][]string{{bearerScheme: {}}, {headerScheme: {}}}
	}
	huma.Register(a.huma, op.Operation, func(ctx context.Context, in *I) (*O, error) {
		c := callerOf(ctx)
		out, err := handle(ctx, c, in)
		if err != nil {
			return nil, a.problemOf(ctx, err, c.lang)
		}
		return out, nil
	})
}
