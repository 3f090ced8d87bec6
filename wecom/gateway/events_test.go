package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// TestEvents: a stream that breaks is taken up where it was.
func TestEvents(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := connections.Add(1)
		last := r.Header.Get("Last-Event-ID")
		want := url.Values{"app": {"crm"}, "status": {"refused", "sent"}, "label": {"a=b"}}
		if r.URL.Query().Encode() != want.Encode() {
			t.Errorf("asked with %s", r.URL.RawQuery)
		}
		switch {
		case n == 1 && last == "p0":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, ": hongyan\n\nevent: accepted\nid: p1\ndata: {\"id\":\"msg_1\",\"status\":\"queued\",\"labels\":{\"a\":\"b\"}}\n\n:\nid: p1b\n\nevent: delivery\nid: p2\ndata: {\"id\":\"msg")
		case n == 2:
			problem(w, 503, 50302, "the gateway is stopping")
		case n == 3 && last == "p1b": // the place that came with a sign of life
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "event: delivery\nid: p2\ndata: {\"id\":\"msg_1\",\"part\":1,\"status\":\"sent\"}\n\n")
		case n == 4 && last == "p2":
			problem(w, 401, 40102, "the key is not good")
		default:
			t.Errorf("connection %d after %q", n, last)
		}
	}))
	defer server.Close()
	c, err := gateway.New(gateway.Config{URL: server.URL, Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	filter := gateway.EventFilter{Apps: []string{"crm"}, Statuses: []gateway.Status{"refused", "sent"}, Labels: map[string]string{"a": "b"}, After: "p0"}
	var got []string
	for e, err := range c.Events(t.Context(), filter) {
		if err != nil {
			if !errors.Is(err, &gateway.Problem{Code: 40102}) {
				t.Errorf("error %v", err)
			}
			got = append(got, "error")
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %s %s %d", e.Place, e.Kind, e.ID, e.Status, e.Part))
	}
	if want := "[p1 accepted msg_1 queued 0 p2 delivery msg_1 sent 1 error]"; fmt.Sprint(got) != want {
		t.Errorf("got %v", got)
	}
}

// TestEventsEnd: with the loop, with the context, and when the gateway stays away.
func TestEventsEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: accepted\nid: p1\ndata: {\"id\":\"msg_1\"}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	c, err := gateway.New(gateway.Config{URL: server.URL, Key: "k", Retry: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for range c.Events(t.Context(), gateway.EventFilter{}) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range c.Events(ctx, gateway.EventFilter{}) {
		if err != nil {
			t.Errorf("a context that ends is no error: %v", err)
		}
		cancel()
	}
	c.CloseIdleConnections()
	server.CloseClientConnections()
	server.Close()
	n := 0
	for _, err := range c.Events(t.Context(), gateway.EventFilter{}) {
		if n++; err == nil {
			t.Error("nobody is there, and something is told")
		}
	}
	if n != 1 {
		t.Errorf("%d errors", n)
	}
}
