package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// holding is a gateway that holds answers about messages back until they are released.
type holding struct {
	*httptest.Server
	release chan struct{} // closed: all messages are sent
	held    chan struct{} // one for each answer that is held back

	mu    sync.Mutex
	waits []string // the wait of each look
}

func newHolding(t *testing.T) *holding {
	h := &holding{release: make(chan struct{}), held: make(chan struct{}, 1000)}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *holding) looks() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.waits...)
}

func (h *holding) client(t *testing.T) *gateway.Client {
	c, err := gateway.New(gateway.Config{URL: h.URL, Key: testKey, App: "crm", Timeout: 20 * time.Second, Retry: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

const queuedAnswer = `{"id":"msg_1","status":"queued","deliveries":[]}`

func (h *holding) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		fmt.Fprint(w, queuedAnswer)
		return
	}
	wait := r.URL.Query().Get("wait")
	h.mu.Lock()
	h.waits = append(h.waits, wait)
	h.mu.Unlock()
	held := time.Duration(0)
	if wait != "" {
		held, _ = time.ParseDuration(wait)
		h.held <- struct{}{}
	}
	timer := time.NewTimer(held)
	defer timer.Stop()
	select {
	case <-h.release:
		fmt.Fprintf(w, sentAnswer, "msg_1")
	case <-timer.C:
		fmt.Fprint(w, queuedAnswer)
	case <-r.Context().Done():
	}
}

// TestWaitIsHeldBack: the gateway is asked once, and its answer comes when the message has ended.
func TestWaitIsHeldBack(t *testing.T) {
	h := newHolding(t)
	go func() { <-h.held; close(h.release) }()
	m, err := h.client(t).Wait(t.Context(), "msg_1")
	if err != nil || m.Status != gateway.Sent {
		t.Errorf("%+v, %v", m, err)
	}
	if looks := h.looks(); len(looks) != 2 || looks[0] != "" || looks[1] != "30s" {
		t.Errorf("looked with %q, want a look and one that is held back", looks)
	}
}

// TestWaitEndsWithItsContext: the answer is asked for in time to be read, and not again and again when the
// time is nearly over.
func TestWaitEndsWithItsContext(t *testing.T) {
	h := newHolding(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	m, err := h.client(t).Wait(ctx, "msg_1")
	var waits *gateway.UnfinishedError
	if !errors.As(err, &waits) || m.ID != "msg_1" {
		t.Errorf("%+v, %v", m, err)
	}
	looks := h.looks()
	if len(looks) < 2 || len(looks) > 5 {
		t.Fatalf("looked with %q", looks)
	}
	if held, _ := time.ParseDuration(looks[1]); held < time.Second/2 || held > time.Second*3/2 {
		t.Errorf("looked with %q", looks)
	}
	if took := time.Since(began); took < 1500*time.Millisecond || took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	// One who leaves is not waited for.
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		for len(h.held) > 0 {
			<-h.held
		}
		<-h.held
		leave()
	}()
	if m, err := h.client(t).Wait(ctx, "msg_1"); !errors.As(err, &waits) || m.ID != "msg_1" {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestWaitOfAnOlderGateway: one that knows no wait is asked again and again, without it.
func TestWaitOfAnOlderGateway(t *testing.T) {
	var mu sync.Mutex
	var waits []string
	older := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		wait := r.URL.Query().Get("wait")
		if waits = append(waits, wait); wait != "" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_ = json.NewEncoder(w).Encode(map[string]any{"code": gateway.CodeInvalid, "title": "the request is not valid", "status": 422,
				"errors": []any{map[string]any{"field": "wait", "detail": "wait: unknown query parameter"}}})
			return
		}
		if len(waits) < 5 {
			fmt.Fprint(w, queuedAnswer)
			return
		}
		fmt.Fprintf(w, sentAnswer, "msg_1")
	}))
	defer older.Close()
	h := &holding{Server: older}
	m, err := h.client(t).Wait(t.Context(), "msg_1")
	if err != nil || m.Status != gateway.Sent {
		t.Errorf("%+v, %v", m, err)
	}
	if fmt.Sprint(waits) != "[ 30s   ]" {
		t.Errorf("looked with %q", waits)
	}
}

// TestWaitingHoldsNobodyUp: however many wait, others can send.
func TestWaitingHoldsNobodyUp(t *testing.T) {
	h := newHolding(t)
	c := h.client(t)
	var all sync.WaitGroup
	const many = 150 // more than there may be connections
	for range many {
		all.Add(1)
		go func() {
			defer all.Done()
			if m, err := c.Wait(t.Context(), "msg_1"); err != nil || m.Status != gateway.Sent {
				t.Errorf("%+v, %v", m, err)
			}
		}()
	}
	for range 50 {
		<-h.held
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for range 20 {
		if _, err := c.Submit(ctx, text("beside"), gateway.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(h.held); n > 0 {
		t.Errorf("%d answers are held back", 50+n)
	}
	close(h.release)
	all.Wait()
}

// TestWaitOutlivesAnOutage: a connection that breaks after a long wait is made again, as after a short one.
func TestWaitOutlivesAnOutage(t *testing.T) {
	h := newHolding(t)
	c := h.client(t) // which repeats for a second
	go func() {
		<-h.held
		timer := time.NewTimer(1500 * time.Millisecond)
		defer timer.Stop()
		<-timer.C
		h.CloseClientConnections()
		<-h.held
		close(h.release)
	}()
	if m, err := c.Wait(t.Context(), "msg_1"); err != nil || m.Status != gateway.Sent {
		t.Errorf("%+v, %v", m, err)
	}
}
