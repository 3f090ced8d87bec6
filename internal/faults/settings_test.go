//go:build linux

package faults

import (
	"fmt"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// texts makes letters of one app to one member each.
func texts(app, what string, from, n int) []letter {
	list := make([]letter, n)
	for i := range list {
		list[i] = letter{app: app, users: users(from+i, 1), text: fmt.Sprintf("%s, number %d", what, i)}
	}
	return list
}

// TestMisconfigured has an app of which WeCom takes nothing until a person changes a setting. Its
// messages wait, and those of its neighbour do not.
func TestMisconfigured(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *wecomServer, *settings)
		repair  func(*testing.T, *wecomServer, *settings)
		errcode string
	}{
		{
			"wrong secret",
			func(_ *testing.T, _ *wecomServer, s *settings) { s.Apps[0].Secret = "a-wrong-secret" },
			func(_ *testing.T, _ *wecomServer, s *settings) { s.Apps[0].Secret = crm.Secret },
			`"errcode":40001`,
		},
		{
			"untrusted IP",
			func(t *testing.T, w *wecomServer, _ *settings) { w.trust(t, "192.0.2.1") },
			func(t *testing.T, w *wecomServer, _ *settings) { w.trust(t, "127.0.0.1") },
			`"errcode":60020`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t)
			g := newGateway(t, w, func(s *settings) { c.prepare(t, w, s) })
			g.start()
			before := texts(ops.Name, "before", 0, 50)
			median, longest := g.timed(before)

			held := texts(crm.Name, "held", 1000, 500)
			ids := g.postAll(held)
			g.waits(ids[0], "misconfigured", c.errcode)
			g.waits(ids[len(ids)-1], "misconfigured", c.errcode)
			beside := texts(ops.Name, "beside", 2000, 50)
			median2, longest2 := g.timed(beside)
			t.Logf("the neighbour's message took %v (longest %v) before, and %v (%v) beside", median, longest, median2, longest2)
			if most := 10*median + 100*time.Millisecond; median2 > most || longest2 > 5*time.Second {
				t.Errorf("the neighbour's message takes %v, longest %v", median2, longest2)
			}
			tries := 0
			for _, call := range w.calls() {
				if call.by == crm.AgentID {
					tries++
				}
			}
			if most := 64 + 2; tries > most {
				t.Errorf("WeCom was asked %d times, though it had said no", tries)
			}

			g.restart(func(s *settings) { c.repair(t, w, s) })
			w.arrive(append(append(before, held...), beside...), 30*time.Second)
			for _, id := range ids {
				g.becomes(id, "sent", 10*time.Second)
			}
		})
	}
}

// trust makes an address the only one from which crm may call.
func (w *wecomServer) trust(t *testing.T, ip string) {
	t.Helper()
	world := w.sim.World()
	world.Corps[0].Apps[0].TrustedIPs = []string{ip}
	if err := w.sim.SetWorld(world); err != nil {
		t.Fatal(err)
	}
}

// TestLimited has WeCom answer 45009 for a while: all wait, one goes to see whether it works again,
// and then all go.
func TestLimited(t *testing.T) {
	t.Parallel()
	const workers = 8
	w := newWeCom(t)
	w.fault(simulator.Fault{Call: "message/send", ErrCode: 45009})
	g := newGateway(t, w, func(s *settings) { s.Apps[0].Workers = workers })
	g.start()
	letters := texts(crm.Name, "limited", 0, 200)
	ids := g.postAll(letters)
	g.waits(ids[len(ids)-1], "limited", `"errcode":45009`)
	w.fault(simulator.Fault{Call: "message/send", Latency: 2 * time.Second, Times: 1}) // the probe
	w.arrive(letters, 90*time.Second)
	for _, id := range ids {
		g.becomes(id, "sent", 10*time.Second)
	}
	calls := w.calls()
	first := len(calls) - len(letters) // the calls that were answered 45009, and then the probe
	if first < 1 || first > workers {
		t.Fatalf("%d calls met the limit", first)
	}
	rest, probing := calls[first].at.Sub(calls[first-1].at), calls[first+1].at.Sub(calls[first].at)
	t.Logf("%d calls met the limit; a rest of %v; the probe was alone for %v", first, rest.Round(time.Millisecond), probing.Round(time.Millisecond))
	if rest < 55*time.Second || probing < 2*time.Second {
		t.Errorf("a rest of %v, and another call %v after the probe", rest, probing)
	}
}

// TestRevoked kills the token under load, several times. No message notices.
func TestRevoked(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	w.fault(simulator.Fault{Call: "message/send", Latency: 5 * time.Millisecond})
	g := newGateway(t, w, nil)
	g.start()
	l := &load{g: g}
	l.begin(t)
	const times = 5
	for i := range times {
		l.grow(t, 100)
		for _, app := range []appSettings{crm, ops} {
			if err := w.sim.Revoke(corpID, app.AgentID, []int{42001, 40014}[i%2]); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.grow(t, 100)
	l.end()
	fetched := w.sim.Stats().Calls["gettoken"]
	t.Logf("%s; %d gettoken", l.finish(t, w, time.Minute), fetched)
	if most := int64(2 * (times + 1)); fetched > most {
		t.Errorf("%d gettoken, though %d are enough", fetched, most)
	}
	for _, id := range l.ids {
		for _, d := range g.get(id).Deliveries {
			if d.Attempts != 1 {
				t.Errorf("%s took %d attempts", id, d.Attempts)
			}
		}
	}
}
