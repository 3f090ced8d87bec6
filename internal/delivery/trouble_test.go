package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestWrongSecret: the messages of one app wait, those of another do not; a probe a minute or so
// asks WeCom, and a new secret ends it.
func TestWrongSecret(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.senders.app(crm, 1000002, "wrong")
		var last *delivery.Message
		for _, s := range numbered(25) {
			last = w.accept(text(s, "zhangsan"))
			began := time.Now()
			w.ends(w.accept(from(erp, text(s, "lisi"))).ID)
			if took := time.Since(began); took > 0 {
				t.Fatalf("the other app's message took %v", took)
			}
		}
		time.Sleep(time.Hour)
		if rest, at := w.way.Rest(crm); !at || rest.Reason.Code != delivery.ReasonMisconfigured || rest.Failure.Code != 40001 {
			t.Errorf("at rest %v: %+v", at, rest)
		}
		if calls := w.calls("gettoken"); calls > 15 {
			t.Errorf("%d gettoken in an hour with a wrong secret", calls)
		}
		if d := w.look(last.ID).Deliveries[0]; d.Status != delivery.Queued {
			t.Errorf("the last one is %v", d.Status)
		}
		w.senders.app(crm, 1000002, "sim-secret-1000002")
		w.way.Refresh()
		began := time.Now()
		w.wantEnd(last, delivery.Sent)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("with the right secret it took %v", took)
		}
		if _, at := w.way.Rest(crm); at {
			t.Error("still at rest")
		}
	})
}

// TestUntrustedIP heals by itself once the address is entered.
func TestUntrustedIP(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.faults(simulator.Fault{Call: "message/send", ErrCode: 60020})
		m := w.accept(text("a", "zhangsan"))
		time.Sleep(30 * time.Minute)
		if calls := w.calls("message/send"); calls > 8 {
			t.Errorf("%d tries in half an hour", calls)
		}
		w.faults()
		began := time.Now()
		w.wantEnd(m, delivery.Sent)
		if took := time.Since(began); took > 11*time.Minute {
			t.Errorf("it took %v to notice", took)
		}
	})
}

// TestBlocked: WeCom takes nothing for a minute or two; one message at a time finds out.
func TestBlocked(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.faults(simulator.Fault{Call: "message/send", ErrCode: 45009})
		var list []*delivery.Message
		for i, s := range numbered(50) {
			list = append(list, w.accept(text(s, []string{"zhangsan", "lisi"}[i%2])))
		}
		synctest.Wait()
		blocked := w.calls("message/send")
		time.Sleep(90 * time.Second)
		if more := w.calls("message/send") - blocked; more != 1 {
			t.Errorf("%d calls to see whether the block is over", more)
		}
		w.faults()
		for _, m := range list {
			w.wantEnd(m, delivery.Sent)
		}
		if n := len(w.got("zhangsan")) + len(w.got("lisi")); n != 50 {
			t.Errorf("%d arrived", n)
		}
	})
}

// TestWeComDownForAnHour: nothing is lost or told twice, and nobody is worn out by trying.
func TestWeComDownForAnHour(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ends(w.accept(text("before", "wangwu")).ID)
		w.down.Store(true)
		w.senders.http.CloseIdleConnections()
		var list []*delivery.Message
		for i, s := range numbered(200) {
			list = append(list, w.accept(text(s, []string{"zhangsan", "lisi", "wangwu", "ChenPengWei"}[i%4])))
		}
		time.Sleep(time.Hour)
		rest, at := w.way.Rest(crm)
		if !at || rest.Reason.Code != delivery.ReasonUnreachable {
			t.Errorf("at rest %v: %+v", at, rest)
		}
		w.down.Store(false)
		began := time.Now()
		attempts := 0
		for _, m := range list {
			m = w.wantEnd(m, delivery.Sent)
			attempts += m.Deliveries[0].Attempts
		}
		if took := since(began); took > 4*time.Minute { // 50 to each member, 30 a minute
			t.Errorf("it took %v to send what had waited", took)
		}
		if attempts > 1000 {
			t.Errorf("%d attempts for 200 messages", attempts)
		}
		for _, user := range []string{"zhangsan", "lisi", "ChenPengWei"} {
			if n := len(w.got(user)); n != 50 {
				t.Errorf("%s was told %d of 50", user, n)
			}
		}
		if dropped := w.sim.Stats().DroppedOverQuota; dropped != 0 {
			t.Errorf("WeCom dropped %d", dropped)
		}
	})
}

// TestTokenRevoked costs nobody anything.
func TestTokenRevoked(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for i, s := range numbered(25) {
			if i%5 == 0 {
				if err := w.sim.Revoke("ww0000000000000001", 1000002, 42001); err != nil {
					t.Fatal(err)
				}
			}
			m := w.wantEnd(w.accept(text(s, "zhangsan")), delivery.Sent)
			if n := m.Deliveries[0].Attempts; n != 1 {
				t.Errorf("%d attempts", n)
			}
		}
		w.wantGot("zhangsan", numbered(25)...)
	})
}

