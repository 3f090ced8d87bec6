package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

func TestGoesAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		began := time.Now()
		m := w.wantEnd(w.accept(text("磁盘已满", "zhangsan")), delivery.Sent)
		w.wantGot("zhangsan", "磁盘已满")
		d := m.Deliveries[0]
		if d.Attempts != 1 || d.Answer.MsgID == "" || !d.Doubt.IsZero() || d.MaybeTwice {
			t.Errorf("settled as %+v", d)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it waited for %v", took)
		}
	})
}

func TestPartlySent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.wantEnd(w.accept(text("a", "zhangsan", "nobody")), delivery.PartlySent)
		if got := m.Deliveries[0].Answer.InvalidUsers; !slices.Equal(got, []string{"nobody"}) {
			t.Errorf("not reached: %q", got)
		}
		m = w.wantEnd(w.accept(text("b", "nobody")), delivery.Refused)
		if d := m.Deliveries[0]; d.Reason.Code != delivery.ReasonNoReceiver || d.Answer.Failure.Code != wecom.CodeNoReceiver {
			t.Errorf("refused as %+v", d)
		}
	})
}

func TestIdempotencyKey(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r := text("a", "zhangsan")
		r.Key, r.Producer, r.Digest = "k", "crm", delivery.Digest{1}
		const callers = 50
		ids := make(chan delivery.MessageID, callers)
		for range callers {
			go func() {
				m, _, err := w.intake.Accept(context.Background(), r)
				if err != nil {
					t.Error(err)
					ids <- 0
					return
				}
				ids <- m.ID
			}()
		}
		first := <-ids
		for range callers - 1 {
			if id := <-ids; id != first {
				t.Errorf("messages %v and %v for one key", first, id)
			}
		}
		w.ends(first)
		w.wantGot("zhangsan", "a")
		r.Digest = delivery.Digest{2}
		if _, _, err := w.intake.Accept(context.Background(), r); !errors.Is(err, delivery.ErrKeyReused) {
			t.Errorf("another request with the same key: %v", err)
		}
	})
}

func TestLongTextInOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.wantEnd(w.accept(text(strings.Repeat("磁盘已满。", 2000), "zhangsan")), delivery.Sent)
		got := w.got("zhangsan")
		if len(got) != len(m.Deliveries) || len(got) < 15 {
			t.Fatalf("%d parts, %d arrived", len(m.Deliveries), len(got))
		}
		for i, part := range got {
			if want := fmt.Sprintf("(%d/%d)", i+1, len(got)); !strings.HasPrefix(part, want) {
				t.Errorf("part %d begins with %.10q", i+1, part)
			}
		}
	})
}

func TestAnEarlierPartIsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sim.Fail("message/send", 44004).Times(1)
		m := w.wantEnd(w.accept(text(strings.Repeat("磁盘已满。", 300), "zhangsan")), delivery.Refused)
		for i, d := range m.Deliveries[1:] {
			if d.Status != delivery.Refused || d.Reason.Code != delivery.ReasonEarlierPart {
				t.Errorf("part %d is %v (%s)", i+2, d.Status, d.Reason.Code)
			}
		}
		w.wantGot("zhangsan")
	})
}

func TestOrderKey(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sim.Fail("message/send", -1).Times(3) // the first one has a hard time
		var last *delivery.Message
		want := numbered(20)
		for _, s := range want {
			r := text(s, "zhangsan")
			r.OrderKey = "order 4711"
			last = w.accept(r)
		}
		free := w.accept(text("free", "lisi"))
		w.ends(free.ID)
		w.wantGot("lisi", "free") // it did not wait for them
		w.ends(last.ID)
		w.wantGot("zhangsan", want...)
	})
}

func TestDelayAndTTL(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		began := time.Now()
		r := text("later", "zhangsan")
		r.Delay = 30 * time.Minute
		m := w.accept(r)
		if got := w.look(m.ID).Status(); got != delivery.Scheduled {
			t.Errorf("it is %v", got)
		}
		w.wantEnd(m, delivery.Sent)
		if took := since(began); took != 30*time.Minute {
			t.Errorf("sent after %v", took)
		}

		w.sim.Fail("message/send", 60020).Times(0)
		r = text("soon of no use", "zhangsan")
		r.TTL = 10 * time.Minute
		began = time.Now()
		m = w.wantEnd(w.accept(r), delivery.Expired)
		if took := since(began); took != 10*time.Minute {
			t.Errorf("expired after %v", took)
		}
		if d := m.Deliveries[0]; d.Answer.Failure == nil || d.Answer.Failure.Code != 60020 {
			t.Errorf("why it did not go is lost: %+v", d)
		}
		w.wantGot("zhangsan", "later")
	})
}

