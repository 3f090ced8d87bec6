package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
	"github.com/hongyan-im/hongyan/wecom"
)

// Webhooks tell the programs what became of their messages: *webhook.Teller.
type Webhooks interface {
	CheckURL(address string) error
	OfMessage(ctx context.Context, id delivery.MessageID) ([]webhook.Job, error)
	List(ctx context.Context, f webhook.Filter, after webhook.Position, n int) ([]webhook.Job, error)
	ReplayMessage(ctx context.Context, id delivery.MessageID) (int, error)
	Replay(ctx context.Context, f webhook.Filter, dryRun bool) (int, error)
}

const webhooksPath = "/v1/webhooks"

func (a *API) registerWebhooks() {
	tags := []string{"Webhooks"}
	register(a, operation{scope: access.Read, Operation: huma.Operation{
		OperationID: "getMessageWebhooks", Method: http.MethodGet, Path: messagesPath + "/{id}/webhooks", Tags: tags,
		Summary:     "Find out whether the result of a message was told",
		Description: "What was, or is to be, POSTed to the callback_url of the message, with the last attempts.",
		Errors:      []int{404, 503}, RejectUnknownQueryParameters: true,
	}}, a.getMessageWebhooks)
	register(a, operation{scope: access.Manage, Operation: huma.Operation{
		OperationID: "replayMessageWebhooks", Method: http.MethodPost, Path: messagesPath + "/{id}/webhooks/replay", Tags: tags,
		Summary:       "Tell the result of a message again",
		Description:   "At once, and with the whole schedule of retries if that fails, whatever became of it before. The webhook-id stays the same.",
		DefaultStatus: http.StatusAccepted,
		Errors:        []int{404, 503}, RejectUnknownQueryParameters: true,
	}}, a.replayMessageWebhooks)
	register(a, operation{scope: access.Read, Operation: huma.Operation{
		OperationID: "listWebhooks", Method: http.MethodGet, Path: webhooksPath, Tags: tags,
		Summary:     "List what was told, or is to be",
		Description: "Of the apps and robots that the key is for, the latest first.",
		Errors:      []int{503}, RejectUnknownQueryParameters: true,
	}}, a.listWebhooks)
	register(a, operation{scope: access.Manage, Operation: huma.Operation{
		OperationID: "replayWebhooks", Method: http.MethodPost, Path: webhooksPath + "/replay", Tags: tags,
		Summary: "Tell many results again",
		Description: "As when a receiver was out of order: everything that was given up since then, of the apps and robots that the key is for. " +
			"With dry_run it is only counted.",
		DefaultStatus: http.StatusAccepted,
		Errors:        []int{400, 408, 413, 415, 503}, RejectUnknownQueryParameters: true,
	}}, a.replayWebhooks)
}

// Webhook is one thing to tell, as the API shows it.
type Webhook struct {
	ID       string       `json:"id" example:"evt_01h2xcejqtf_1" doc:"The webhook-id of all attempts."`
	Message  string       `json:"message" example:"msg_01h2xcejqtf"`
	Type     string       `json:"type" example:"message.settled"`
	App      string       `json:"app,omitempty"`
	Robot    string       `json:"robot,omitempty"`
	URL      string       `json:"url" doc:"Where it goes; without its query, which may be secret."`
	Status   string       `json:"status" enum:"pending,delivered,failed" doc:"failed: it was given up, and can be replayed."`
	Created  string       `json:"created" format:"date-time" doc:"When the message came to its end."`
	Next     string       `json:"next,omitempty" format:"date-time" doc:"When it is tried next at the earliest; later while the receiver fails and rests."`
	Settled  string       `json:"settled,omitempty" format:"date-time" doc:"When it was taken or given up."`
	Attempts int          `json:"attempts" doc:"How often it was tried."`
	Last     []WebhookTry `json:"last_attempts,omitempty" doc:"The last attempts, the latest last."`
}

// WebhookTry is an attempt to tell.
type WebhookTry struct {
	At         string `json:"at" format:"date-time"`
	TookMS     int64  `json:"took_ms" doc:"Milliseconds."`
	HTTPStatus int    `json:"http_status,omitempty" doc:"What the receiver answered; absent if no answer came."`
	Error      string `json:"error,omitempty"`
}

func showWebhooks(jobs []webhook.Job) []Webhook {
	shown := make([]Webhook, len(jobs))
	for i := range jobs {
		j := &jobs[i]
		shown[i] = Webhook{
			ID: j.ID.String(), Message: j.ID.Message.String(), Type: webhook.TypeSettled, URL: withoutQuery(j.URL), Status: j.Status.String(),
			Created: stamp(j.Created), Settled: stamp(j.Settled), Attempts: j.Attempts,
		}
		if j.Status == webhook.Pending {
			shown[i].Next = stamp(j.Due)
		}
		if j.Sender.IsRobot() {
			shown[i].Robot = j.Sender.Name()
		} else {
			shown[i].App = j.Sender.Name()
		}
		for _, try := range j.History {
			shown[i].Last = append(shown[i].Last, WebhookTry{stamp(try.At), try.TookMS, try.Code, try.Error})
		}
	}
	return shown
}

