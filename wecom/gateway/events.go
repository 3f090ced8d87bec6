package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Event is a change of state.
type Event struct {
	// Kind is accepted (a message was taken), delivery (a delivery waits again, or came to its end) or
	// reset: what happened while nobody listened is told again from the ends alone, some of them twice.
	Kind string `json:"-"`
	// Place is where in the stream it is: EventFilter.After goes on behind it.
	Place string `json:"-"`

	ID     string            `json:"id"`   // of the message
	Part   int               `json:"part"` // of the delivery, from 1
	App    string            `json:"app"`
	Robot  string            `json:"robot"`
	Status Status            `json:"status"`
	Reason *Reason           `json:"reason"`
	Labels map[string]string `json:"labels"` // of a message that was accepted
	At     time.Time         `json:"at"`

	// Data is the event's JSON as the gateway wrote it.
	Data json.RawMessage `json:"-"`
}

// EventFilter says which events are told. The zero value says all that the key may see, from now on.
type EventFilter struct {
	Apps, Robots []string
	Statuses     []Status
	Labels       map[string]string // of messages with all of them
	After        string            // the Place of the last event that was read
}

func (f EventFilter) query() url.Values {
	q := url.Values{"app": f.Apps, "robot": f.Robots}
	for _, status := range f.Statuses {
		q.Add("status", string(status))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Labels)) {
		q.Add("label", name+"="+f.Labels[name])
	}
	return q
}

// silence is how long a stream may say nothing: the gateway gives a sign every 15 seconds.
const silence = 45 * time.Second

// Events tells of changes until ctx ends or the loop is left. A connection that breaks is made again,
// and goes on where it was; if that fails for as long as Config.Retry, or the gateway refuses, the
// error comes as the last pair.
func (c *Client) Events(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		place, left, lost := f.After, false, time.Time{}
		for n := 0; !left; n++ {
			heard, err := c.listen(ctx, f, &place, func(e Event) bool {
				left = !yield(e, nil)
				return !left
			})
			switch {
			case left || ctx.Err() != nil:
				return
			case heard || lost.IsZero():
				n, lost = 0, time.Now()
			}
			if !worthRepeating(err) || time.Since(lost) > max(c.retry, 0) {
				yield(Event{}, err)
				return
			}
			timer := time.NewTimer(pauseAfter(n, err))
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
		}
	}
}

// listen reads one connection to its end, which is always an error, and moves place with it. heard says
// whether it was one of a gateway.
func (c *Client) listen(ctx context.Context, f EventFilter, place *string, tell func(Event) bool) (heard bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(errors.New("the gateway fell silent")) })
	defer quiet.Stop()
	r := &request{op: "events", method: http.MethodGet, path: "/v1/events", query: f.query()}
	if *place != "" {
		r.header = http.Header{"Last-Event-Id": {*place}}
	}
	resp, err := c.open(ctx, r)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		data, _ := io.ReadAll(io.LimitReader(resp.Body, maxLine))
		return false, c.problemIn(r, resp, data)
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return false, c.broken(r, resp.StatusCode, false, errors.New("the answer is no stream of events"))
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxLine)
	var e Event
	for lines.Scan() {
		quiet.Reset(silence)
		line := lines.Text()
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && e.Data != nil: // the end of an event
			if err := json.Unmarshal(e.Data, &e); err != nil {
				return true, c.broken(r, resp.StatusCode, false, fmt.Errorf("an event of kind %.20q is not JSON", e.Kind))
			}
			*place = orDefault(e.Place, *place)
			if !tell(e) {
				return true, nil
			}
			e = Event{}
		case line == "": // the gateway tells its place also when there is no event
			*place = orDefault(e.Place, *place)
			e = Event{}
		case name == "event":
			e.Kind = value
		case name == "id":
			e.Place = value
		case name == "data":
			e.Data = json.RawMessage(value)
		}
	}
	err = orDefault(lines.Err(), io.ErrUnexpectedEOF)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return true, &wecom.TransportError{Op: r.op, Host: c.host, Err: err}
}

const maxLine = 1 << 20 // bytes
