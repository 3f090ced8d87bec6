package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Which says what of a message is sent again.
type Which uint8

const (
	Failed Which = iota // the deliveries that did not arrive, or of which that is not known
	Missed              // these, and of those that were sent in part, for the receivers that WeCom named
	All                 // everything, to everybody
)

// Resend says how to send messages again.
type Resend struct {
	Which    Which
	TTL      time.Duration // 0 means as long as the message had
	Producer string        // name of the API key
	Key      string        // idempotency key; "" means that a message is sent again once
	Digest   Digest        // of the request, where there is a key
}

// The errors of sending again.
var (
	ErrNothingToResend = errors.New("nothing of the message is to be sent again")
	ErrNotEnded        = errors.New("the message has not come to its end")
)

// statuses are those of the deliveries that are sent again.
func (w Which) statuses() []Status {
	failed := []Status{Refused, Expired, Cancelled, Uncertain}
	switch w {
	case Missed:
		return append(failed, PartlySent)
	case All:
		return append(failed, PartlySent, Sent, Recalled)
	}
	return failed
}

// Resend sends what a message said once more, as a message of its own; see Which. Without a key, one
// that was sent again already is not sent a third time: that second message is returned, and replayed.
//
// The errors are ErrNotFound, ErrNotEnded, ErrNothingToResend and those of Accept.
func (in *Intake) Resend(ctx context.Context, id MessageID, r Resend) (m *Message, replayed bool, err error) {
	old, err := in.outbox.Message(ctx, id)
	if err != nil {
		return nil, false, err
	}
	if r.Key == "" {
		again, err := in.outbox.Resends(ctx, []MessageID{id})
		if err != nil {
			return nil, false, err
		}
		if again[id] != 0 {
			m, err := in.outbox.Message(ctx, again[id])
			return m, true, err
		}
	}
	one := make([]Accepted, 1)
	in.askAgain(ctx, old)
	one[0].Message, one[0].Err = in.again(ctx, old, r)
	if err := in.store(ctx, one); err != nil {
		return nil, false, err
	}
	return one[0].Message, one[0].Replayed, one[0].Err
}

// askAgain has those looked up again whom a message names, and who were not found: whoever sends it
// again thinks that they are there by now.
func (in *Intake) askAgain(ctx context.Context, old *Message) {
	var unknown []string
	for i := range old.Deliveries {
		if l := old.Deliveries[i].Lookup; l != nil {
			unknown = append(unknown, l.Unknown...)
		}
	}
	if len(unknown) > 0 && in.dispatcher.Directory != nil {
		in.dispatcher.Directory.Forget(ctx, old.Sender, unknown)
	}
}

// again makes the message that repeats another. Its members are looked up anew: who was unknown may be
// known now.
func (in *Intake) again(ctx context.Context, old *Message, r Resend) (*Message, error) {
	if !old.Status().Final() {
		return nil, ErrNotEnded
	}
	if !in.senders.Knows(old.Sender) {
		return nil, ErrUnknownSender
	}
	if r.TTL == 0 {
		r.TTL = min(max(old.Expires.Sub(old.Accepted), time.Second), MaxTTL)
	}
	if r.TTL < time.Second || r.TTL > MaxTTL {
		return nil, (&Request{TTL: r.TTL, Sender: old.Sender, Content: old.Deliveries[0].Content}).check()
	}
	if r.Key == "" {
		r.Key = "resend " + old.ID.String() // no program has a key with a space in it
		r.Digest = sha256.Sum256([]byte(r.Key))
	}
	now := in.now().Truncate(time.Millisecond)
	m := &Message{
		Sender: old.Sender, Priority: old.Priority, Accepted: now, Expires: now.Add(r.TTL),
		Producer: r.Producer, Labels: old.Labels, OrderKey: old.OrderKey, CallbackURL: old.CallbackURL,
		ResendOf: old.ID, Key: r.Key, Digest: r.Digest,
	}
	var before Content
	for i := range old.Deliveries {
		d := &old.Deliveries[i]
		if !slices.Contains(r.Which.statuses(), d.Status) {
			continue
		}
		content := d.given()
		if r.Which == Missed && d.Status == PartlySent {
			if content = d.missed(); nobodyIn(content.App.To) {
				continue
			}
		}
		if content.Unresolved() && in.dispatcher.Directory == nil {
			return nil, &RequestError{"to", errNoDirectory.Error()}
		}
		given := content
		content, lookup := in.resolve(ctx, m.Sender, content)
		part := Delivery{
			ID: ID{Part: len(m.Deliveries)}, Sender: m.Sender, Priority: m.Priority, Content: content,
			Status: Queued, Due: now, Accepted: now, Expires: m.Expires,
			Check: d.Check, CheckFor: d.CheckFor, IfUnknown: d.IfUnknown, Lookup: lookup,
		}
		if part.Check == CheckTwin {
			part.Check = CheckOn
		}
		// Parts of one text go to the same receivers, one after another.
		if len(m.Deliveries) > 0 && sameReceivers(before, given) {
			part.Waiting, part.Reason = true, Reason{Code: ReasonOrder}
		}
		m.Deliveries = append(m.Deliveries, part)
		before = given
	}
	if len(m.Deliveries) == 0 {
		return nil, ErrNothingToResend
	}
	return m, nil
}

