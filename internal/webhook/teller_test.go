package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// calls are when receivers were called, by host and webhook-id.
type calls struct {
	mu    sync.Mutex
	began time.Time
	at    map[string][]time.Duration
	ids   map[string]int
}

func newCalls() *calls {
	return &calls{began: time.Now(), at: map[string][]time.Duration{}, ids: map[string]int{}}
}

func (c *calls) note(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at[r.URL.Host] = append(c.at[r.URL.Host], time.Since(c.began))
	c.ids[r.Header.Get("webhook-id")]++
}

func (c *calls) of(host string) []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.at[host]...)
}

func noJitter() float64 { return 0 }

// TestSchedule: what is not taken is tried ten times in two days, and again from the beginning when
// somebody asks for it.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		w := newWorld(t, webhook.Config{Jitter: noJitter, Transport: answers(func(r *http.Request) (int, http.Header) {
			c.note(r)
			return 500, nil
		})})
		w.run()
		id := w.end("https://failing.example/", 1)[0]
		time.Sleep(72 * time.Hour)
		want := []time.Duration{0}
		for _, pause := range webhook.Schedule {
			want = append(want, want[len(want)-1]+pause)
		}
		if got := c.of("failing.example"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("called at %v\nwant      %v", got, want)
		}
		j := w.job(id)
		if j.Status != webhook.Failed || j.Attempts != 10 || len(j.History) != 10 || j.Settled.Sub(c.began) != want[9] {
			t.Errorf("%+v", j)
		}
		if log := w.log.String(); strings.Count(log, "level=WARN") != 2 || strings.Count(log, "fails and rests") != 1 {
			t.Errorf("the log has not two warnings, of the receiver and of the webhook:\n%s", log)
		}
		n, err := w.teller.ReplayMessage(t.Context(), id)
		w.ok(err)
		time.Sleep(time.Minute)
		if got := len(c.of("failing.example")); n != 1 || got != 13 {
			t.Errorf("replayed %d, %d calls a minute later, want 3 more", n, got)
		}
		if len(c.ids) != 1 {
			t.Errorf("the webhook-id changed: %v", c.ids)
		}
	})
}

// TestRetryAfter: a receiver that asks for time gets it, for everything, up to an hour.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		code   int
		header string
		want   time.Duration
	}{
		{429, "120", 2 * time.Minute}, {503, "Sat, 01 Jan 2000 00:10:00 GMT", 10 * time.Minute}, {503, "999999999999", time.Hour}, {503, "864000", time.Hour},
		{429, "-5", 5 * time.Second}, {503, "Fri, 31 Dec 1999 00:00:00 GMT", 5 * time.Second}, {500, "120", 5 * time.Second}, {429, "soon", 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := newCalls()
			w := newWorld(t, webhook.Config{Jitter: noJitter, Transport: answers(func(r *http.Request) (int, http.Header) {
				calls.note(r)
				if len(calls.of(r.URL.Host)) == 1 {
					return c.code, http.Header{"Retry-After": {c.header}}
				}
				return 204, nil
			})})
			w.run()
			w.end("https://busy.example/", 2)
			time.Sleep(2 * time.Hour)
			got := calls.of("busy.example")
			if len(got) != 3 || got[1] != c.want && c.want > 5*time.Second || got[2] != c.want {
				t.Errorf("%d %q: called at %v, want the rest at %v", c.code, c.header, got, c.want)
			}
		})
	}
}

// TestDeadReceiver: however much waits for a receiver that is dead, it has one attempt at a time, ever
// more rarely; others are told at once meanwhile; and when it lives again, everything is told.
func TestDeadReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		alive := false
		w := newWorld(t, webhook.Config{Transport: answers(func(r *http.Request) (int, http.Header) {
			c.note(r)
			c.mu.Lock()
			up := alive
			c.mu.Unlock()
			if r.URL.Host == "well.example" || up {
				return 200, nil
			}
			return 0, nil // it hangs
		})})
		const many = 500
		dead := w.end("https://dead.example/", many)
		w.run()
		time.Sleep(time.Hour)
		tried := len(c.of("dead.example"))
		if tried < 8 || tried > 20 || w.teller.Stats().UnderWay > 1 {
			t.Errorf("a dead receiver was tried %d times in an hour, %d at once", tried, w.teller.Stats().UnderWay)
		}
		before := time.Now()
		well := w.end("https://well.example/", 20)
		synctest.Wait()
		for _, id := range well {
			if j := w.job(id); j.Status != webhook.Delivered || j.Settled.After(before.Add(time.Second)) {
				t.Fatalf("%+v", j)
			}
		}
		c.mu.Lock()
		alive = true
		c.mu.Unlock()
		time.Sleep(25 * time.Hour)
		for _, id := range dead {
			if j := w.job(id); j.Status != webhook.Delivered {
				t.Fatalf("%+v", j)
			}
		}
		if log := w.log.String(); strings.Count(log, "fails and rests") != 1 || strings.Count(log, "works again") != 1 {
			t.Error("the log does not say once that it rests, and once that it works again")
		}
		if got := len(c.of("dead.example")); got > many+tried+3 {
			t.Errorf("%d calls for %d webhooks", got, many)
		}
	})
}

