package limit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

// small quotas are reached within a few steps.
const (
	smallMinute = 3
	smallHour   = 10
)

func smallLimits(now func() time.Time) *limit.Limits {
	return newLimits(limit.Config{MemberMinute: smallMinute, MemberHour: smallHour, Groups: 3, Now: now})
}

// received is what each receiver got, by a clock that was never set back. It checks the quotas in the
// slow and obvious way.
type received map[string][]time.Time

func (r received) add(t *rapid.T, key string, at time.Time) {
	r[key] = append(r[key], at)
	for _, window := range []struct {
		most int
		span time.Duration
	}{{smallMinute, time.Minute}, {smallHour, time.Hour}} {
		n := 0
		for _, other := range r[key] {
			if at.Sub(other) < window.span {
				n++
			}
		}
		if n > window.most {
			t.Fatalf("%s got %d within %v", key, n, window.span)
		}
	}
}

var everyone = []string{"user:a", "user:b", "user:c", "user:d", "user:e", "user:f", "party:1", "party:2", "tag:1"}

func keysOf(c delivery.Content) (keys []string) {
	to := c.To()
	if to.All {
		return everyone
	}
	for _, user := range to.Users {
		keys = append(keys, "user:"+strings.ToLower(user))
	}
	for _, id := range to.Parties {
		keys = append(keys, []string{"", "party:1", "party:2"}[id])
	}
	if len(to.Tags) > 0 {
		keys = append(keys, "tag:1")
	}
	return keys
}

func drawTo(t *rapid.T) wecom.To {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return wecom.To{All: true}
	case 1:
		return wecom.To{Parties: []int{rapid.IntRange(1, 2).Draw(t, "party")}, Users: drawUsers(t, 0)}
	case 2:
		return wecom.To{Tags: []int{1}, Users: drawUsers(t, 0)}
	}
	return wecom.To{Users: drawUsers(t, 1)}
}

func drawUsers(t *rapid.T, least int) []string {
	users := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}), least, 4, rapid.ID).Draw(t, "users")
	for i := range users {
		if rapid.Bool().Draw(t, "capital") {
			users[i] = strings.ToUpper(users[i])
		}
	}
	return users
}

// Whatever happens, nobody gets more than WeCom delivers, and what waits goes at last.
func TestNobodyGetsTooMuch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &dispatch{t: rt, now: start}
		clock := func() time.Time { return d.now }
		d.limits = smallLimits(clock)
		got := received{}
		var setBack time.Duration // how far the clock is behind the true time
		var sent []*row
		var sentAt []time.Time // by the clock of then
		since := 0             // which of them were sent since the clock was last set back
		accepted, arrived, gone := 0, 0, 0
		d.sent = func(r *row) {
			for _, key := range keysOf(r.content) {
				got.add(rt, key, d.now.Add(setBack))
			}
			arrived += len(keysOf(r.content))
			sent, sentAt = append(sent, r), append(sentAt, d.now)
		}
		steps := map[string]func(*rapid.T){
			"accept": func(t *rapid.T) {
				c := toAny(drawTo(t))
				for range rapid.IntRange(1, 4).Draw(t, "times") {
					accepted += len(keysOf(c))
					d.accept(crm, c)
				}
			},
			"advance": func(t *rapid.T) { d.advance(drawDuration(t)) },
			"pause":   func(t *rapid.T) { d.pause(drawDuration(t)) },
			"clock back": func(t *rapid.T) {
				by := drawDuration(t) + time.Millisecond
				d.now, setBack = d.now.Add(-by), setBack+by
				since = len(sent)
			},
			"not sent": func(t *rapid.T) {
				if len(sent) == since {
					t.Skip("nothing was sent")
				}
				i := rapid.IntRange(since, len(sent)-1).Draw(t, "which")
				r, at := sent[i], sentAt[i]
				d.limits.Return(at, crm, r.content)
				for _, key := range keysOf(r.content) {
					j := slices.Index(got[key], at.Add(setBack))
					got[key] = slices.Delete(got[key], j, j+1)
				}
				gone += len(keysOf(r.content))
				sent, sentAt = slices.Delete(sent, i, i+1), slices.Delete(sentAt, i, i+1)
				arrived -= len(keysOf(r.content))
			},
			"cancel": func(t *rapid.T) {
				if len(d.rows) == 0 {
					t.Skip("nothing waits")
				}
				i := rapid.IntRange(0, len(d.rows)-1).Draw(t, "which")
				r := d.rows[i]
				gone += len(keysOf(r.content))
				d.rows = slices.Delete(d.rows, i, i+1)
				if rapid.Bool().Draw(t, "told") {
					d.limits.Return(r.due, crm, r.content)
				}
			},
			"restart": func(t *rapid.T) {
				d.limits = smallLimits(clock)
				for i, r := range sent {
					d.limits.Seen(sentAt[i], crm, r.content, false)
				}
				for _, r := range d.rows {
					d.limits.Seen(r.due, crm, r.content, true)
				}
			},
		}
		rt.Repeat(steps)
		d.drain()
		if accepted != arrived+gone {
			rt.Fatalf("%d of %d arrived, and %d were taken back", arrived, accepted, gone)
		}
	})
}

func drawDuration(t *rapid.T) time.Duration {
	most := rapid.SampledFrom([]time.Duration{500 * time.Millisecond, 30 * time.Second, 10 * time.Minute, 2 * time.Hour}).Draw(t, "scale")
	return time.Duration(rapid.Int64Range(0, most.Milliseconds()).Draw(t, "ms")) * time.Millisecond
}

