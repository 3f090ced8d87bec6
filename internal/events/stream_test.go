package events

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

func change(n uint64) delivery.Event {
	return delivery.Event{ID: delivery.ID{Message: delivery.MessageID(n)}, Sender: "crm", Status: delivery.Sent}
}

// TestRead: whoever reads gets every event once and in order, or is told that he lost his place.
func TestRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		var told uint64
		place := s.Next()
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			for range rapid.SampledFrom([]int{0, 1, 3, 100, size, size + 1}).Draw(t, "events") {
				told++
				s.Changed(change(told))
			}
			buf := make([]Record, rapid.SampledFrom([]int{1, 2, 64, size}).Draw(t, "room"))
			n, ok := s.Read(place, buf)
			if lost := told+1-place > size; ok == lost {
				t.Fatalf("place %d of %d: ok %t", place, told, ok)
			}
			if !ok {
				place = s.Next()
				continue
			}
			for i, r := range buf[:n] {
				if r.Seq != place+uint64(i) || uint64(r.ID.Message) != r.Seq {
					t.Fatalf("at %d: %+v", place+uint64(i), r)
				}
			}
			if want := min(uint64(len(buf)), told+1-place); uint64(n) != want {
				t.Fatalf("%d events, want %d", n, want)
			}
			place += uint64(n)
		}
		for _, nowhere := range []uint64{0, told + 2, 1 << 60} {
			if _, ok := s.Read(nowhere, nil); ok {
				t.Fatalf("there is no place %d", nowhere)
			}
		}
	})
}

// TestWake: those who wait are woken, and not for every event when there are many of both.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := New()
		go s.Run(ctx)
		wakes, place := 0, s.Next()
		go func() {
			for {
				news := s.News()
				n, _ := s.Read(place, make([]Record, 1000))
				place += uint64(n)
				select {
				case <-news:
					wakes++
				case <-ctx.Done():
					return
				}
			}
		}()
		for n := range uint64(1000) { // one every millisecond
			s.Changed(change(n + 1))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if place != 1001 {
			t.Errorf("%d events were read", place-1)
		}
		if most := int(time.Second/pause) + 2; wakes < 10 || wakes > most {
			t.Errorf("woken %d times, want at most %d", wakes, most)
		}
		cancel()
		synctest.Wait()
	})
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	s := New()
	ctx, cancel := context.WithCancel(t.Context())
	var all, writers sync.WaitGroup
	all.Go(func() { s.Run(ctx) })
	for range 4 {
		writers.Go(func() {
			for range 5000 {
				s.Accepted(&delivery.Message{Sender: "crm", Deliveries: []delivery.Delivery{{Status: delivery.Queued}}})
			}
		})
	}
	for range 4 {
		all.Go(func() {
			buf := make([]Record, 64)
			for place := s.Next(); ; {
				news := s.News()
				n, ok := s.Read(place, buf)
				if !ok {
					n = int(s.Next() - place)
				}
				for i := range buf[:min(n, len(buf))] {
					if ok && string(buf[i].Shared.Text(0, func() []byte { return []byte("x") })) != "x" {
						t.Error("the text of another")
					}
				}
				if place += uint64(n); place > 20000 {
					return
				}
				select {
				case <-news:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	writers.Wait()
	s.Changed(change(1))
	cancel()
	all.Wait()
}

// BenchmarkChanged is what an event costs him who tells it.
func BenchmarkChanged(b *testing.B) {
	s := New()
	b.ReportAllocs()
	for b.Loop() {
		s.Changed(change(1))
	}
}
