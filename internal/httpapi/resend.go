package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

func (a *API) registerResend() {
	register(a, operation{scope: access.Send, Operation: huma.Operation{
		OperationID: "resendMessage", Method: http.MethodPost, Path: messagesPath + "/{id}/resend", Tags: []string{"Messages"},
		Summary: "Send a message again",
		Description: "Makes a new message of those deliveries of a message that did not arrive: refused, expired, cancelled or uncertain ones. " +
			"A message is sent again once: the same call later answers the message of then, with Idempotent-Replayed. To send it once more, give an Idempotency-Key of your own.",
		DefaultStatus: http.StatusAccepted,
		Errors:        []int{404, 409, 422, 503}, RejectUnknownQueryParameters: true,
	}}, a.resendMessage)
	register(a, operation{scope: access.Manage, Operation: huma.Operation{
		OperationID: "resendMessages", Method: http.MethodPost, Path: messagesPath + "/resend", Tags: []string{"Messages"},
		Summary: "Send again all that a filter finds",
		Description: "Sends again what a filter finds, the filter being that of GET /v1/messages, up to limit messages in one commit; next says where to go on. " +
			"What was sent again before is left alone, so the call can be repeated. With dry_run nothing is sent, and the answer says what would be.",
		Errors: []int{400, 408, 413, 415, 503}, RejectUnknownQueryParameters: true,
	}}, a.resendMessages)
}

type resendInput struct {
	MessagePath
	All    bool   `query:"all" doc:"true: everything, to everybody, whether it arrived or not."`
	Missed bool   `query:"missed" doc:"true: what did not arrive, and of what was sent in part, a copy for the receivers that WeCom named as not reached, and for those who were not found by mobile or email."`
	TTL    string `query:"ttl" doc:"It is of no use when it cannot be sent within this time. Without it, as long as the message had."`
	Key    string `header:"Idempotency-Key" doc:"At most 255 visible ASCII characters."`
}

func (a *API) resendMessage(ctx context.Context, c *caller, in *resendInput) (*messageOutput, error) {
	v := values{}
	how := v.resend(c, in.All, in.Missed, in.TTL)
	if len(v.faults) > 0 {
		return nil, &fault{is: problemInvalid, fields: v.faults}
	}
	old, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Key != "" {
		if err := checkKey(in.Key); err != nil {
			return nil, err
		}
		how.Key = in.Key
		what, _ := json.Marshal([]any{in.ID, in.All, in.Missed, how.TTL})
		if how.Digest, err = digestOf("POST "+messagesPath+"/resend", what); err != nil {
			return nil, err
		}
	}
	m, replayed, err := a.Intake.Resend(ctx, old.ID, how)
	if err != nil {
		return nil, err
	}
	out := &messageOutput{Status: http.StatusAccepted, Location: messagesPath + "/" + m.ID.String(), Body: a.show(m, nil, c.lang)}
	if replayed {
		out.Replayed = "true"
	}
	return out, nil
}

func (v *values) resend(c *caller, all, missed bool, ttl string) delivery.Resend {
	how := delivery.Resend{Producer: c.key.Name}
	switch {
	case all && missed:
		v.wrong("missed", wecom.Conflict, "all is for everybody, missed for those who did not get it: given both")
	case all:
		how.Which = delivery.All
	case missed:
		how.Which = delivery.Missed
	}
	if ttl != "" {
		text, _ := json.Marshal(ttl)
		v.duration("ttl", text, &how.TTL)
		if len(v.faults) == 0 && (how.TTL < time.Second || how.TTL > delivery.MaxTTL) {
			v.wrong("ttl", wecom.Malformed, "it is 1s to "+days(delivery.MaxTTL)+", given "+how.TTL.String())
		}
	}
	return how
}

// bulkBody is the JSON of a bulk resend, not yet read.
type bulkBody struct{ raw }

