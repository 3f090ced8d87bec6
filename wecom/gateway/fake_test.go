package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// fake is what a gateway is to its clients: it keeps what it is given, once for each idempotency key.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request // as they came
	bodies   []string
	stored   map[string]string // body by key
	// before, if it is set, may answer in place of the gateway; stored tells whether the message is
	// there by then.
	before func(w http.ResponseWriter, n int) (answered, stored bool)
	answer string // about every message; %s is the id
}

const sentAnswer = `{"id":"%s","status":"sent","app":"crm","deliveries":[{"part":1,"status":"sent","msgtype":"text","receipt":{"msgid":"wecom-1"}}]}`

func newFake(t testing.TB) *fake {
	f := &fake{stored: map[string]string{}, answer: sentAnswer}
	f.Server = httptest.NewServer(f)
	if t != nil {
		t.Cleanup(f.Close)
	}
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	f.requests = append(f.requests, r)
	f.bodies = append(f.bodies, string(body))
	answered, stored := false, true
	if f.before != nil {
		answered, stored = f.before(w, len(f.requests))
	}
	key := r.Header.Get("Idempotency-Key")
	if r.Method == http.MethodPost && stored && key != "" {
		if before, ok := f.stored[key]; ok && before != string(body) {
			problem(w, 422, gateway.CodeKeyReused, "the key was used")
			return
		} else if ok {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		f.stored[key] = string(body)
	}
	if answered {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, f.answer, "msg_1")
}

// forget says how many requests came since the last time.
func (f *fake) forget() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.requests)
	f.requests, f.bodies = nil, nil
	return n
}

// drop breaks the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func problem(w http.ResponseWriter, status, code int, title string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": title, "status": status, "code": code, "hint": "do something"})
}

const testKey = "hy_a-secret-key"

func (f *fake) client(t testing.TB, change func(*gateway.Config)) *gateway.Client {
	config := gateway.Config{URL: f.URL + "/", Key: testKey, App: "crm", Robot: "ops", Wait: 2 * time.Second, Timeout: 5 * time.Second}
	if change != nil {
		change(&config)
	}
	c, err := gateway.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}
