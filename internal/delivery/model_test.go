package delivery_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

const theSame = "the same"

// step is one thing that happens to the gateway. Its fields are drawn; what they mean depends on Do.
type step struct {
	Do    string
	User  string
	Alias string // that the user is named by; "" is the user id
	Ghost bool   // and beside the user one who is nobody
	Same  bool   // a text that was sent before, or may be again
	Order bool
	Hold  bool
	Delay time.Duration
	TTL   time.Duration
	Fault simulator.Fault
	Wait  time.Duration
	Which int
}

var (
	modelUsers  = []string{"zhangsan", "lisi", "wangwu"}
	modelNames  = map[string][]string{"zhangsan": {"", zhang, "email:zhangsan@example.com"}, "lisi": {"", li, liMail}, "wangwu": {"", wang}}
	modelFaults = []simulator.Fault{
		{ErrCode: -1}, {ErrCode: 45009}, {ErrCode: 45033}, {ErrCode: 60020}, {ErrCode: 42001}, {ErrCode: 44004}, {ErrCode: 81013},
		{Action: simulator.DropBefore}, {Action: simulator.DropAfter}, {HTTPStatus: 502}, {HTTPStatus: 429}, {Latency: 3 * time.Second},
	}
)

func drawSteps(t *rapid.T) []step {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		s := step{
			Do:    rapid.SampledFrom([]string{"accept", "accept", "accept", "accept", "burst", "fault", "fault", "wait", "wait", "cancel", "restart", "down", "up", "secret", "jump"}).Draw(t, "do"),
			User:  rapid.SampledFrom(modelUsers).Draw(t, "user"),
			Wait:  time.Duration(rapid.IntRange(0, 300).Draw(t, "wait")) * time.Second,
			Which: rapid.IntRange(0, 1000).Draw(t, "which"),
		}
		switch s.Do {
		case "accept":
			s.Alias = rapid.SampledFrom(modelNames[s.User]).Draw(t, "alias")
			s.Ghost = rapid.IntRange(0, 4).Draw(t, "ghost") == 0
			s.Same = rapid.Bool().Draw(t, "same")
			s.Order = rapid.Bool().Draw(t, "order")
			s.Hold = rapid.Bool().Draw(t, "hold")
			s.Delay = time.Duration(max(0, rapid.IntRange(-600, 600).Draw(t, "delay"))) * time.Second
			s.TTL = time.Duration(rapid.SampledFrom([]int{0, 0, 0, 60, 3600}).Draw(t, "ttl")) * time.Second
		case "fault":
			s.Fault = rapid.SampledFrom(modelFaults).Draw(t, "fault")
			s.Fault.Call = rapid.SampledFrom([]string{"message/send", "message/send", byMobile, byEmail}).Draw(t, "call")
			s.Fault.Times = rapid.IntRange(1, 5).Draw(t, "times")
		}
		return s
	}), 1, 25).Draw(t, "steps")
}

// TestModel does at random what programs, WeCom and operators do, puts everything right in the end,
// and holds what the gateway promises: every message ends, with a state that is true.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawSteps(rt)
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			m := &model{world: newWorld(t)}
			for i, s := range steps {
				m.do(i, s)
			}
			wrong = m.judge()
		})
		if wrong != nil {
			rt.Fatalf("%d steps:\n%s", len(steps), strings.Join(wrong, "\n"))
		}
	})
}

// model is what was asked for.
type model struct {
	*world
	list   []asked
	ahead  bool      // the clock was set forward
	jumped time.Time // when, by a clock that was not
}

type asked struct {
	id    delivery.MessageID
	text  string
	user  string
	order bool
	ghost bool
}

