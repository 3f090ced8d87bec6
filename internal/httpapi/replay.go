package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/webhook"
	"github.com/hongyan-im/hongyan/wecom"
)

// replayBody is the JSON of a replay, not yet read.
type replayBody struct{ raw }

type replayInput struct{ Body replayBody }

// replay is what the body says.
type replay struct {
	values
	since, status string
	dryRun        bool
}

func (a *API) replayWebhooks(ctx context.Context, c *caller, in *replayInput) (*replayOutput, error) {
	f, dryRun, err := decodeReplay(in.Body.data)
	if err != nil {
		return nil, err
	}
	f.Senders = sendersOf(c.key)
	n, err := a.Webhooks.Replay(ctx, f, dryRun)
	if err != nil {
		return nil, err
	}
	return &replayOutput{Replayed{Replayed: n, DryRun: dryRun}}, nil
}

var replayNames = []string{"since", "status", "dry_run"}

func decodeReplay(data []byte) (f webhook.Filter, dryRun bool, err error) {
	if err := checkJSON(data); err != nil {
		return f, false, err
	}
	r := replay{status: webhook.Failed.String()}
	for name, value := range members(data) {
		switch name := string(name); {
		case len(r.faults) >= maxFaults:
		case name == "since":
			r.text(name, value, &r.since)
		case name == "status":
			r.text(name, value, &r.status)
		case name == "dry_run":
			r.decode(name, "true or false", value, &r.dryRun)
		default:
			r.unknown(name, replayNames)
		}
	}
	if len(r.faults) == 0 {
		if f.Since, err = time.Parse(time.RFC3339, r.since); err != nil {
			problem := wecom.Malformed
			if r.since == "" {
				problem = wecom.Missing
			}
			r.wrong("since", problem, "a time such as 2026-03-01T08:00:00Z: what happened before it is left alone")
		}
		if f.Status, _ = webhook.ParseStatus(r.status); f.Status != webhook.Failed && f.Status != webhook.Delivered {
			r.wrong("status", wecom.NotKnown, `it is failed or delivered, given "`+shown(r.status)+`"`)
		}
	}
	if len(r.faults) > 0 {
		return f, false, &fault{is: problemInvalid, fields: r.faults}
	}
	return f, r.dryRun, nil
}

// Schema gives the body its place in the OpenAPI document.
func (b *replayBody) Schema(r huma.Registry) *huma.Schema {
	const name = "WebhookReplay"
	s := &huma.Schema{
		Type: "object", Required: []string{"since"}, AdditionalProperties: false,
		Description: "Which results are told again. Fields that are not known are refused.",
		Examples:    []any{map[string]any{"since": "2026-03-01T08:00:00Z", "status": "failed", "dry_run": true}},
		Properties: map[string]*huma.Schema{
			"since":   {Type: "string", Format: "date-time", Description: "Those of messages that came to their end then or later."},
			"status":  {Type: "string", Enum: enum([]string{"failed", "delivered"}), Default: "failed", Description: "Those that were given up, or those that were taken."},
			"dry_run": {Type: "boolean", Default: false, Description: "Only count them."},
		},
	}
	s.PrecomputeMessages()
	r.Map()[name] = s
	return &huma.Schema{Ref: schemaRefs + name}
}
