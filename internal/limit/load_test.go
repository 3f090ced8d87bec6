package limit_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

// Callers at once, among them those of @all: what goes in one minute is no more than it may be.
func TestCallersAtOnce(t *testing.T) {
	l := newLimits(limit.Config{})
	var mu sync.Mutex
	got := map[string]int{}
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			for j := range 100 {
				c := to(fmt.Sprint("user", (i+j)%4))
				if j%25 == 0 {
					c = toAny(wecom.To{All: true})
				}
				d := l.Book(at(float64(j)/10), crm, c, time.Time{})
				if !d.Due.IsZero() {
					if j%3 == 0 {
						l.Return(d.Due, crm, c)
					}
					continue
				}
				mu.Lock()
				if c.App.To.All {
					got["all"]++
				} else {
					got[c.App.To.Users[0]]++
				}
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	for user, n := range got {
		if user != "all" && n+got["all"] > 30 {
			t.Errorf("%s got %d, and %d to everybody", user, n, got["all"])
		}
	}
	if got["all"] == 0 || got["user0"] == 0 {
		t.Errorf("nothing went: %v", got)
	}
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// A hundred thousand that wait for one member take little room, although each has its time.
func TestRoomOfThoseWhoWait(t *testing.T) {
	l := newLimits(limit.Config{})
	before := heap()
	now, last := start, time.Time{}
	for range 100_000 {
		now = now.Add(10 * time.Millisecond)
		d := l.Book(now, crm, to("zhangsan"), time.Time{})
		if d.Due.Before(last) {
			t.Fatalf("due %v, after one at %v", d.Due, last)
		}
		last = d.Due
	}
	if wait := last.Sub(start); wait < 99*time.Hour || wait > 102*time.Hour {
		t.Errorf("the last one waits %v", wait)
	}
	if grown := int64(heap() - before); grown > 1<<20 {
		t.Errorf("%d bytes for 100,000 who wait", grown)
	} else {
		t.Logf("%d bytes for 100,000 who wait", grown)
	}
	runtime.KeepAlive(l)
}

// Members who got nothing for an hour are forgotten.
func TestIdleMembersAreForgotten(t *testing.T) {
	l := newLimits(limit.Config{})
	l.Book(start, crm, to("someone"), time.Time{})
	before := heap()
	now := start
	for i := range 300_000 {
		if i%10_000 == 0 {
			now = now.Add(70 * time.Minute)
		}
		l.Book(now, crm, to(fmt.Sprint("user", i)), time.Time{})
	}
	if grown := int64(heap() - before); grown > 12<<20 {
		t.Errorf("%d bytes for 10,000 active members", grown)
	} else {
		t.Logf("%d bytes for 10,000 active members", grown)
	}
	runtime.KeepAlive(l)
}

// @all does not wait behind the thousands who wait for one member, and they make room for it.
func TestEverybodyAmongAFlood(t *testing.T) {
	l := newLimits(limit.Config{})
	d := &dispatch{t: t, limits: l, now: start}
	var wentAll time.Time
	var times []time.Time
	d.sent = func(r *row) {
		times = append(times, d.now)
		if r.content.App.To.All {
			wentAll = d.now
		}
	}
	for range 300 {
		d.accept(crm, to("zhangsan"))
	}
	d.advance(90 * time.Second)
	asked := d.now
	d.accept(crm, toAny(wecom.To{All: true}))
	d.drain()
	if wait := wentAll.Sub(asked); wentAll.IsZero() || wait > 63*time.Second {
		t.Errorf("@all waited %v", wait)
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := 30; i < len(times); i++ {
		if times[i].Sub(times[i-30]) < time.Minute {
			t.Errorf("31 within %v", times[i].Sub(times[i-30]))
		}
	}
	if len(times) != 301 {
		t.Errorf("%d went", len(times))
	}
}
