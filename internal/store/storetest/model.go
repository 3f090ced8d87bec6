package storetest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// TestModel compares outboxes with a model that is so simple that it can be believed: whatever is
// done, in whatever order, both come to the same.
func TestModel(t *testing.T, open func(t *testing.T) delivery.Outbox) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{world: &world{T: t, Outbox: open(t), now: beginning}}
		rt.Repeat(map[string]func(*rapid.T){
			"add":    m.add,
			"claim":  m.claim,
			"settle": m.settle,
			"cancel": m.cancel,
			"expire": m.expire,
			"prune":  m.prune,
			"wait": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
			},
			"": m.check,
		})
	})
}

// model is what an outbox should have in it.
type model struct {
	*world
	messages []*modelMessage
}

type modelMessage struct {
	id       delivery.MessageID
	orderKey string
	parts    []*modelPart
}

type modelPart struct {
	id       delivery.ID
	status   delivery.Status
	due, end time.Time // end is when it expires
	settled  time.Time
	attempts int
	doubt    bool
	after    bool // it waits for the part before it
	behind   bool // it waits for earlier messages of its order key
}

func (m *modelMessage) open() bool {
	return slices.ContainsFunc(m.parts, func(p *modelPart) bool { return !p.status.Final() })
}

func (p *modelPart) waits() bool { return p.status <= delivery.Queued }

func (m *model) add(t *rapid.T) {
	given := m.message(rapid.IntRange(1, 3).Draw(t, "parts"))
	given.OrderKey = rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(t, "order key")
	given.Expires = m.now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "ttl")) * time.Minute)
	chained := rapid.Bool().Draw(t, "chained")
	own := &modelMessage{orderKey: given.OrderKey}
	behind := given.OrderKey != "" && slices.ContainsFunc(m.messages, func(other *modelMessage) bool { return other.orderKey == own.orderKey && other.open() })
	for i := range given.Deliveries {
		d := &given.Deliveries[i]
		d.Expires = given.Expires
		d.Status = rapid.SampledFrom([]delivery.Status{delivery.Scheduled, delivery.Queued, delivery.Sending}).Draw(t, "status")
		d.Waiting = chained && i > 0
		if d.Waiting && d.Status == delivery.Sending {
			d.Status = delivery.Queued
		}
		if d.Status == delivery.Scheduled {
			d.Due = m.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "delay")) * time.Minute)
		}
		p := &modelPart{status: d.Status, due: d.Due, end: given.Expires, after: d.Waiting, behind: behind && !d.Waiting}
		if p.behind && p.status == delivery.Sending {
			p.status = delivery.Queued
		}
		if p.status == delivery.Sending {
			p.attempts = 1
		}
		own.parts = append(own.parts, p)
	}
	own.id = m.world.add(given).ID
	for i, p := range own.parts {
		p.id = delivery.ID{Message: own.id, Part: i}
	}
	m.messages = append(m.messages, own)
}

func (m *model) claim(t *rapid.T) {
	n := rapid.IntRange(1, 5).Draw(t, "n")
	var due []*modelPart
	for _, message := range m.messages {
		for _, p := range message.parts {
			if p.waits() && !p.after && !p.behind && !p.due.After(m.now) && p.end.After(m.now) {
				due = append(due, p)
			}
		}
	}
	slices.SortStableFunc(due, func(a, b *modelPart) int { return a.due.Compare(b.due) })
	got := m.world.claim(n)
	if got.More != (len(due) > n) {
		t.Fatalf("more: %v, of %d due and %d asked for", got.More, len(due), n)
	}
	if len(got.Deliveries) != min(n, len(due)) {
		t.Fatalf("%d of %d due were given out, %d were asked for", len(got.Deliveries), len(due), n)
	}
	for i, d := range got.Deliveries {
		// Those that are due at the same time may come in any order.
		j := slices.IndexFunc(due, func(p *modelPart) bool { return p.id == d.ID && p.due.Equal(due[i].due) })
		if j < 0 {
			t.Fatalf("%v was given out, due %v", d.ID, d.Due)
		}
		due[j].status = delivery.Sending
		due[j].attempts++
	}
}

func (m *model) settle(t *rapid.T) {
	var sending []*modelPart
	for _, message := range m.messages {
		for _, p := range message.parts {
			if p.status == delivery.Sending {
				sending = append(sending, p)
			}
		}
	}
	if len(sending) == 0 {
		t.Skip("nothing is on its way")
	}
	p := rapid.SampledFrom(sending).Draw(t, "which")
	status := rapid.SampledFrom(delivery.Sending.Next()).Draw(t, "status")
	s := delivery.Settlement{ID: p.id, Attempt: p.attempts, Status: status, At: m.now, Due: m.now.Add(time.Minute)}
	if stale := rapid.IntRange(0, 9).Draw(t, "stale") == 0; stale {
		s.Attempt--
		m.world.settle(s)
		return
	}
	if status == delivery.Queued && rapid.Bool().Draw(t, "doubt") || p.doubt {
		s.Doubt, p.doubt = m.now, true
	}
	s.NotTried = rapid.IntRange(0, 4).Draw(t, "not tried") == 0
	if s.NotTried {
		p.attempts--
	}
	var rest *modelPart
	if status == delivery.Queued && s.NotTried && !p.doubt && rapid.Bool().Draw(t, "looked up") {
		c := content("looked up", "lisi")
		s.Content, s.Lookup = &c, &delivery.Lookup{Found: []delivery.Found{{Alias: zhang, User: "lisi"}}}
		if rapid.Bool().Draw(t, "not all") {
			message := m.messages[slices.IndexFunc(m.messages, func(message *modelMessage) bool { return message.id == p.id.Message })]
			rest = &modelPart{
				id: delivery.ID{Message: message.id, Part: len(message.parts)}, status: delivery.Queued, due: m.now.Add(time.Hour), end: p.end,
			}
			s.Later = []delivery.Later{{Users: []string{ghost}, Due: rest.due}}
			message.parts = append(message.parts, rest)
		}
	}
	m.world.settle(s)
	if status == delivery.Queued {
		p.status, p.due = status, s.Due
		return
	}
	m.end(p, status)
}

