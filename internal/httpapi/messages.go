package httpapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

const (
	messagesPath = "/v1/messages"
	maxWait      = 60 * time.Second
)

func (a *API) registerMessages() {
	register(a, operation{scope: access.Send, Operation: huma.Operation{
		OperationID: "sendMessage", Method: http.MethodPost, Path: messagesPath, Tags: []string{"Messages"},
		Summary: "Send a message",
		Description: "Takes a message, and answers 202 once it is stored: it then gets to WeCom once, within WeCom's limits, " +
			"or ends with a reason. With wait the answer is held back until the message has come to its end, and is 200 if it does in time.",
		DefaultStatus: http.StatusAccepted,
		Responses: map[string]*huma.Response{"200": {
			Description: "With wait: the message has come to its end. Look at status.",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Message"}}},
		}},
		Errors: []int{400, 408, 413, 415, 503}, RejectUnknownQueryParameters: true,
	}}, a.sendMessage)
	register(a, operation{scope: access.Read, Operation: huma.Operation{
		OperationID: "getMessage", Method: http.MethodGet, Path: messagesPath + "/{id}", Tags: []string{"Messages"},
		Summary: "Find out what became of a message",
		Description: "The state of the message and of each of its deliveries, with what WeCom answered, and cause and cure of what went wrong. What the message says is not in it. " +
			"With wait the answer comes as soon as the message has come to its end, or when that time is over with what is known then.",
		Errors: []int{404, 503}, RejectUnknownQueryParameters: true,
	}}, a.getMessage)
}

// messageBody is the JSON of a message, not yet read.
type messageBody struct{ raw }

// raw is a body as it came. What embeds it gives it its place in the OpenAPI document.
type raw struct{ data []byte }

func (r *raw) keep(data []byte) { r.data = data }

type sendInput struct {
	Wait string `query:"wait" doc:"How long the answer may be held back for the final state: a duration such as 10s, at most 60s." example:"10s"`
	Key  string `header:"Idempotency-Key" doc:"At most 255 visible ASCII characters. The same key with the same body answers the message of then, and stores nothing."`
	Body messageBody
}

type messageOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the state of the message is."`
	Replayed string `header:"Idempotent-Replayed" doc:"true if the message was accepted before, with the same Idempotency-Key."`
	Body     Message
}

func (a *API) sendMessage(ctx context.Context, c *caller, in *sendInput) (*messageOutput, error) {
	wait, err := parseWait(in.Wait)
	if err != nil {
		return nil, err
	}
	request, err := decodeMessage(in.Body.data)
	if err != nil {
		return nil, err
	}
	if !c.key.Sees(string(request.Sender)) {
		return nil, &fault{is: problemForeignSender, detail: "the key is not for " + shown(request.Sender.String())}
	}
	request.Producer = c.key.Name
	if err := a.callback(c, &request); err != nil {
		return nil, err
	}
	if in.Key != "" {
		if err := checkKey(in.Key); err != nil {
			return nil, err
		}
		request.Key = in.Key
		if request.Digest, err = digestOf("POST "+messagesPath, in.Body.data); err != nil {
			return nil, err
		}
	}
	m, replayed, err := a.Intake.Accept(ctx, request)
	if errors.Is(err, delivery.ErrUnknownSender) {
		return nil, unknownSender(request.Sender)
	}
	if err != nil {
		return nil, err
	}
	out := &messageOutput{Status: http.StatusAccepted, Location: messagesPath + "/" + m.ID.String()}
	if replayed {
		out.Replayed = "true"
	}
	var attempts []delivery.AttemptRecord
	if wait > 0 {
		c.untimed()
		m, attempts = a.await(ctx, m, wait)
		if m.Status().Final() {
			out.Status = http.StatusOK
		}
	}
	out.Body = a.show(m, attempts, c.lang)
	return out, nil
}

func unknownSender(s delivery.Sender) error {
	wrong := wecom.FieldError{Field: "app", Problem: wecom.NotKnown, Detail: "given \"" + shown(s.Name()) + "\""}
	if s.IsRobot() {
		wrong.Field = "robot"
	}
	return &fault{is: problemUnknownSender, fields: []*wecom.FieldError{&wrong}}
}

