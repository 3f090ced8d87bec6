package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

const (
	maxBatch      = 1000    // messages
	maxBatchBytes = 8 << 20 // of the body
	keyField      = "key"
)

func (a *API) registerBatch() {
	register(a, operation{scope: access.Send, Operation: huma.Operation{
		OperationID: "sendMessages", Method: http.MethodPost, Path: messagesPath + "/batch", Tags: []string{"Messages"},
		Summary: "Send many messages",
		Description: "Takes up to 1000 messages in one commit: those that are good are all stored when the answer comes, and what is wrong with the others " +
			"is told in their place. Each message may have a key of its own, which works as Idempotency-Key does for a single one.",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBatchBytes,
		Errors: []int{400, 408, 413, 415, 503}, RejectUnknownQueryParameters: true,
	}}, a.sendBatch)
}

// batchBody is the JSON of messages, not yet read.
type batchBody struct{ raw }

// Schema gives the body its place in the OpenAPI document.
func (b *batchBody) Schema(r huma.Registry) *huma.Schema {
	whole := newMessageSchema()
	whole.Properties[keyField] = &huma.Schema{Type: "string", Description: "The idempotency key of this message: at most 255 visible ASCII characters."}
	whole.Description = "A message, with a key of its own. Fields that are not known are refused."
	named(r, "NewBatchMessage", whole)
	most := maxBatch
	return named(r, "NewMessages", &huma.Schema{
		Type: "object", Required: []string{"messages"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"messages": {
			Type: "array", MaxItems: &most, Items: &huma.Schema{Ref: schemaRefs + "NewBatchMessage"},
		}},
	})
}

// named gives a schema its name in the document, and returns the reference to it.
func named(r huma.Registry, name string, s *huma.Schema) *huma.Schema {
	s.PrecomputeMessages()
	r.Map()[name] = s
	return &huma.Schema{Ref: schemaRefs + name}
}

type batchInput struct{ Body batchBody }

// BatchAnswer tells what became of each message.
type BatchAnswer struct {
	Accepted int           `json:"accepted" doc:"Messages that are stored, those with a key that was used before included."`
	Refused  int           `json:"refused"`
	Results  []BatchResult `json:"results" doc:"In the order of the messages."`
}

// BatchResult is the id of a message, or why there is none.
type BatchResult struct {
	ID       string   `json:"id,omitempty"`
	Status   string   `json:"status,omitempty"`
	Replayed bool     `json:"replayed,omitempty" doc:"The message was accepted before, with the same key."`
	Problem  *Problem `json:"problem,omitempty"`
}

type batchOutput struct{ Body BatchAnswer }

func (a *API) sendBatch(ctx context.Context, c *caller, in *batchInput) (*batchOutput, error) {
	items, err := itemsOf(in.Body.data)
	if err != nil {
		return nil, err
	}
	if err := a.chargeBatch(ctx, c.key, len(items)); err != nil {
		return nil, err
	}
	out := &batchOutput{Body: BatchAnswer{Results: make([]BatchResult, len(items))}}
	var requests []delivery.Request
	var places []int
	for i, item := range items {
		request, err := a.readItem(c, item)
		if err != nil {
			out.Body.Results[i].Problem = a.problemOf(ctx, err, c.lang)
			continue
		}
		requests, places = append(requests, request), append(places, i)
	}
	accepted, err := a.Intake.AcceptAll(ctx, requests)
	if err != nil {
		return nil, err
	}
	for i, one := range accepted {
		result := &out.Body.Results[places[i]]
		switch {
		case errors.Is(one.Err, delivery.ErrUnknownSender):
			result.Problem = a.problemOf(ctx, unknownSender(requests[i].Sender), c.lang)
		case one.Err != nil:
			result.Problem = a.problemOf(ctx, one.Err, c.lang)
		default:
			result.ID, result.Status, result.Replayed = one.Message.ID.String(), one.Message.Status().String(), one.Replayed
			out.Body.Accepted++
		}
	}
	out.Body.Refused = len(items) - out.Body.Accepted
	return out, nil
}

// itemsOf reads the list of messages.
func itemsOf(data []byte) ([]json.RawMessage, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	var items []json.RawMessage
	v := values{}
	given := false
	for name, value := range members(data) {
		switch {
		case len(v.faults) >= maxFaults:
		case string(name) != "messages":
			v.unknown(string(name), []string{"messages"})
		case given:
			v.wrong("messages", wecom.Conflict, "it is given twice")
		default:
			given = true
			v.decode("messages", "an array of messages", value, &items)
		}
	}
	switch {
	case len(v.faults) > 0:
	case len(items) == 0:
		v.wrong("messages", wecom.Missing, "there is at least one")
	case len(items) > maxBatch:
		v.faults = append(v.faults, &wecom.FieldError{Field: "messages", Problem: wecom.TooMany, Limit: maxBatch, Given: len(items), Unit: wecom.Elements})
	}
	if len(v.faults) > 0 {
		return nil, &fault{is: problemInvalid, fields: v.faults}
	}
	return items, nil
}

// readItem reads one message of a batch.
func (a *API) readItem(c *caller, item json.RawMessage) (delivery.Request, error) {
	item = bytes.TrimSpace(item)
	if kind := kindOf(item); kind != "an object" {
		return delivery.Request{}, &fault{is: problemInvalid, detail: "a message is an object, given " + kind}
	}
	key := ""
	l := letter{key: &key}
	r, err := l.readMessage(item)
	if err != nil {
		return r, err
	}
	if !c.key.Sees(string(r.Sender)) {
		return r, &fault{is: problemForeignSender, detail: "the key is not for " + shown(r.Sender.String())}
	}
	r.Producer = c.key.Name
	if err := a.callback(c, &r); err != nil {
		return r, err
	}
	if key == "" {
		return r, nil
	}
	if err := checkKey(key); err != nil {
		return r, err
	}
	r.Key = key
	r.Digest, err = digestOf("POST "+messagesPath, item, keyField)
	return r, err
}
