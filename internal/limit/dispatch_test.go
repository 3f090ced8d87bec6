package limit_test

import (
	"slices"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

// start is noon in Beijing.
var start = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

const crm = delivery.Sender("crm")

func to(users ...string) delivery.Content { return toAny(wecom.To{Users: users}) }

func toAny(to wecom.To) delivery.Content {
	return delivery.Content{App: &wecom.Message{To: to, Body: wecom.Text{Content: "x"}}}
}

// row is a delivery as an outbox keeps it.
type row struct {
	number  int // of the message, in the order in which they came
	from    delivery.Sender
	content delivery.Content
	due     time.Time
	code    string
	booked  time.Time // by the limits, or zero
	waited  int       // how often it was put off
}

// dispatch is a dispatcher and its outbox in a few lines, on a clock that only it moves. It asks the
// limits about each row, and again when its time has come.
type dispatch struct {
	t      fataler
	limits *limit.Limits
	now    time.Time
	rows   []*row
	next   int
	// sent is told of everything that goes.
	sent func(*row)
	late func() time.Duration // how late a row is asked about, beyond its time; nil is not at all
}

func (d *dispatch) accept(from delivery.Sender, c delivery.Content) *row {
	r := &row{number: d.next, from: from, content: c}
	d.next++
	d.ask(r)
	return r
}

// ask does what the decision says, and checks that it is whole.
func (d *dispatch) ask(r *row) {
	d.t.Helper()
	decision := d.limits.Book(d.now, r.from, r.content, r.booked)
	if len(decision.Later) > 0 {
		users := slices.Clone(decision.Keep)
		for _, later := range decision.Later {
			users = append(users, later.Users...)
			d.put(&row{number: r.number, from: r.from, content: r.content.ForUsers(later.Users), waited: r.waited}, later.Due, later.Reason)
		}
		was := slices.Clone(r.content.App.To.Users)
		slices.Sort(was)
		slices.Sort(users)
		if !slices.Equal(was, users) {
			d.t.Fatalf("%v became %v", was, users)
		}
		r.content = r.content.WithUsers(decision.Keep)
	}
	if !decision.Due.IsZero() {
		d.put(r, decision.Due, decision.Reason)
		return
	}
	if to := r.content.To(); r.content.App != nil && !to.All && len(to.Users)+len(to.Parties)+len(to.Tags) == 0 {
		d.t.Fatal("a delivery went to nobody")
	}
	d.sent(r)
}

func (d *dispatch) put(r *row, due time.Time, why delivery.Reason) {
	d.t.Helper()
	if !due.After(d.now) {
		d.t.Fatalf("put off to %v at %v", due, d.now)
	}
	if why.Code == "" || why.Detail == "" {
		d.t.Fatalf("put off without a reason: %+v", why)
	}
	r.due, r.booked, r.code = due, due, why.Code
	r.waited++
	i, _ := slices.BinarySearchFunc(d.rows, r, func(a, b *row) int {
		if c := a.due.Compare(b.due); c != 0 {
			return c
		}
		return a.number - b.number
	})
	d.rows = slices.Insert(d.rows, i, r)
}

// advance lets time pass, and asks about each row when its time has come.
func (d *dispatch) advance(by time.Duration) {
	d.t.Helper()
	end := d.now.Add(by)
	for len(d.rows) > 0 && !d.rows[0].due.After(end) {
		at := d.rows[0].due
		if d.late != nil {
			at = at.Add(d.late())
		}
		if at.After(d.now) {
			d.now = at
		}
		d.askFirst()
	}
	if end.After(d.now) {
		d.now = end
	}
}

func (d *dispatch) askFirst() {
	d.t.Helper()
	r := d.rows[0]
	d.rows = d.rows[1:]
	d.ask(r)
}

// pause lets time pass while nobody asks, and then asks about all that is due.
func (d *dispatch) pause(by time.Duration) {
	d.t.Helper()
	d.now = d.now.Add(by)
	for len(d.rows) > 0 && !d.rows[0].due.After(d.now) {
		d.askFirst()
	}
}

// drain goes on until nothing waits.
func (d *dispatch) drain() {
	d.t.Helper()
	for steps := 0; len(d.rows) > 0; steps++ {
		if steps > 20_000 {
			for _, r := range d.rows {
				d.t.Logf("%d %v due %v waited %d", r.number, r.content.App.To, r.due, r.waited)
			}
			d.t.Fatal("some wait for ever")
		}
		d.advance(max(0, d.rows[0].due.Sub(d.now)))
	}
}

// fataler is a testing.TB or a *rapid.T.
type fataler interface {
	Helper()
	Logf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}
