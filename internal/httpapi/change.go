package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// changeTime is how long a change of many deliveries may take; what is left is told as such.
const changeTime = 60 * time.Second

func (a *API) registerChanges() {
	add := func(id, path, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: messagesPath + "/{id}/" + path, Tags: []string{"Messages"},
			Summary: summary, Description: description, Errors: []int{404, 503}, RejectUnknownQueryParameters: true,
		}
	}
	register(a, operation{scope: access.Manage, Operation: add("cancelMessage", "cancel", "Cancel a message",
		"Ends the deliveries of a message that have not left. What has left is not called back: that is what recall is for.")}, a.cancelMessage)
	register(a, operation{scope: access.Manage, Operation: add("recallMessage", "recall", "Take a message back",
		"Takes back what was sent of a message by an app to members, within 24 hours. Messages of robots and to group chats cannot be taken back. "+
			"What has not left is left alone: cancel it first. A call that did not get to all deliveries can be repeated.")}, a.recallMessage)
	card := add("updateCard", "card", "Update a card",
		"Changes a template card that was sent through the gateway, once, within 72 hours: its buttons, or the whole card.")
	card.Errors = append(card.Errors, 400, 408, 413, 415)
	register(a, operation{scope: access.Manage, Operation: card}, a.updateCard)
}

type cancelOutput struct{ Body Cancelled }

// Cancelled is what a cancellation did.
type Cancelled struct {
	Cancelled int     `json:"cancelled" doc:"Deliveries that will not be sent."`
	TooLate   int     `json:"too_late" doc:"Deliveries that were on their way or at their end already."`
	Message   Message `json:"message" doc:"The message as it is now."`
}

func (a *API) cancelMessage(ctx context.Context, c *caller, in *MessagePath) (*cancelOutput, error) {
	m, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	cancelled, left, err := a.Changes.Cancel(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	shown, err := a.showNow(ctx, c, m)
	return &cancelOutput{Cancelled{Cancelled: cancelled, TooLate: left, Message: shown}}, err
}

// showNow shows a message after it was changed. It may have been forgotten meanwhile.
func (a *API) showNow(ctx context.Context, c *caller, m *delivery.Message) (Message, error) {
	now, err := a.Messages.Message(ctx, m.ID)
	switch {
	case errors.Is(err, delivery.ErrNotFound):
		now = m
	case err != nil:
		return Message{}, err
	}
	return a.show(now, nil, c.lang), nil
}

// Changed is what a recall or an update of a card did.
type Changed struct {
	Done    int            `json:"done" doc:"Deliveries that were changed."`
	Results []ChangeResult `json:"results" doc:"One for each delivery."`
	Message Message        `json:"message" doc:"The message as it is now."`
}

// ChangeResult is what became of one delivery.
type ChangeResult struct {
	Part       int      `json:"part"`
	Done       bool     `json:"done"`
	Why        string   `json:"why,omitempty" enum:"not_sent,recalled,impossible,too_late,spent,not_theirs,sender_rests,failed,not_tried" doc:"Why it was not changed."`
	Hint       string   `json:"hint,omitempty" doc:"What it means and what to do, in the caller's language."`
	Failure    *Failure `json:"failure,omitempty" doc:"What WeCom answered."`
	NotReached []string `json:"not_reached,omitempty" doc:"Members whose card did not change."`
}

// whys says what each word of a change means.
var whys = map[string]words{
	delivery.WhyNotSent:    {"it was not sent: cancel what still waits", "该部分没有发出；仍在等待的请用 cancel 取消"},
	delivery.WhyRecalled:   {"it was taken back before", "之前已经撤回"},
	delivery.WhyImpossible: {"WeCom has no way to change it: it went to a group chat or by a robot, or it is no card that can be updated", "企业微信不支持：消息发往群聊或由机器人发送，或不是可更新的卡片"},
	delivery.WhyTooLate:    {"WeCom takes no change any more: messages can be taken back for 24 hours, cards updated for 72", "已超过时限：消息 24 小时内可撤回，卡片 72 小时内可更新"},
	delivery.WhySpent:      {"the card was updated before, and WeCom takes one update for each sending; a click on the card brings a new code, which comes to the app's callback", "卡片已更新过，每次发送只能更新一次；成员点击卡片后，应用的回调会收到新的 response_code"},
	delivery.WhyNotTheirs:  {"none of those named got this part", "指定的成员都没有收到这一部分"},
	delivery.WhyRests:      {"the app sends nothing just now, see failure: repeat the call when it works again", "该应用暂停发送，见 failure；恢复后请再次调用"},
	delivery.WhyFailed:     {"WeCom did not do it, see failure", "企业微信没有执行，见 failure"},
	delivery.WhyNotTried:   {"there was no time left: repeat the call", "时间不够，尚未处理；请再次调用"},
}

type changeOutput struct{ Body Changed }

func (a *API) recallMessage(ctx context.Context, c *caller, in *MessagePath) (*changeOutput, error) {
	m, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	c.untimed()
	limited, cancel := context.WithTimeout(ctx, changeTime)
	defer cancel()
	changes, err := a.Changes.Recall(limited, m.ID)
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, c, m, changes)
}

