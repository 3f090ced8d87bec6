//go:build linux

package faults

import (
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestTwins hands the same text over twice, within the interval of WeCom's duplicate check.
func TestTwins(t *testing.T) {
	const text = "the disk is full"
	twin := letter{users: users(7, 1), text: text}
	held := twin
	held.ifUnknown = "hold"
	lost := func(times int) simulator.Fault {
		return simulator.Fault{Call: "message/send", Action: simulator.DropAfter, Times: times}
	}
	type end struct {
		status              string
		mayHave, maybeTwice bool
		attempts            int
	}
	for _, c := range []struct {
		name string
		// The faults that each of them meets. The second is handed over when the first is sent, or at
		// its first attempt if together is set.
		first, second []simulator.Fault
		together      bool
		letter        letter
		ends          [2]end
		arrive        int
	}{
		{
			name: "both arrive", letter: twin,
			ends: [2]end{{status: "sent", attempts: 1}, {status: "sent", attempts: 1}}, arrive: 2,
		},
		{
			// WeCom's check covers the first one; the second one goes without, and arrives at once.
			name: "the first one's fate is unknown", letter: twin, first: []simulator.Fault{lost(1)}, together: true,
			ends: [2]end{{status: "sent", attempts: 2}, {status: "sent", attempts: 1}}, arrive: 2,
		},
		{
			// No check covers the second one: better twice than never.
			name: "the second one's fate is unknown", letter: twin, second: []simulator.Fault{lost(1)},
			ends: [2]end{{status: "sent", attempts: 1}, {status: "sent", attempts: 2, maybeTwice: true}}, arrive: 3,
		},
		{
			name: "the second one's fate is unknown, and it is to be held", letter: held, second: []simulator.Fault{lost(1)},
			ends: [2]end{{status: "sent", attempts: 1}, {status: "uncertain", attempts: 1, mayHave: true}}, arrive: 2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t)
			g := newGateway(t, w, nil)
			g.start()
			w.fault(c.first...)
			ids := [2]string{g.post(c.letter)}
			if c.together {
				eventually(t, 10*time.Second, "the first one was tried", func() bool { return len(w.calls()) > 0 && len(w.sim.Faults()) == 0 },
					func() string { return "no call" })
			} else {
				g.becomes(ids[0], "sent", 10*time.Second)
			}
			w.fault(c.second...)
			ids[1] = g.post(c.letter)
			for i, want := range c.ends {
				m := g.becomes(ids[i], want.status, 30*time.Second)
				d := m.Deliveries[0]
				if got := (end{m.Status, d.MayHaveArrived, d.MayBeSeenTwice, d.Attempts}); got != want {
					t.Errorf("number %d: %+v, want %+v: %s", i+1, got, want, m.raw)
				}
			}
			if n := w.arrivals(c.letter.users[0], text); n != c.arrive {
				t.Errorf("%d arrived, want %d", n, c.arrive)
			}
		})
	}
}