// TestBounds: a receiver that works gets several at once, and no more.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		w := newWorld(t, webhook.Config{Transport: answers(func(r *http.Request) (int, http.Header) {
			c.note(r)
			if len(c.of(r.URL.Host)) == 1 {
				return 200, nil
			}
			return 0, nil
		})})
		w.end("https://slow.example/", 20)
		w.run()
		synctest.Wait()
		if got := w.teller.Stats(); got.UnderWay != 8 || got.Told != 1 {
			t.Errorf("%+v", got)
		}
		for i := range 20 {
			w.end(fmt.Sprintf("https://slow.example:%d/", i+1), 20)
		}
		synctest.Wait()
		if got := w.teller.Stats(); got.UnderWay != 64 {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.teller.Stats(); got.UnderWay > 21 {
			t.Errorf("after their time-outs: %+v", got)
		}
	})
}

// TestGivenUp: what has waited three days for its turn is given up.
func TestGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		w := newWorld(t, webhook.Config{Transport: answers(func(r *http.Request) (int, http.Header) {
			c.note(r)
			return 0, nil
		})})
		w.run()
		ids := w.end("https://dead.example/", 600)
		time.Sleep(webhook.GiveUpAfter + time.Minute)
		for _, id := range ids {
			if j := w.job(id); j.Status != webhook.Failed {
				t.Fatalf("%+v", j)
			}
		}
		n, err := w.teller.Replay(t.Context(), webhook.Filter{Status: webhook.Failed, Since: c.began}, true)
		if got := len(c.of("dead.example")); got > 600 || n != 600 || err != nil {
			t.Errorf("%d calls; %d could be replayed, %v", got, n, err)
		}
		if !strings.Contains(w.log.String(), "webhooks given up") {
			t.Error("the log does not say so")
		}
	})
}

// TestIdle: the store is left alone when nothing is due.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, webhook.Config{Transport: answers(func(*http.Request) (int, http.Header) { return 200, nil })})
		w.run()
		w.end("https://well.example/", 3)
		time.Sleep(time.Second)
		before := w.store.calls.Load()
		time.Sleep(14 * 24 * time.Hour)
		if got := w.store.calls.Load(); got > before+5 {
			t.Errorf("%d calls of the store in two idle weeks", got-before)
		}
	})
}

// TestRestart: what a teller had under way when it was stopped, or when its process was killed, is
// told by the next one.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls()
		hang := true
		w := newWorld(t, webhook.Config{Transport: answers(func(r *http.Request) (int, http.Header) {
			c.note(r)
			if hang {
				return 0, nil
			}
			return 200, nil
		})})
		w.run()
		stopped := w.end("https://slow.example/", 1)[0]
		synctest.Wait()
		began := time.Now()
		w.stop()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the stop took %v", took)
		}
		if j := w.job(stopped); j.Status != webhook.Pending || j.Step != 0 || j.Due.After(time.Now()) {
			t.Errorf("after the stop: %+v", j)
		}
		killed := w.end("https://slow.example/", 1)[0]
		claimed, err := w.outbox.Webhooks().Claim(t.Context(), time.Now(), time.Now().Add(30*time.Second),
			[]webhook.Want{{Receiver: webhook.Receiver{Producer: "shop", Origin: "https://slow.example"}, N: 10}})
		if err != nil || len(claimed[0].Jobs) != 2 {
			t.Fatalf("%+v %v", claimed, err)
		}
		w.ok(w.outbox.Close())
		w.open()
		hang = false
		w.run()
		time.Sleep(31 * time.Second)
		for _, id := range []delivery.MessageID{stopped, killed} {
			if j := w.job(id); j.Status != webhook.Delivered {
				t.Errorf("%+v", j)
			}
		}
		if len(c.ids) != 2 {
			t.Errorf("%v", c.ids)
		}
	})
}
