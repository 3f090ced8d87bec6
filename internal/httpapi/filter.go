package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Filter is which messages are looked for, as parameters of a query or members of a body name it.
type Filter struct {
	App    string   `query:"app" doc:"The app that sent them, by its name in the gateway's configuration."`
	Robot  string   `query:"robot" doc:"The group robot that sent them."`
	Status string   `query:"status" doc:"A status of a delivery, or several with commas between them." example:"refused,expired"`
	Reason string   `query:"reason" doc:"Why a delivery waits or ended, or what it waited for when it ended: a word of the closed list of reasons, or several with commas between them. misconfigured also finds what waits because its app is at rest for that." example:"misconfigured"`
	User   string   `query:"user" doc:"A member whom the message names, in any case." example:"zhangsan"`
	Mobile string   `query:"mobile" doc:"A phone number that the message names, as it was given; spaces and hyphens make no difference." example:"13800000002"`
	Email  string   `query:"email" doc:"An email address that the message names, in any case." example:"lisi@example.com"`
	Party  int      `query:"party" minimum:"1" doc:"A department that the message names."`
	Tag    int      `query:"tag" minimum:"1" doc:"A tag that the message names."`
	All    bool     `query:"all" doc:"true: only messages to everybody."`
	Label  []string `query:"label,explode" maxItems:"16" doc:"A label as name:value; give it again for more, all of which the message must have." example:"order:4711"`
	Since  string   `query:"since" doc:"Accepted at this time or later: RFC 3339, or how long ago, such as 90m or 7d."`
	Until  string   `query:"until" doc:"Accepted before this time, likewise."`
	Text   string   `query:"text" maxLength:"200" doc:"Part of what the message says, in any case. Nothing leads to it: pages of it look at some thousand messages each, so go on with next."`
}

// of makes the filter of a caller, who finds nothing but messages of its own senders.
func (f *Filter) of(c *caller, now time.Time) (delivery.Filter, error) {
	v := values{}
	out := delivery.Filter{User: f.User, Party: f.Party, Tag: f.Tag, All: f.All, Text: f.Text, Labels: f.Label}
	for _, s := range c.key.Senders {
		out.Senders = append(out.Senders, delivery.Sender(s))
	}
	switch {
	case f.App != "" && f.Robot != "":
		v.wrong("robot", wecom.Conflict, "a message goes by app or by robot, given both")
	case f.App != "" && !strings.HasPrefix(f.App, "robot:"):
		out.Senders = []delivery.Sender{delivery.App(f.App)}
	case f.App != "":
		v.wrong("app", wecom.Malformed, "give the name of a robot as robot")
	case f.Robot != "":
		out.Senders = []delivery.Sender{delivery.Robot(f.Robot)}
	}
	for name := range list(f.Status) {
		if status, ok := delivery.ParseStatus(name); ok {
			out.Statuses = append(out.Statuses, status)
		} else {
			v.notListed("status", name, statusNames())
		}
	}
	for name := range list(f.Reason) {
		if _, ok := reasons[name]; ok {
			out.Reasons = append(out.Reasons, name)
		} else {
			v.notListed("reason", name, reasonNames())
		}
	}
	for _, label := range f.Label {
		if !strings.Contains(label, ":") {
			v.wrong("label", wecom.Malformed, `it is name:value, given "`+shown(label)+`"`)
		}
	}
	v.alias("mobile", f.Mobile, delivery.Mobile, &out)
	v.alias("email", f.Email, delivery.Email, &out)
	out.Since = v.moment("since", f.Since, now)
	out.Until = v.moment("until", f.Until, now)
	if len(v.faults) > 0 {
		return out, &fault{is: problemInvalid, fields: v.faults}
	}
	if (f.App != "" || f.Robot != "") && !c.key.Sees(string(out.Senders[0])) {
		return out, &fault{is: problemForeignSender, detail: "the key is not for " + shown(out.Senders[0].String())}
	}
	return out, nil
}

// empty reports whether it would find all that the caller may see, or all with some statuses.
func (f *Filter) empty() bool {
	return f.App+f.Robot+f.Reason+f.User+f.Mobile+f.Email+f.Since+f.Until+f.Text == "" && f.Party == 0 && f.Tag == 0 && !f.All && len(f.Label) == 0
}

