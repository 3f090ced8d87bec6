package redisstore

import (
	"sync"

	"github.com/redis/rueidis"
)

// Hints passes on what Redis says about changed keys. One belongs to one store; a caller needs it
// only to make its own client:
//
//	hints := redisstore.NewHints()
//	client, err := rueidis.NewClient(rueidis.ClientOption{…, OnInvalidations: hints.Invalidated})
//	store, err := redisstore.NewWithClient(client, redisstore.Options{Hints: hints})
type Hints struct {
	mu       sync.Mutex
	waiting  map[string]chan struct{} // closed, and gone, when the key changes
	watchers map[string][]func()
}

// NewHints returns hints for one store.
func NewHints() *Hints {
	return &Hints{waiting: make(map[string]chan struct{}), watchers: make(map[string][]func())}
}

// Invalidated takes the keys that changed. None at all means that the connection was lost, or Redis
// emptied: any key may have.
func (h *Hints) Invalidated(messages []rueidis.RedisMessage) {
	if len(messages) == 0 {
		h.all()
		return
	}
	for i := range messages {
		if key, err := messages[i].ToString(); err == nil {
			h.one(tokenKey(key))
		}
	}
}

// one wakes those who wait for a key, or watch it.
func (h *Hints) one(key string) {
	h.mu.Lock()
	if waiting, ok := h.waiting[key]; ok {
		close(waiting)
		delete(h.waiting, key)
	}
	watchers := h.watchers[key]
	h.mu.Unlock()
	for _, changed := range watchers {
		go changed() // it asks Redis, whose reader this is
	}
}

// all wakes everybody.
func (h *Hints) all() {
	h.mu.Lock()
	keys := make(map[string]bool, len(h.waiting)+len(h.watchers))
	for key := range h.waiting {
		keys[key] = true
	}
	for key := range h.watchers {
		keys[key] = true
	}
	h.mu.Unlock()
	for key := range keys {
		h.one(key)
	}
}

func (h *Hints) changed(key string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	waiting, ok := h.waiting[key]
	if !ok {
		waiting = make(chan struct{})
		h.waiting[key] = waiting
	}
	return waiting
}

func (h *Hints) watch(key string, changed func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[key] = append(h.watchers[key], changed)
}
