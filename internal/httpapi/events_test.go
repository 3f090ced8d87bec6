package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

func (w *world) EndsSince(_ context.Context, since time.Time, after delivery.ID, n int) (found []delivery.Event, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.ends {
		later := e.At.After(since) || e.At.Equal(since) && (e.ID.Message > after.Message || e.ID.Message == after.Message && e.ID.Part > after.Part)
		if later && len(found) < n {
			found = append(found, e)
		}
	}
	return found, nil
}

// stream is what a client of events reads.
type stream struct {
	t      *testing.T
	resp   *http.Response
	lines  *bufio.Reader
	cancel context.CancelFunc
}

// sse is one event.
type sse struct{ name, id, data string }

func (w *world) listen(t *testing.T, key, query, last string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t, resp, bufio.NewReader(resp.Body), cancel}
	t.Cleanup(s.close)
	if resp.StatusCode == http.StatusOK {
		if line, err := s.lines.ReadString('\n'); line != ": hongyan\n" { // who got this misses nothing
			t.Fatalf("the stream begins with %q %v", line, err)
		}
	}
	return s
}

func (s *stream) close() {
	s.cancel()
	_ = s.resp.Body.Close()
}

// next is the next event; comments are passed over.
func (s *stream) next() (e sse) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the stream ended: %v", err)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e
			}
		}
	}
}

func event(message delivery.MessageID, sender delivery.Sender, status delivery.Status) delivery.Event {
	return delivery.Event{ID: delivery.ID{Message: message}, Sender: sender, Status: status, At: at(now)}
}

func accepted(id delivery.MessageID, sender delivery.Sender, labels map[string]string) *delivery.Message {
	return &delivery.Message{ID: id, Sender: sender, Accepted: at(now), Labels: labels, Deliveries: []delivery.Delivery{{Status: delivery.Queued}}}
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	s := w.listen(t, w.key("crm", access.Read), "", "")
	if got := s.resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	w.stream.Accepted(accepted(1, "ops", nil)) // not for this key
	w.stream.Accepted(accepted(2, "crm", map[string]string{"order": "4711"}))
	refused := event(2, "crm", delivery.Refused)
	refused.Reason = delivery.Reason{Code: delivery.ReasonNoReceiver}
	w.stream.Changed(refused)
	if e := s.next(); e.name != "accepted" || e.data != `{"id":"`+delivery.MessageID(2).String()+`","app":"crm","status":"queued","labels":{"order":"4711"},"at":"`+now+`"}` {
		t.Errorf("%+v", e)
	}
	e := s.next()
	if e.name != "delivery" || !strings.HasPrefix(e.data, `{"id":"`+delivery.MessageID(2).String()+`","part":1,"app":"crm","status":"refused","reason":{"code":"no_receiver","hint":"nobody of those named`) {
		t.Errorf("%+v", e)
	}
	// A client that was away for a moment gets what it missed, and nothing twice.
	s.close()
	w.stream.Changed(event(3, "crm", delivery.Sent))
	again := w.listen(t, w.key("", access.Read), "?app=crm", e.id)
	w.stream.Changed(event(4, "ops", delivery.Sent))
	w.stream.Changed(event(5, "crm", delivery.Queued))
	for _, want := range []string{`"id":"` + delivery.MessageID(3).String(), `"id":"` + delivery.MessageID(5).String()} {
		if e := again.next(); !strings.Contains(e.data, want) {
			t.Errorf("%+v, want %s", e, want)
		}
	}
}

func TestEventFilters(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Read)
	byStatus := w.listen(t, key, "?status=refused&status=uncertain", "")
	byLabel := w.listen(t, key, "?label=order:4711&label=shop=1", "")
	robots := w.listen(t, key, "?robot=ops", "")
	for i, labels := range []map[string]string{{"order": "4711"}, {"order": "4711", "shop": "1"}} {
		m := accepted(delivery.MessageID(i+1), "crm", labels)
		w.mu.Lock()
		w.messages[m.ID] = m
		w.mu.Unlock()
		w.stream.Accepted(m)
		w.stream.Changed(event(m.ID, "crm", delivery.Sent))
		w.stream.Changed(event(m.ID, "crm", delivery.Uncertain))
	}
	w.stream.Changed(event(9, "robot:ops", delivery.Sent))
	id := func(n int) string { return `"id":"` + delivery.MessageID(n).String() + `"` }
	for name, c := range map[string]struct {
		of   *stream
		want []string
	}{
		"status": {byStatus, []string{id(1), id(2)}},
		"label":  {byLabel, []string{id(2) + `,"app":"crm","status":"queued"`, id(2) + `,"part":1,"app":"crm","status":"sent"`, id(2) + `,"part":1,"app":"crm","status":"uncertain"`}},
		"robot":  {robots, []string{id(9) + `,"part":1,"robot":"ops"`}},
	} {
		for _, want := range c.want {
			if e := c.of.next(); !strings.Contains(e.data, want) {
				t.Errorf("%s: %+v, want %s", name, e, want)
			}
		}
	}
	for _, query := range []string{"?status=lost", "?label=order", "?colour=red"} {
		if got := w.call(t, http.MethodGet, "/v1/events"+query, "", "Authorization", "Bearer "+key); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", query, got.status, got.text)
		}
	}
	if got := w.call(t, http.MethodGet, "/v1/events?app=crm", "", "Authorization", "Bearer "+w.key("ops", access.Read)); got.status != http.StatusForbidden {
		t.Errorf("another's app: %d", got.status)
	}
}

