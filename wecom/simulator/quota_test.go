package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// got counts what reached the member.
func got(sim *WeCom, user string) int { return len(sim.Inbox(user)) }

func TestThirtyAMinute(t *testing.T) {
	sim := newStill()
	for range 30 {
		mustSend(t, sim, text("lisi", "hi"))
		sim.Advance(time.Second)
	}
	sim.Advance(29 * time.Second) // 59 s after the first
	a := mustSend(t, sim, text("lisi|wangwu", "surplus"))
	if a.msg() != "ok" || a.str("msgid") == "" || len(a) != 3 {
		t.Errorf("the surplus answers %v, want to see nothing of it", a)
	}
	if got(sim, "lisi") != 30 || got(sim, "wangwu") != 1 {
		t.Errorf("lisi got %d and wangwu %d, want 30 and 1", got(sim, "lisi"), got(sim, "wangwu"))
	}
	last := sim.Inbox("wangwu").Last()
	if !slices.Equal(last.Users, []string{"wangwu"}) || !slices.Equal(last.Dropped, []string{"lisi"}) {
		t.Errorf("users %v, dropped %v", last.Users, last.Dropped)
	}
	sim.Advance(time.Second) // the first leaves the minute, the others are still in it
	mustSend(t, sim, text("lisi", "in the window"))
	mustSend(t, sim, text("lisi", "again too much"))
	if m := sim.Inbox("lisi"); len(m) != 31 || m.Last().Text() != "in the window" {
		t.Errorf("%d messages, last %q", len(m), m.Last().Text())
	}
	st := sim.Stats()
	if st.Delivered != 32 || st.PersonDeliveries != 32 || st.DroppedOverQuota != 2 {
		t.Errorf("%+v", st)
	}
	if a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, monitor), text("lisi", "other app").with(fields{"agentid": monitor}).json()); a.code() != 0 || sim.Inbox("lisi").Last().Text() != "other app" {
		t.Error("another app shares the quota")
	}
}

func TestThousandAnHour(t *testing.T) {
	sim := newStill()
	for range 1000 {
		mustSend(t, sim, text("lisi", "hi"))
		sim.Advance(3 * time.Second)
	}
	mustSend(t, sim, text("lisi", "surplus"))
	if n := got(sim, "lisi"); n != 1000 {
		t.Errorf("%d in an hour, want 1000", n)
	}
	sim.Advance(10*time.Minute + time.Second) // an hour after the first, not after the second
	mustSend(t, sim, text("lisi", "room"))
	if n := got(sim, "lisi"); n != 1001 {
		t.Errorf("an hour after the first: %d, want 1001", n)
	}
}

func TestDroppedForAllIsStillAMessage(t *testing.T) {
	sim := newStill()
	for range 31 {
		mustSend(t, sim, text("lisi", "hi"))
	}
	all := sim.Messages(Filter{})
	last := all[len(all)-1]
	if len(all) != 31 || len(last.Users) != 0 || last.Users == nil || !slices.Equal(last.Dropped, []string{"lisi"}) {
		t.Errorf("%d messages, last to %v, dropped %v", len(all), last.Users, last.Dropped)
	}
	if st := sim.Stats(); st.Delivered != 30 {
		t.Errorf("%d delivered, want 30", st.Delivered)
	}
}

func TestTheDayHasRoomForTwoHundredTimesTheCap(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].AccountCap = 1 })))
	sim.SetNow(time.Date(2026, 1, 2, 16, 30, 0, 0, time.UTC)) // half past midnight on the 3rd in Beijing
	for range 28 {
		mustSend(t, sim, text("@all", "7 persons"))
		sim.Advance(3 * time.Second)
	}
	if a := send(t, sim, text("@all", "7 more")); a.code() != 45009 || a.text() != "api freq out of limit" {
		t.Errorf("196 and 7 person-times: %v, want 45009", a)
	}
	mustSend(t, sim, text("zhangsan|lisi|wangwu|zhaoliu", "the last 4"))
	if a := send(t, sim, text("lisi", "1 more")); a.code() != 45009 {
		t.Errorf("the 201st: %v, want 45009", a)
	}
	if a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, monitor), text("lisi", "hi").with(fields{"agentid": monitor}).json()); a.code() != 0 {
		t.Errorf("another app: %v", a)
	}
	sim.SetNow(time.Date(2026, 1, 3, 15, 59, 59, 0, time.UTC))
	if a := send(t, sim, text("lisi", "same day")); a.code() != 45009 {
		t.Errorf("a second before midnight: %v, want 45009", a)
	}
	sim.Advance(time.Second)
	mustSend(t, sim, text("lisi", "next day"))
}