func (a *API) changed(ctx context.Context, c *caller, m *delivery.Message, changes []delivery.Change) (*changeOutput, error) {
	out := &changeOutput{Changed{Results: make([]ChangeResult, len(changes))}}
	for i, change := range changes {
		if change.Done {
			out.Body.Done++
		}
		out.Body.Results[i] = ChangeResult{
			Part: change.Part + 1, Done: change.Done, Why: change.Why, Hint: whys[change.Why].in(c.lang),
			Failure: showFailure(change.Failure, c.lang), NotReached: change.NotReached,
		}
	}
	var err error
	out.Body.Message, err = a.showNow(ctx, c, m)
	return out, err
}

// cardBody is the JSON of an update, not yet read.
type cardBody struct{ raw }

// Schema gives the body its place in the OpenAPI document.
func (b *cardBody) Schema(r huma.Registry) *huma.Schema {
	to := receiversSchema()
	to.Description = "Whose copy changes: everybody's without it."
	delete(to.Properties, "chat")
	return named(r, "CardUpdate", &huma.Schema{
		Type: "object", AdditionalProperties: false, Examples: []any{map[string]any{"replace_name": "已处理"}},
		Description: "Either replace_name or template_card.",
		Properties: map[string]*huma.Schema{
			"to":              &to,
			"replace_name":    {Type: "string", Description: "The text of the one grey button that takes the place of the buttons."},
			"template_card":   {Type: "object", Description: "The new card, in WeCom's own JSON: https://developer.work.weixin.qq.com/document/path/94888"},
			"enable_id_trans": {Type: "integer", Description: "1 turns markers such as $userName=zhangsan$ into names."},
		},
	})
}

type cardInput struct {
	MessagePath
	Body cardBody
}

func (a *API) updateCard(ctx context.Context, c *caller, in *cardInput) (*changeOutput, error) {
	m, err := a.find(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	update, err := readCardUpdate(in.Body.data)
	if err != nil {
		return nil, err
	}
	c.untimed()
	limited, cancel := context.WithTimeout(ctx, changeTime)
	defer cancel()
	changes, err := a.Changes.UpdateCard(limited, m.ID, update)
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, c, m, changes)
}

var cardNames = []string{"to", "replace_name", "template_card", "enable_id_trans"}

// readCardUpdate reads the body of an update.
func readCardUpdate(data []byte) (u wecom.CardUpdate, err error) {
	if err := checkJSON(data); err != nil {
		return u, err
	}
	l := letter{}
	l.object(data, cardNames, func(name string, value []byte) {
		switch name {
		case "to":
			l.readTo(value)
		case "replace_name":
			l.text(name, value, &u.ReplaceName)
		case "enable_id_trans":
			translate := 0
			l.decode(name, "0 or 1", value, &translate)
			u.TranslateIDs = translate == 1
		case "template_card":
			card, err := wecom.UnmarshalCard(value)
			var invalid *wecom.ValidationError
			switch {
			case errors.As(err, &invalid):
				l.faults = append(l.faults, invalid.Fields...)
			case err != nil:
				l.wrong(name, wecom.Malformed, "it is not what WeCom's documents show")
			default:
				u.Card = card
			}
		}
	})
	l.faults = append(l.faults, l.to.faults...)
	if l.to.chat != "" {
		l.wrong("to.chat", wecom.Conflict, "cards are updated for members, departments and tags")
	}
	if len(l.faults) > 0 {
		return u, &fault{is: problemInvalid, fields: l.faults}
	}
	u.Users, u.Parties, u.Tags, u.All = l.to.to.Users, l.to.to.Parties, l.to.to.Tags, l.to.to.All
	return u, nil
}
