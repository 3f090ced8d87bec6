package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/events"
	"github.com/hongyan-im/hongyan/wecom"
)

// Events is what happens: *events.Stream.
type Events interface {
	News() <-chan struct{}
	Next() uint64
	Read(from uint64, records []events.Record) (n int, ok bool)
}

// Ends finds what ended before: *sqlite.Outbox.
type Ends interface {
	EndsSince(ctx context.Context, since time.Time, after delivery.ID, n int) ([]delivery.Event, error)
}

const (
	eventsPath = "/v1/events"
	// heartbeat keeps proxies from closing a quiet connection; and whether the key is still good is
	// looked at then.
	heartbeat = 15 * time.Second
	// eventTimeout is how long a client may take to read what is written.
	eventTimeout = 10 * time.Second
	maxListeners = 20_000
	eventBatch   = 64
	endsBatch    = 500
	// overlap is how much is told again after a gap: events are not stored in the order of their times.
	overlap = 10 * time.Second
)

// listeners counts those who listen.
type listeners struct {
	now     atomic.Int64
	dropped atomic.Uint64
}

// Listeners is who listens to events now, and how many were dropped because they read too slowly.
func (a *API) Listeners() (now int, dropped uint64) {
	return int(a.listeners.now.Load()), a.listeners.dropped.Load()
}

func (a *API) registerEvents() {
	register(a, operation{scope: access.Read, Operation: huma.Operation{
		OperationID: "listEvents", Method: http.MethodGet, Path: eventsPath, Tags: []string{"Events"},
		Summary: "Be told of every change of state",
		Description: "Server-sent events. accepted: a message was taken; delivery: a delivery waits again, or came to its end; data is JSON. " +
			"Give the id of the last event back as Last-Event-ID, as browsers do, and nothing is missed: where that place is gone " +
			"(after a restart of the gateway, or for somebody who was away for long) a reset event comes first, then every end since then, some of them again. " +
			"Every 15 seconds there is a sign of life, with the place that was reached as its id. Who does not read is dropped.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Events, until the client leaves or the gateway stops.",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
		Errors: []int{422, 503}, RejectUnknownQueryParameters: true,
	}}, a.listEvents)
}

type eventsInput struct {
	App    []string `query:"app,explode" doc:"Only of these apps; may be given several times."`
	Robot  []string `query:"robot,explode" doc:"Only of these robots."`
	Status []string `query:"status,explode" doc:"Only of these states, such as refused." example:"refused"`
	Label  []string `query:"label,explode" doc:"Only of messages with all these labels, as name:value or name=value." example:"order:4711"`
	Last   string   `header:"Last-Event-ID" doc:"The id of the last event that was read."`
}

// filter is what a listener wants to hear of.
type filter struct {
	key      *access.Key
	senders  []delivery.Sender
	statuses []delivery.Status
	labels   map[string]string
}

func (in *eventsInput) filter(key *access.Key) (*filter, error) {
	f := &filter{key: key}
	for _, app := range in.App {
		f.senders = append(f.senders, delivery.App(app))
	}
	for _, robot := range in.Robot {
		f.senders = append(f.senders, delivery.Robot(robot))
	}
	for _, s := range f.senders {
		if !key.Sees(string(s)) {
			return nil, &fault{is: problemForeignSender, detail: "the key is not for " + shown(s.String())}
		}
	}
	for _, name := range in.Status {
		status, ok := delivery.ParseStatus(name)
		if !ok {
			return nil, &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: "status", Problem: wecom.NotKnown, Detail: `given "` + shown(name) + `"`}}}
		}
		f.statuses = append(f.statuses, status)
	}
	for _, label := range in.Label {
		at := strings.IndexAny(label, ":=") // the list of messages has ":"
		if at < 0 {
			return nil, &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: "label", Detail: `it is name:value, given "` + shown(label) + `"`}}}
		}
		name, value := label[:at], label[at+1:]
		if f.labels == nil {
			f.labels = map[string]string{}
		}
		f.labels[name] = value
	}
	return f, nil
}

// wants reports whether the filter lets the event through, but for its labels.
func (f *filter) wants(e *delivery.Event) bool {
	return f.key.Sees(string(e.Sender)) && (f.senders == nil || slices.Contains(f.senders, e.Sender)) &&
		(f.statuses == nil || slices.Contains(f.statuses, e.Status))
}

func (f *filter) labelled(labels map[string]string) bool {
	for name, value := range f.labels {
		if has, ok := labels[name]; !ok || has != value {
			return false
		}
	}
	return true
}

func (a *API) listEvents(ctx context.Context, c *caller, in *eventsInput) (*huma.StreamResponse, error) {
	f, err := in.filter(c.key)
	if err != nil {
		return nil, err
	}
	if a.listeners.now.Add(1) > maxListeners {
		a.listeners.now.Add(-1)
		return nil, &fault{is: problemListeners, detail: fmt.Sprintf("%d listen already", maxListeners)}
	}
	place, since := a.position(in.Last)
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer a.listeners.now.Add(-1)
		r, w := humago.Unwrap(hc)
		c.untimed()
		s := &listener{api: a, caller: c, filter: f, request: r, writer: w, control: http.NewResponseController(w), place: place}
		if err := s.run(ctx, since); errors.Is(err, errSlow) {
			a.listeners.dropped.Add(1)
			a.Log.InfoContext(ctx, "a listener to events was dropped: it reads too slowly", "key", c.key.Name)
		}
	}}, nil
}

// position reads a Last-Event-ID. since is set if the place is not in the stream: what ended from
// then on is told from the outbox first.
func (a *API) position(last string) (place uint64, since time.Time) {
	parts := strings.Split(last, ".")
	if last == "" || len(parts) != 3 {
		return a.Events.Next(), time.Time{}
	}
	if seq, err := strconv.ParseUint(parts[1], 36, 64); err == nil && parts[0] == a.epoch {
		if _, ok := a.Events.Read(seq+1, nil); ok {
			return seq + 1, time.Time{}
		}
	}
	ms, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil || ms <= 0 {
		return a.Events.Next(), time.Time{}
	}
	return a.Events.Next(), time.UnixMilli(ms).Add(-overlap)
}

// eventID names a place behind an event: in the stream of this process, and in time.
func (a *API) eventID(seq uint64, at time.Time) string {
	return a.epoch + "." + strconv.FormatUint(seq, 36) + "." + strconv.FormatInt(at.UnixMilli(), 36)
}

// pastID names a place in time alone, for what the outbox tells.
func (a *API) pastID(at time.Time) string {
	return a.epoch + ".." + strconv.FormatInt(at.UnixMilli(), 36)
}
