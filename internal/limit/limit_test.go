package limit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

func newLimits(c limit.Config) *limit.Limits {
	c.Zone = time.FixedZone("Beijing", 8*60*60)
	return limit.New(c)
}

func goes(t *testing.T, d delivery.Decision) {
	t.Helper()
	if !d.Due.IsZero() || d.Reason != (delivery.Reason{}) || len(d.Later) > 0 || len(d.Keep) > 0 {
		t.Fatalf("does not simply go: %+v", d)
	}
}

func waits(t *testing.T, d delivery.Decision, until time.Time, code, detail string) {
	t.Helper()
	if !d.Due.Equal(until) || len(d.Later) > 0 {
		t.Fatalf("due %v and %d later, want %v", d.Due, len(d.Later), until)
	}
	if d.Reason.Code != code || d.Reason.Detail != detail {
		t.Fatalf("reason %+v, want %s: %s", d.Reason, code, detail)
	}
}

// fill sends until the minute of the receivers is full.
func fill(t *testing.T, l *limit.Limits, now time.Time, s delivery.Sender, c delivery.Content, n int) {
	t.Helper()
	for range n {
		goes(t, l.Book(now, s, c, time.Time{}))
	}
}

func TestThirtyFirst(t *testing.T) {
	l := newLimits(limit.Config{})
	for i := range 30 {
		user := []string{"zhangsan", "ZhangSan"}[i%2]
		goes(t, l.Book(at(float64(i)), crm, to(user), time.Time{}))
	}
	d := l.Book(at(30), crm, to("ZHANGSAN"), time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "ZHANGSAN has had 30 this minute; next at 12:01:01")
	goes(t, l.Book(at(30), crm, to("lisi"), time.Time{}))
	goes(t, l.Book(at(30), "other", to("zhangsan"), time.Time{}))
	goes(t, l.Book(at(61), crm, to("ZHANGSAN"), d.Due))
}

func TestThousandAndFirst(t *testing.T) {
	l := newLimits(limit.Config{})
	now := start
	for i := range 1000 {
		now = at(float64(i) * 3)
		goes(t, l.Book(now, crm, to("zhangsan"), time.Time{}))
	}
	d := l.Book(now, crm, to("zhangsan"), time.Time{})
	waits(t, d, at(3601), delivery.ReasonMemberPaced, "zhangsan has had 1000 this hour; next at 13:00:01")
}

func TestOneOfAThousandIsOver(t *testing.T) {
	l := newLimits(limit.Config{})
	users := make([]string, 1000)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	fill(t, l, start, crm, to("user500"), 30)
	d := l.Book(at(1), crm, to(users...), time.Time{})
	if !d.Due.IsZero() || len(d.Keep) != 999 || len(d.Later) != 1 {
		t.Fatalf("due %v, %d stay, %d later", d.Due, len(d.Keep), len(d.Later))
	}
	later := d.Later[0]
	if len(later.Users) != 1 || later.Users[0] != "user500" || !later.Due.Equal(at(61)) {
		t.Fatalf("later: %+v", later)
	}
	if want := "user500 has had 30 this minute; next at 12:01:01"; later.Reason.Detail != want {
		t.Errorf("detail %q, want %q", later.Reason.Detail, want)
	}
	goes(t, l.Book(later.Due, crm, to("user500"), later.Due))
}

func TestSeveralOverWaitTogether(t *testing.T) {
	l := newLimits(limit.Config{})
	fill(t, l, start, crm, to("a", "b", "c", "d", "e"), 30)
	d := l.Book(at(1), crm, to("a", "b", "c", "d", "e"), time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "a and 4 more have had their 30 this minute; next at 12:01:01")
}

func TestGroupsAreFew(t *testing.T) {
	l := newLimits(limit.Config{})
	var users []string
	for i := range 20 {
		users = append(users, fmt.Sprintf("user%d", i))
		fill(t, l, at(float64(i)*2), crm, to(users[i]), 30)
	}
	d := l.Book(at(40), crm, to(users...), time.Time{})
	if d.Due.IsZero() || len(d.Keep) == 0 || len(d.Later) < 3 || len(d.Later) > 7 {
		t.Fatalf("due %v, keep %v, %d later", d.Due, d.Keep, len(d.Later))
	}
	n := len(d.Keep)
	for i, later := range d.Later {
		n += len(later.Users)
		if before := append([]delivery.Later{{Due: d.Due}}, d.Later...)[i].Due; !later.Due.After(before) {
			t.Errorf("part %d at %v, after one at %v", i, later.Due, before)
		}
	}
	if n != len(users) {
		t.Errorf("%d members of %d", n, len(users))
	}
}

