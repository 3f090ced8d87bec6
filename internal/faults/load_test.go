//go:build linux

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// load is callers who hand over letters and do not give up: when no answer comes, or one that says
// that the gateway cannot take it, they hand it over again with the same key.
type load struct {
	g        *gateway
	accepted func() // called after each 202
	stop     chan struct{}
	wg       sync.WaitGroup

	mu      sync.Mutex
	letters []letter
	ids     []string
	crowd   time.Time // of the last letter to more than a thousand
	refused error     // what should never be answered
	retries int
}

const callers = 16

// begin starts the callers.
func (l *load) begin(t testing.TB) {
	l.stop = make(chan struct{})
	t.Cleanup(l.wg.Wait) // by then the test's context has ended, and so have they
	for caller := range callers {
		l.wg.Go(func() {
			random := chance(uint64(1000 + caller))
			for n := 0; ; n++ {
				for _, next := range l.compose(random, fmt.Sprintf("c%d-%d", caller, n)) {
					if !l.deliver(t.Context(), next) {
						return
					}
				}
				pause := time.NewTimer(time.Duration(random.IntN(int(30 * time.Millisecond))))
				select {
				case <-l.stop:
					return
				case <-t.Context().Done():
					return
				case <-pause.C:
				}
			}
		})
	}
}

// end stops the callers, and waits until what they have begun is accepted.
func (l *load) end() {
	close(l.stop)
	l.wg.Wait()
}

// finish waits until all letters have come to their end, compares what was accepted with what arrived,
// and says in a line how it went. It fails the test if a letter was lost, or arrived twice.
func (l *load) finish(t testing.TB, w *wecomServer, within time.Duration) string {
	t.Helper()
	if l.refused != nil {
		t.Fatal(l.refused)
	}
	all, persons := newAudit(), int64(0)
	for i := range l.letters {
		all.expect(&l.letters[i])
		persons += int64(all.letters[i].persons())
	}
	deadline := time.Now().Add(within)
	soon(within, func() bool { return w.sim.Stats().PersonDeliveries >= persons })
	forgotten := l.settled(t, time.Until(deadline))
	all.check(w.sim.Messages(simulator.Filter{}))
	stats := w.sim.Stats()
	result := fmt.Sprintf("%v; %d POSTs repeated, %d repetitions suppressed by WeCom, %d forgotten by retention, %d dropped over quota",
		all, l.retries, stats.DuplicatesSuppressed, forgotten, stats.DroppedOverQuota)
	if all.wrong() || stats.DroppedOverQuota > 0 {
		t.Fatalf("-seed %d: %s", *seed, result)
	}
	return result
}

// compose makes a letter, or several that are to arrive in order. No two have a text in common.
func (l *load) compose(random *rand.Rand, name string) []letter {
	one := letter{app: crm.Name, users: []string{user(random.IntN(colleague))}, key: name}
	if random.IntN(2) == 0 {
		one.app = ops.Name
	}
	one.text = fmt.Sprintf("%s: the disk of machine %d is full", name, random.IntN(1000))
	switch dice := random.IntN(100); {
	case dice < 10:
		one.users = users(random.IntN(colleague), 2+random.IntN(8))
	case dice < 20: // in two or three parts
		// It is cut at the end of a line, so each part has the name in it.
		one.text = strings.Repeat(one.text+"\n", 1+(2500+random.IntN(2000))/len(one.text))
	case dice < 30:
		one.delay = time.Duration(100+random.IntN(400)) * time.Millisecond
	case dice < 40:
		chain := make([]letter, 2+random.IntN(3))
		for i := range chain {
			chain[i] = one
			chain[i].orderKey = name
			chain[i].key = fmt.Sprintf("%s-%d", name, i)
			chain[i].text = fmt.Sprintf("%s, %d of %d", one.text, i+1, len(chain))
		}
		return chain
	case dice < 50 && l.mayCrowd():
		one.users = users(random.IntN(colleague), 1001+random.IntN(200))
	}
	return []letter{one}
}

// mayCrowd spaces letters to very many, so that no member gets more than WeCom allows.
func (l *load) mayCrowd() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.crowd) < 2*time.Second {
		return false
	}
	l.crowd = time.Now()
	return true
}

// deliver hands a letter over until it is accepted.
func (l *load) deliver(ctx context.Context, next letter) bool {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for tries := 0; ; tries++ {
		m, status, err := l.g.call(ctx, "POST", "/v1/messages", &next)
		switch {
		case ctx.Err() != nil:
			return false
		case status == http.StatusAccepted:
			l.mu.Lock()
			l.letters, l.ids = append(l.letters, next), append(l.ids, m.ID)
			l.retries += tries
			l.mu.Unlock()
			if l.accepted != nil {
				l.accepted()
			}
			return true
		case err == nil && status < http.StatusInternalServerError:
			l.mu.Lock()
			l.refused = fmt.Errorf("POST /v1/messages: %d %s", status, m.raw)
			l.mu.Unlock()
			return false
		}
		<-pause.C
	}
}

// settled waits until each letter has come to its end, or is forgotten. It returns how many are.
func (l *load) settled(t testing.TB, within time.Duration) (forgotten int) {
	t.Helper()
	deadline := time.Now().Add(within)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids := make(chan string)
	for range callers {
		wg.Go(func() {
			for id := range ids {
				var m message
				var status int
				var err error
				ended := soon(max(0, time.Until(deadline)), func() bool {
					m, status, err = l.g.call(t.Context(), "GET", "/v1/messages/"+id, nil)
					return status == http.StatusNotFound || final[m.Status]
				})
				switch {
				case !ended:
					t.Errorf("%s is not at its end: %d %s %v", id, status, m.raw, err)
				case status == http.StatusNotFound:
					mu.Lock()
					forgotten++
					mu.Unlock()
				case m.Status != "sent":
					t.Errorf("%s ended as %s: %s", id, m.Status, m.raw)
				}
			}
		})
	}
	for _, id := range l.ids {
		ids <- id
	}
	close(ids)
	wg.Wait()
	return forgotten
}

// grow waits until n more letters were accepted.
func (l *load) grow(t testing.TB, n int) {
	t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.letters)
	}
	from := count()
	eventually(t, time.Minute, "more letters are accepted", func() bool { return count() >= from+n },
		func() string { return fmt.Sprintf("%d of %d", count()-from, n) })
}
