//go:build linux

package faults

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestAudit holds that the audit sees what it is there to see.
func TestAudit(t *testing.T) {
	long := letter{users: []string{"a", "b"}, text: strings.Repeat("long; ", 500)}
	first, second := letter{users: []string{"a"}, text: "first", orderKey: "k"}, letter{users: []string{"a"}, text: "second", orderKey: "k"}
	parts := wecom.SplitText(long.text, wecom.SplitOptions{Numbered: true})
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	arrived := func(text string, users ...string) simulator.Message {
		body, _ := json.Marshal(map[string]string{"content": text})
		return simulator.Message{MsgType: "text", Users: users, Body: body}
	}
	one, two := arrived(parts[0], "a", "b"), arrived(parts[1], "a", "b")
	early, late := arrived("first", "a"), arrived("second", "a")
	for _, c := range []struct {
		name                           string
		arrived                        []simulator.Message
		lost, twice, disorder, strange int
	}{
		{name: "all well", arrived: []simulator.Message{one, early, late, two}},
		{name: "a part is lost", arrived: []simulator.Message{one, early, late}, lost: 2},
		{name: "one member did not get it", arrived: []simulator.Message{one, early, late, arrived(parts[1], "a")}, lost: 1},
		{name: "a part came twice", arrived: []simulator.Message{one, early, late, two, two}, twice: 2},
		{name: "parts in the wrong order", arrived: []simulator.Message{two, early, late, one}, disorder: 2},
		{name: "messages in the wrong order", arrived: []simulator.Message{one, late, early, two}, disorder: 1},
		{name: "not accepted", arrived: []simulator.Message{one, early, late, two, arrived("hello", "a")}, strange: 1},
		{name: "not for them", arrived: []simulator.Message{one, early, late, two, arrived("first", "b")}, strange: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAudit()
			for _, l := range []*letter{&long, &first, &second} {
				a.expect(l)
			}
			a.check(c.arrived)
			if a.lost != c.lost || a.twice != c.twice || a.disorder != c.disorder || a.strange != c.strange {
				t.Errorf("%v", a)
			}
		})
	}
}
