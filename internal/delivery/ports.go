package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Outbox keeps what was promised. Each method is one transaction, durable when it returns: what it
// wrote survives the end of the process and of the machine. Callers that wait at the same time share
// a commit. Times are stored to the millisecond.
//
// All methods may be called at once, and give up waiting when ctx ends; what they were asked for may
// happen all the same. An error that is none of the named ones says that the storage cannot do its
// work just now ([ErrStorage] wraps it); then nothing of the call was done, as far as can be known.
type Outbox interface {
	// Add stores a message with its deliveries, and gives it its ID. Deliveries come as Scheduled,
	// Queued or Sending; those that are Sending are the caller's to send once Add returns, as their
	// attempt 1, unless Add made something else of them:
	//
	//   - A delivery with Waiting set waits until the part before it (Part-1) is settled.
	//   - A message with an OrderKey whose predecessor is not settled waits for it as a whole: its
	//     first part becomes Queued and Waiting, if it was Sending or not.
	//   - A delivery that is Sending with CheckOn becomes CheckTwin, if it is one: see Claim.
	//
	// If the producer used the key before, nothing is stored: with the same digest earlier is the ID
	// of that message, and with another one the error is ErrKeyReused.
	Add(ctx context.Context, m *Message) (earlier MessageID, err error)

	// AddAll is Add for many messages, in one transaction: with an error none of them is stored. Of each
	// it tells what Add would.
	AddAll(ctx context.Context, messages []*Message) ([]Added, error)

	// Claim takes due deliveries, up to Want.N of each want, the ones that are due longest first, and
	// asks decide about them: all rows of the call at once, or in several goes. Those that may go
	// become Sending, with Attempts one more and Started now, and are returned; those that must wait
	// get their time and reason. decide must not block, and must not call the outbox.
	//
	// At its first attempt a delivery with CheckOn or CheckOwn leaves the Fingerprint of its content
	// behind; those that are [Content.Unresolved] leave none, and do it when they are complete. One with CheckOn whose fingerprint another one of the sender left less than its CheckFor
	// ago is a legitimate twin: it becomes CheckTwin, before it goes, so that WeCom does not swallow it.
	//
	// A delivery is given to one caller only. Deliveries whose time has run out are left to Expire.
	Claim(ctx context.Context, now time.Time, wants []Want, decide func([]*Delivery) []Decision) ([]Claimed, error)

	// Settle records how attempts ended. An attempt that is not the delivery's last, or is not
	// Sending any more, is left alone. woken are the senders for which deliveries that waited for
	// these became due by it. With a Lookup the delivery is found by the members it names from now on.
	Settle(ctx context.Context, s ...Settlement) (woken []Sender, err error)

	// Cancel ends the deliveries of a message that have not left. It returns them, and the number of
	// those that were on their way or at their end already; ErrNotFound if there is no message. What
	// ends keeps in Reason.Cause what it waited for, and if its sender is at rest, the failure that
	// keeps the sender from sending.
	Cancel(ctx context.Context, id MessageID, now time.Time) (ended []Event, left int, woken []Sender, err error)

	// Expire ends up to n deliveries that wait and whose time has run out: as Expired, or as
	// Uncertain if one of their attempts may have arrived. next is when the next one runs out; zero
	// if none waits.
	Expire(ctx context.Context, now time.Time, n int) (ended []Event, woken []Sender, next time.Time, err error)

	// Recalled records that what was sent was taken back. Deliveries that are neither Sent nor
	// PartlySent are left alone.
	Recalled(ctx context.Context, ids ...ID) error

	// SpendCode records that the Answer.ResponseCode of a delivery was used, or with spent false that it
	// was not after all. Whoever spends a code that is spent, or is not there, gets ErrNoCode.
	SpendCode(ctx context.Context, id ID, spent bool) error

	// Rewind is for a clock that was set back: queued deliveries that are due after latest become due
	// now. Those that wait for a time that a quota gave them (Reason.Code ends in "_paced"), and
	// scheduled ones, keep theirs.
	Rewind(ctx context.Context, now, latest time.Time) (changed int, err error)

	// Prune forgets up to n messages: those that ended before, and beyond that the oldest ended ones
	// while there are more than keep (0: as many as there are). Idempotency keys go with them.
	Prune(ctx context.Context, before time.Time, keep, n int) (pruned int, err error)

	// Hold records that a sender is at rest until then, or with the zero Rest that it is not.
	Hold(ctx context.Context, s Sender, rest Rest) error

	Reader
}

// Reader is how the outbox is looked at. It does not wait for those who write.
type Reader interface {
	// Message returns a message with all its deliveries, or ErrNotFound.
	Message(ctx context.Context, id MessageID) (*Message, error)
	// Search returns up to n messages of those that the filter is for, the latest first; before is the
	// Next of the page before, or zero. What one call does is bounded, whatever there is to look
	// through; see Page.
	Search(ctx context.Context, f Filter, before MessageID, n int) (Page, error)
	// Resends returns of these messages the latest that repeats each; those without one are not in it.
	Resends(ctx context.Context, ids []MessageID) (map[MessageID]MessageID, error)
	// Attempts returns the attempts of a message's deliveries that did not settle them, in order.
	Attempts(ctx context.Context, id MessageID) ([]AttemptRecord, error)
	// Orphans returns deliveries that were Sending when their owner ended.
	Orphans(ctx context.Context) ([]Delivery, error)
	// Queues says for each sender and priority with deliveries that wait for their time when the
	// first of them is due. Deliveries that wait for others are not counted.
	Queues(ctx context.Context) ([]Queue, error)
	// Sends tells of every delivery of a kind of which WeCom may have taken an attempt since then, at the
	// end of that if it is known, and else its beginning; and of every one that waits for a time that a
	// quota gave it (Reason.Code ends in "_paced"), as booked, by its Due. Of the content it tells the
	// receivers; the body is not to be looked at.
	Sends(ctx context.Context, kind Kind, since time.Time, tell func(at time.Time, s Sender, c Content, booked bool)) error
	// Rests returns the senders that are at rest.
	Rests(ctx context.Context) (map[Sender]Rest, error)
	// Depth counts deliveries by status; Sent and the other ends are not counted.
	Depth(ctx context.Context) (map[Status]int, error)
}

