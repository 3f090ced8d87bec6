package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
)

// The benchmarks count messages: one operation is one message. The disk must be a real one, or the
// fsync that they measure is none: TMPDIR chooses it.

const callers = 64

var (
	text   = strings.Repeat("磁盘已满。", 40) // 600 bytes
	number atomic.Int64                  // no message is another's twin
)

func newMessage(status delivery.Status, due time.Time) *delivery.Message {
	now := time.Now()
	body := wecom.Text{Content: fmt.Sprint(number.Add(1), text)}
	m := &delivery.Message{Sender: "crm", Accepted: now, Expires: now.Add(24 * time.Hour), Producer: "shop"}
	d := delivery.Delivery{
		Sender: "crm", Content: delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{member()}}, Body: body}},
		Status: status, Due: due, Accepted: m.Accepted, Expires: m.Expires, Check: delivery.CheckOn, CheckFor: 4 * time.Hour,
	}
	if status == delivery.Sending {
		d.Attempts, d.Started = 1, now
	}
	m.Deliveries = []delivery.Delivery{d}
	return m
}

// member is one of twenty thousand: messages are found by their members, which lie far apart.
func member() string { return fmt.Sprintf("member-%05d", rand.N(20_000)) }

// each calls do n times, from many goroutines.
func each(n int, do func()) {
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				do()
			}
		})
	}
	all.Wait()
}

func add(b *testing.B, o *sqlite.Outbox, m *delivery.Message) {
	if _, err := o.Add(b.Context(), m); err != nil {
		b.Error(err)
	}
}

func sent(d *delivery.Delivery) delivery.Settlement {
	return delivery.Settlement{ID: d.ID, Attempt: d.Attempts, Status: delivery.Sent, At: time.Now(), Took: time.Millisecond, Answer: delivery.Answer{MsgID: "msgid-0123456789"}}
}

func settle(b *testing.B, o *sqlite.Outbox, s ...delivery.Settlement) {
	if _, err := o.Settle(b.Context(), s...); err != nil {
		b.Error(err)
	}
}

// report says how many messages went through per second, and what one of them costs: the second
// figure holds on a machine that has other things to do, too.
func report(b *testing.B, o *sqlite.Outbox, before sqlite.Stats) {
	b.StopTimer()
	s := o.Stats()
	s.Commits, s.Operations = s.Commits-before.Commits, s.Operations-before.Operations
	b.ReportMetric(float64((s.Busy-before.Busy).Microseconds())/float64(b.N), "writer-µs/msg")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64(s.Operations)/float64(s.Commits), "ops/commit")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkAdd(b *testing.B) {
	for _, status := range []delivery.Status{delivery.Queued, delivery.Sending} {
		b.Run(status.String(), func(b *testing.B) {
			o := open(b, fresh(b))
			before := o.Stats()
			b.ResetTimer()
			each(b.N, func() { add(b, o, newMessage(status, time.Now())) })
			report(b, o, before)
		})
	}
}

// BenchmarkFastPath is the way of a message that goes at once: it is added, and settled by its worker.
func BenchmarkFastPath(b *testing.B) { fastPath(b, "") }

// BenchmarkFastPathCallback is the fast path of messages whose end is told: one more row.
func BenchmarkFastPathCallback(b *testing.B) { fastPath(b, "https://example.com/hook") }

func fastPath(b *testing.B, callback string) {
	o := open(b, fresh(b))
	before := o.Stats()
	b.ResetTimer()
	var settled sync.WaitGroup
	each(b.N, func() {
		m := newMessage(delivery.Sending, time.Now())
		m.CallbackURL = callback
		add(b, o, m)
		settled.Go(func() { settle(b, o, sent(&m.Deliveries[0])) })
	})
	settled.Wait()
	report(b, o, before)
}

// fill adds n queued messages.
func fill(b *testing.B, o *sqlite.Outbox, n int) {
	now := time.Now()
	each(n, func() { add(b, o, newMessage(delivery.Queued, now)) })
}