// TestStop: what is under way ends; what waits is there the next time.
func TestStop(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.lanes[crm] = delivery.Lane{Workers: 2}
		w.way.Refresh()
		w.faults(simulator.Fault{Call: "message/send", Latency: 5 * time.Second})
		var list []*delivery.Message
		for _, s := range numbered(5) {
			list = append(list, w.accept(text(s, "zhangsan")))
		}
		time.Sleep(time.Second)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		if n := len(w.got("zhangsan")); n != 2 {
			t.Errorf("%d arrived before it stopped", n)
		}
		w.faults()
		w.start()
		for i, m := range list {
			m = w.wantEnd(m, delivery.Sent)
			if d := m.Deliveries[0]; d.Attempts != 1 || !d.Doubt.IsZero() {
				t.Errorf("message %d: %+v", i, d)
			}
		}
		if n := len(w.got("zhangsan")); n != 5 {
			t.Errorf("%d arrived", n)
		}
	})
}

// TestStopLosesPatience: an answer that does not come is one whose fate is unknown.
func TestStopLosesPatience(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		hung := make(chan struct{})
		send := w.senders.get(crm)
		w.senders.set(crm, func(ctx context.Context, c delivery.Content) (wecom.Receipt, error) {
			receipt, err := send(ctx, c)
			<-ctx.Done() // the answer is on its way for ever
			close(hung)
			_, _ = receipt, err
			return wecom.Receipt{}, &wecom.TransportError{Op: "message/send", Host: "http://wecom.test", Sent: true, Err: ctx.Err()}
		})
		m := w.accept(text("once", "zhangsan"))
		began := time.Now()
		w.stop()
		<-hung
		if took := since(began); took != 30*time.Second {
			t.Errorf("it had patience for %v", took)
		}
		w.senders.set(crm, send)
		w.start()
		m = w.wantEnd(m, delivery.Sent)
		if d := m.Deliveries[0]; d.Doubt.IsZero() || d.MaybeTwice {
			t.Errorf("settled as %+v", d)
		}
		w.wantGot("zhangsan", "once")
	})
}

// TestClockJumps: an hour forward and back loses nothing and repeats nothing.
func TestClockJumps(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.lanes[crm] = delivery.Lane{Rate: 1}
				w.way.Refresh()
				var list []*delivery.Message
				for _, s := range numbered(25) {
					list = append(list, w.accept(text(s, "zhangsan")))
				}
				r := text("later", "lisi")
				r.Delay = 90 * time.Minute
				later := w.accept(r)
				time.Sleep(5 * time.Second)
				w.skew.Add(int64(by))
				began := time.Now()
				for _, m := range list {
					w.wantEnd(m, delivery.Sent)
				}
				if took := since(began); took > 3*time.Minute {
					t.Errorf("25 messages at one a second took %v", took)
				}
				if n := len(w.got("zhangsan")); n != 25 {
					t.Errorf("%d arrived", n)
				}
				w.wantEnd(later, delivery.Sent)
				w.wantEnd(w.accept(text("after", "wangwu")), delivery.Sent)
			})
		})
	}
}

// TestCallerLeaves: a program that goes away while its message is stored is not a message that is
// stored and never sent.
func TestCallerLeaves(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ctx, leave := context.WithCancel(context.Background())
		in := delivery.NewIntake(leaving{w.outbox, leave}, w.senders, limit.New(limit.Config{}), w.way, w.now)
		m, _, err := in.Accept(ctx, text("a", "zhangsan"))
		if err != nil {
			t.Fatal(err)
		}
		w.wantEnd(m, delivery.Sent)
		w.wantGot("zhangsan", "a")
	})
}

// leaving is an outbox whose caller leaves when it begins to store.
type leaving struct {
	delivery.Outbox
	leave func()
}

func (o leaving) AddAll(ctx context.Context, messages []*delivery.Message) ([]delivery.Added, error) {
	o.leave()
	return o.Outbox.AddAll(ctx, messages)
}

// TestSenderIsGone: messages of a sender that the configuration has no longer wait, and say so.
func TestSenderIsGone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r := text("a", "zhangsan")
		r.Delay = time.Minute
		m := w.accept(r)
		send := w.senders.get(crm)
		w.senders.set(crm, nil)
		w.way.Refresh()
		time.Sleep(time.Hour)
		if rest, at := w.way.Rest(crm); !at || rest.Reason.Code != delivery.ReasonUnknownSender {
			t.Errorf("at rest %v: %+v", at, rest)
		}
		w.senders.set(crm, send)
		w.way.Refresh()
		w.wantEnd(m, delivery.Sent)
	})
}