func TestCancel(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r := text("later", "zhangsan")
		r.Delay = time.Hour
		m := w.accept(r)
		if n, left, err := w.way.Cancel(context.Background(), m.ID); n != 1 || left != 0 || err != nil {
			t.Errorf("cancelled %d, left %d, %v", n, left, err)
		}
		w.wantEnd(m, delivery.Cancelled)
		time.Sleep(2 * time.Hour)
		w.wantGot("zhangsan")
		sent := w.accept(text("now", "zhangsan"))
		w.ends(sent.ID)
		if n, left, err := w.way.Cancel(context.Background(), sent.ID); n != 0 || left != 1 || err != nil {
			t.Errorf("cancelled %d, left %d, %v", n, left, err)
		}
	})
}

// TestQuota sends a member more than WeCom would show, and a thousand members something of which one
// has had enough.
func TestQuota(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		began := time.Now()
		want := numbered(100)
		var last *delivery.Message
		for _, s := range want {
			last = w.accept(text(s, "zhangsan"))
		}
		all := w.accept(text("to both", "zhangsan", "lisi"))
		synctest.Wait()
		w.wantGot("lisi", "to both")
		waits := w.look(all.ID)
		if len(waits.Deliveries) != 2 || waits.Deliveries[1].Reason.Code != delivery.ReasonMemberPaced || waits.Deliveries[1].Reason.Detail == "" {
			t.Errorf("the member over quota is not split off: %+v", waits.Deliveries)
		}
		w.wantEnd(last, delivery.Sent)
		if took := since(began); took < 3*time.Minute || took > 3*time.Minute+10*time.Second {
			t.Errorf("100 messages took %v", took)
		}
		w.wantEnd(all, delivery.Sent)
		got := w.got("zhangsan")
		slices.Sort(got) // those of one minute go at once, in no order
		want = append(want, "to both")
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("zhangsan was told %q", got)
		}
		if dropped := w.sim.Stats().DroppedOverQuota; dropped != 0 {
			t.Errorf("WeCom dropped %d", dropped)
		}
	})
}

func TestRobotQuota(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		began := time.Now()
		var last *delivery.Message
		for _, s := range numbered(50) {
			last = w.accept(delivery.Request{Sender: ops, Content: delivery.Content{Robot: &wecom.RobotMessage{Body: wecom.Text{Content: s}}}})
		}
		w.wantEnd(last, delivery.Sent)
		if took := since(began); took < 2*time.Minute || took > 2*time.Minute+10*time.Second {
			t.Errorf("50 messages took %v", took)
		}
		if calls := w.calls("webhook/send"); calls != 50 {
			t.Errorf("%d calls for 50 messages", calls)
		}
	})
}

// TestPriorities has a backlog of low priority behind a slow rate: what is urgent overtakes it, and
// it goes on all the same.
func TestPriorities(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.lanes[crm] = delivery.Lane{Rate: 2}
		w.way.Refresh()
		for _, s := range numbered(25) {
			r := text("low "+s, "zhangsan")
			r.Priority = delivery.Low
			w.accept(r)
		}
		var last *delivery.Message
		for _, s := range numbered(20) {
			r := text("high "+s, "lisi")
			r.Priority = delivery.High
			last = w.accept(r)
		}
		began := time.Now()
		w.ends(last.ID)
		if took := since(began); took > 15*time.Second {
			t.Errorf("20 urgent messages at 2 a second took %v", took)
		}
		low := len(w.got("zhangsan"))
		if low < 1 || low > 5 {
			t.Errorf("%d of low priority went meanwhile", low)
		}
		time.Sleep(time.Minute)
		if low = len(w.got("zhangsan")); low != 25 {
			t.Errorf("%d of 25 of low priority arrived", low)
		}
	})
}

func TestTwinsBothArrive(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		a, b := w.accept(text("same", "zhangsan")), w.accept(text("same", "zhangsan"))
		w.wantEnd(a, delivery.Sent)
		w.wantEnd(b, delivery.Sent)
		w.wantGot("zhangsan", "same", "same")
		time.Sleep(5 * time.Hour)
		c := w.wantEnd(w.accept(text("same", "zhangsan")), delivery.Sent)
		if c.Deliveries[0].Check != delivery.CheckOn {
			t.Errorf("after the interval it goes without the check: %v", c.Deliveries[0].Check)
		}
	})
}

