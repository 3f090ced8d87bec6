package delivery

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counted is a reader of one message that counts how often it is read.
type counted struct {
	Reader // what is not asked for
	mu     sync.Mutex
	status Status
	err    error
	reads  int
}

func (c *counted) Message(ctx context.Context, id MessageID) (*Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads++; ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &Message{ID: id, Deliveries: []Delivery{{ID: ID{Message: id}, Status: c.status}}}, c.err
}

func (c *counted) become(s Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = s
}

// settle is what happens to a delivery, in the order in which it happens.
func (c *counted) settle(h *Hub, id MessageID, s Status) {
	c.become(s)
	h.Publish(Event{ID: ID{Message: id}, Status: s})
}

// TestHubDoesNotPoll: who waits reads the message when the wait begins, when there is news of its end, and
// when the wait is over; never in between, however long it takes and however many wait.
func TestHubDoesNotPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stay, leave = 1000, 500
		c := &counted{status: Queued}
		h := NewHub(c)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		wait := func(ctx context.Context, want Status) {
			all.Go(func() {
				if m, err := h.Wait(ctx, 7); err != nil || m.Status() != want {
					t.Errorf("%+v, %v, want %v", m, err, want)
				}
			})
		}
		for range stay {
			wait(t.Context(), Sent)
		}
		for range leave {
			wait(ctx, Sending)
		}
		reads := func(want int) {
			t.Helper()
			synctest.Wait()
			if c.reads != want {
				t.Errorf("%d reads, want %d", c.reads, want)
			}
		}
		reads(stay + leave)
		time.Sleep(time.Hour)
		c.settle(h, 7, Sending)                            // which is not its end
		h.Publish(Event{ID: ID{Message: 8}, Status: Sent}) // which is another message
		reads(stay + leave)
		cancel()
		reads(stay + 2*leave)
		c.settle(h, 7, Sent)
		reads(2*stay + 2*leave)
		all.Wait()
		if len(h.waiting) > 0 {
			t.Errorf("%d are remembered who do not wait any more", len(h.waiting))
		}
	})
}

// TestHubMissesNothing: a message that ends at any moment around the beginning of the wait is told of.
func TestHubMissesNothing(t *testing.T) {
	for range 2000 {
		c := &counted{status: Queued}
		h := NewHub(c)
		done := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			m, err := h.Wait(ctx, 7)
			if err == nil && (m.Status() != Sent || ctx.Err() != nil) {
				err = errors.New("the wait ended without the end of the message")
			}
			done <- err
		}()
		c.settle(h, 7, Sent)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// TestHubTellsErrors: a message that cannot be read is not waited for.
func TestHubTellsErrors(t *testing.T) {
	h := NewHub(&counted{status: Queued, err: ErrNotFound})
	if _, err := h.Wait(t.Context(), 7); !errors.Is(err, ErrNotFound) || len(h.waiting) > 0 {
		t.Errorf("%v, %d wait", err, len(h.waiting))
	}
}
