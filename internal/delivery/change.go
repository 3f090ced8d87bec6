package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Changer is what [Senders] can do about messages that were sent, if it can. The errors are those of
// the SDK.
type Changer interface {
	Recall(ctx context.Context, s Sender, msgID string) error
	UpdateCard(ctx context.Context, s Sender, u wecom.CardUpdate) (notReached []string, err error)
}

// How long WeCom takes changes.
const (
	RecallWithin = 24 * time.Hour
	UpdateWithin = 72 * time.Hour
)

// Change is what became of one delivery that was to be recalled, or whose card was to be updated.
type Change struct {
	Part int
	// Done, or Why not, in a word of those below.
	Done    bool
	Why     string
	Failure *Failure // with WhyFailed and WhyRests
	// NotReached are members whose card did not change, as WeCom spells them.
	NotReached []string
}

// The words of Change.Why.
const (
	WhyNotSent    = "not_sent"     // it was not sent: not yet, or not at all
	WhyRecalled   = "recalled"     // it was recalled before
	WhyImpossible = "impossible"   // WeCom has nothing to change it by: a group chat, a robot, a message that is no such card
	WhyTooLate    = "too_late"     // WeCom takes no change any more
	WhySpent      = "spent"        // the card was updated before
	WhyNotTheirs  = "not_theirs"   // none of those named got this part
	WhyRests      = "sender_rests" // the sender is at rest, for the reason that Failure tells
	WhyFailed     = "failed"       // WeCom refused, or did not answer
	WhyNotTried   = "not_tried"    // there was no time left: call again
)

// changesAtOnce is how many calls one change makes at the same time.
const changesAtOnce = 8

// Recall takes back what was sent of a message; what has not left is to be cancelled. It tells of each
// delivery, in order. The error is ErrNotFound or one of the storage.
func (x *Dispatcher) Recall(ctx context.Context, id MessageID) ([]Change, error) {
	m, err := x.Outbox.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	changer, able := x.Senders.(Changer)
	changes := x.change(ctx, m, func(d *Delivery) Change {
		switch {
		case d.Status == Recalled:
			return Change{Why: WhyRecalled}
		case d.Status != Sent && d.Status != PartlySent:
			return Change{Why: WhyNotSent}
		case !able || d.Content.App == nil || d.Answer.MsgID == "":
			return Change{Why: WhyImpossible}
		case x.Now().Sub(d.Settled) > RecallWithin:
			return Change{Why: WhyTooLate}
		}
		if err := changer.Recall(ctx, d.Sender, d.Answer.MsgID); err != nil {
			return failed(err)
		}
		return Change{Done: true}
	})
	var done []ID
	for _, c := range changes {
		if c.Done {
			done = append(done, ID{id, c.Part})
		}
	}
	if len(done) == 0 {
		return changes, nil
	}
	if err := x.Outbox.Recalled(context.WithoutCancel(ctx), done...); err != nil {
		return nil, err
	}
	for _, id := range done {
		x.Hub.Publish(Event{ID: id, Sender: m.Sender, Status: Recalled, At: x.Now()})
		x.Log.Info("delivery", "delivery", id, "sender", m.Sender, "status", Recalled)
	}
	return changes, nil
}

// UpdateCard changes the cards of a message, by the code that WeCom gave for each part, which works
// once. u has no code; without receivers it is for all. It tells of each delivery, in order. The error
// is a *wecom.ValidationError, ErrNotFound or one of the storage.
func (x *Dispatcher) UpdateCard(ctx context.Context, id MessageID, u wecom.CardUpdate) ([]Change, error) {
	m, err := x.Outbox.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	changer, able := x.Senders.(Changer)
	var mu sync.Mutex
	var wrong error
	changes := x.change(ctx, m, func(d *Delivery) Change {
		own, some := forDelivery(u, d)
		switch {
		case d.Status != Sent && d.Status != PartlySent:
			return Change{Why: WhyNotSent}
		case !able || d.Answer.ResponseCode == "":
			return Change{Why: WhyImpossible}
		case d.Answer.CodeSpent:
			return Change{Why: WhySpent}
		case x.Now().Sub(d.Settled) > UpdateWithin:
			return Change{Why: WhyTooLate}
		case !some:
			return Change{Why: WhyNotTheirs}
		}
		c, err := x.updateCard(ctx, changer, d, own)
		if err != nil {
			mu.Lock()
			wrong = errors.Join(wrong, err)
			mu.Unlock()
		}
		return c
	})
	return changes, wrong
}

func (x *Dispatcher) updateCard(ctx context.Context, changer Changer, d *Delivery, u wecom.CardUpdate) (Change, error) {
	switch err := x.Outbox.SpendCode(ctx, d.ID, true); {
	case errors.Is(err, ErrNoCode):
		return Change{Why: WhySpent}, nil
	case err != nil:
		return Change{Why: WhyFailed}, err
	}
	notReached, err := changer.UpdateCard(ctx, d.Sender, u)
	if err == nil {
		return Change{Done: true, NotReached: notReached}, nil
	}
	var invalid *wecom.ValidationError
	wrong := errors.As(err, &invalid)
	var answer *wecom.Error
	if wrong || wecom.NeverSent(err) || errors.As(err, &answer) && answer.Code != wecom.CodeResponseCodeUsed {
		if err := x.Outbox.SpendCode(context.WithoutCancel(ctx), d.ID, false); err != nil {
			return failed(err), err
		}
	}
	if wrong {
		return Change{Why: WhyFailed}, err
	}
	return failed(err), nil
}

// change does something to all deliveries of a message, several at once, unless their sender is at
// rest, until ctx ends.
func (x *Dispatcher) change(ctx context.Context, m *Message, do func(*Delivery) Change) []Change {
	changes := make([]Change, len(m.Deliveries))
	var all sync.WaitGroup
	places := make(chan int)
	for range min(changesAtOnce, len(changes)) {
		all.Go(func() {
			for i := range places {
				d := &m.Deliveries[i]
				switch rest, resting := x.Rest(d.Sender); {
				case ctx.Err() != nil:
					changes[i] = Change{Why: WhyNotTried}
				case resting && x.Now().Before(rest.Until):
					changes[i] = Change{Why: WhyRests, Failure: &rest.Failure}
				default:
					changes[i] = do(d)
				}
				changes[i].Part = d.ID.Part
			}
		})
	}
	for i := range m.Deliveries {
		places <- i
	}
	close(places)
	all.Wait()
	return changes
}

// failed is a change that WeCom did not make.
func failed(err error) Change {
	return Change{Why: WhyFailed, Failure: answerOf(wecom.Receipt{}, err).Failure}
}

// forDelivery is the update for those of its receivers who got the delivery; some is false if there is
// nobody. Who belongs to a department or a tag is not known, so what names such may concern everybody.
func forDelivery(u wecom.CardUpdate, d *Delivery) (own wecom.CardUpdate, some bool) {
	u.ResponseCode = d.Answer.ResponseCode
	if !u.All && len(u.Users)+len(u.Parties)+len(u.Tags) == 0 {
		u.All = true
	}
	to := d.Content.To()
	if u.All || to.All || len(u.Parties)+len(u.Tags)+len(to.Parties)+len(to.Tags) > 0 {
		return u, true
	}
	var users []string
	for _, user := range u.Users {
		if slices.ContainsFunc(to.Users, func(other string) bool { return strings.EqualFold(user, other) }) {
			users = append(users, user)
		}
	}
	u.Users = users
	return u, len(users) > 0
}
