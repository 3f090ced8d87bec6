package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// TestQuotasComeBack: the times that a quota gave to what is cancelled, or runs out, are given to others.
func TestQuotasComeBack(t *testing.T) {
	for _, how := range []string{"cancelled", "expired"} {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				began := time.Now()
				var paced []delivery.MessageID
				for i := range 60 { // 30 now, 30 in a minute
					r := text(fmt.Sprint(i), "zhangsan")
					if i >= 30 && how == "expired" {
						r.TTL = 10 * time.Second
					}
					m := w.accept(r)
					if i >= 30 {
						paced = append(paced, m.ID)
						if d := m.Deliveries[0]; d.Reason.Code != delivery.ReasonMemberPaced || d.Due.Sub(began) > 61*time.Second {
							t.Fatalf("%d waits as %+v until %v", i, d.Reason, d.Due.Sub(began))
						}
					}
					synctest.Wait()
				}
				if how == "cancelled" {
					for _, id := range paced {
						if n, left, err := w.way.Cancel(context.Background(), id); n != 1 || left != 0 || err != nil {
							t.Fatalf("cancelled %d, %d had left, %v", n, left, err)
						}
					}
				} else {
					time.Sleep(15 * time.Second)
				}
				for _, id := range paced {
					w.ends(id)
				}
				m := w.ends(w.accept(text("instead", "zhangsan")).ID)
				if took := m.Deliveries[0].Settled.Sub(began); took > 61*time.Second {
					t.Errorf("it went after %v: the times were not given back", took)
				}
			})
		})
	}
}

// TestBatchKeepsItsOrder: messages of a batch do not overtake one another, however few workers there are.
func TestBatchKeepsItsOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.lanes[crm] = delivery.Lane{Workers: 1}
		w.way.Refresh()
		var requests []delivery.Request
		want := numbered(20)
		for _, words := range want {
			requests = append(requests, text(words, "zhangsan"))
		}
		all, err := w.intake.AcceptAll(context.Background(), requests)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			w.wantEnd(one.Message, delivery.Sent)
		}
		w.wantGot("zhangsan", want...)
	})
}

func TestRecallNeedsASender(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.wantEnd(w.accept(text("a", "zhangsan")), delivery.Sent)
		// The senders of this world cannot recall.
		changes, err := w.way.Recall(context.Background(), m.ID)
		if err != nil || len(changes) != 1 || changes[0].Done || changes[0].Why != delivery.WhyImpossible {
			t.Errorf("%+v %v", changes, err)
		}
		if _, err := w.way.Recall(context.Background(), 4711); !errors.Is(err, delivery.ErrNotFound) {
			t.Error(err)
		}
		if _, err := w.way.UpdateCard(context.Background(), 4711, wecom.CardUpdate{}); !errors.Is(err, delivery.ErrNotFound) {
			t.Error(err)
		}
	})
}

// changer is senders that can recall and update, as the test says.
type changer struct {
	*senders
	recall func(msgID string) error
	update func(u wecom.CardUpdate) ([]string, error)
}

func (c *changer) Recall(_ context.Context, _ delivery.Sender, msgID string) error {
	return c.recall(msgID)
}
func (c *changer) UpdateCard(_ context.Context, _ delivery.Sender, u wecom.CardUpdate) ([]string, error) {
	return c.update(u)
}

// TestRecallInParts: what was taken back is known although the call ended before it got to all, and the
// next one goes on.
func TestRecallInParts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		users := make([]string, 20_500)
		for i := range users {
			users[i] = fmt.Sprint("u", i)
		}
		m := w.ends(w.accept(text("a", append(users, "zhangsan")...)).ID)
		ctx, cancel := context.WithCancel(context.Background())
		var calls atomic.Int32
		fake := &changer{senders: w.senders, recall: func(string) error {
			if calls.Add(1) == 1 {
				cancel()
			}
			return nil
		}}
		w.way.Senders = fake
		done, tries := 0, 0
		for sent := 0; done == 0 || done < sent; tries++ {
			changes, err := w.way.Recall(ctx, m.ID)
			if err != nil || len(changes) != len(m.Deliveries) {
				t.Fatalf("%d changes, %v", len(changes), err)
			}
			sent = 0
			for _, c := range changes {
				if c.Done {
					done++
				}
				if d := m.Deliveries[c.Part]; d.Status == delivery.Sent || d.Status == delivery.PartlySent {
					sent++
				}
			}
			ctx = context.Background()
			if tries > 3 {
				t.Fatalf("%d of %d after %d tries", done, sent, tries)
			}
		}
		if int(calls.Load()) != done {
			t.Errorf("%d calls for %d deliveries", calls.Load(), done)
		}
		w.wantEnd(m, w.look(m.ID).Status())
	})
}

// TestCardCodeIsUsedOnce: many who update a card at once make one call; and a call that never left, or
// that was wrong, leaves the code good.
func TestCardCodeIsUsedOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		card := wecom.ButtonInteraction{
			MainTitle: wecom.MainTitle{Title: "Disk full"}, TaskID: "t1", Buttons: []wecom.Button{{Text: "Ack", Key: "ack"}},
		}
		m := w.wantEnd(w.accept(delivery.Request{Sender: crm, Content: delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: card}}}), delivery.Sent)
		var calls atomic.Int32
		answers := make(chan error, 1)
		w.way.Senders = &changer{senders: w.senders, update: func(u wecom.CardUpdate) ([]string, error) {
			calls.Add(1)
			if u.ResponseCode != m.Deliveries[0].Answer.ResponseCode || !u.All {
				t.Errorf("updated with %+v", u)
			}
			return nil, <-answers
		}}
		update := func() delivery.Change {
			changes, err := w.way.UpdateCard(context.Background(), m.ID, wecom.CardUpdate{ReplaceName: "done"})
			var wrong *wecom.ValidationError
			if err != nil && !errors.As(err, &wrong) {
				t.Error(err)
			}
			return changes[0]
		}
		for _, err := range []error{&wecom.ValidationError{}, &wecom.Error{Op: "message/update_template_card", Code: 48002}} {
			answers <- err
			if c := update(); c.Done || c.Why != delivery.WhyFailed {
				t.Errorf("%v: %+v", err, c)
			}
		}
		calls.Store(0)
		answers <- nil
		results := make(chan delivery.Change, 20)
		for range 20 {
			go func() { results <- update() }()
		}
		done := 0
		for range 20 {
			switch c := <-results; {
			case c.Done:
				done++
			case c.Why != delivery.WhySpent:
				t.Errorf("%+v", c)
			}
		}
		if done != 1 || calls.Load() != 1 {
			t.Errorf("%d updates by %d calls", done, calls.Load())
		}
	})
}
