package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Status is how far a message or one of its deliveries has come.
type Status string

// The states. The first three are on their way.
const (
	Scheduled  Status = "scheduled"   // a delay runs
	Queued     Status = "queued"      // it waits for its turn, a limit or another try
	Sending    Status = "sending"     //
	Sent       Status = "sent"        // WeCom took it for everybody
	PartlySent Status = "partly_sent" // WeCom took it, but not for all who were named, or not all parts
	Refused    Status = "refused"     // WeCom does not take it
	Expired    Status = "expired"     // its time ran out before it could be sent
	Cancelled  Status = "cancelled"   // somebody cancelled it before it left
	Uncertain  Status = "uncertain"   // it is not known whether it arrived
	Recalled   Status = "recalled"    // it was sent, and taken back
)

// Final reports whether nothing more happens by itself.
func (s Status) Final() bool { return s != "" && s != Scheduled && s != Queued && s != Sending }

// Message is what became of a message. What it says is not kept in it. It marshals to the JSON that
// the gateway answered.
type Message struct {
	ID         string            `json:"id"` // "msg_…"
	Status     Status            `json:"status"`
	App        string            `json:"app"`   // the app that sends, by its name in the gateway; or
	Robot      string            `json:"robot"` // the robot
	Priority   Priority          `json:"priority"`
	Accepted   time.Time         `json:"accepted"`
	Expires    time.Time         `json:"expires"` // when it stops being of use
	Labels     map[string]string `json:"labels"`
	OrderKey   string            `json:"order_key"`
	Deliveries []Delivery        `json:"deliveries"` // the calls of WeCom that it became, in order
	ResendOf   string            `json:"resend_of"`  // the message that this one repeats; or ""
	ResentAs   string            `json:"resent_as"`  // the latest message that repeats this one; or ""
	// Recipients is what became of it for each member that it names; nil if it names none. Only
	// Client.Message tells it.
	Recipients *Recipients `json:"recipients"`

	// Replayed: the gateway had it before, with the same idempotency key.
	Replayed bool `json:"-"`

	raw json.RawMessage
}

// Delivery is one call of WeCom.
type Delivery struct {
	Part     int       `json:"part"` // from 1
	Status   Status    `json:"status"`
	MsgType  string    `json:"msgtype"`
	To       Receivers `json:"to"`
	Reason   *Reason   `json:"reason"` // why it waits, or ended as it did; or nil
	Next     time.Time `json:"next"`   // when it may be sent next; zero if that is not known
	Attempts int       `json:"attempts"`
	Started  time.Time `json:"started"` // of the last attempt
	Settled  time.Time `json:"settled"` // when it came to its end
	Receipt  *Receipt  `json:"receipt"` // what WeCom answered; or nil
	Failure  *Failure  `json:"failure"` // why the last attempt failed; or nil

	MayHaveArrived bool `json:"may_have_arrived"`  // no answer came to an attempt
	MayBeSeenTwice bool `json:"may_be_seen_twice"` // it was repeated although it may have arrived
}

// Receivers are members, departments and tags, or a group chat; none for a robot.
type Receivers struct {
	Users   []string `json:"users,omitempty"`
	Mobiles []string `json:"mobiles,omitempty"` // members by phone number
	Emails  []string `json:"emails,omitempty"`  // and by email address
	// Found has the user ids of those of Mobiles and Emails that were found.
	Found   map[string]string `json:"found,omitempty"`
	Parties []int             `json:"parties,omitempty"`
	Tags    []int             `json:"tags,omitempty"`
	All     bool              `json:"all,omitempty"`
	Chat    string            `json:"chat,omitempty"`
}

// Recipients is what became of a message for the members that it names.
type Recipients struct {
	Total   int            `json:"total"`
	States  map[string]int `json:"states"`  // how many members are in each state
	Members []Recipient    `json:"members"` // the first 1000, by name
	Next    string         `json:"next"`    // "" if these are all
}

// Recipient is what became of a message for one member.
type Recipient struct {
	User   string `json:"user"`   // the user id; "" while it is not known
	Mobile string `json:"mobile"` // that the message names the member by; or ""
	Email  string `json:"email"`  // likewise
	// State is reached (WeCom took it for the member), recalled, sending, waiting, uncertain, failed,
	// unlicensed, invalid, or unknown (nobody whom the app can see has the mobile or email).
	State   string     `json:"state"`
	Part    int        `json:"part"`   // the delivery that the state is from
	Next    time.Time  `json:"next"`   // when it may be sent to the member; or zero
	Reason  string     `json:"reason"` // a word of a closed list
	ErrCode wecom.Code `json:"errcode"`
	Hint    string     `json:"hint"` // in the language of Config.Lang
}

// Reason is why a delivery waits or ended.
type Reason struct {
	Code   string `json:"code"`   // a word of a closed list, such as member_paced
	Detail string `json:"detail"` // English
	Cause  string `json:"cause"`  // what it waited for when it expired or was cancelled: a word of the same list
	Hint   string `json:"hint"`   // in the language of Config.Lang
}