// work claims n messages in batches and settles each by itself, as workers do.
func work(b *testing.B, o *sqlite.Outbox, n int) {
	jobs := make(chan delivery.Delivery, callers)
	var workers sync.WaitGroup
	for range callers {
		workers.Go(func() {
			for d := range jobs {
				settle(b, o, sent(&d))
			}
		})
	}
	for done := 0; done < n; {
		claimed, err := o.Claim(b.Context(), time.Now(), []delivery.Want{{Sender: "crm", N: min(callers, n-done)}}, func(due []*delivery.Delivery) []delivery.Decision {
			return make([]delivery.Decision, len(due))
		})
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range claimed[0].Deliveries {
			jobs <- d
		}
		done += len(claimed[0].Deliveries)
	}
	close(jobs)
	workers.Wait()
}

func BenchmarkWork(b *testing.B) {
	o := open(b, fresh(b))
	fill(b, o, b.N)
	before := o.Stats()
	b.ResetTimer()
	work(b, o, b.N)
	report(b, o, before)
}

// BenchmarkBoth adds and works off at the same time.
func BenchmarkBoth(b *testing.B) {
	o := open(b, fresh(b))
	before := o.Stats()
	b.ResetTimer()
	var worker sync.WaitGroup
	worker.Go(func() { work(b, o, b.N) })
	each(b.N, func() { add(b, o, newMessage(delivery.Queued, time.Now())) })
	worker.Wait()
	report(b, o, before)
}

// BenchmarkClaim claims one message out of a backlog. Its time must not depend on the backlog, nor
// the memory of the process. STORE_BACKLOG=1 adds a million; that takes a minute.
func BenchmarkClaim(b *testing.B) {
	backlogs := []int{10_000}
	if os.Getenv("STORE_BACKLOG") != "" {
		backlogs = append(backlogs, 1_000_000)
	}
	for _, n := range backlogs {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			o := open(b, fresh(b))
			fill(b, o, n)
			b.ResetTimer()
			for b.Loop() {
				claimed, err := o.Claim(b.Context(), time.Now(), []delivery.Want{{Sender: "crm", N: 1}}, func(due []*delivery.Delivery) []delivery.Decision {
					return make([]delivery.Decision, len(due))
				})
				if err != nil || len(claimed[0].Deliveries) != 1 {
					b.Fatal("nothing was claimed", err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(resident())/(1<<20), "MB-resident")
		})
	}
}

// resident is what the process has in memory, in bytes; 0 where it cannot be told.
func resident() (bytes int) {
	runtime.GC()
	var pages, total int
	statm, _ := os.ReadFile("/proc/self/statm")
	_, _ = fmt.Sscan(string(statm), &total, &pages)
	return pages * os.Getpagesize()
}

// BenchmarkSearch finds a page of a member's messages among many, and one of a member who has none.
// Its time must not depend on how many there are. STORE_MESSAGES says how many.
func BenchmarkSearch(b *testing.B) {
	n := 50_000
	if text := os.Getenv("STORE_MESSAGES"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
	}
	o := open(b, fresh(b))
	for done := 0; done < n; done += 1000 {
		batch := make([]*delivery.Message, 1000)
		for i := range batch {
			batch[i] = newMessage(delivery.Queued, time.Now())
		}
		if _, err := o.AddAll(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for name, f := range map[string]delivery.Filter{
		"member": {User: "member-00042"}, "nobody": {User: "nobody"}, "latest": {Senders: []delivery.Sender{"crm"}},
		"refused": {Statuses: []delivery.Status{delivery.Refused}}, "text": {Text: "is not there"},
	} {
		b.Run(name, func(b *testing.B) {
			looked := 0
			for b.Loop() {
				page, err := o.Search(b.Context(), f, 0, 50)
				if err != nil {
					b.Fatal(err)
				}
				looked = page.Looked
			}
			b.ReportMetric(float64(looked), "rows")
		})
	}
}
