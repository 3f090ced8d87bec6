// Package events keeps the latest changes of messages for those who listen to them.
//
// The stream is a ring in memory. Who listens reads from it at his own pace, from the position that
// he has reached; nothing is kept for him, and nobody waits for him. Who is so slow that the ring has
// gone over his position has lost his place, and begins again from the outbox.
package events

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Record is one event. Its Seq is its position in the stream of this process.
type Record struct {
	Seq uint64
	delivery.Event
	// New: the message was accepted; Status is that of the message, and Part has no meaning.
	New    bool
	Labels map[string]string // of a new message

	// Shared keeps what one reader made of the event for the others, who may be thousands. nil if the
	// event is not from the stream.
	Shared *Shared
}

// Shared is the texts of an event, by language.
type Shared struct{ texts [2]atomic.Pointer[[]byte] }

// Text returns the text of a language, 0 or 1, which the first who asks makes. It must not be changed.
func (s *Shared) Text(lang int, make func() []byte) []byte {
	if text := s.texts[lang].Load(); text != nil {
		return *text
	}
	text := make()
	s.texts[lang].Store(&text)
	return text
}

const (
	// size is how many events the ring holds.
	size = 1 << 14
	// pause is the least time between two wake-ups of those who wait, and pauseEach what each of them
	// adds: however many listen and however much happens, to tell them leaves most of the processor to
	// those who send. What comes meanwhile is told in one go.
	pause     = 20 * time.Millisecond
	pauseEach = 100 * time.Microsecond
)

// Stream is a [delivery.Listener].
type Stream struct {
	mu   sync.RWMutex
	ring []Record // of Seq n at n % size
	next uint64   // Seq of the next one; those from max(1, next-size) are there

	news chan struct{} // a word for Run, and room for one

	waitMu sync.Mutex
	wake   chan struct{} // closed when there is news
	wait   int           // how many asked for it
}

var _ delivery.Listener = (*Stream)(nil)

// New returns a stream in which nothing has happened yet. Run wakes those who wait.
func New() *Stream {
	return &Stream{ring: make([]Record, size), next: 1, news: make(chan struct{}, 1), wake: make(chan struct{})}
}

// Accepted implements [delivery.Listener].
func (s *Stream) Accepted(m *delivery.Message) {
	s.add(Record{
		Event: delivery.Event{ID: delivery.ID{Message: m.ID}, Sender: m.Sender, Status: m.Status(), At: m.Accepted},
		New:   true, Labels: m.Labels,
	})
}

// Changed implements [delivery.Listener].
func (s *Stream) Changed(e delivery.Event) { s.add(Record{Event: e}) }

func (s *Stream) add(r Record) {
	r.Shared = new(Shared)
	s.mu.Lock()
	r.Seq = s.next
	s.ring[r.Seq%size] = r
	s.next++
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// Run wakes those who wait, until ctx ends.
func (s *Stream) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.news:
		}
		s.waitMu.Lock()
		close(s.wake)
		s.wake = make(chan struct{})
		waited := s.wait
		s.wait = 0
		s.waitMu.Unlock()
		timer.Reset(pause + time.Duration(waited)*pauseEach)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

// News returns a channel that is closed when something happens after the call.
func (s *Stream) News() <-chan struct{} {
	s.waitMu.Lock()
	defer s.waitMu.Unlock()
	s.wait++
	return s.wake
}

// Next is the Seq that the next event gets.
func (s *Stream) Next() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.next
}

// Read fills records with events from Seq on, and returns how many there were. It reports false if
// that position is not in the ring: it has been gone over, or is of another process.
func (s *Stream) Read(from uint64, records []Record) (n int, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if from == 0 || from > s.next || from+size < s.next {
		return 0, false
	}
	for n < len(records) && from+uint64(n) < s.next {
		records[n] = s.ring[(from+uint64(n))%size]
		n++
	}
	return n, true
}
