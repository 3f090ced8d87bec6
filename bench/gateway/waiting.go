package main

import (
	"fmt"
	"path/filepath"
	"time"
)

// measurePickup is how soon a message leaves when there is nothing else to do.
func measurePickup(s *settings) []row {
	dir, remove := s.tempDir()
	defer remove()
	upstream := start("wecom", 0)
	defer upstream.stop()
	within := start("inside", insideConfig{Database: filepath.Join(dir, "hongyan.db"), WeCom: upstream.about.URL})
	defer within.stop()
	describe := func(what, limit string, delay time.Duration) row {
		var all []time.Duration
		within.ask(fmt.Sprintf("/pickup?n=%d&delay=%d", 200*s.rounds, delay), &all)
		p := percentiles(all)
		return row{what, "", "p50 " + ms(p.p50) + ", p99 " + ms(p.p99) + ", worst " + ms(p.worst), limit}
	}
	return []row{
		describe("idle pick-up: commit → request leaves", "a goroutine that is woken, and the SDK", 0),
		describe("same, of a delayed message: due → request leaves", "the timer, and the commit of the claim with its fsync", 20*time.Millisecond),
	}
}

// measureFairness is how soon a message of one app leaves, alone and while another app has 100,000
// waiting behind its rate.
func measureFairness(s *settings) []row {
	const backlog, rate, each = 100_000, 150, 200
	dir, remove := s.tempDir()
	defer remove()
	upstream := start("wecom", 0)
	defer upstream.stop()
	behind, alone := filepath.Join(dir, "behind.db"), filepath.Join(dir, "alone.db")
	fill(behind, "slow", min(backlog, s.waiting))
	var took [2][]time.Duration
	var ready time.Duration
	measure := func(side int, database string) func() round {
		return func() round {
			within := start("inside", insideConfig{Database: database, WeCom: upstream.about.URL, Rate: rate})
			defer within.stop()
			if side == 1 {
				ready = max(ready, within.about.Took)
			}
			var all []time.Duration
			within.ask(fmt.Sprintf("/pickup?n=%d&delay=0", each), &all)
			took[side] = append(took[side], all...)
			return round{}
		}
	}
	inTurns(s.rounds, measure(0, alone), measure(1, behind))
	a, b := percentiles(took[1]), percentiles(took[0])
	return []row{
		{"app A has 100,000 waiting behind 150/s: pick-up p99 of app B, against B alone", times(float64(a.p99), float64(b.p99)),
			ms(a.p99) + " and " + ms(b.p99) + "; p50 " + ms(a.p50) + " and " + ms(b.p50), "A's 150 sends and commits a second beside it"},
		{"start with 100,000 waiting", "", ms(ready), "opening the file; of what waits, only the first of each queue is read"},
	}
}

// measureWaiting is what a million waiting messages cost.
func measureWaiting(s *settings) []row {
	dir, remove := s.tempDir()
	defer remove()
	upstream := start("wecom", 0)
	defer upstream.stop()
	few, many := filepath.Join(dir, "few.db"), filepath.Join(dir, "many.db")
	const fewer = 10_000
	fill(few, "slow", fewer)
	began := time.Now()
	fill(many, "slow", s.waiting)
	filled := float64(s.waiting) / time.Since(began).Seconds()
	claims := start("claims", claimsConfig{[]string{few, many}})
	var took []time.Duration
	claims.ask("/claims", &took)
	claims.stop()

	// Both gateways do the same work: the app crm has its messages accepted and sent beside the
	// backlog of the other, of which one a second goes.
	memory := func(database string) (resident usage, took time.Duration) {
		gateway := start("gateway", gatewayConfig{Database: database, WeCom: upstream.about.URL, Workers: 64, Rate: 1})
		defer gateway.stop()
		p := poster{addr: address(gateway), key: gateway.about.Key, want: "202"}
		for range 3 {
			p.post(s.messages, 64, 0)
			settled(gateway)
		}
		return gateway.usage(), gateway.about.Took
	}
	base, atOnce := memory(filepath.Join(dir, "empty.db"))
	full, ready := memory(many)
	what := thousands(s.waiting)
	return []row{
		{what + " waiting: resident memory beyond that with none, after the same work", "", fmt.Sprintf("%s (%s, and %s with none); peaks %s and %s",
			mb(full.Resident-base.Resident), mb(full.Resident), mb(base.Resident), mb(full.Peak), mb(base.Peak)), "SQLite's caches; nothing is kept of what waits"},
		{fmt.Sprintf("claim of 64 out of %s, against out of %s", what, thousands(fewer)), times(float64(took[1]), float64(took[0])),
			ms(took[1]) + " and " + ms(took[0]), "reading 64 rows, and a commit with its fsync"},
		{"start with " + what + " waiting", "", ms(ready) + ", and " + ms(atOnce) + " with none", fmt.Sprintf("opening a file of %s", mb(size(many)))},
		{"filling the outbox with them, 512 callers", "", perSecond(filled), "CPU of the writer's thread"},
	}
}
