// Package delivery is the way of a message through the gateway, from accepted to settled: [Intake]
// takes it, the [Outbox] keeps it, the [Dispatcher] sends it when its turn has come, and [Judge] says
// what the answer means.
//
// A message that a program hands over becomes one or more deliveries, each of which is one call of
// WeCom: a list of receivers that is too long, or a text that is too long, is split. The row of a
// delivery in the outbox is its job in the queue, its history and the answer to "what became of it".
package delivery

import (
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Sender is who sends: an app of the configuration, or a group robot. Each has a queue of its own.
type Sender string

const robotPrefix = "robot:"

// App and Robot name a sender by its name in the configuration.
func App(name string) Sender   { return Sender(name) }
func Robot(name string) Sender { return Sender(robotPrefix + name) }

// IsRobot reports whether the sender is a group robot.
func (s Sender) IsRobot() bool { return strings.HasPrefix(string(s), robotPrefix) }

// Name is the sender's name in the configuration.
func (s Sender) Name() string { return strings.TrimPrefix(string(s), robotPrefix) }

// String says what it is, for people: "app crm", "robot ops".
func (s Sender) String() string {
	if s.IsRobot() {
		return "robot " + s.Name()
	}
	return "app " + s.Name()
}

// Priority orders the messages of one sender. Its zero value is the usual one.
type Priority int8

// The priorities. Higher ones go more often, and lower ones still go.
const (
	High   Priority = -1
	Normal Priority = 0
	Low    Priority = 1
)

// Priorities lists them, the most urgent first.
var Priorities = [...]Priority{High, Normal, Low}

// DuplicateCheck says what WeCom's duplicate check can do for a delivery. Retries carry the same
// bytes, so it does not change after the first attempt.
// The values are stored: they never change.
type DuplicateCheck uint8

const (
	// CheckNone: the delivery goes without, since its kind has none, or because the caller said so.
	CheckNone DuplicateCheck = iota
	// CheckOn: the delivery goes with the check, for Delivery.CheckFor.
	CheckOn
	// CheckOwn: as CheckOn, by the program's own choice; it may swallow what the program wants it to.
	CheckOwn
	// CheckTwin: the same content went to the same receivers shortly before, and is not to be
	// swallowed; so this one goes without.
	CheckTwin
)

// Unknown says what becomes of a delivery whose fate is not known, when the duplicate check cannot
// make a repetition harmless.
type Unknown uint8

const (
	Repeat Unknown = iota // better twice than never
	Hold                  // it ends as uncertain, and a person decides
)

// Delivery is one call of WeCom that the gateway is answerable for.
type Delivery struct {
	ID       ID
	Sender   Sender
	Priority Priority
	Content  Content

	Status Status
	Reason Reason // why it waits, or why it ended as it did
	// Due is when it may next be sent; it has a meaning while it is scheduled or queued.
	Due time.Time
	// Waiting: it waits for an earlier part of its message, or for an earlier message of its order
	// key, whatever Due says.
	Waiting bool

	Accepted time.Time
	Expires  time.Time // when it stops being of use
	Settled  time.Time // when it came to its end; zero before

	// Attempts counts the calls that were begun. Attempt n of a delivery is settled once.
	Attempts int
	Started  time.Time // of the last attempt

	Check     DuplicateCheck
	CheckFor  time.Duration // the interval of the duplicate check, with CheckOn
	IfUnknown Unknown
	// Doubt is when the first attempt began whose fate is not known; zero if there was none.
	Doubt time.Time
	// MaybeTwice: it was repeated although an earlier attempt may have arrived, and the duplicate
	// check did not cover that.
	MaybeTwice bool

	Answer Answer // of the last attempt
	// Lookup says who was found behind aliases that its program gave; nil if it gave none, or they were
	// not looked up yet.
	Lookup *Lookup
}

// Covered reports whether WeCom's duplicate check makes one more attempt at now harmless, although
// an earlier one may have arrived.
func (d *Delivery) Covered(now time.Time) bool {
	if d.Doubt.IsZero() {
		return true
	}
	// The interval runs on WeCom's clock, from when the request reached it.
	const margin = time.Minute
	return d.Checked() && !now.Before(d.Doubt.Add(-margin)) && now.Before(d.Doubt.Add(d.CheckFor-margin))
}

// Checked reports whether the delivery goes with WeCom's duplicate check.
func (d *Delivery) Checked() bool { return d.Check == CheckOn || d.Check == CheckOwn }

// Outgoing is the content with the duplicate check that the delivery goes with.
func (d *Delivery) Outgoing() Content {
	c := d.Content
	c.Began = d.Started
	if c.App == nil {
		return c
	}
	if !d.Doubt.IsZero() && d.Checked() && d.Covered(d.Started) {
		c.Began = d.Doubt
	}
	m := *d.Content.App
	m.DuplicateCheck, m.DuplicateCheckInterval = d.Checked(), 0
	if m.DuplicateCheck {
		m.DuplicateCheckInterval = d.CheckFor
	}
	return Content{App: &m, Began: c.Began}
}

// Message is what a program handed over, with the deliveries that it became.
type Message struct {
	ID       MessageID // given by Outbox.Add
	Sender   Sender
	Priority Priority
	Accepted time.Time
	Expires  time.Time

	Producer string            // name of the API key that handed it over
	Labels   map[string]string // the program's own
	// OrderKey: messages of a sender with the same key go one after another, in the order in which
	// they were accepted.
	OrderKey    string
	CallbackURL string
	ResendOf    MessageID // the message that this one repeats; zero if it repeats none

	// Key is the idempotency key, within Producer; Digest tells the same request from another.
	Key    string
	Digest Digest

	Deliveries []Delivery // in the order of their parts
}

// Digest is a SHA-256 of a request.
type Digest [32]byte

// Status is the status of the message as a whole.
func (m *Message) Status() Status {
	statuses := make([]Status, len(m.Deliveries))
	for i := range m.Deliveries {
		statuses[i] = m.Deliveries[i].Status
	}
	return Summary(statuses)
}

// Answer is what came back from an attempt.
type Answer struct {
	MsgID           string   `json:"msgid,omitempty"`
	ResponseCode    string   `json:"response_code,omitempty"`
	CodeSpent       bool     `json:"code_spent,omitempty"` // ResponseCode was used
	InvalidUsers    []string `json:"invalid_users,omitempty"`
	InvalidParties  []int    `json:"invalid_parties,omitempty"`
	InvalidTags     []int    `json:"invalid_tags,omitempty"`
	UnlicensedUsers []string `json:"unlicensed_users,omitempty"`

	Failure *Failure `json:"failure,omitempty"`
}

// Failure is why an attempt did not end well. It has no secret and nothing of the message in it.
type Failure struct {
	Op       string     `json:"op,omitempty"`      // the call, such as "message/send"
	Code     wecom.Code `json:"errcode,omitempty"` // 0 if WeCom did not say
	Msg      string     `json:"message"`           // errmsg, or what went wrong on the way
	HintID   string     `json:"hint_id,omitempty"`
	CallerIP string     `json:"caller_ip,omitempty"`
	Status   int        `json:"http_status,omitempty"` // other than 200
}

// Hint returns cause and cure in the language, or "" if WeCom gave no errcode.
func (f *Failure) Hint(lang wecom.Lang) string {
	if f.Code == 0 {
		return ""
	}
	return (&wecom.Error{Op: f.Op, Code: f.Code, Msg: f.Msg, CallerIP: f.CallerIP}).Hint(lang)
}

// Reason says why a delivery waits or ended, in a word of a closed list and for people.
type Reason struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"` // English, one line
	// Cause is the word for what it waited for when it ended as Expired or Cancelled.
	Cause string `json:"cause,omitempty"`
}