// Schema gives the body its place in the OpenAPI document.
func (b *bulkBody) Schema(r huma.Registry) *huma.Schema {
	text := func(what string) *huma.Schema { return &huma.Schema{Type: "string", Description: what} }
	flag := func(what string) *huma.Schema {
		return &huma.Schema{Type: "boolean", Default: false, Description: what}
	}
	id := func(what string) *huma.Schema { return &huma.Schema{Type: "integer", Description: what} }
	return named(r, "BulkResend", &huma.Schema{
		Type: "object", Required: []string{"filter"}, AdditionalProperties: false,
		Examples: []any{map[string]any{"filter": map[string]any{"reason": "misconfigured", "since": "24h"}, "dry_run": true}},
		Properties: map[string]*huma.Schema{
			"filter": named(r, "MessageFilter", &huma.Schema{
				Type: "object", AdditionalProperties: false,
				Description: "Which messages: as the parameters of GET /v1/messages of these names. At least one beside status. Without status, what did not arrive.",
				Properties: map[string]*huma.Schema{
					"app": text("The app that sent them."), "robot": text("The group robot that sent them."),
					"status": text("Statuses of deliveries, with commas between."), "reason": text("Reasons, with commas between."),
					"user": text("A member."), "mobile": text("A phone number that they name."), "email": text("An email address that they name."), "party": id("A department."), "tag": id("A tag."), "all": flag("Messages to everybody."),
					"label": {Type: "array", Items: text("name:value"), Description: "Labels, all of which they have."},
					"since": text("Accepted at this time or later: RFC 3339, or how long ago."), "until": text("Accepted before this time, likewise."),
					"text": text("Part of what they say."),
				},
			}),
			"dry_run": flag("Send nothing, and say what would be sent."),
			"all":     flag("Everything of these messages, to everybody."),
			"missed":  flag("What did not arrive, and a copy for those who did not get what was sent in part."),
			"ttl":     text("They are of no use when they cannot be sent within this time. Without it, as long as they had."),
			"limit":   {Type: "integer", Default: 100, Description: "How many messages are looked for in one call: 1 to 200."},
			"cursor":  text("The next of the call before."),
		},
	})
}

type bulkInput struct{ Body bulkBody }

// bulk is a bulk resend as it is asked for.
type bulk struct {
	Filter
	dryRun, all, missed bool
	ttl, cursor         string
	limit               int
}

// BulkAnswer is what a bulk resend did.
type BulkAnswer struct {
	Count   int          `json:"count" doc:"Messages that were sent again; with dry_run, that would be."`
	Refused int          `json:"refused" doc:"Messages that cannot be sent again."`
	Skipped int          `json:"skipped" doc:"Messages that were sent again before, or have not come to their end."`
	Results []BulkResult `json:"results" doc:"The latest first."`
	Next    string       `json:"next,omitempty" doc:"Give it as cursor for those that follow. Without it, that was all."`
}

// BulkResult is what became of one message.
type BulkResult struct {
	ID      string   `json:"id"`
	New     string   `json:"new,omitempty" doc:"The message that repeats it."`
	Problem *Problem `json:"problem,omitempty"`
}

type bulkOutput struct{ Body BulkAnswer }

func (a *API) resendMessages(ctx context.Context, c *caller, in *bulkInput) (*bulkOutput, error) {
	b, err := readBulk(in.Body.data)
	if err != nil {
		return nil, err
	}
	f, err := b.of(c, a.Now())
	if err != nil {
		return nil, within("filter.", err)
	}
	before, err := parseCursor(b.cursor)
	if err != nil {
		return nil, err
	}
	v := values{}
	how := v.resend(c, b.all, b.missed, b.ttl)
	switch {
	case b.limit < 1 || b.limit > delivery.MaxPage:
		v.faults = append(v.faults, &wecom.FieldError{Field: "limit", Problem: wecom.TooMany, Limit: delivery.MaxPage, Given: b.limit, Unit: wecom.Elements})
	case b.empty():
		v.wrong("filter", wecom.Missing, "name something beside status, or all that ever failed would be sent again")
	}
	if len(v.faults) > 0 {
		return nil, &fault{is: problemInvalid, fields: v.faults}
	}
	page, err := a.Intake.ResendAll(ctx, f, before, b.limit, how, b.dryRun)
	if err != nil {
		return nil, err
	}
	out := &bulkOutput{Body: BulkAnswer{Skipped: page.Skipped, Next: cursorText(page.Next), Results: make([]BulkResult, len(page.Items))}}
	for i, item := range page.Items {
		out.Body.Results[i] = BulkResult{ID: item.Old.String(), New: idText(item.New)}
		if item.Err != nil {
			out.Body.Results[i].Problem = a.problemOf(ctx, item.Err, c.lang)
			out.Body.Refused++
			continue
		}
		out.Body.Count++
	}
	return out, nil
}

