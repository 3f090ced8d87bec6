package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/events"
	"github.com/hongyan-im/hongyan/wecom"
)

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