// The errors of an Outbox.
var (
	ErrNotFound  = errors.New("no such message")
	ErrKeyReused = errors.New("the idempotency key was used for another request")
	// ErrStorage says that the storage cannot do its work: the disk is full, read-only or gone.
	ErrStorage = errors.New("the storage cannot take it")
	ErrClosed  = errors.New("the outbox is closed")
	// ErrNoCode says that a card cannot be updated (any more): WeCom gave no code for it, or it was used.
	ErrNoCode = errors.New("there is no response code that was not used")
)

// Added is what became of one message of an AddAll.
type Added struct {
	Earlier MessageID // of the message that the key was used for; zero if this one was stored
	Err     error     // ErrKeyReused
}

// Want asks for due deliveries of one queue.
type Want struct {
	Sender   Sender
	Priority Priority
	N        int
}

// Claimed is the answer to a [Want].
type Claimed struct {
	Deliveries []Delivery // to be sent now
	More       bool       // more are due now
	Next       time.Time  // when the next one is due that is not due yet; zero if there is none
}

// Queue is when something is due for a sender.
type Queue struct {
	Sender   Sender
	Priority Priority
	Due      time.Time
}

// Decision is what is to become of a due delivery. The zero Decision lets it go now.
type Decision struct {
	// Due, if it is set, is when it may go instead, for this reason.
	Due    time.Time
	Reason Reason
	// Keep, if Later is set, are the members who stay; those of Later get deliveries of their own. If
	// Due is set as well, all wait.
	Keep  []string
	Later []Later
}

// Later is a part of a delivery's members that must wait longer than the others.
type Later struct {
	Users  []string
	Due    time.Time
	Reason Reason
}

// Settlement is how an attempt ended.
type Settlement struct {
	ID      ID
	Attempt int // which one: Delivery.Attempts
	Status  Status
	Due     time.Time // with Queued
	Reason  Reason
	At      time.Time
	Took    time.Duration
	// NotTried: the request was never made; the attempt does not count.
	NotTried   bool
	Doubt      time.Time // Delivery.Doubt from now on
	MaybeTwice bool      // Delivery.MaybeTwice from now on
	Answer     Answer

	// Of what was looked up: Lookup is Delivery.Lookup from now on, if it is set, and Content what it
	// says to whom. Users of Later get deliveries of their own, as in a Decision; if there is no number
	// for more parts, Content and Lookup are not heeded, and the delivery is due with Later.
	Content *Content
	Lookup  *Lookup
	Later   []Later
}

// AttemptRecord is an attempt that did not settle its delivery.
type AttemptRecord struct {
	Part    int
	Attempt int
	At      time.Time // when it began
	Took    time.Duration
	Reason  Reason
	Answer  Answer
}

// Rest is why a sender sends nothing for a while.
type Rest struct {
	// Until is when one delivery is sent to see whether it works again; zero while failures are only
	// counted.
	Until    time.Time
	Since    time.Time
	Failures int // in a row, for the same reason
	Reason   Reason
	Failure  Failure
}

// Senders makes the calls.
type Senders interface {
	// Knows reports whether the configuration has the sender.
	Knows(s Sender) bool
	// Send makes one call, and repeats it for nothing but a dead token. The errors are those of the
	// SDK.
	Send(ctx context.Context, s Sender, c Content) (wecom.Receipt, error)
}

// Limits knows how much each receiver may get. Its methods return at once.
type Limits interface {
	// Book finds the time at which the content may go to its receivers without WeCom dropping it, and
	// books it: for now, if the Decision is zero or the members of its Keep, and for the times that it
	// names. booked is the time that an earlier Book gave to the same content, or zero; that booking
	// ends with the call.
	Book(now time.Time, s Sender, c Content, booked time.Time) Decision
	// Return takes a booking for that time back: what was booked has surely not been sent.
	Return(at time.Time, s Sender, c Content)
	// Ended says that what a Book let go at began was under way until ended: WeCom may have counted it at
	// any time between.
	Ended(began, ended time.Time, s Sender, c Content)
	// Seen books what was sent, or is booked already, at a time: when the gateway starts.
	Seen(at time.Time, s Sender, c Content, booked bool)
	// Since is how far back what was sent of a kind still counts.
	Since(kind Kind, now time.Time) time.Time
}

// Event tells that a delivery changed.
type Event struct {
	ID     ID
	Sender Sender
	Status Status
	Reason Reason
	At     time.Time

	// Booked, if it is set, is the time that a quota gave to a delivery that ended without using it;
	// Content is what it was given for.
	Booked  time.Time
	Content Content
}

// Together is the decision with all members in one delivery, when the last of them may get it.
func (d Decision) Together() Decision {
	for _, later := range d.Later {
		if later.Due.After(d.Due) {
			d.Due, d.Reason = later.Due, later.Reason
		}
	}
	d.Keep, d.Later = nil, nil
	return d
}

// whole is the decision in whole milliseconds, as times are stored: never before what was booked, or
// it would be asked for again at once.
func (d Decision) whole() Decision {
	d.Due = wholeUp(d.Due)
	for i := range d.Later {
		d.Later[i].Due = wholeUp(d.Later[i].Due)
	}
	return d
}

func wholeUp(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(time.Millisecond - 1).Truncate(time.Millisecond)
}