// within puts the path of an object before the fields that a fault names.
func within(path string, err error) error {
	if f, ok := err.(*fault); ok {
		for _, field := range f.fields {
			field.Field = path + field.Field
		}
	}
	return err
}

var (
	bulkNames   = []string{"filter", "dry_run", "all", "missed", "ttl", "limit", "cursor"}
	filterNames = []string{"app", "robot", "status", "reason", "user", "mobile", "email", "party", "tag", "all", "label", "since", "until", "text"}
)

// readBulk reads the body of a bulk resend.
func readBulk(data []byte) (*bulk, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	b := &bulk{limit: 100}
	v := values{}
	v.object(data, bulkNames, func(name string, value []byte) {
		switch name {
		case "filter":
			v.readFilter(value, &b.Filter)
		case "dry_run":
			v.decode(name, "true or false", value, &b.dryRun)
		case "all":
			v.decode(name, "true or false", value, &b.all)
		case "missed":
			v.decode(name, "true or false", value, &b.missed)
		case "ttl":
			v.text(name, value, &b.ttl)
		case "limit":
			v.decode(name, "a whole number", value, &b.limit)
		case "cursor":
			v.text(name, value, &b.cursor)
		}
	})
	if len(v.faults) > 0 {
		return nil, &fault{is: problemInvalid, fields: v.faults}
	}
	return b, nil
}

func (v *values) readFilter(value []byte, f *Filter) {
	if kindOf(value) != "an object" {
		v.wrong("filter", wecom.Malformed, `it is an object such as {"user": "zhangsan"}, given `+kindOf(value))
		return
	}
	own := values{within: "filter."}
	own.object(value, filterNames, func(name string, value []byte) {
		texts := map[string]*string{
			"app": &f.App, "robot": &f.Robot, "status": &f.Status, "reason": &f.Reason, "user": &f.User, "mobile": &f.Mobile, "email": &f.Email,
			"since": &f.Since, "until": &f.Until, "text": &f.Text,
		}
		switch name {
		case "party", "tag":
			id := map[string]*int{"party": &f.Party, "tag": &f.Tag}[name]
			if own.decode(name, "a whole number", value, id) && *id < 1 {
				own.wrong(name, wecom.Malformed, "it is at least 1")
			}
		case "all":
			own.decode(name, "true or false", value, &f.All)
		case "label":
			if own.decode(name, "an array of strings", value, &f.Label); len(f.Label) > delivery.MaxLabels {
				own.faults = append(own.faults, &wecom.FieldError{Field: "filter.label", Problem: wecom.TooMany, Limit: delivery.MaxLabels, Given: len(f.Label), Unit: wecom.Elements})
			}
		default:
			own.text(name, value, texts[name])
		}
	})
	v.faults = append(v.faults, own.faults...)
}

// object reads the members of an object, each once, as far as they are known and not null.
func (v *values) object(data []byte, known []string, read func(name string, value []byte)) {
	var seen []string
	for name, value := range members(data) {
		field := string(name)
		switch {
		case len(v.faults) >= maxFaults:
			return
		case !slices.Contains(known, field):
			v.unknown(field, known)
		case slices.Contains(seen, field):
			v.wrong(field, wecom.Conflict, "it is given twice")
		default:
			seen = append(seen, field)
			if string(value) != "null" {
				read(field, value)
			}
		}
	}
}