// Receipt is what WeCom answered when it took a delivery.
type Receipt struct {
	MsgID           string   `json:"msgid"` // WeCom's own
	ResponseCode    string   `json:"response_code"`
	InvalidUsers    []string `json:"invalid_users"`
	InvalidParties  []int    `json:"invalid_parties"`
	InvalidTags     []int    `json:"invalid_tags"`
	UnlicensedUsers []string `json:"unlicensed_users"`
}

// Failure is why an attempt failed.
type Failure struct {
	Op         string     `json:"op"`      // the call of WeCom, such as message/send
	ErrCode    wecom.Code `json:"errcode"` // 0 if WeCom did not say
	ErrMsg     string     `json:"errmsg"`
	HintID     string     `json:"hint_id"`
	CallerIP   string     `json:"caller_ip"`
	HTTPStatus int        `json:"http_status"`
	Hint       string     `json:"hint"` // cause and cure, in the language of Config.Lang
}

// UnmarshalJSON reads the gateway's answer, and keeps it for MarshalJSON.
func (m *Message) UnmarshalJSON(data []byte) error {
	type plain Message
	if err := json.Unmarshal(data, (*plain)(m)); err != nil {
		return err
	}
	if m.ID == "" {
		return errors.New("gateway: the answer has no id of a message")
	}
	m.raw = bytes.Clone(data)
	return nil
}

// MarshalJSON returns the gateway's answer.
func (m *Message) MarshalJSON() ([]byte, error) {
	if m.raw != nil {
		return m.raw, nil
	}
	type plain Message
	return json.Marshal((*plain)(m))
}

// Receipt is the message's receipt as Client.Send of package wecom returns it, of all its deliveries
// together. Its MsgID is the gateway's id of the message. Members who were not found are among the
// InvalidUsers, as [Mobile] and [Email] name them.
func (m *Message) Receipt() wecom.Receipt {
	r := wecom.Receipt{MsgID: m.ID}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		r.InvalidUsers = union(r.InvalidUsers, d.unknown())
		if d.Receipt == nil {
			continue
		}
		r.ResponseCode = orDefault(r.ResponseCode, d.Receipt.ResponseCode)
		r.InvalidUsers = union(r.InvalidUsers, d.Receipt.InvalidUsers)
		r.InvalidParties = union(r.InvalidParties, d.Receipt.InvalidParties)
		r.InvalidTags = union(r.InvalidTags, d.Receipt.InvalidTags)
		r.UnlicensedUsers = union(r.UnlicensedUsers, d.Receipt.UnlicensedUsers)
	}
	return r
}

func union[T comparable](list, more []T) []T {
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// Err returns nil if the message was sent, to all or to some, or recalled; an *[UnfinishedError]
// while it is on its way; and else an *[EndedError].
func (m *Message) Err() error {
	switch {
	case !m.Status.Final():
		return &UnfinishedError{m}
	case m.Status == Sent || m.Status == PartlySent || m.Status == Recalled:
		return nil
	}
	return &EndedError{m, m.cause()}
}

// worst is the delivery that tells most about the message: the first that failed or waits.
func (m *Message) worst() *Delivery {
	for i := range m.Deliveries {
		if d := &m.Deliveries[i]; d.Failure != nil {
			return d
		}
	}
	for i := range m.Deliveries {
		if d := &m.Deliveries[i]; d.Reason != nil {
			return d
		}
	}
	return nil
}

// cause is the failure of a message in the terms of package wecom.
func (m *Message) cause() error {
	d := m.worst()
	if d == nil {
		d = &Delivery{}
	}
	if f := d.Failure; f != nil && f.ErrCode != 0 {
		return f.err()
	}
	broken := &wecom.TransportError{Op: "message/send", Host: "WeCom", Sent: d.MayHaveArrived, Err: errors.New(orDefault(m.why(), string(m.Status)))}
	if f := d.Failure; f != nil {
		broken.Op, broken.Status = orDefault(f.Op, broken.Op), f.HTTPStatus
	}
	return broken
}

func (f *Failure) err() *wecom.Error {
	return &wecom.Error{Op: f.Op, Code: f.ErrCode, Msg: f.ErrMsg, HintID: f.HintID, CallerIP: f.CallerIP}
}

// why says in a line what keeps the message, or kept it, from being sent.
func (m *Message) why() string {
	d := m.worst()
	if d == nil {
		return ""
	}
	text := ""
	if d.Reason != nil {
		text = d.Reason.Code
		if d.Reason.Detail != "" {
			text += " (" + d.Reason.Detail + ")"
		}
	}
	if f := d.Failure; f != nil {
		told := f.ErrMsg
		if f.ErrCode != 0 {
			told = f.err().Error()
		}
		if text != "" && told != "" {
			text += ": "
		}
		text += told
	}
	return text
}

// Hint says why the message waits or ended as it did, and what to do, in the language as far as it is
// known in it: WeCom's codes are, and the rest is as the gateway told it. It may be empty.
func (m *Message) Hint(lang wecom.Lang) string {
	d := m.worst()
	switch {
	case d == nil:
		return ""
	case d.Failure != nil && d.Failure.ErrCode != 0:
		return d.Failure.err().Hint(lang)
	case d.Failure != nil && d.Failure.Hint != "":
		return d.Failure.Hint
	case d.Reason != nil:
		return d.Reason.Hint
	}
	return ""
}