// list splits what has commas between.
func list(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

// alias adds what a member may be named by instead of a user id.
func (v *values) alias(field, given string, parse func(string) (string, error), f *delivery.Filter) {
	if given == "" {
		return
	}
	alias, err := parse(given)
	if err != nil {
		v.wrong(field, wecom.Malformed, err.Error()+`; given "`+shown(given)+`"`)
		return
	}
	f.Aliases = append(f.Aliases, alias)
}

func (v *values) notListed(field, given string, known []string) {
	if len(v.faults) >= maxFaults {
		return
	}
	detail := "it is one of " + strings.Join(known, ", ") + `, given "` + shown(given) + `"`
	if near := nearest(given, known); near != "" {
		detail = "did you mean " + near + `? given "` + shown(given) + `"`
	}
	v.wrong(field, wecom.NotKnown, detail)
}

// moment reads a time, or how long ago it is.
func (v *values) moment(field, text string, now time.Time) time.Time {
	if text == "" {
		return time.Time{}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	if ago, err := parseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago)
	}
	v.wrong(field, wecom.Malformed, `it is a time such as "2026-03-01T08:00:00Z", or how long ago, such as "90m" or "7d", given "`+shown(text)+`"`)
	return time.Time{}
}

func statusNames() []string {
	var names []string
	for _, s := range delivery.Statuses {
		names = append(names, s.String())
	}
	return names
}

func reasonNames() []string {
	var names []string
	for name := range reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// cursorText is where a list goes on; "" at its end.
func cursorText(next delivery.MessageID) string {
	if next == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(next)))
}

func parseCursor(text string) (delivery.MessageID, error) {
	if text == "" {
		return 0, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && len(data) == 8 {
		id := delivery.MessageID(binary.BigEndian.Uint64(data))
		if _, err := delivery.ParseMessageID(id.String()); err == nil && id > 0 && cursorText(id) == text {
			return id, nil
		}
	}
	return 0, &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: "cursor", Detail: `it is the next of an answer, given "` + shown(text) + `"`}}}
}

func (a *API) registerSearch() {
	register(a, operation{scope: "read", Operation: huma.Operation{
		OperationID: "listMessages", Method: "GET", Path: messagesPath, Tags: []string{"Messages"},
		Summary: "Find messages",
		Description: "Lists messages, the latest first: those with a delivery for which all holds that is given. A page ends when it is full, " +
			"or when much was looked at; so it may have few messages, or none, and still a next. Messages that arrive meanwhile do not change the pages that follow.",
		Errors: []int{422, 503}, RejectUnknownQueryParameters: true,
	}}, a.listMessages)
}

type listInput struct {
	Filter
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many messages a page has at most."`
	Cursor string `query:"cursor" doc:"The next of the page before."`
}

// MessageList is a page of messages.
type MessageList struct {
	Messages []Message `json:"messages"`
	Next     string    `json:"next,omitempty" doc:"Give it as cursor for the page that follows. Without it this is the last page."`
	LookedAt int       `json:"looked_at" doc:"How many rows were looked at for this page."`
}

type listOutput struct{ Body MessageList }

func (a *API) listMessages(ctx context.Context, c *caller, in *listInput) (*listOutput, error) {
	f, err := in.of(c, a.Now())
	if err != nil {
		return nil, err
	}
	before, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := a.Messages.Search(ctx, f, before, in.Limit)
	if err != nil {
		return nil, err
	}
	ids := make([]delivery.MessageID, len(page.Messages))
	for i, m := range page.Messages {
		ids[i] = m.ID
	}
	resends, err := a.Messages.Resends(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: MessageList{Messages: make([]Message, len(page.Messages)), Next: cursorText(page.Next), LookedAt: page.Looked}}
	for i, m := range page.Messages {
		out.Body.Messages[i] = a.show(m, nil, c.lang)
		out.Body.Messages[i].ResentAs = idText(resends[m.ID])
	}
	return out, nil
}
