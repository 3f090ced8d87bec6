//go:build linux

package faults

import (
	"fmt"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// audit compares what was accepted with what arrived. Each text is handed over once.
type audit struct {
	letters []*expected
	parts   map[string]part      // by their text
	chains  map[string]*expected // the last of each order key

	lost, twice, disorder, strange int // parts to members
	examples                       []string
}

// expected is a letter that was accepted.
type expected struct {
	*letter
	parts []string
	after *expected        // the one before it with the same order key, if there is one
	seen  map[string][]int // when each member got each part, counted in messages; -1 is never
}

type part struct {
	of *expected
	n  int
}

func newAudit() *audit {
	return &audit{parts: map[string]part{}, chains: map[string]*expected{}}
}

// expect adds a letter that was accepted. Those of one order key come in their order.
func (a *audit) expect(l *letter) {
	e := &expected{letter: l, parts: wecom.SplitText(l.text, wecom.SplitOptions{Numbered: true}), seen: map[string][]int{}}
	if l.orderKey != "" {
		e.after, a.chains[l.orderKey] = a.chains[l.orderKey], e
	}
	for i, text := range e.parts {
		if _, twice := a.parts[text]; twice {
			a.strange++
			a.example("two letters have %.60q in common, which makes the audit blind", text)
		}
		a.parts[text] = part{e, i}
	}
	for _, user := range l.users {
		seen := make([]int, len(e.parts))
		for i := range seen {
			seen[i] = -1
		}
		e.seen[user] = seen
	}
	a.letters = append(a.letters, e)
}

// persons is in how many inboxes' lines it must show.
func (e *expected) persons() int { return len(e.parts) * len(e.users) }

// check looks through all that arrived, the oldest first.
func (a *audit) check(arrived []simulator.Message) {
	for at, m := range arrived {
		p, known := a.parts[m.Text()]
		if !known {
			a.strange += len(m.Users)
			a.example("not handed over, or not accepted: %.60q", m.Text())
			continue
		}
		for _, user := range m.Users {
			seen := p.of.seen[user]
			switch {
			case seen == nil:
				a.strange++
				a.example("%s got %.60q, which is not for them", user, m.Text())
			case seen[p.n] >= 0:
				a.twice++
				a.example("%s got %.60q twice", user, m.Text())
			default:
				seen[p.n] = at
			}
		}
	}
	for _, e := range a.letters {
		for user, seen := range e.seen {
			last := -1
			if e.after != nil {
				for _, earlier := range e.after.seen {
					last = max(last, earlier[len(earlier)-1])
				}
			}
			for i, at := range seen {
				switch {
				case at < 0:
					a.lost++
					a.example("%s did not get %.60q", user, e.parts[i])
				case at < last:
					a.disorder++
					a.example("%s got %.60q too early", user, e.parts[i])
				}
				last = max(last, at)
			}
		}
	}
}

func (a *audit) example(format string, args ...any) {
	if len(a.examples) < 10 {
		a.examples = append(a.examples, fmt.Sprintf(format, args...))
	}
}

func (a *audit) wrong() bool { return a.lost+a.twice+a.disorder+a.strange > 0 }

// String is the result in one line, and some of what is wrong in further ones.
func (a *audit) String() string {
	persons := 0
	for _, e := range a.letters {
		persons += e.persons()
	}
	text := fmt.Sprintf("%d accepted, %d to arrive: %d lost, %d twice, %d out of order, %d strange",
		len(a.letters), persons, a.lost, a.twice, a.disorder, a.strange)
	return strings.Join(append([]string{text}, a.examples...), "\n")
}
