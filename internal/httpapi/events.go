package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	Label  []string `query:"label,explode" doc:"Only of messages with all these labels, as name=value." example:"order=4711"`
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
		name, value, ok := strings.Cut(label, "=")
		if !ok {
			return nil, &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: "label", Detail: `it is name=value, given "` + shown(label) + `"`}}}
		}
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

// listener is one connection.
type listener struct {
	api     *API
	caller  *caller
	filter  *filter
	request *http.Request
	writer  http.ResponseWriter
	control *http.ResponseController
	place   uint64 // the next event to tell
	out     bytes.Buffer
}

var errSlow = errors.New("the listener is too slow")

// run tells of events until the client leaves, is too slow, or the gateway stops.
func (l *listener) run(ctx context.Context, since time.Time) error {
	h := l.writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	l.writer.WriteHeader(http.StatusOK)
	if l.request.Method == http.MethodHead {
		return nil
	}
	l.out.WriteString(": hongyan\n")
	if since.IsZero() {
		l.whereabouts()
	} else {
		l.out.WriteByte('\n')
	}
	if err := l.flush(); err != nil {
		return err
	}
	if !since.IsZero() {
		if err := l.catchUp(ctx, since); err != nil {
			return err
		}
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		news := l.api.Events.News() // before the look at what there is
		if err := l.tell(ctx); err != nil {
			return err
		}
		select {
		case <-news:
			continue
		case <-tick.C:
		case <-ctx.Done():
			return nil
		case <-l.api.Stopping:
			return nil
		}
		if key, err := l.api.authenticate(l.request); err != nil && key == nil {
			return nil // revoked
		}
		l.whereabouts()
		if err := l.flush(); err != nil {
			return err
		}
	}
}

// batches are lent to those who have something to tell: thousands wait meanwhile.
var batches = sync.Pool{New: func() any { return new([eventBatch]events.Record) }}

// whereabouts tells the place that was reached, although there is no event: who comes back after hours
// in which nothing was for him does not begin again there.
func (l *listener) whereabouts() {
	fmt.Fprintf(&l.out, ":\nid: %s\n\n", l.api.eventID(l.place-1, l.api.Now()))
}

// tell writes the events that there are.
func (l *listener) tell(ctx context.Context) error {
	records := batches.Get().(*[eventBatch]events.Record)
	defer batches.Put(records)
	for ctx.Err() == nil {
		n, ok := l.api.Events.Read(l.place, records[:])
		if !ok {
			return errSlow
		}
		if n == 0 {
			return nil
		}
		for i := range records[:n] {
			r := &records[i]
			if l.filter.wants(&r.Event) && l.hasLabels(ctx, r) {
				l.event(r)
			}
		}
		l.place += uint64(n)
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

// hasLabels reports whether the message has the labels that are asked for.
func (l *listener) hasLabels(ctx context.Context, r *events.Record) bool {
	switch {
	case l.filter.labels == nil:
		return true
	case r.New:
		return l.filter.labelled(r.Labels)
	}
	m, err := l.api.Messages.Message(ctx, r.ID.Message)
	return err == nil && l.filter.labelled(m.Labels)
}

// eventBody is the data of an event.
type eventBody struct {
	ID     string            `json:"id"`
	Part   int               `json:"part,omitempty"` // from 1
	App    string            `json:"app,omitempty"`
	Robot  string            `json:"robot,omitempty"`
	Status string            `json:"status"`
	Reason *Reason           `json:"reason,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	At     string            `json:"at"`
}

// event writes an event, which many others may be writing too.
func (l *listener) event(r *events.Record) {
	lang := 0
	if l.caller.lang == wecom.Chinese {
		lang = 1
	}
	if r.Shared == nil {
		l.api.writeEvent(&l.out, r, l.caller.lang)
		return
	}
	l.out.Write(r.Shared.Text(lang, func() []byte {
		var text bytes.Buffer
		l.api.writeEvent(&text, r, l.caller.lang)
		return text.Bytes()
	}))
}

func (a *API) writeEvent(out *bytes.Buffer, r *events.Record, lang wecom.Lang) {
	body := eventBody{ID: r.ID.Message.String(), Status: r.Status.String(), Labels: r.Labels, At: stamp(r.At), Reason: showReason(r.Reason, lang)}
	name := "accepted"
	if !r.New {
		name, body.Part = "delivery", r.ID.Part+1
	}
	if r.Sender.IsRobot() {
		body.Robot = r.Sender.Name()
	} else {
		body.App = r.Sender.Name()
	}
	id := a.pastID(r.At)
	if r.Seq > 0 {
		id = a.eventID(r.Seq, r.At)
	}
	writeSSE(out, name, id, body)
}

func writeSSE(out *bytes.Buffer, name, id string, body any) {
	fmt.Fprintf(out, "event: %s\nid: %s\ndata: ", name, id)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // on one line
	out.WriteByte('\n')
}

// catchUp tells what ended since then, from the outbox.
func (l *listener) catchUp(ctx context.Context, since time.Time) error {
	writeSSE(&l.out, "reset", l.api.pastID(since.Add(overlap)), struct {
		Since string `json:"since"`
	}{stamp(since)})
	after := delivery.ID{}
	for {
		ends, err := l.api.Ends.EndsSince(ctx, since, after, endsBatch)
		if err != nil {
			l.api.Log.WarnContext(ctx, "events of before cannot be read", "error", err)
			return err
		}
		for _, e := range ends {
			since, after = e.At, e.ID
			r := events.Record{Event: e}
			if l.filter.wants(&e) && l.hasLabels(ctx, &r) {
				l.event(&r)
			}
		}
		if err := l.flush(); err != nil || len(ends) < endsBatch {
			return err
		}
	}
}

// flush sends what was written. A client that does not take it in time is dropped.
func (l *listener) flush() error {
	if l.out.Len() == 0 {
		return nil
	}
	_ = l.control.SetWriteDeadline(time.Now().Add(eventTimeout))
	_, err := l.writer.Write(l.out.Bytes())
	if err == nil {
		err = l.control.Flush()
	}
	if l.out.Reset(); l.out.Cap() > 8<<10 {
		l.out = bytes.Buffer{} // ten thousand of these are to stay small
	}
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		return errSlow
	}
	return err
}
