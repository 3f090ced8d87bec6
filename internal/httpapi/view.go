package httpapi

import (
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Message is what became of a message, as the API tells it. Times are RFC 3339 in UTC, to the
// millisecond.
type Message struct {
	ID         string            `json:"id" example:"msg_01h2xcejqtf"`
	Status     string            `json:"status" enum:"scheduled,queued,sending,sent,partly_sent,refused,expired,cancelled,uncertain,recalled" doc:"How far it has come; that of the delivery that is furthest on while one is on its way. sent: WeCom took it for everybody; uncertain: it is not known whether it arrived."`
	App        string            `json:"app,omitempty"`
	Robot      string            `json:"robot,omitempty"`
	Priority   string            `json:"priority" enum:"high,normal,low"`
	Accepted   string            `json:"accepted" format:"date-time"`
	Expires    string            `json:"expires" format:"date-time" doc:"When it stops being of use."`
	Labels     map[string]string `json:"labels,omitempty"`
	OrderKey   string            `json:"order_key,omitempty"`
	ResendOf   string            `json:"resend_of,omitempty" doc:"The message that this one repeats."`
	ResentAs   string            `json:"resent_as,omitempty" doc:"The latest message that repeats this one."`
	Recipients *Recipients       `json:"recipients,omitempty" doc:"What became of it for each member that it names; only when one message is asked for."`
	Deliveries []Delivery        `json:"deliveries" doc:"The calls of WeCom that it became, in the order of their parts."`
}

// Delivery is one call of WeCom.
type Delivery struct {
	Part    int        `json:"part" doc:"Which one, from 1."`
	Status  string     `json:"status" enum:"scheduled,queued,sending,sent,partly_sent,refused,expired,cancelled,uncertain,recalled"`
	MsgType string     `json:"msgtype"`
	To      *Receivers `json:"to,omitempty" doc:"Who this part is for; without it, the group of a robot."`
	Reason  *Reason    `json:"reason,omitempty" doc:"Why it waits, or why it ended as it did."`
	Next    string     `json:"next,omitempty" format:"date-time" doc:"When it may be sent next."`
	// Attempts counts the calls that were begun.
	Attempts int      `json:"attempts" doc:"How many times it was tried."`
	Started  string   `json:"started,omitempty" format:"date-time" doc:"When the last attempt began."`
	Settled  string   `json:"settled,omitempty" format:"date-time" doc:"When it came to its end."`
	Receipt  *Receipt `json:"receipt,omitempty" doc:"What WeCom answered when it took the message."`
	Failure  *Failure `json:"failure,omitempty" doc:"Why the last attempt did not end well; or what keeps the sender from sending."`

	MayHaveArrived bool      `json:"may_have_arrived,omitempty" doc:"The answer to an attempt never came: the message may have arrived all the same."`
	MayBeSeenTwice bool      `json:"may_be_seen_twice,omitempty" doc:"It was repeated although it may have arrived, where WeCom's duplicate check could not help."`
	Earlier        []Attempt `json:"earlier_attempts,omitempty" doc:"The attempts that did not settle it."`
}

// Receivers are members, departments and tags, or a group chat.
type Receivers struct {
	Users   []string          `json:"users,omitempty"`
	Mobiles []string          `json:"mobiles,omitempty" doc:"Members by their phone numbers."`
	Emails  []string          `json:"emails,omitempty" doc:"Members by their email addresses."`
	Found   map[string]string `json:"found,omitempty" doc:"The user ids of those of mobiles and emails that were found."`
	Parties []int             `json:"parties,omitempty"`
	Tags    []int             `json:"tags,omitempty"`
	All     bool              `json:"all,omitempty"`
	Chat    string            `json:"chat,omitempty"`
}

// Reason is why a delivery waits or ended.
type Reason struct {
	Code   string `json:"code" doc:"A word of a closed list."`
	Detail string `json:"detail,omitempty" doc:"English, one line."`
	Cause  string `json:"cause,omitempty" doc:"What it waited for when it expired or was cancelled: a word of the same list."`
	Hint   string `json:"hint,omitempty" doc:"What it means and what to do, in the caller's language."`
}

// Receipt is what WeCom answered when it took a message.
type Receipt struct {
	MsgID           string   `json:"msgid,omitempty"`
	ResponseCode    string   `json:"response_code,omitempty" doc:"Of a card: needed once to update it, within 72 hours."`
	CodeSpent       bool     `json:"code_spent,omitempty" doc:"The card was updated with response_code, which works once."`
	InvalidUsers    []string `json:"invalid_users,omitempty" doc:"Members that did not get it: unknown, out of the app's visible range, or not active."`
	InvalidParties  []int    `json:"invalid_parties,omitempty"`
	InvalidTags     []int    `json:"invalid_tags,omitempty"`
	UnlicensedUsers []string `json:"unlicensed_users,omitempty" doc:"Members without a licence for messages of this app."`
}

// Failure is why an attempt did not end well.
type Failure struct {
	Op         string `json:"op,omitempty" doc:"The call of WeCom, such as message/send."`
	ErrCode    int    `json:"errcode,omitempty" doc:"WeCom's number; absent if WeCom did not say."`
	ErrMsg     string `json:"errmsg,omitempty" doc:"What WeCom said, or what went wrong on the way."`
	HintID     string `json:"hint_id,omitempty" doc:"Digits that WeCom's support asks for."`
	CallerIP   string `json:"caller_ip,omitempty" doc:"The address from which WeCom saw the call come."`
	HTTPStatus int    `json:"http_status,omitempty"`
	Hint       string `json:"hint,omitempty" doc:"Cause and cure, in the caller's language."`
}

// Attempt is an attempt that did not settle its delivery.
type Attempt struct {
	Attempt int      `json:"attempt" doc:"Which one, from 1."`
	Started string   `json:"started" format:"date-time"`
	TookMS  int64    `json:"took_ms" doc:"Milliseconds."`
	Reason  *Reason  `json:"reason,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}

// show tells of a message. attempts are those that did not settle its deliveries.
func (a *API) show(m *delivery.Message, attempts []delivery.AttemptRecord, lang wecom.Lang) Message {
	shown := Message{
		ID: m.ID.String(), Status: m.Status().String(), Priority: priorityName(m.Priority),
		Accepted: stamp(m.Accepted), Expires: stamp(m.Expires), Labels: m.Labels, OrderKey: m.OrderKey,
		Deliveries: make([]Delivery, len(m.Deliveries)),
	}
	shown.ResendOf = idText(m.ResendOf)
	if m.Sender.IsRobot() {
		shown.Robot = m.Sender.Name()
	} else {
		shown.App = m.Sender.Name()
	}
	held := a.holdupOf(m.Sender)
	for i := range m.Deliveries {
		shown.Deliveries[i] = showDelivery(&m.Deliveries[i], held, lang)
	}
	for _, attempt := range attempts {
		for i := range m.Deliveries {
			if m.Deliveries[i].ID.Part == attempt.Part {
				shown.Deliveries[i].Earlier = append(shown.Deliveries[i].Earlier, Attempt{
					Attempt: attempt.Attempt, Started: stamp(attempt.At), TookMS: attempt.Took.Milliseconds(),
					Reason: showReason(attempt.Reason, lang), Failure: showFailure(attempt.Answer.Failure, lang),
				})
			}
		}
	}
	return shown
}

// holdup is what a sender's queued deliveries wait for together: all of them for the end of a rest, or
// those that wait for nothing of their own for the configured rate.
type holdup struct {
	rest    delivery.Rest // zero if there is nothing
	resting bool
}

func (a *API) holdupOf(s delivery.Sender) holdup {
	rest, resting := a.Rests.Rest(s)
	if !resting {
		rest = a.Rests.Slowed(s)
	}
	return holdup{rest, resting}
}

// concerns reports whether a delivery waits for it.
func (h *holdup) concerns(d *delivery.Delivery) bool {
	return d.Status == delivery.Queued && !d.Waiting && (h.resting || h.rest.Reason.Code != delivery.ReasonNone && d.Reason.Code == delivery.ReasonNone)
}

// showDelivery tells of a delivery, which its sender may hold up.
func showDelivery(d *delivery.Delivery, held holdup, lang wecom.Lang) Delivery {
	shown := Delivery{
		Part: d.ID.Part + 1, Status: d.Status.String(), MsgType: d.Content.MsgType(), To: showReceivers(d),
		Reason: showReason(d.Reason, lang), Attempts: d.Attempts, Started: stamp(d.Started), Settled: stamp(d.Settled),
		Receipt: showReceipt(&d.Answer), Failure: showFailure(d.Answer.Failure, lang), MayBeSeenTwice: d.MaybeTwice,
	}
	switch d.Status {
	case delivery.Scheduled, delivery.Queued:
		if !d.Waiting {
			shown.Next = stamp(d.Due)
		}
	}
	switch d.Status {
	case delivery.Sent, delivery.PartlySent, delivery.Recalled:
	default:
		shown.MayHaveArrived = !d.Doubt.IsZero()
	}
	if held.concerns(d) {
		shown.rest(held.rest, lang)
	}
	return shown
}

// rest says that the delivery waits because its sender does.
func (d *Delivery) rest(rest delivery.Rest, lang wecom.Lang) {
	d.Reason = showReason(rest.Reason, lang)
	if rest.Failure != (delivery.Failure{}) {
		d.Failure = showFailure(&rest.Failure, lang)
	}
	if until := stamp(rest.Until); until > d.Next {
		d.Next = until
	}
}

func showReceivers(d *delivery.Delivery) *Receivers {
	switch c := &d.Content; {
	case c.App != nil:
		to := c.App.To
		shown := &Receivers{Users: to.Users, Parties: to.Parties, Tags: to.Tags, All: to.All}
		if d.Lookup != nil || c.Unresolved() {
			shown.name(d)
		}
		return shown
	case c.Chat != nil:
		return &Receivers{Chat: c.Chat.ChatID}
	}
	return nil
}

// name shows the members as the program named them, and who they are.
func (r *Receivers) name(d *delivery.Delivery) {
	r.Users = nil
	for _, user := range d.Named() {
		switch mobile, email := delivery.CutAlias(user); {
		case mobile != "":
			r.Mobiles = append(r.Mobiles, mobile)
		case email != "":
			r.Emails = append(r.Emails, email)
		default:
			r.Users = append(r.Users, user)
		}
	}
	if d.Lookup == nil || len(d.Lookup.Found) == 0 {
		return
	}
	r.Found = make(map[string]string, len(d.Lookup.Found))
	for _, f := range d.Lookup.Found {
		mobile, email := delivery.CutAlias(f.Alias)
		r.Found[mobile+email] = f.User
	}
}

func showReason(r delivery.Reason, lang wecom.Lang) *Reason {
	if r.Code == delivery.ReasonNone {
		return nil
	}
	return &Reason{Code: r.Code, Detail: r.Detail, Cause: r.Cause, Hint: reasons[r.Code].in(lang)}
}

func showReceipt(a *delivery.Answer) *Receipt {
	if a.MsgID == "" && a.ResponseCode == "" && len(a.InvalidUsers)+len(a.InvalidParties)+len(a.InvalidTags)+len(a.UnlicensedUsers) == 0 {
		return nil
	}
	return &Receipt{
		MsgID: a.MsgID, ResponseCode: a.ResponseCode, CodeSpent: a.CodeSpent, InvalidUsers: a.InvalidUsers, InvalidParties: a.InvalidParties,
		InvalidTags: a.InvalidTags, UnlicensedUsers: a.UnlicensedUsers,
	}
}

func showFailure(f *delivery.Failure, lang wecom.Lang) *Failure {
	if f == nil || *f == (delivery.Failure{}) {
		return nil
	}
	return &Failure{
		Op: f.Op, ErrCode: int(f.Code), ErrMsg: f.Msg, HintID: f.HintID, CallerIP: f.CallerIP, HTTPStatus: f.Status,
		Hint: f.Hint(lang),
	}
}

func priorityName(p delivery.Priority) string {
	for i, known := range delivery.Priorities {
		if known == p {
			return priorityNames[i]
		}
	}
	return ""
}

// stamp is a time as the API writes it; the zero time is "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