// TestEventsOfBefore: whose place is gone is told so, and then of every end since, from the outbox.
func TestEventsOfBefore(t *testing.T) {
	w := newWorld(t)
	key := w.key("crm", access.Read)
	for i := range 1200 { // more than are read at once
		sender := delivery.Sender("crm")
		if i%2 == 1 {
			sender = "ops"
		}
		w.ends = append(w.ends, event(delivery.MessageID(i+1), sender, delivery.Sent))
	}
	const another = "zzz" // a process that is gone
	s := w.listen(t, key, "", fmt.Sprintf("%s.1.%s", another, base36(at(now).UnixMilli())))
	if e := s.next(); e.name != "reset" || e.data != `{"since":"2026-03-01T07:59:50.000Z"}` {
		t.Errorf("%+v", e)
	}
	last := sse{}
	for i := 0; i < 1200; i += 2 {
		if last = s.next(); !strings.Contains(last.data, `"id":"`+delivery.MessageID(i+1).String()+`"`) {
			t.Fatalf("%d: %+v", i, last)
		}
	}
	w.stream.Changed(event(5000, "crm", delivery.Sent))
	if e := s.next(); !strings.Contains(e.data, delivery.MessageID(5000).String()) {
		t.Errorf("%+v", e)
	}
	// Half-way through that, a client goes on by time again.
	again := w.listen(t, key, "", last.id)
	if e := again.next(); e.name != "reset" {
		t.Errorf("%+v", e)
	}
	// Nonsense begins now.
	for _, id := range []string{"4711", "a.b.c", "..", "x.1.-5", strings.Repeat("9", 2000)} {
		s := w.listen(t, key, "", id)
		w.stream.Changed(event(6000, "crm", delivery.Sent))
		if e := s.next(); !strings.Contains(e.data, delivery.MessageID(6000).String()) && e.name != "reset" {
			t.Errorf("%q: %+v", id, e)
		}
	}
}

// TestEventsEnd: when the gateway stops, streams end as streams do, and are not cut off.
func TestEventsEnd(t *testing.T) {
	w := newWorld(t)
	s := w.listen(t, w.key("", access.Read), "", "")
	close(w.stopping)
	if rest, err := io.ReadAll(s.lines); err != nil {
		t.Errorf("%q %v", rest, err)
	}
	if now, _ := w.api.Listeners(); now != 0 {
		deadline := time.Now().Add(10 * time.Second)
		for now != 0 && time.Now().Before(deadline) {
			now, _ = w.api.Listeners()
		}
		if now != 0 {
			t.Errorf("%d still listen", now)
		}
	}
}

// TestSlowListener: who does not read is dropped, and holds up nobody.
func TestSlowListener(t *testing.T) {
	w := newWorld(t)
	slow := w.listen(t, w.key("", access.Read), "", "")
	_ = slow
	labels := map[string]string{"l": strings.Repeat("x", 200)}
	deadline := time.Now().Add(30 * time.Second)
	for i := 0; ; i++ {
		w.stream.Accepted(accepted(delivery.MessageID(i+1), "crm", labels))
		if i%1000 == 0 {
			if _, dropped := w.api.Listeners(); dropped == 1 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("a client that does not read is kept")
			}
		}
	}
	if !strings.Contains(w.log.String(), "a listener to events was dropped") {
		t.Error("the log does not say so")
	}
}

func base36(n int64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	var b []byte
	for ; n > 0; n /= 36 {
		b = append([]byte{digits[n%36]}, b...)
	}
	return string(b)
}

// TestWhereabouts: who heard nothing yet, and comes back, has missed nothing either.
func TestWhereabouts(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Read)
	for _, before := range []int{0, 3} {
		for i := range before {
			w.stream.Changed(event(delivery.MessageID(100+i), "crm", delivery.Sent))
		}
		s := w.listen(t, key, "", "")
		place := ""
		for !strings.HasPrefix(place, "id: ") {
			line, err := s.lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			place = strings.TrimSuffix(line, "\n")
		}
		s.close()
		w.stream.Changed(event(4711, "crm", delivery.Sent))
		again := w.listen(t, key, "", strings.TrimPrefix(place, "id: "))
		if e := again.next(); e.name != "delivery" || !strings.Contains(e.data, delivery.MessageID(4711).String()) {
			t.Errorf("after %d events: %+v", before, e)
		}
	}
}
