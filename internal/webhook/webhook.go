// Package webhook tells the programs that handed messages over what became of them: it POSTs to their
// URLs, signed after Standard Webhooks (https://www.standardwebhooks.com), until they have taken it.
//
// What there is to tell is in the database, written in the transaction that ended the message: it
// waits there, however much it is, and costs no memory. It is told at least once, so receivers drop
// what has a webhook-id that they have seen.
package webhook

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// ID names a thing to tell: the message, and which of its events, from 1.
type ID struct {
	Message delivery.MessageID
	Event   int
}

// String is the webhook-id of all attempts: "evt_01h2xcejqtf_1". It has no full stop, as the
// signature asks for.
func (id ID) String() string {
	return "evt_" + strings.TrimPrefix(id.Message.String(), "msg_") + "_" + strconv.Itoa(id.Event)
}

// TypeSettled is the type of what is told when a message came to its end.
const TypeSettled = "message.settled"

// Status is how far a job has come. Its numbers are stored: they never change.
type Status uint8

const (
	Pending   Status = 1 // it waits for its time, or is under way
	Delivered Status = 2 // the receiver took it
	Failed    Status = 3 // given up
)

var statusNames = [...]string{Pending: "pending", Delivered: "delivered", Failed: "failed"}

// Statuses lists them all.
var Statuses = [...]Status{Pending, Delivered, Failed}

// String is the name of the status in the API.
func (s Status) String() string {
	if s >= Pending && int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "Status(" + strconv.Itoa(int(s)) + ")"
}

// ParseStatus reads what String wrote.
func ParseStatus(name string) (Status, bool) {
	for _, s := range Statuses {
		if statusNames[s] == name {
			return s, true
		}
	}
	return 0, false
}

// Receiver is who is told: what one of them does harms no other. Programs that share a host are told
// apart by their keys.
type Receiver struct {
	Producer string // name of the API key
	Origin   string // see OriginOf
}

// OriginOf is the scheme, host and port of a URL, or the URL itself if it is none.
func OriginOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// Job is a thing to tell, and what became of it.
type Job struct {
	ID       ID
	Sender   delivery.Sender
	Receiver Receiver
	URL      string
	Created  time.Time // when the message came to its end
	Status   Status
	Due      time.Time // when it is tried next, while it is Pending
	Until    time.Time // when it is given up, while it is Pending
	Settled  time.Time // when it was told or given up; zero before
	Attempts int       // how often it was tried
	// Step counts the attempts that failed since it happened or was replayed: see Schedule.
	Step    int
	History []Try // the last attempts, the latest last; at most MaxHistory
}

// Try is an attempt to tell, as it is kept.
type Try struct {
	At     time.Time `json:"at"`
	TookMS int64     `json:"took_ms"`
	Code   int       `json:"code,omitempty"`  // HTTP status; 0 if no answer came
	Error  string    `json:"error,omitempty"` // for people; never what the receiver answered
}

// MaxHistory is how many attempts are kept of a job.
const MaxHistory = 20

// Settlement is how an attempt ended.
type Settlement struct {
	ID      ID
	Attempt int // which one: Job.Attempts
	Status  Status
	Due     time.Time // with Pending
	Step    int
	At      time.Time
	History []Try
}

// Queue is when the first thing is due for a receiver.
type Queue struct {
	Receiver Receiver
	Due      time.Time
	Again    bool // somebody asked for it again: the receiver does not rest any more
}

// Want asks for due jobs of a receiver.
type Want struct {
	Receiver Receiver
	N        int
}

// Claimed is the answer to a [Want].
type Claimed struct {
	Jobs []Job
	Next time.Time // when the next one is due, perhaps now; zero if none waits
}

// Filter chooses jobs. Its zero value is all of them.
type Filter struct {
	Senders []delivery.Sender // nil means all
	Status  Status            // 0 means all
	Since   time.Time         // that happened then or later
}

// Position is where a page of a list ends.
type Position struct {
	Created time.Time
	ID      ID
}

// Store keeps the jobs. They are added by the [delivery.Outbox] of the same database, in the
// transaction in which the last delivery of a message with a callback URL comes to its end. Each
// method is one transaction unless it says otherwise, durable when it returns. Times are stored to
// the millisecond; errors are those of the Outbox.
type Store interface {
	// News has a word in it when jobs were added or replayed since Fresh was last called.
	News() <-chan struct{}
	// Fresh returns for whom they are, and when the first of them is due.
	Fresh() []Queue
	// Queues says for each receiver with jobs that wait when the first is due.
	Queues(ctx context.Context) ([]Queue, error)
	// Claim takes due jobs, up to N of each want, those that are due longest first: Attempts becomes
	// one more, and Due the end of the lease. So nobody else gets them before, and they are tried again
	// after it if their claimer ends without a word.
	Claim(ctx context.Context, now, lease time.Time, wants []Want) ([]Claimed, error)
	// Settle records how attempts ended. An attempt that is not the job's last one, or whose job is not
	// Pending, is left alone.
	Settle(ctx context.Context, s ...Settlement) error
	// GiveUp ends up to n jobs whose time has run out. next is when the next one runs out; zero if none
	// waits.
	GiveUp(ctx context.Context, now time.Time, n int) (given int, next time.Time, err error)

	// OfMessage returns the jobs of a message in the order of their events.
	OfMessage(ctx context.Context, id delivery.MessageID) ([]Job, error)
	// List returns up to n jobs, the latest first, that come after a position: the zero Position is the
	// beginning.
	List(ctx context.Context, f Filter, after Position, n int) ([]Job, error)
	// ReplayMessage makes the jobs of a message due now, and Pending until then.
	ReplayMessage(ctx context.Context, id delivery.MessageID, now, until time.Time) (int, error)
	// Replay does so with all jobs of a filter, whose Status is Delivered or Failed; in several
	// transactions if they are many.
	Replay(ctx context.Context, f Filter, now, until time.Time) (int, error)
	// Count counts the jobs of a filter.
	Count(ctx context.Context, f Filter) (int, error)
}