// slack is how much more than WeCom's windows lies between messages, at most: the margin, and what
// it takes to the next whole second.
const slack = 2*time.Second + time.Millisecond

// Messages for one member each go in the order in which they came, are put off once, and wait no
// longer than the slack in each window makes them.
func TestOrderAndNoNeedlessWait(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &dispatch{t: t, now: start, limits: smallLimits(nil)}
		const late = 400 * time.Millisecond
		d.late = func() time.Duration {
			return time.Duration(rapid.Int64Range(0, late.Milliseconds()).Draw(rt, "late")) * time.Millisecond
		}
		optimum := map[int]time.Time{}
		schedule := map[string][]time.Time{}
		lastOf := map[string]int{}
		d.sent = func(r *row) {
			user := r.content.App.To.Users[0]
			if last, ok := lastOf[user]; ok && last > r.number {
				rt.Fatalf("message %d after %d", r.number, last)
			}
			lastOf[user] = r.number
			if r.waited > 1 {
				rt.Fatalf("message %d was put off %d times", r.number, r.waited)
			}
			if best, ok := optimum[r.number]; ok && d.now.After(best.Add(late)) {
				rt.Fatalf("message %d went at %v, not by %v", r.number, d.now, best)
			}
		}
		for range rapid.IntRange(1, 60).Draw(rt, "messages") {
			d.advance(drawDuration(rt) / 20)
			user := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "user")
			times := schedule[user]
			best := d.now
			if n := len(times); n > 0 {
				best = later(best, times[n-1])
			}
			if n := len(times) - smallMinute; n >= 0 {
				best = later(best, times[n].Add(time.Minute+slack))
			}
			if n := len(times) - smallHour; n >= 0 {
				best = later(best, times[n].Add(time.Hour+slack))
			}
			schedule[user] = append(times, best)
			optimum[d.next] = best
			d.accept(crm, to(user))
		}
		d.drain()
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// The order holds through a pause, after which what waits for longer still moves back by what was lost.
func TestOrderThroughAPause(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &dispatch{t: t, now: start, limits: smallLimits(nil)}
		var order []int
		d.sent = func(r *row) {
			order = append(order, r.number)
			if r.waited > 2 {
				rt.Fatalf("message %d was put off %d times", r.number, r.waited)
			}
		}
		accept := func(what string) {
			for range rapid.IntRange(0, 40).Draw(rt, what) {
				d.accept(crm, to("a"))
				d.advance(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "apart")) * time.Millisecond)
			}
		}
		accept("before")
		d.pause(drawDuration(rt))
		accept("after")
		d.drain()
		if !slices.IsSorted(order) || len(order) != d.next {
			rt.Fatalf("they went as %v", order)
		}
	})
}

// A second pause hits those that were put off by a first one. They keep their order too, and each is
// put off once more.
func TestOrderThroughTwoPauses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &dispatch{t: rt, now: start, limits: newLimits(limit.Config{})}
		var order []int
		d.sent = func(r *row) {
			order = append(order, r.number)
			if r.waited > 3 {
				rt.Fatalf("message %d was put off %d times", r.number, r.waited)
			}
		}
		const messages, planned = 300, 9 * 61 * time.Second
		for range messages {
			d.accept(crm, to("a"))
		}
		first := time.Duration(rapid.IntRange(200, 600).Draw(rt, "first pause")) * time.Second
		d.pause(first)
		d.advance(max(0, planned+5*time.Second-first)) // by now all were put off
		d.pause(time.Duration(rapid.IntRange(1, 200).Draw(rt, "second pause")) * time.Second)
		d.drain()
		if !slices.IsSorted(order) || len(order) != messages {
			rt.Fatalf("they went as %v", order)
		}
	})
}

// No day in Beijing has more person-times than the cap, and all go in the end.
func TestNoDayHasTooMany(t *testing.T) {
	users := members(100)
	rapid.Check(t, func(rt *rapid.T) {
		d := &dispatch{t: rt, now: start}
		d.limits = newLimits(limit.Config{AccountCap: func(delivery.Sender) int { return 1 }}) // 200
		beijing := time.FixedZone("", 8*60*60)
		byDay := map[string]int{}
		accepted, arrived := 0, 0
		d.sent = func(r *row) {
			n := len(r.content.App.To.Users)
			day := d.now.In(beijing).Format(time.DateOnly)
			if byDay[day] += n; byDay[day] > 200 {
				rt.Fatalf("%d person-times on %s", byDay[day], day)
			}
			arrived += n
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				d.advance(time.Duration(rapid.IntRange(0, 20*3600).Draw(rt, "seconds")) * time.Second)
			case 1:
				d.pause(time.Duration(rapid.IntRange(0, 40*3600).Draw(rt, "seconds")) * time.Second)
			case 2:
				if len(d.rows) > 0 {
					r := d.rows[0]
					d.rows = d.rows[1:]
					d.limits.Return(r.due, crm, r.content)
					accepted -= len(r.content.App.To.Users)
				}
			default:
				first := rapid.IntRange(0, 60).Draw(rt, "first user")
				n := rapid.IntRange(1, 40).Draw(rt, "users")
				accepted += n
				d.accept(crm, to(users[first:first+n]...))
			}
		}
		d.drain()
		if accepted != arrived {
			rt.Fatalf("%d of %d arrived", arrived, accepted)
		}
	})
}
