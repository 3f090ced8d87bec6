//go:build linux

package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// phase is what goes on when the gateway is killed.
type phase int

const (
	starting   phase = iota // it may not listen yet
	forgetting              // it listens, and first forgets what is too much
	accepting               // a message was accepted just now
	sending                 // a request has just reached WeCom
	settling                // an answer has just left WeCom
	whenever                // at a random moment
	phases
)

var phaseNames = [phases]string{"starting", "forgetting", "accepting", "sending", "settling", "whenever"}

// moment is when the gateway is killed next.
type moment struct {
	phase phase
	left  atomic.Int64 // events of the phase until then
	come  chan struct{}
}

// happens counts an event.
func (m *moment) happens(p phase) {
	if m != nil && m.phase == p && m.left.Add(-1) == 0 {
		close(m.come)
	}
}

// killer kills a gateway at moments, and starts it again.
type killer struct {
	g      *gateway
	w      *wecomServer
	random *rand.Rand
	next   atomic.Pointer[moment]
	killed [phases]int
}

func (k *killer) happens(p phase) { k.next.Load().happens(p) }

// once starts the gateway, and kills it. Now and then the token dies too.
func (k *killer) once() {
	m := &moment{phase: phase(k.random.IntN(int(phases))), come: make(chan struct{})}
	m.left.Store(int64(1 + k.random.IntN(300)))
	patience := 5 * time.Second // an event may not come
	switch m.phase {
	case starting:
		patience = 150 * time.Millisecond
	case forgetting:
		patience = 30 * time.Millisecond
	case whenever:
		patience = 1500 * time.Millisecond
	}
	if m.phase == starting || m.phase == forgetting || m.phase == whenever {
		patience = time.Duration(k.random.Int64N(int64(patience)))
	}
	if k.random.IntN(5) == 0 {
		if err := k.w.sim.Revoke(corpID, crm.AgentID, 42001); err != nil {
			k.g.t.Fatal(err)
		}
	}
	p := k.g.launch()
	if m.phase != starting {
		if err := p.up(); err != nil {
			k.g.t.Fatalf("hongyan serve after a kill: %v", err)
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	k.next.Store(m)
	select {
	case <-m.come:
	case <-timer.C:
	case <-p.exited:
		k.g.t.Fatal("hongyan serve ended by itself")
	}
	p.kill()
	p.quiet = true
	k.killed[m.phase]++
}

// TestKilled kills the gateway at random moments under load, and then lets it finish.
func TestKilled(t *testing.T) {
	w := newWeCom(t)
	w.fault( // an answer takes a while, and WeCom acts after it
		simulator.Fault{Call: "message/send", AgentID: crm.AgentID, Latency: 15 * time.Millisecond},
		simulator.Fault{Call: "message/send", AgentID: ops.AgentID, Latency: 60 * time.Millisecond},
	)
	g := newGateway(t, w, func(s *settings) { s.Retention.Messages = 1000 })
	k := &killer{g: g, w: w, random: chance(1)}
	w.serve(k.late(30 * time.Millisecond))
	l := &load{g: g, accepted: func() { k.happens(accepting) }}

	g.launch()
	began := time.Now()
	l.begin(t)
	g.process.Load().kill()
	for range *kills {
		k.once()
	}
	p := g.start()
	ready := time.Since(p.began).Round(time.Millisecond)
	l.end()
	result := l.finish(t, w, time.Minute)
	by := ""
	for p, n := range k.killed {
		by += fmt.Sprintf(" %s %d", phaseNames[p], n)
	}
	t.Logf("-seed %d: %d kills (%s ) in %v, %s, last start %v", *seed, *kills, by, time.Since(began).Round(time.Second), result, ready)
}

// TestKilledAtQuota kills the gateway when a member has had what WeCom lets them have in a minute. The
// next process knows that, or WeCom would drop what it sends without a word.
func TestKilledAtQuota(t *testing.T) {
	t.Parallel()
	const perMinute = 30
	w := newWeCom(t)
	g := newGateway(t, w, nil)
	g.start()
	before, after := texts(crm.Name, "before", 0, perMinute), texts(crm.Name, "after", 0, 5)
	for i := range before {
		before[i].users = users(0, 1)
	}
	g.postAll(before)
	eventually(t, 10*time.Second, "all are on their way", func() bool { return len(w.calls()) == perMinute },
		func() string { return fmt.Sprint(len(w.calls())) })
	g.process.Load().kill()
	g.start()
	for i := range after {
		after[i].users = users(0, 1)
		g.waits(g.post(after[i]), "member_paced")
	}
	other := letter{users: users(1, 1), text: "to somebody else"}
	g.becomes(g.post(other), "sent", 10*time.Second)
	w.arrive(append(before, other), 20*time.Second)
}

// late serves a call so that WeCom acts, and its answer takes up to a while to leave. One connection in
// a hundred breaks before WeCom acts, and one after.
func (k *killer) late(most time.Duration) func(http.Handler, http.ResponseWriter, *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		k.happens(sending)
		dice := rand.IntN(100)
		if dice < 1 {
			panic(http.ErrAbortHandler)
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if dice < 2 {
			panic(http.ErrAbortHandler)
		}
		timer := time.NewTimer(time.Duration(rand.Int64N(int64(most))))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
		copyAnswer(w, answer)
		k.happens(settling)
	}
}

// copyAnswer writes what was recorded, and sees to it that it leaves.
func copyAnswer(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
	_ = http.NewResponseController(w).Flush()
}