// TestNoAnswer has the connection break before and after WeCom acted: the message arrives once.
func TestNoAnswer(t *testing.T) {
	for _, action := range []simulator.Action{simulator.DropBefore, simulator.DropAfter} {
		t.Run(string(action), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.faults(simulator.Fault{Call: "message/send", Action: action, Times: 2})
				m := w.wantEnd(w.accept(text("once", "zhangsan")), delivery.Sent)
				w.wantGot("zhangsan", "once")
				d := m.Deliveries[0]
				if d.Attempts != 3 || d.Doubt.IsZero() || d.MaybeTwice {
					t.Errorf("settled as %+v", d)
				}
				records, err := w.outbox.Attempts(t.Context(), m.ID)
				if err != nil || len(records) != 2 || records[0].Reason.Code != delivery.ReasonNoAnswer || records[1].Attempt != 2 {
					t.Errorf("attempts %+v, %v", records, err)
				}
			})
		})
	}
}

// TestTwinWithoutAnswer: what cannot be covered is repeated or held, as its program wants, and the
// state says what is known.
func TestTwinWithoutAnswer(t *testing.T) {
	for _, policy := range []delivery.Unknown{delivery.Repeat, delivery.Hold} {
		inWorld(t, func(t *testing.T, w *world) {
			w.ends(w.accept(text("same", "zhangsan")).ID)
			w.faults(simulator.Fault{Call: "message/send", Action: simulator.DropAfter, Times: 1})
			r := text("same", "zhangsan")
			r.IfUnknown = policy
			m := w.ends(w.accept(r).ID)
			d := m.Deliveries[0]
			if policy == delivery.Hold {
				if d.Status != delivery.Uncertain || d.Doubt.IsZero() || d.MaybeTwice {
					t.Errorf("held: %+v", d)
				}
				w.wantGot("zhangsan", "same", "same")
				return
			}
			if d.Status != delivery.Sent || !d.MaybeTwice {
				t.Errorf("repeated: %+v", d)
			}
			w.wantGot("zhangsan", "same", "same", "same")
		})
	}
}

// TestBothAtOnce: one twin's answer is lost while the other is sent.
func TestBothAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.faults(simulator.Fault{Call: "message/send", Action: simulator.DropBefore, Times: 1})
		a, b := w.accept(text("same", "zhangsan")), w.accept(text("same", "zhangsan"))
		w.wantEnd(a, delivery.Sent)
		w.wantEnd(b, delivery.Sent)
		w.wantGot("zhangsan", "same", "same")
	})
}

func (w *world) faults(list ...simulator.Fault) {
	w.t.Helper()
	if err := w.sim.SetFaults(list); err != nil {
		w.t.Fatal(err)
	}
}

// What waits for one of its sender's workers can say so.
func TestWorkersAreBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.lanes[crm] = delivery.Lane{Workers: 1}
		w.faults(simulator.Fault{Call: "message/send", Latency: 5 * time.Second})
		first := w.accept(text("first", "zhangsan"))
		if slowed := w.way.Slowed(erp); slowed != (delivery.Rest{}) {
			t.Errorf("another app is slowed: %+v", slowed)
		}
		second := w.accept(text("second", "zhangsan"))
		want := delivery.Rest{Reason: delivery.Reason{Code: delivery.ReasonWorkers, Detail: "app crm has 1 under way"}}
		if slowed := w.way.Slowed(crm); slowed != want {
			t.Errorf("slowed by %+v", slowed)
		}
		w.wantEnd(first, delivery.Sent)
		w.wantEnd(second, delivery.Sent)
		if slowed := w.way.Slowed(crm); slowed != (delivery.Rest{}) {
			t.Errorf("with nothing to do it is slowed: %+v", slowed)
		}
	})
}

// TestRate: what waits for the configured rate of its sender can say so.
func TestRate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.lanes[crm] = delivery.Lane{Rate: 0.5}
		w.accept(text("first", "zhangsan"))
		if slowed := w.way.Slowed(erp); slowed != (delivery.Rest{}) {
			t.Errorf("another app is slowed: %+v", slowed)
		}
		began := time.Now()
		second := w.accept(text("second", "zhangsan"))
		slowed := w.way.Slowed(crm)
		if wait := slowed.Until.Sub(began); slowed.Reason.Code != delivery.ReasonRate || wait < time.Second || wait > 2100*time.Millisecond {
			t.Errorf("slowed for %v: %+v", wait, slowed)
		}
		w.wantEnd(second, delivery.Sent)
		if took := time.Since(began); took < time.Second || took > 3*time.Second {
			t.Errorf("the second one took %v", took)
		}
		time.Sleep(time.Minute)
		if slowed := w.way.Slowed(crm); slowed != (delivery.Rest{}) {
			t.Errorf("with nothing sent for a minute it is slowed: %+v", slowed)
		}
	})
}
