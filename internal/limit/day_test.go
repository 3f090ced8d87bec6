package limit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

func TestDayEndsInBeijing(t *testing.T) {
	l := newLimits(limit.Config{AccountCap: func(delivery.Sender) int { return 1 }}) // 200 a day
	evening := time.Date(2026, 3, 2, 15, 59, 0, 0, time.UTC)
	midnight := time.Date(2026, 3, 2, 16, 0, 1, 0, time.UTC)
	for i := range 200 {
		goes(t, l.Book(evening, crm, to(fmt.Sprint(i)), time.Time{}))
	}
	d := l.Book(evening, crm, to("x", "y"), time.Time{})
	waits(t, d, midnight, delivery.ReasonDayPaced, "the app has used up its 200 person-times of the day; next at 2026-03-03 00:00:01")
	for i := range 198 {
		d := l.Book(evening, crm, to(fmt.Sprint("b", i)), time.Time{})
		if !d.Due.Equal(midnight) {
			t.Fatalf("booking %d for %v", i, d.Due)
		}
	}
	// Tomorrow is booked out as well.
	next := l.Book(evening, crm, to("z"), time.Time{})
	if want := midnight.AddDate(0, 0, 1); !next.Due.Equal(want) {
		t.Errorf("due %v, want %v", next.Due, want)
	}
	goes(t, l.Book(midnight, crm, to("x", "y"), d.Due))
	// What comes again took no more than it had booked.
	l.Return(midnight, crm, to("x", "y"))
	goes(t, l.Book(midnight, crm, to("x"), time.Time{}))
	goes(t, l.Book(midnight, crm, to("y"), time.Time{}))
	if d := l.Book(midnight, crm, to("w"), time.Time{}); d.Reason.Code != delivery.ReasonDayPaced {
		t.Errorf("%+v", d)
	}
}

// Person-times that were booked for a day and come late are not counted twice.
func TestDayOfThoseWhoComeLate(t *testing.T) {
	l := newLimits(limit.Config{AccountCap: func(delivery.Sender) int { return 1 }}) // 200 a day
	users := members(400)
	goes(t, l.Book(start, crm, to(users[:200]...), time.Time{}))
	d := l.Book(start, crm, to(users[200:300]...), time.Time{})
	late := d.Due.Add(2 * time.Hour)
	goes(t, l.Book(late, crm, to(users[200:300]...), d.Due))
	goes(t, l.Book(late, crm, to(users[300:]...), time.Time{}))
	if d := l.Book(late, crm, to("x"), time.Time{}); d.Reason.Code != delivery.ReasonDayPaced {
		t.Errorf("%+v", d)
	}
	// The clock was wrong: it was the day before, on which 200 had gone already.
	if d := l.Book(start.Add(time.Hour), crm, to("x"), time.Time{}); d.Reason.Code != delivery.ReasonDayPaced {
		t.Errorf("after the clock was set back: %+v", d)
	}
}

func TestClockSetBackOverMidnight(t *testing.T) {
	l := newLimits(limit.Config{AccountCap: func(delivery.Sender) int { return 1 }}) // 200 a day
	tomorrow := start.AddDate(0, 0, 1)
	goes(t, l.Book(tomorrow, crm, to(members(200)...), time.Time{}))
	d := l.Book(start, crm, to("x"), time.Time{})
	if want := time.Date(2026, 3, 2, 16, 0, 1, 0, time.UTC); !d.Due.Equal(want) || d.Reason.Code != delivery.ReasonDayPaced {
		t.Errorf("%+v", d)
	}
}

func TestSizesOfTheDay(t *testing.T) {
	l := newLimits(limit.Config{
		AccountCap: func(delivery.Sender) int { return 2 }, // 400 a day
		PartySize:  func(_ delivery.Sender, id int) int { return 100 * id },
		TagSize:    func(delivery.Sender, int) int { return 0 },
	})
	goes(t, l.Book(start, crm, toAny(wecom.To{Parties: []int{3}}), time.Time{})) // 300
	goes(t, l.Book(start, crm, toAny(wecom.To{All: true}), time.Time{}))         // 302
	goes(t, l.Book(start, crm, toAny(wecom.To{Tags: []int{1, 2}}), time.Time{})) // 304
	if d := l.Book(start, crm, toAny(wecom.To{Parties: []int{1}}), time.Time{}); d.Reason.Code != delivery.ReasonDayPaced {
		t.Errorf("%+v", d)
	}
}