// end ends a part, and does what follows from it.
func (m *model) end(p *modelPart, status delivery.Status) {
	p.status, p.settled = status, m.now
	i := slices.IndexFunc(m.messages, func(message *modelMessage) bool { return message.id == p.id.Message })
	message := m.messages[i]
	if next := p.id.Part + 1; next < len(message.parts) {
		follower := message.parts[next]
		if follower.waits() && follower.after {
			if status == delivery.Refused || status == delivery.Expired || status == delivery.Cancelled {
				m.end(follower, status)
			} else {
				follower.after, follower.due = false, later(follower.due, m.now)
			}
		}
	}
	if message.orderKey == "" || message.open() {
		return
	}
	for _, next := range m.messages {
		if next.orderKey != message.orderKey || !next.open() {
			continue
		}
		for _, p := range next.parts {
			if p.behind && p.waits() {
				p.behind, p.due = false, later(p.due, m.now)
			}
		}
		return // only the first that is open
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *model) cancel(t *rapid.T) {
	if len(m.messages) == 0 {
		t.Skip("there is no message")
	}
	message := rapid.SampledFrom(m.messages).Draw(t, "which")
	_, left, _, err := m.Cancel(m.Context(), message.id, m.now)
	m.ok(err)
	var waiting []*modelPart
	for _, p := range message.parts {
		if p.waits() {
			waiting = append(waiting, p)
		}
	}
	if left != len(message.parts)-len(waiting) {
		t.Fatalf("%d had left, says Cancel", left)
	}
	for _, p := range waiting {
		p.after = false // all end by themselves
	}
	for _, p := range waiting {
		if p.doubt {
			m.end(p, delivery.Uncertain)
		} else {
			m.end(p, delivery.Cancelled)
		}
	}
}

func (m *model) expire(t *rapid.T) {
	_, _, next, err := m.Expire(m.Context(), m.now, 1000)
	m.ok(err)
	var first time.Time
	for _, message := range m.messages {
		for _, p := range message.parts {
			switch {
			case !p.waits():
			case p.end.After(m.now):
				if first.IsZero() || p.end.Before(first) {
					first = p.end
				}
			case p.doubt:
				m.end(p, delivery.Uncertain)
			default:
				m.end(p, delivery.Expired)
			}
		}
	}
	if !next.Equal(first) {
		t.Fatalf("the next runs out at %v, says Expire, instead of %v", next, first)
	}
}

func (m *model) prune(t *rapid.T) {
	before := m.now.Add(-time.Duration(rapid.IntRange(0, 120).Draw(t, "minutes")) * time.Minute)
	var keep []*modelMessage
	for _, message := range m.messages {
		old := !message.open() && !slices.ContainsFunc(message.parts, func(p *modelPart) bool { return !p.settled.Before(before) })
		if !old {
			keep = append(keep, message)
		}
	}
	got, err := m.Prune(m.Context(), before, 0, 1000)
	m.ok(err)
	if want := len(m.messages) - len(keep); got != want {
		t.Fatalf("%d messages were forgotten instead of %d", got, want)
	}
	m.messages = keep
}

// check compares all that can be seen.
func (m *model) check(t *rapid.T) {
	depth := map[delivery.Status]int{}
	for _, message := range m.messages {
		stored, err := m.Message(m.Context(), message.id)
		m.ok(err)
		if len(stored.Deliveries) != len(message.parts) {
			t.Fatalf("%v has %d parts instead of %d", message.id, len(stored.Deliveries), len(message.parts))
		}
		for i, p := range message.parts {
			d := stored.Deliveries[i]
			waiting := p.waits() && (p.after || p.behind)
			if d.Status != p.status || d.Attempts != p.attempts || p.waits() && (d.Waiting != waiting || !d.Due.Equal(p.due)) || d.Doubt.IsZero() == p.doubt {
				t.Fatalf("%v is %s after %d attempts, waiting %v, due %v, doubt %v; the model says %s, %d, %v, %v, %v",
					d.ID, d.Status, d.Attempts, d.Waiting, d.Due, d.Doubt, p.status, p.attempts, waiting, p.due, p.doubt)
			}
			if !p.status.Final() {
				depth[p.status]++
			}
		}
	}
	got, err := m.Depth(m.Context())
	m.ok(err)
	m.same("depth", got, depth)
}