func TestDepartmentsAndTags(t *testing.T) {
	l := newLimits(limit.Config{})
	party, tag := wecom.To{Parties: []int{5}}, wecom.To{Tags: []int{5}}
	fill(t, l, start, crm, toAny(party), 30)
	goes(t, l.Book(at(1), crm, toAny(tag), time.Time{}))
	d := l.Book(at(1), crm, toAny(party), time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "department 5 has had 30 this minute; next at 12:01:01")

	// A member who could go now waits with the department: it may be in it.
	party.Users = []string{"zhangsan"}
	d = l.Book(at(1), crm, toAny(party), time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "department 5 has had 30 this minute; next at 12:01:01")

	// One who is over quota does not hold up a department that is not.
	fill(t, l, at(70), crm, to("lisi"), 30)
	d = l.Book(at(71), crm, toAny(wecom.To{Users: []string{"lisi"}, Parties: []int{6}}), time.Time{})
	if !d.Due.IsZero() || len(d.Keep) != 0 || len(d.Later) != 1 || d.Later[0].Users[0] != "lisi" {
		t.Fatalf("%+v", d)
	}
}

func TestRobot(t *testing.T) {
	l := newLimits(limit.Config{})
	c := delivery.Content{Robot: &wecom.RobotMessage{Body: wecom.Text{Content: "x"}}}
	fill(t, l, start, delivery.Robot("ops"), c, 20)
	d := l.Book(at(1), delivery.Robot("ops"), c, time.Time{})
	waits(t, d, at(61), delivery.ReasonRobotPaced, "the robot has sent 20 this minute; next at 12:01:01")
	goes(t, l.Book(at(1), delivery.Robot("other"), c, time.Time{}))
}

func TestChat(t *testing.T) {
	l := newLimits(limit.Config{ChatMinute: 5, ChatDay: 7})
	chat := func(id string) delivery.Content {
		return delivery.Content{Chat: &wecom.ChatMessage{ChatID: id, Body: wecom.Text{Content: "x"}}}
	}
	fill(t, l, start, crm, chat("c1"), 5)
	goes(t, l.Book(at(1), crm, chat("c2"), time.Time{}))
	d := l.Book(at(1), crm, chat("c1"), time.Time{})
	waits(t, d, at(61), delivery.ReasonChatPaced, "the group chat has had 5 this minute; next at 12:01:01")
	goes(t, l.Book(at(61), crm, chat("c1"), d.Due))
	goes(t, l.Book(at(61), crm, chat("c1"), time.Time{}))
	d = l.Book(at(63), crm, chat("c1"), time.Time{})
	waits(t, d, at(24*3600+1), delivery.ReasonChatPaced, "the group chat has had 7 this day; next at 2026-03-03 12:00:01")
}

func TestEverybodyCountsForEachMember(t *testing.T) {
	l := newLimits(limit.Config{})
	all := toAny(wecom.To{All: true})
	fill(t, l, start, crm, all, 10)
	fill(t, l, at(10), crm, to("zhangsan"), 20)
	d := l.Book(at(11), crm, to("zhangsan"), time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "zhangsan has had 30 this minute; next at 12:01:01")
	fill(t, l, at(11), crm, to("lisi"), 20)
	d = l.Book(at(11), crm, all, time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "a member or department has no room for what goes to everybody; next at 12:01:01")
	goes(t, l.Book(at(61), crm, all, d.Due))
}

func TestRestart(t *testing.T) {
	clock := at(20)
	l := newLimits(limit.Config{Now: func() time.Time { return clock }})
	for i := range 30 {
		l.Seen(at(10+float64(i)/10), crm, to("zhangsan"), false)
	}
	for range 30 {
		l.Seen(at(75), crm, to("zhangsan"), true)
	}
	d := l.Book(clock, crm, to("zhangsan"), time.Time{})
	waits(t, d, at(136), delivery.ReasonMemberPaced, "zhangsan has had 30 this minute; next at 12:02:16")
	for range 30 {
		goes(t, l.Book(at(75), crm, to("zhangsan"), at(75)))
	}
	if d := l.Book(at(75.5), crm, to("zhangsan"), at(75)); d.Due.IsZero() {
		t.Error("a booking that nobody made was good for a message")
	}
}

// What WeCom took long to answer may have been counted when it answered.
func TestEnded(t *testing.T) {
	l := newLimits(limit.Config{})
	c := to("zhangsan", "lisi")
	for range 30 {
		goes(t, l.Book(at(0), crm, c, time.Time{}))
	}
	for range 2 {
		l.Ended(at(0), at(20), crm, c)
	}
	d := l.Book(at(21), crm, c, time.Time{})
	waits(t, d, at(61), delivery.ReasonMemberPaced, "zhangsan and 1 more have had their 30 this minute; next at 12:01:01")
	l.Return(d.Due, crm, c)
	for range 28 {
		goes(t, l.Book(at(61), crm, c, time.Time{}))
	}
	waits(t, l.Book(at(62), crm, c, time.Time{}), at(81), delivery.ReasonMemberPaced, "zhangsan and 1 more have had their 30 this minute; next at 12:01:21")
}