// The words of Reason.Code.
const (
	ReasonNone          = ""
	ReasonDelay         = "delayed"        // its program asked for a later time
	ReasonOrder         = "in_order"       // an earlier part or message goes first
	ReasonMemberPaced   = "member_paced"   // a member has had 30 this minute or 1000 this hour
	ReasonRobotPaced    = "robot_paced"    // the robot has sent 20 this minute
	ReasonChatPaced     = "chat_paced"     // the group chat has had its share
	ReasonDayPaced      = "day_paced"      // the app has used up its person-times of the day
	ReasonRate          = "rate"           // the configured rate of the sender
	ReasonWorkers       = "workers"        // as many requests of the sender are under way as may be
	ReasonLimited       = "limited"        // WeCom blocks: 45009
	ReasonBusy          = "busy"           // WeCom is busy: -1, 45033, HTTP 429
	ReasonUnreachable   = "unreachable"    // WeCom cannot be reached; the request never left
	ReasonNoAnswer      = "no_answer"      // no answer came; the message may have arrived
	ReasonInterrupted   = "interrupted"    // the gateway ended while the message was being sent
	ReasonMisconfigured = "misconfigured"  // secret, agent id, trusted IP: a person must act
	ReasonNoReceiver    = "no_receiver"    // nobody of those named can get it
	ReasonSomeReceivers = "some_receivers" // some of those named cannot get it
	ReasonRefused       = "refused"        // WeCom does not take the message
	ReasonInvalid       = "invalid"        // the message cannot be sent as it is
	ReasonExpired       = "expired"        // its time ran out while it waited
	ReasonCancelled     = "cancelled"      // somebody said so
	ReasonEarlierPart   = "earlier_part"   // an earlier part of the message was not sent
	ReasonDirectory     = "directory"      // WeCom is not to be asked who has a phone number or an address
	ReasonUnknownSender = "unknown_sender" // the configuration no longer has the sender
)