// missed is the content for those alone who did not get it, by WeCom's answer, and those who were not
// found.
func (d *Delivery) missed() Content {
	m, a := *d.Content.App, &d.Answer
	m.To = wecom.To{Parties: a.InvalidParties, Tags: a.InvalidTags}
	aliases := map[string]string{} // by which members are known who are not named otherwise
	if d.Lookup != nil {
		for _, f := range d.Lookup.Found {
			if !slices.Contains(d.Lookup.Also, f.User) {
				aliases[strings.ToLower(f.User)] = f.Alias
			}
		}
	}
	for _, user := range d.Content.App.To.Users {
		same := func(other string) bool { return strings.EqualFold(user, other) }
		if slices.ContainsFunc(a.InvalidUsers, same) || slices.ContainsFunc(a.UnlicensedUsers, same) {
			m.To.Users = append(m.To.Users, cmp.Or(aliases[strings.ToLower(user)], user))
		}
	}
	if d.Lookup != nil {
		m.To.Users = append(m.To.Users, d.Lookup.Unknown...)
	}
	return Content{App: &m}
}

func sameReceivers(a, b Content) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	one, other := a.To(), b.To()
	return slices.Equal(one.Users, other.Users) && slices.Equal(one.Parties, other.Parties) && slices.Equal(one.Tags, other.Tags) && one.All == other.All
}

// Resent is what became of one message that was to be sent again.
type Resent struct {
	Old MessageID
	New MessageID // zero if it was not sent again, because of Err or for a trial
	Err error
}

// ResentPage is one go of ResendAll.
type ResentPage struct {
	Items   []Resent  // the latest first
	Skipped int       // messages that were sent again before, or have not come to their end
	Next    MessageID // where to go on; zero when there is no more
	Looked  int       // as in Page
}

// ResendAll sends again up to n of the messages that the filter is for, in one commit; what was sent
// again before is left alone, so a call can be repeated. If the filter names no status, it is for those
// that Which means. before is the Next of the go before, or zero; try says that nothing is to be sent.
func (in *Intake) ResendAll(ctx context.Context, f Filter, before MessageID, n int, r Resend, try bool) (ResentPage, error) {
	if len(f.Statuses) == 0 {
		f.Statuses = r.Which.statuses()
	}
	page, err := in.outbox.Search(ctx, f, before, n)
	if err != nil {
		return ResentPage{}, err
	}
	out := ResentPage{Next: page.Next, Looked: page.Looked}
	ids := make([]MessageID, len(page.Messages))
	for i, m := range page.Messages {
		ids[i] = m.ID
	}
	again, err := in.outbox.Resends(ctx, ids)
	if err != nil {
		return ResentPage{}, err
	}
	var all []Accepted
	for _, old := range slices.Backward(page.Messages) { // they go in the order in which they came
		if again[old.ID] != 0 || !old.Status().Final() {
			out.Skipped++
			continue
		}
		if !try {
			in.askAgain(ctx, old)
		}
		m, err := in.again(ctx, old, r)
		if errors.Is(err, ErrNothingToResend) {
			out.Skipped++
			continue
		}
		out.Items = append(out.Items, Resent{Old: old.ID, Err: err})
		all = append(all, Accepted{Message: m, Err: err})
	}
	if !try {
		if err := in.store(ctx, all); err != nil {
			return ResentPage{}, err
		}
	}
	for i := range all {
		if out.Items[i].Err = all[i].Err; all[i].Err == nil && !try {
			out.Items[i].New = all[i].Message.ID
		}
	}
	slices.Reverse(out.Items)
	return out, nil
}