func (m *model) do(i int, s step) {
	switch s.Do {
	case "accept":
		content := fmt.Sprintf("text %d", i)
		if s.Same {
			content = theSame
		}
		r := text(content, cmp.Or(s.Alias, s.User))
		if s.Ghost {
			r.Content.App.To.Users = append(r.Content.App.To.Users, ghost)
		}
		r.Delay, r.TTL = s.Delay, s.TTL
		if s.Order {
			r.OrderKey = s.User
		}
		if s.Hold {
			r.IfUnknown = delivery.Hold
		}
		m.ask(r, content, s)
	case "burst":
		for n := range 20 {
			content := fmt.Sprintf("text %d %d", i, n)
			m.ask(text(content, s.User), content, s)
		}
	case "fault":
		m.faults(append(m.sim.Faults(), s.Fault)...)
	case "wait":
		time.Sleep(s.Wait)
	case "cancel":
		if len(m.list) > 0 {
			if _, _, err := m.way.Cancel(context.Background(), m.list[s.Which%len(m.list)].id); err != nil {
				m.t.Error(err)
			}
		}
	case "restart":
		// What was sent just before a jump forward looks old to the next process, and nothing tells it
		// otherwise.
		time.Sleep(max(0, time.Minute+2*time.Second-time.Since(m.jumped)))
		m.stop()
		m.start()
	case "down", "up":
		m.world.down.Store(s.Do == "down")
	case "secret":
		m.senders.app(crm, 1000002, "wrong")
	case "jump":
		by := time.Duration(s.Which-500) * 5 * time.Second
		m.skew.Add(int64(by))
		if by > 0 {
			m.ahead, m.jumped = true, time.Now()
		}
	}
	synctest.Wait()
}

func (m *model) ask(r delivery.Request, content string, s step) {
	accepted, _, err := m.intake.Accept(context.Background(), r)
	var invalid *wecom.ValidationError
	if errors.As(err, &invalid) || err != nil {
		m.t.Error(err)
		return
	}
	m.list = append(m.list, asked{accepted.ID, content, s.User, r.OrderKey != "" && r.Delay == 0, s.Ghost})
}

// judge puts everything right, lets a day and a half pass, and says what is not as promised.
func (m *model) judge() (wrong []string) {
	m.faults()
	m.world.down.Store(false)
	m.senders.app(crm, 1000002, "sim-secret-1000002")
	m.way.Refresh()
	time.Sleep(36 * time.Hour)
	synctest.Wait()
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }

	if dropped := m.sim.Stats().DroppedOverQuota; dropped != 0 {
		fail("WeCom dropped %d messages", dropped)
	}
	least, most := map[string]int{}, map[string]int{} // how often each text may have been seen
	for _, a := range m.list {
		d := m.look(a.id).Deliveries[0]
		key := a.user + ": " + a.text
		switch d.Status {
		case delivery.Sent, delivery.PartlySent:
			// Where the ghost could not be asked for at once, it is alone in another delivery.
			others := m.look(a.id).Deliveries[1:]
			alone := len(others) == 1 && slices.Contains([]delivery.Status{delivery.Refused, delivery.Expired, delivery.Cancelled}, others[0].Status)
			if d.Lookup.Missed() != (d.Status == delivery.PartlySent) || a.ghost != (d.Lookup.Missed() || alone) || len(others) > 1 {
				fail("%v is %v, looked up: %+v, and others %+v", a.id, d.Status, d.Lookup, others)
			}
			least[key]++
			most[key]++
			if d.MaybeTwice {
				most[key] += d.Attempts - 1
			}
		case delivery.Uncertain:
			most[key]++
			if d.Doubt.IsZero() {
				fail("%v is uncertain without a doubt", a.id)
			}
		case delivery.Cancelled, delivery.Expired, delivery.Refused:
			if !d.Doubt.IsZero() {
				most[key] += d.Attempts // refused on a later attempt; the first may have arrived
			}
		default:
			fail("%v is still %v: %+v", a.id, d.Status, d)
		}
		if d.Status.Final() && d.Settled.IsZero() {
			fail("%v ended, and does not say when", a.id)
		}
	}
	seen := map[string]int{}
	for _, user := range modelUsers {
		for _, content := range m.got(user) {
			seen[user+": "+content]++
		}
	}
	for key, n := range seen {
		if n > most[key] {
			fail("%q was seen %d times, %d at most were right", key, n, most[key])
		}
	}
	for key, n := range least {
		// Set forward, the gateway's clock ends the interval of the duplicate check before WeCom's does.
		if seen[key] < n && !(m.ahead && strings.HasSuffix(key, theSame)) {
			fail("%q was seen %d times, %d say they were sent", key, seen[key], n)
		}
	}
	for _, user := range modelUsers {
		m.checkOrder(user, fail)
	}
	return wrong
}

// checkOrder holds the order of the messages with the user's order key.
func (m *model) checkOrder(user string, fail func(string, ...any)) {
	var want []string
	for _, a := range m.list {
		if a.order && a.user == user && a.text != theSame {
			want = append(want, a.text)
		}
	}
	next := 0
	for _, content := range m.got(user) {
		i := slices.Index(want, content)
		if i < 0 {
			continue
		}
		if i < next-1 {
			fail("%s was told %q after %q", user, content, want[next-1])
		}
		next = i + 1
	}
}
