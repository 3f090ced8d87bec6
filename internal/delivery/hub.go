package delivery

import (
	"context"
	"sync"
)

// Hub tells those who wait of what happens to deliveries. Nobody who listens can slow it down.
type Hub struct {
	reader    Reader
	listeners []Listener

	mu      sync.Mutex
	waiting map[MessageID][]chan struct{}
}

// NewHub returns a hub for the messages of an outbox, with those who hear of everything.
func NewHub(reader Reader, listeners ...Listener) *Hub {
	return &Hub{reader: reader, listeners: listeners, waiting: map[MessageID][]chan struct{}{}}
}

// Accepted tells of a message that is stored.
func (h *Hub) Accepted(m *Message) {
	for _, l := range h.listeners {
		l.Accepted(m)
	}
}

// Publish tells of an event that is stored.
func (h *Hub) Publish(e Event) {
	for _, l := range h.listeners {
		l.Changed(e)
	}
	if !e.Status.Final() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, news := range h.waiting[e.ID.Message] {
		select {
		case news <- struct{}{}:
		default: // it has not looked at the last news yet
		}
	}
}

// Wait returns the message once nothing more happens to it by itself, or as it is when ctx ends. The
// errors are those of Reader.Message.
func (h *Hub) Wait(ctx context.Context, id MessageID) (*Message, error) {
	news := make(chan struct{}, 1)
	h.listen(id, news)
	defer h.leave(id, news)
	for {
		m, err := h.reader.Message(context.WithoutCancel(ctx), id)
		if err != nil || m.Status().Final() {
			return m, err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return h.reader.Message(context.WithoutCancel(ctx), id) // it may wait for something by now
		}
	}
}

func (h *Hub) listen(id MessageID, news chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting[id] = append(h.waiting[id], news)
}

func (h *Hub) leave(id MessageID, news chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var left []chan struct{}
	for _, c := range h.waiting[id] {
		if c != news {
			left = append(left, c)
		}
	}
	if len(left) == 0 {
		delete(h.waiting, id)
		return
	}
	h.waiting[id] = left
}
