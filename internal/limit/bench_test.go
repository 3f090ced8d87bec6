package limit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

func members(n int) []string {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf("user%06d", i)
	}
	return users
}

// One member gets 15 a minute: the usual case, nobody waits.
func BenchmarkBookOneMember(b *testing.B) {
	l, c := limit.New(limit.Config{}), to("zhangsan")
	now := start
	for b.Loop() {
		now = now.Add(4 * time.Second)
		l.Book(now, crm, c, time.Time{})
	}
}

// One more comes behind a hundred thousand that wait for one member, and is taken back.
func BenchmarkBookOneMemberWaiting(b *testing.B) {
	l, c := limit.New(limit.Config{}), to("zhangsan")
	for range 100_000 {
		l.Book(start, crm, c, time.Time{})
	}
	now := start
	for b.Loop() {
		now = now.Add(4 * time.Second)
		due := l.Book(now, crm, c, time.Time{}).Due
		l.Return(due, crm, c)
	}
}

func BenchmarkBook10kMembers(b *testing.B) {
	l := limit.New(limit.Config{})
	users := members(10_000)
	contents := make([]struct{ c wecom.To }, len(users))
	for i := range users {
		contents[i].c = wecom.To{Users: users[i : i+1]}
	}
	now := start
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Millisecond)
		l.Book(now, crm, toAny(contents[i%len(contents)].c), time.Time{})
	}
}

func BenchmarkBook1000MemberDelivery(b *testing.B) {
	l, c := limit.New(limit.Config{}), to(members(1000)...)
	now := start
	for b.Loop() {
		now = now.Add(4 * time.Second)
		l.Book(now, crm, c, time.Time{})
	}
}

// One member of the thousand is over quota each time.
func BenchmarkBook1000MembersOneOver(b *testing.B) {
	l, c := limit.New(limit.Config{}), to(members(1000)...)
	now := start
	for b.Loop() {
		b.StopTimer()
		now = now.Add(2 * time.Minute)
		for range 30 {
			l.Book(now, crm, to("user000500"), time.Time{})
		}
		b.StartTimer()
		l.Book(now, crm, c, time.Time{})
	}
}

func BenchmarkBookEverybody10kMembers(b *testing.B) {
	l, all := limit.New(limit.Config{}), toAny(wecom.To{All: true})
	for _, user := range members(10_000) {
		l.Book(start, crm, to(user), time.Time{})
	}
	now := start
	for b.Loop() {
		now = now.Add(time.Millisecond)
		due := l.Book(now, crm, all, time.Time{}).Due
		if due.IsZero() {
			due = now
		}
		l.Return(due, crm, all)
	}
}