func TestARefusedSendUsesNoQuota(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].AccountCap = 1 })))
	for range 199 {
		sim.Advance(2 * time.Second)
		mustSend(t, sim, text("lisi", "hi"))
	}
	sim.Advance(time.Hour)
	for range 40 {
		if a := send(t, sim, text("wangwu|zhangsan", "two are too many")); a.code() != 45009 {
			t.Fatalf("%v", a)
		}
	}
	mustSend(t, sim, text("wangwu", "one is not"))
	if got(sim, "wangwu") != 1 {
		t.Error("refused sends filled the minute of their receivers")
	}
}

func TestQuotasWhenTheClockIsSetBack(t *testing.T) {
	sim := newStill()
	for range 30 {
		mustSend(t, sim, text("lisi", "hi"))
	}
	sim.Advance(-24 * time.Hour)
	mustSend(t, sim, text("lisi", "yesterday"))
	if n := got(sim, "lisi"); n != 31 {
		t.Errorf("%d messages: a minute of tomorrow counts today", n)
	}
}

func TestQuotasUnderConcurrency(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].AccountCap = 1 })))
	query := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
	codes := make([]int, 8*40)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 40 {
				// encoding/json alone, because t.Fatal may not be called here
				var a answer
				json.Unmarshal(exchange(sim, "POST", query, text("@all", fmt.Sprint(i, j)).json()).Body.Bytes(), &a)
				codes[i*40+j] = a.code()
			}
		}()
	}
	wg.Wait()
	st := sim.Stats()
	if st.PersonDeliveries != 196 || st.Delivered != 28 { // 28 × 7 of 200; the 30 a minute are never reached
		t.Errorf("%+v", st)
	}
	for _, user := range DefaultWorld().Corps[0].Users {
		if n := got(sim, user.UserID); n != 28 {
			t.Errorf("%s got %d, want 28", user.UserID, n)
		}
	}
	refused := 0
	for _, code := range codes {
		if code == 45009 {
			refused++
		}
	}
	if refused != len(codes)-28 {
		t.Errorf("%d refused, want %d", refused, len(codes)-28)
	}
}

func TestMemberQuotaUnderConcurrency(t *testing.T) {
	sim := newStill()
	query := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 25 {
				exchange(sim, "POST", query, text("lisi", "hi").json())
			}
		}()
	}
	wg.Wait()
	if st := sim.Stats(); got(sim, "lisi") != 30 || st.DroppedOverQuota != 170 {
		t.Errorf("lisi got %d; %+v", got(sim, "lisi"), st)
	}
}

// TestWindowsAreForgotten keeps the memory of quotas with those who were written to in the last hour.
func TestWindowsAreForgotten(t *testing.T) {
	c := clock{base: func() time.Time { return start }}
	l := newLedger()
	for i := range 50_000 {
		m := &member{key: fmt.Sprint(i)}
		l.post(posting{receivers: []*member{m}, dayCap: 1 << 30}, &c)
		c.offset.Add(int64(time.Second))
	}
	if n := len(l.windows); n > 3*3600+2048 {
		t.Errorf("%d windows for 3600 members an hour", n)
	}
	busy := &member{key: "busy"}
	for range 20_000 {
		l.post(posting{receivers: []*member{busy}, dayCap: 1 << 30}, &c)
		c.offset.Add(int64(2 * time.Second))
	}
	if n := cap(l.windows["busy"]); n > 2*memberPerHour {
		t.Errorf("one window has room for %d moments", n)
	}
}
