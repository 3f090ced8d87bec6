package simulator

import (
	"encoding/xml"
	"errors"
	"fmt"
)

// passiveReply is what an app answers a click with (被动回复, path/90241). Only the three kinds that
// change a card are looked at.
type passiveReply struct {
	MsgType      string
	Button       struct{ ReplaceName string }
	TaskCard     struct{ ReplaceName string }
	TemplateCard *templateCard
}

// applyReply changes the card on the phone of the member who clicked. It does not use the event's
// response_code up: the page does not say, and an app may need it for the others.
func (s *WeCom) applyReply(a *app, r *record, m *member, plain []byte) error {
	var reply passiveReply
	if err := xml.Unmarshal(plain, &reply); err != nil {
		return fmt.Errorf("the reply is not XML: %w", err)
	}
	edit, err := s.replyEdit(a, r, reply)
	if edit != nil {
		r.change([]*member{m}, edit)
	}
	return err
}

func (s *WeCom) replyEdit(a *app, r *record, reply passiveReply) (func(cardCopy) cardCopy, error) {
	sent, isTemplate := r.body.(*templateCard)
	switch reply.MsgType {
	case "update_button":
		if !isTemplate || reply.Button.ReplaceName == "" {
			return nil, errors.New("update_button needs Button/ReplaceName and a template card with buttons")
		}
		return func(old cardCopy) cardCopy {
			card := old.body.(*templateCard)
			if !card.canReplace() {
				return old
			}
			return old.withBody(card.replaced(reply.Button.ReplaceName))
		}, nil
	case "update_taskcard":
		if isTemplate || reply.TaskCard.ReplaceName == "" {
			return nil, errors.New("update_taskcard needs TaskCard/ReplaceName and an old task card")
		}
		return func(old cardCopy) cardCopy {
			return old.withBody(old.body.(*taskCardBody).replaced(reply.TaskCard.ReplaceName))
		}, nil
	case "update_template_card":
		if !isTemplate || reply.TemplateCard == nil {
			return nil, errors.New("update_template_card needs TemplateCard, and a template card to replace")
		}
		reading := reading{app: a, strict: s.directory.Load().world.Strict, media: &s.media, shelf: a.corp.shelf, clock: &s.clock}
		if wrong := reply.TemplateCard.check(&reading, updatedCard); wrong != nil {
			return nil, fmt.Errorf("the new card is refused: %d %s", wrong.ErrCode, wrong.ErrMsg)
		}
		reply.TemplateCard.TaskID = sent.TaskID
		return func(old cardCopy) cardCopy { return old.withBody(reply.TemplateCard) }, nil
	case "text", "image", "voice", "video", "news":
		return nil, nil // a message to the member, which the event shows
	}
	return nil, fmt.Errorf("MsgType %q is no passive reply", reply.MsgType)
}
