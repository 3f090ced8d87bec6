package httpapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/events"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
)

// world is what the API stands on, in memory, and the API over HTTP.
type world struct {
	mu       sync.Mutex
	messages map[delivery.MessageID]*delivery.Message
	byKey    map[string]delivery.MessageID
	attempts map[delivery.MessageID][]delivery.AttemptRecord
	rests    map[delivery.Sender]delivery.Rest
	slowed   map[delivery.Sender]delivery.Rest // nil: nobody is
	keys     map[access.Hash]*access.Key
	used     map[int64]time.Time
	requests []delivery.Request
	changed  chan struct{} // closed when a message is accepted or changes
	waiting  atomic.Int32  // who waits for the end of a message

	fails, notReady, usedFails error // what the ports return, if set
	panics                     any

	operator *fakeOperator
	stream   *events.Stream
	ends     []delivery.Event // what EndsSince finds, in order
	stopping chan struct{}
	hooks    *hooks

	api *API
	url string
	log syncBuffer
}

const now = "2026-03-01T08:00:00.000Z"

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func newWorld(t testing.TB) *world {
	w := &world{
		messages: map[delivery.MessageID]*delivery.Message{}, byKey: map[string]delivery.MessageID{},
		attempts: map[delivery.MessageID][]delivery.AttemptRecord{}, rests: map[delivery.Sender]delivery.Rest{},
		keys: map[access.Hash]*access.Key{}, used: map[int64]time.Time{}, changed: make(chan struct{}),
		stream: events.New(), stopping: make(chan struct{}),
		hooks: &hooks{},
	}
	w.operator = &fakeOperator{world: w}
	stream, stop := context.WithCancel(context.Background())
	go w.stream.Run(stream)
	t.Cleanup(stop)
	w.api = New(Config{
		Intake: w, Messages: w, Changes: w, Waiter: w, Rests: w, Keys: w, Webhooks: w.hooks, Version: "test",
		Media: newLibrary(t), Events: w.stream, Ends: w, Operator: w.operator, Stopping: w.stopping,
		Ready: func(context.Context) error { return w.notReady },
		Log:   slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:   func() time.Time { return at(now) },
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(w.api)
	server.Start()
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// newLibrary are files in a folder and a database of their own.
func newLibrary(t testing.TB) *media.Library {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlite.Open(filepath.Join(dir, "hongyan.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	library, err := media.Open(media.Config{Dir: filepath.Join(dir, "media"), Store: store, Unused: 30 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// key makes an API key for these senders ("" for all), and returns its secret.
func (w *world) key(senders string, scopes ...access.Scope) string {
	secret, hash := access.NewSecret()
	w.mu.Lock()
	defer w.mu.Unlock()
	id := int64(len(w.keys) + 1)
	w.keys[hash] = &access.Key{ID: id, Name: fmt.Sprintf("key-%d", id), Senders: strings.Fields(senders), Scopes: scopes}
	return secret
}

func (w *world) Find(_ context.Context, hash access.Hash) (*access.Key, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if k, ok := w.keys[hash]; ok {
		return k, nil
	}
	return nil, access.ErrNoKey
}

func (w *world) Used(_ context.Context, at map[int64]time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.usedFails != nil {
		return w.usedFails
	}
	maps.Copy(w.used, at)
	return nil
}

func (w *world) Accept(_ context.Context, r delivery.Request) (*delivery.Message, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.panics != nil {
		panic(w.panics)
	}
	if w.fails != nil {
		return nil, false, w.fails
	}
	w.requests = append(w.requests, r)
	if r.Sender.Name() == "nobody" {
		return nil, false, delivery.ErrUnknownSender
	}
	if r.TTL > delivery.MaxTTL {
		return nil, false, &delivery.RequestError{Field: "ttl", Detail: fmt.Sprintf("it is at most %v, given %v", delivery.MaxTTL, r.TTL)}
	}
	if err := validate(r.Content); err != nil {
		return nil, false, err
	}
	if r.Key != "" {
		key := r.Producer + "\n" + r.Key
		if id, ok := w.byKey[key]; ok {
			if w.messages[id].Digest != r.Digest {
				return nil, false, delivery.ErrKeyReused
			}
			return w.copy(id), true, nil
		}
		w.byKey[key] = delivery.MessageID(len(w.messages) + 1)
	}
	m := &delivery.Message{
		ID: delivery.MessageID(len(w.messages) + 1), Sender: r.Sender, Priority: r.Priority, Accepted: at(now), Expires: at(now).Add(24 * time.Hour),
		Producer: r.Producer, Labels: r.Labels, OrderKey: r.OrderKey, Key: r.Key, Digest: r.Digest,
	}
	m.Deliveries = []delivery.Delivery{{
		ID: delivery.ID{Message: m.ID}, Sender: r.Sender, Priority: r.Priority, Content: r.Content, Status: delivery.Queued,
		Due: at(now), Accepted: m.Accepted, Expires: m.Expires,
	}}
	w.messages[m.ID] = m
	w.tell()
	return w.copy(m.ID), false, nil
}

func validate(c delivery.Content) error {
	switch {
	case c.App != nil:
		return c.App.Validate()
	case c.Chat != nil:
		return c.Chat.Validate()
	}
	return c.Robot.Validate()
}

// copy is a message as a reader gets it; mu is held.
func (w *world) copy(id delivery.MessageID) *delivery.Message {
	m := *w.messages[id]
	m.Deliveries = append([]delivery.Delivery(nil), m.Deliveries...)
	return &m
}

func (w *world) Message(_ context.Context, id delivery.MessageID) (*delivery.Message, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails != nil {
		return nil, w.fails
	}
	if w.messages[id] == nil {
		return nil, delivery.ErrNotFound
	}
	return w.copy(id), nil
}

func (w *world) Attempts(_ context.Context, id delivery.MessageID) ([]delivery.AttemptRecord, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.attempts[id], nil
}

func (w *world) Rest(s delivery.Sender) (delivery.Rest, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest, ok := w.rests[s]
	return rest, ok
}

func (w *world) Slowed(s delivery.Sender) delivery.Rest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slowed[s]
}

func (w *world) Wait(ctx context.Context, id delivery.MessageID) (*delivery.Message, error) {
	w.waiting.Add(1)
	defer w.waiting.Add(-1)
	for {
		w.mu.Lock()
		m, changed := w.copy(id), w.changed
		w.mu.Unlock()
		if m.Status().Final() {
			return m, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return m, nil
		}
	}
}

// change does something to the only delivery of a message.
func (w *world) change(id delivery.MessageID, do func(d *delivery.Delivery)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do(&w.messages[id].Deliveries[0])
	w.tell()
}

// tell wakes who waits for a change; mu is held.
func (w *world) tell() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
}

// call makes a request. headers are names and values in turn.
func (w *world) call(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

// hello is the smallest message.
const hello = `{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"hello"}}`

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
