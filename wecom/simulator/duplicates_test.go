package simulator

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func checked(content string, interval any) fields {
	return text("lisi", content).with(fields{"enable_duplicate_check": 1, "duplicate_check_interval": interval})
}

func TestDuplicateCheck(t *testing.T) {
	for _, c := range []struct {
		name     string
		interval any
		seconds  int // until the same request is delivered again
	}{
		{"default interval", nil, 1800},
		{"zero is the default", 0, 1800},
		{"own interval", 60, 60},
		{"the longest", 14400, 14400},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := newStill()
			request := checked("once", c.interval)
			first := mustSend(t, sim, request)
			sim.Advance(time.Duration(c.seconds)*time.Second - 1)
			again := mustSend(t, sim, request)
			if again.str("msgid") != first.str("msgid") || again.msg() != "ok" || got(sim, "lisi") != 1 {
				t.Errorf("%v, %d delivered; want the first answer and one message", again, got(sim, "lisi"))
			}
			sim.Advance(1)
			if next := mustSend(t, sim, request); next.str("msgid") == first.str("msgid") || got(sim, "lisi") != 2 {
				t.Errorf("after the interval: %v, %d delivered", next, got(sim, "lisi"))
			}
			if n := sim.Stats().DuplicatesSuppressed; n != 1 {
				t.Errorf("%d suppressed, want 1", n)
			}
		})
	}
}

func TestWhatIsNoDuplicate(t *testing.T) {
	sim := newStill()
	mustSend(t, sim, checked("same", 60))
	mustSend(t, sim, checked("other", 60))
	mustSend(t, sim, text("lisi", "plain"))
	mustSend(t, sim, text("lisi", "plain"))
	query := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, monitor)
	api(t, sim, "POST", query, checked("same", 60).with(fields{"agentid": monitor}).json())
	post(t, sim, " "+checked("same", 60).json())
	if n := got(sim, "lisi"); n != 6 {
		t.Errorf("%d delivered, want all 6", n)
	}
}

func TestALooseWorldShortensTheInterval(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Strict = false })))
	request := checked("once", 99999)
	mustSend(t, sim, request)
	sim.Advance(14399 * time.Second)
	mustSend(t, sim, request)
	sim.Advance(time.Second)
	mustSend(t, sim, request)
	if n := got(sim, "lisi"); n != 2 {
		t.Errorf("%d delivered, want 2", n)
	}
}

func TestDuplicatesUseNoQuota(t *testing.T) {
	sim := newStill()
	for range 40 {
		mustSend(t, sim, checked("once", 60))
	}
	for i := range 29 {
		mustSend(t, sim, text("lisi", fmt.Sprint(i)))
	}
	if n := got(sim, "lisi"); n != 30 {
		t.Errorf("%d delivered, want 30", n)
	}
}

func TestARefusedSendIsNoFirstSend(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].AccountCap = 1 })))
	for range 28 {
		mustSend(t, sim, text("@all", "hi"))
		sim.Advance(3 * time.Second)
	}
	request := checked("once", 14400).with(fields{"touser": "@all"})
	if a := send(t, sim, request); a.code() != 45009 {
		t.Fatalf("%v", a)
	}
	sim.SetNow(time.Date(2026, 1, 3, 0, 0, 0, 0, beijing))
	mustSend(t, sim, request)
	if n := sim.Stats().DuplicatesSuppressed; n != 0 {
		t.Error("the repeat of a refused send was suppressed")
	}
}

func TestConcurrentDuplicatesAreDeliveredOnce(t *testing.T) {
	sim := newStill()
	query := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
	body := checked("once", 60).json()
	var wg sync.WaitGroup
	for range 50 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			exchange(sim, "POST", query, body)
		}()
	}
	wg.Wait()
	if st := sim.Stats(); got(sim, "lisi") != 1 || st.DuplicatesSuppressed != 49 {
		t.Errorf("%d delivered; %+v", got(sim, "lisi"), st)
	}
}

func TestTheDuplicateCheckForgets(t *testing.T) {
	var d duplicates
	for i := range maxRemembered + 10 {
		d.remember(contentHash{byte(i), byte(i >> 8), byte(i >> 16)}, fmt.Sprint(i), start)
	}
	if len(d.first) != maxRemembered {
		t.Errorf("%d remembered", len(d.first))
	}
	if _, ok := d.seen(contentHash{0}, time.Hour, start); ok {
		t.Error("the oldest is still remembered")
	}
	if id, _ := d.seen(contentHash{10}, time.Hour, start); id != "10" {
		t.Error("a younger one is forgotten")
	}
}