// await returns the message at its end, with its earlier attempts, or as it is when the time is over.
// It was accepted: whatever fails from here on must not look as if it was not.
func (a *API) await(ctx context.Context, m *delivery.Message, wait time.Duration) (*delivery.Message, []delivery.AttemptRecord) {
	if !m.Status().Final() {
		limited, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		settled, err := a.Waiter.Wait(limited, m.ID)
		if err != nil {
			a.Log.WarnContext(ctx, "a message that is waited for cannot be read", "id", m.ID.String(), "error", err)
			return m, nil
		}
		m = settled
	}
	attempts, err := a.Messages.Attempts(ctx, m.ID)
	if err != nil {
		a.Log.WarnContext(ctx, "the attempts of a message cannot be read", "id", m.ID.String(), "error", err)
	}
	return m, attempts
}

func parseWait(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	wrong := wecom.FieldError{Field: "wait"}
	switch {
	case err != nil:
		wrong.Detail = `it is a duration such as "10s", given "` + shown(text) + `"`
	case wait < 0:
		wrong.Detail = "it is not negative, given " + wait.String()
	case wait > maxWait:
		wrong.Problem, wrong.Unit = wecom.TooLong, wecom.Seconds
		wrong.Limit, wrong.Given = int(maxWait/time.Second), int((wait+time.Second-1)/time.Second)
	default:
		return wait, nil
	}
	return 0, &fault{is: problemInvalid, fields: []*wecom.FieldError{&wrong}}
}

func checkKey(key string) error {
	wrong := wecom.FieldError{Field: "Idempotency-Key"}
	if len(key) > delivery.MaxKey {
		wrong.Problem, wrong.Limit, wrong.Given, wrong.Unit = wecom.TooLong, delivery.MaxKey, len(key), wecom.Bytes
		return &fault{is: problemInvalid, fields: []*wecom.FieldError{&wrong}}
	}
	if bytes.ContainsFunc([]byte(key), func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		wrong.Detail = "it has visible ASCII characters alone"
		return &fault{is: problemInvalid, fields: []*wecom.FieldError{&wrong}}
	}
	return nil
}

// MessagePath names a message in a path.
type MessagePath struct {
	ID string `path:"id" doc:"The id that sending the message answered." example:"msg_01h2xcejqtf"`
}

type getInput struct {
	MessagePath
	Recipients string `query:"recipients" doc:"Of recipients only those after this member: the next of the answer before."`
	Wait       string `query:"wait" doc:"How long the answer may be held back until the message has come to its end: a duration such as 30s, at most 60s." example:"30s"`
}

type getOutput struct{ Body Message }

func (a *API) getMessage(ctx context.Context, c *caller, in *getInput) (*getOutput, error) {
	wait, err := parseWait(in.Wait)
	if err != nil {
		return nil, err
	}
	m, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if wait > 0 && !m.Status().Final() {
		c.untimed()
		limited, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if m, err = a.Waiter.Wait(limited, m.ID); err != nil {
			return nil, err
		}
	}
	shown, err := a.whole(ctx, m, in.Recipients, c.lang)
	if err != nil {
		return nil, err
	}
	return &getOutput{Body: shown}, nil
}

// whole tells all of a message; of its recipients, those after a member.
func (a *API) whole(ctx context.Context, m *delivery.Message, after string, lang wecom.Lang) (Message, error) {
	attempts, err := a.Messages.Attempts(ctx, m.ID)
	if err != nil && !errors.Is(err, delivery.ErrNotFound) { // it may have been forgotten meanwhile
		return Message{}, err
	}
	resends, err := a.Messages.Resends(ctx, []delivery.MessageID{m.ID})
	if err != nil {
		return Message{}, err
	}
	shown := a.show(m, attempts, lang)
	shown.ResentAs = idText(resends[m.ID])
	shown.Recipients = a.showRecipients(m, after, lang)
	return shown, nil
}

// find returns a message that the caller may see.
func (a *API) find(ctx context.Context, c *caller, text string) (*delivery.Message, error) {
	id, err := delivery.ParseMessageID(text)
	if err != nil {
		return nil, &fault{is: problemNoMessage, detail: err.Error()}
	}
	m, err := a.Messages.Message(ctx, id)
	if err == nil && !c.key.Sees(string(m.Sender)) {
		err = delivery.ErrNotFound // whoever may not see it must not learn that it is there
	}
	return m, err
}

// idText is "" for no message.
func idText(id delivery.MessageID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}
