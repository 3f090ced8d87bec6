//go:build linux

package faults

import (
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestTerminated asks the gateway to end while it sends: what is on its way ends well, and the rest is
// as if it had never been begun.
func TestTerminated(t *testing.T) {
	t.Parallel()
	const workers, latency = 8, 500 * time.Millisecond
	w := newWeCom(t)
	w.fault(simulator.Fault{Call: "message/send", Latency: latency})
	g := newGateway(t, w, func(s *settings) { s.Apps[0].Workers = workers })
	p := g.start()
	letters := texts(crm.Name, "at the end", 0, 200)
	ids := g.postAll(letters)
	eventually(t, 20*time.Second, "some are sent", func() bool { return len(w.calls()) > 2*workers },
		func() string { return "too few calls" })
	began := time.Now()
	if code := p.terminate(30 * time.Second); code != 0 {
		t.Fatalf("exit code %d after SIGTERM", code)
	}
	took := time.Since(began)
	calls := w.calls()

	w.fault()
	g.change(func(s *settings) { s.Apps[0].Rate = 1e-6 }) // hardly anything goes
	g.start()
	sent, queued := 0, 0
	for _, id := range ids {
		m := g.get(id)
		switch d := m.Deliveries[0]; {
		case d.Status == "sent":
			sent++
		case d.Status == "queued" && d.Attempts == 0 && !d.MayHaveArrived:
			queued++
		case d.Status != "sending": // the one that the rate lets go
			t.Errorf("after a stop in peace: %s", m.raw)
		}
	}
	t.Logf("it ended after %v; %d calls, %d sent, %d queued", took.Round(time.Millisecond), len(calls), sent, queued)
	if most := len(calls) + 1; sent < len(calls) || sent > most || sent+queued < len(ids)-1 {
		t.Errorf("%d calls, %d sent, %d queued of %d", len(calls), sent, queued, len(ids))
	}
	g.restart(func(s *settings) { s.Apps[0].Rate = 0 })
	w.arrive(letters, 30*time.Second)
	if n := w.sim.Stats().DuplicatesSuppressed; n > 0 {
		t.Errorf("%d were sent twice, though nothing was unknown", n)
	}
}

// TestRestarted ends the gateway in peace and starts it again, several times under load. Nothing is ever
// unknown, so WeCom is never asked twice.
func TestRestarted(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	w.fault(simulator.Fault{Call: "message/send", Latency: 50 * time.Millisecond})
	g := newGateway(t, w, nil)
	p := g.start()
	l := &load{g: g}
	l.begin(t)
	var slowest time.Duration
	for range 5 {
		l.grow(t, 200)
		began := time.Now()
		if code := p.terminate(30 * time.Second); code != 0 {
			t.Fatalf("exit code %d after SIGTERM", code)
		}
		slowest = max(slowest, time.Since(began))
		p = g.start()
	}
	l.grow(t, 100)
	l.end()
	t.Logf("%s; the slowest end took %v", l.finish(t, w, time.Minute), slowest.Round(time.Millisecond))
	if n := w.sim.Stats().DuplicatesSuppressed; n > 0 {
		t.Errorf("%d were sent twice, though nothing was unknown", n)
	}
}

// TestBacklog starts the gateway with very many messages of one app waiting.
func TestBacklog(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	g := newGateway(t, w, func(s *settings) { s.Apps[0].Rate = 1e-6 }) // one goes, the others wait
	g.start()
	began := time.Now()
	g.postAll(texts(crm.Name, "backlog", 0, *waiting))
	posted := time.Since(began)
	if code := g.process.Load().terminate(time.Minute); code != 0 {
		t.Fatalf("exit code %d after SIGTERM", code)
	}
	p := g.start()
	ready := time.Since(p.began)
	began = time.Now()
	g.timed(texts(ops.Name, "the first", 0, 1))
	first := time.Since(began)
	median, longest := g.timed(texts(ops.Name, "beside", 1000, 100))
	memory := p.resident() >> 20
	t.Logf("%d waiting (handed over in %v): listens after %v, the neighbour's first message took %v, its others %v (longest %v); %d MB resident",
		*waiting, posted.Round(time.Millisecond), ready.Round(time.Millisecond), first, median, longest, memory)
	if ready > 20*time.Second || first > 5*time.Second || longest > 5*time.Second || memory > 150 {
		t.Error("that is too much")
	}
}