// TestRestartAfterTheClockWasSetBack: what was sent then has times to come, and may have been sent just
// now.
func TestRestartAfterTheClockWasSetBack(t *testing.T) {
	clock := at(20)
	l := newLimits(limit.Config{Now: func() time.Time { return clock }})
	for range 30 {
		l.Seen(at(2400), crm, to("zhangsan"), false)
	}
	d := l.Book(clock, crm, to("zhangsan"), time.Time{})
	waits(t, d, at(81), delivery.ReasonMemberPaced, "zhangsan has had 30 this minute; next at 12:01:21")
}

// A thousand come together after the gateway was stopped: thirty go, and each of the others gets a
// time that it keeps.
func TestBunching(t *testing.T) {
	l := newLimits(limit.Config{})
	var order []int
	d := &dispatch{t: t, limits: l, now: start}
	perWindow := map[int64]int{}
	d.sent = func(r *row) {
		order = append(order, r.number)
		perWindow[d.now.UnixMilli()]++
		if r.waited > 2 {
			t.Fatalf("message %d was put off %d times", r.number, r.waited)
		}
	}
	for range 800 {
		d.accept(crm, to("zhangsan"))
	}
	d.pause(2 * time.Hour)
	d.drain()
	if len(order) != 800 {
		t.Fatalf("%d were sent", len(order))
	}
	for i, number := range order {
		if i != number {
			t.Fatalf("message %d went as number %d", number, i)
		}
	}
	for at, n := range perWindow {
		if n > 30 {
			t.Errorf("%d at %d", n, at)
		}
	}
	if took := d.now.Sub(start.Add(2 * time.Hour)); took > 26*61*time.Second {
		t.Errorf("took %v", took)
	}
}

// Those whose time came while nobody asked are not overtaken by one that comes just then.
func TestOverdueGoFirst(t *testing.T) {
	l := newLimits(limit.Config{})
	fill(t, l, start, crm, to("zhangsan"), 30)
	var booked delivery.Decision
	for range 30 {
		booked = l.Book(at(1), crm, to("zhangsan"), time.Time{})
	}
	d := l.Book(at(90), crm, to("zhangsan"), time.Time{})
	waits(t, d, at(151), delivery.ReasonMemberPaced, "zhangsan has had 30 this minute; next at 12:02:31")
	for range 30 {
		goes(t, l.Book(at(90), crm, to("zhangsan"), booked.Due))
	}
	goes(t, l.Book(at(151), crm, to("zhangsan"), d.Due))
}

// Bookings whose deliveries never come, because they were cancelled, hold up nobody for long.
func TestBookingsThatNobodyComesFor(t *testing.T) {
	l := newLimits(limit.Config{})
	all := toAny(wecom.To{All: true})
	for range 60 {
		l.Book(start, crm, all, time.Time{})
		l.Book(start, crm, to("zhangsan"), time.Time{})
	}
	fill(t, l, at(600), crm, to("zhangsan"), 30)
	fill(t, l, at(600), crm, to("lisi"), 30)
}

func TestReturn(t *testing.T) {
	l := newLimits(limit.Config{})
	fill(t, l, start, crm, to("zhangsan"), 30)
	l.Return(start, crm, to("ZhangSan"))
	goes(t, l.Book(at(1), crm, to("zhangsan"), time.Time{}))
	d := l.Book(at(1), crm, to("zhangsan"), time.Time{})
	l.Return(d.Due, crm, to("zhangsan"))
	l.Return(d.Due, crm, to("zhangsan")) // not there any more
	l.Return(start, crm, to("zhangsan"))
	goes(t, l.Book(at(1), crm, to("zhangsan"), time.Time{}))
}

func TestClockSetForwardAndBack(t *testing.T) {
	l := newLimits(limit.Config{})
	fill(t, l, start, crm, to("zhangsan"), 30)
	ahead := at(3600)
	fill(t, l, ahead, crm, to("zhangsan"), 30)
	booked := l.Book(ahead, crm, to("zhangsan"), time.Time{})
	if booked.Due.IsZero() {
		t.Fatal("no booking")
	}
	// Back: what was sent then was sent by now, and what is booked holds up nobody.
	d := l.Book(at(10), crm, to("zhangsan"), time.Time{})
	waits(t, d, at(71), delivery.ReasonMemberPaced, "zhangsan has had 30 this minute; next at 12:01:11")
	goes(t, l.Book(d.Due, crm, to("zhangsan"), d.Due))
	goes(t, l.Book(booked.Due, crm, to("zhangsan"), booked.Due))
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	l := limit.New(limit.Config{})
	for kind, want := range map[delivery.Kind]time.Duration{
		delivery.KindApp: time.Hour + time.Second, delivery.KindChat: 24*time.Hour + time.Second, delivery.KindRobot: time.Minute + time.Second,
	} {
		if got := now.Sub(l.Since(kind, now)); got != want {
			t.Errorf("kind %d counts for %v, want %v", kind, got, want)
		}
	}
	l = limit.New(limit.Config{AccountCap: func(delivery.Sender) int { return 5 }})
	if got, want := l.Since(delivery.KindApp, now), time.Date(2026, 3, 3, 16, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("with a cap of the day it counts from %v, want midnight in Beijing", got)
	}
}
