package simulator

import (
	"sync"
	"time"
)

// pace is a sliding limit on something that is counted: messages of a robot, person-deliveries of a
// corp. Its zero value has seen nothing.
type pace struct {
	mu   sync.Mutex
	seen []batch // oldest first
	sum  int     // of seen
}

type batch struct {
	at time.Time
	n  int
}

// take books n at now, unless that would make more than most within the span that ends now.
func (p *pace) take(now time.Time, n, most int, span time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.seen) > 0 && p.seen[len(p.seen)-1].at.After(now) { // the clock was set back: not yet
		p.sum -= p.seen[len(p.seen)-1].n
		p.seen = p.seen[:len(p.seen)-1]
	}
	for len(p.seen) > 0 && !p.seen[0].at.After(now.Add(-span)) {
		p.sum -= p.seen[0].n
		p.seen = p.seen[1:]
	}
	if p.sum+n > most {
		return false
	}
	p.sum += n
	p.seen = append(p.seen, batch{now, n})
	return true
}
