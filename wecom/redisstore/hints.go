package redisstore

import (
	"sync"
	"sync/atomic"

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

	away atomic.Pointer[atomic.Bool] // of the store's connection, once there is a store
}

// NewHints returns hints for one store.
func NewHints() *Hints {
	return &Hints{waiting: make(map[string]chan struct{}), watchers: make(map[string][]func())}
}

// Invalidated takes the keys that changed. None at all means that the connection was lost, or Redis
// emptied: any key may have.
func (h *Hints) Invalidated(messages []rueidis.RedisMessage) {
	if len(messages) == 0 {
		// While Redis is away each attempt to reach it ends here; who is woken would make another.
		if away := h.away.Load(); away == nil || !away.Load() {
			h.all()
		}
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
		changed()
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
	h.watchers[key] = append(h.watchers[key], oneAtATime(changed))
}

// oneAtATime returns a function that has run called by a goroutine, since run asks Redis and the caller
// may be its reader. However often it is called, there is one goroutine at most: a call that comes
// while run is under way has it run once more.
func oneAtATime(run func()) func() {
	var due atomic.Int64
	return func() {
		if due.Add(1) > 1 {
			return
		}
		go func() {
			for {
				seen := due.Load()
				run()
				if due.CompareAndSwap(seen, 0) {
					return
				}
				due.Store(1)
			}
		}()
	}
}