func withoutQuery(address string) string {
	before, _, cut := strings.Cut(address, "?")
	if cut {
		return before + "?…"
	}
	return before
}

type webhooksOutput struct{ Body WebhookList }

// WebhookList is a page of them.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"`
	Next     string    `json:"next,omitempty" doc:"The cursor of the next page; absent on the last one."`
}

func (a *API) getMessageWebhooks(ctx context.Context, c *caller, in *MessagePath) (*webhooksOutput, error) {
	m, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	jobs, err := a.Webhooks.OfMessage(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	return &webhooksOutput{WebhookList{Webhooks: showWebhooks(jobs)}}, nil
}

type replayOutput struct{ Body Replayed }

// Replayed says how many are told again.
type Replayed struct {
	Replayed int  `json:"replayed" doc:"How many are told again; with dry_run, how many would be."`
	DryRun   bool `json:"dry_run,omitempty"`
}

func (a *API) replayMessageWebhooks(ctx context.Context, c *caller, in *MessagePath) (*replayOutput, error) {
	m, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	n, err := a.Webhooks.ReplayMessage(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	return &replayOutput{Replayed{Replayed: n}}, nil
}

type listWebhooksInput struct {
	Status string `query:"status" doc:"Only those that are pending, delivered or failed." example:"failed"`
	Since  string `query:"since" doc:"Only those of messages that came to their end then or later: RFC 3339." example:"2026-03-01T08:00:00Z"`
	Limit  string `query:"limit" doc:"How many at most, from 1 to 200. 50 without it." example:"50"`
	Cursor string `query:"cursor" doc:"The next of the page before."`
}

const (
	usualPage = 50
	maxPage   = 200
)

func (a *API) listWebhooks(ctx context.Context, c *caller, in *listWebhooksInput) (*webhooksOutput, error) {
	f := webhook.Filter{Senders: sendersOf(c.key)}
	var faults []*wecom.FieldError
	wrong := func(field, detail string) { faults = append(faults, &wecom.FieldError{Field: field, Detail: detail}) }
	if in.Status != "" {
		var ok bool
		if f.Status, ok = webhook.ParseStatus(in.Status); !ok {
			wrong("status", `it is pending, delivered or failed, given "`+shown(in.Status)+`"`)
		}
	}
	if in.Since != "" {
		var err error
		if f.Since, err = time.Parse(time.RFC3339, in.Since); err != nil {
			wrong("since", `it is a time such as 2026-03-01T08:00:00Z, given "`+shown(in.Since)+`"`)
		}
	}
	limit := usualPage
	if in.Limit != "" {
		var err error
		if limit, err = strconv.Atoi(in.Limit); err != nil || limit < 1 || limit > maxPage {
			wrong("limit", fmt.Sprintf(`it is a number from 1 to %d, given "%s"`, maxPage, shown(in.Limit)))
		}
	}
	after, ok := parsePosition(in.Cursor)
	if !ok {
		wrong("cursor", "it is the next of an earlier answer")
	}
	if faults != nil {
		return nil, &fault{is: problemInvalid, fields: faults}
	}
	jobs, err := a.Webhooks.List(ctx, f, after, limit+1)
	if err != nil {
		return nil, err
	}
	out := &webhooksOutput{}
	if len(jobs) > limit {
		jobs = jobs[:limit]
		last := jobs[limit-1]
		out.Body.Next = positionText(webhook.Position{Created: last.Created, ID: last.ID})
	}
	out.Body.Webhooks = showWebhooks(jobs)
	return out, nil
}

// sendersOf are those that a key is for; nil means all.
func sendersOf(key *access.Key) (senders []delivery.Sender) {
	for _, s := range key.Senders {
		senders = append(senders, delivery.Sender(s))
	}
	return senders
}

func positionText(p webhook.Position) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%d", p.Created.UnixMilli(), p.ID.Message, p.ID.Event))
}

func parsePosition(text string) (p webhook.Position, ok bool) {
	if text == "" {
		return p, true
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return p, false
	}
	var created int64
	if _, err := fmt.Sscanf(string(plain), "%d.%d.%d", &created, &p.ID.Message, &p.ID.Event); err != nil {
		return p, false
	}
	p.Created = time.UnixMilli(created)
	return p, positionText(p) == text
}

// callback sets where the result of a request is told: where it says itself, or where its key does.
func (a *API) callback(c *caller, r *delivery.Request) error {
	if r.CallbackURL == "" {
		r.CallbackURL = c.key.CallbackURL
		return nil
	}
	var wrong *webhook.URLError
	if err := a.Webhooks.CheckURL(r.CallbackURL); errors.As(err, &wrong) {
		return &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: "callback_url", Detail: wrong.Detail}}}
	}
	return nil
}

// Settled is the JSON of a message as webhooks tell it: as GET answers it, in English.
func (a *API) Settled(ctx context.Context, id delivery.MessageID) ([]byte, error) {
	m, err := a.Messages.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	shown, err := a.whole(ctx, m, "", wecom.English)
	if err != nil {
		return nil, err
	}
	return json.Marshal(shown)
}
