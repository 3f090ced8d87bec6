package simulator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// Click is a member pressing something on a card.
type Click struct {
	MsgID string
	User  string // a member who got the message
	// Key is that of a button, the submit button or an entry of the menu. It may be empty for a card
	// that has a submit button.
	Key string
	// OptionIDs are the options chosen, by question_key. Under the key "" they may be for any question
	// of the card. A question that is not named keeps what the phone shows.
	OptionIDs map[string][]string
}

// Click presses a button, submits a vote or a selection, or picks a menu entry, as the member would.
// The app is told at once: Click returns when its callback URL has answered, or has failed three
// times, which is no error but to be seen in the event. A passive reply changes the card of this
// member.
func (s *WeCom) Click(c Click) (CallbackEvent, error) { return s.click(context.Background(), c) }

func (s *WeCom) click(ctx context.Context, c Click) (CallbackEvent, error) {
	r := s.store.find(c.MsgID)
	if r == nil {
		return CallbackEvent{}, errors.New("there is no message with this msgid")
	}
	m := r.receiver(strings.ToLower(c.User))
	a := s.directory.Load().app(r.corpID, r.agentID)
	switch {
	case m == nil:
		return CallbackEvent{}, fmt.Errorf("%q did not get this message", c.User)
	case r.recalled.Load():
		return CallbackEvent{}, errors.New("the message was recalled")
	case r.card == nil:
		return CallbackEvent{}, fmt.Errorf("nothing on this %s can be pressed", r.msgType)
	case a == nil || a.callback == nil:
		return CallbackEvent{}, errors.New("the app is gone, or has no callback any more")
	}
	e := &CallbackEvent{At: s.Now(), CorpID: r.corpID, AgentID: r.agentID, User: m.id, MsgID: r.msgID, URL: a.callback.URL}
	order, err := r.copyOf(m.key).press(c, e)
	if err != nil {
		return CallbackEvent{}, err
	}
	if e.CardType != "" {
		e.ResponseCode = s.codes.issue(r, e.At)
	}
	e.XML = string(e.xml("", order))
	r.change([]*member{m}, func(old cardCopy) cardCopy { return old.pressed(e) })
	s.events.add(e)
	if reply := s.post(ctx, a, e); reply != nil {
		if err := s.applyReply(a, r, m, reply); err != nil {
			s.events.amend(e, func(e *CallbackEvent) { e.ReplyError = err.Error() })
		}
	}
	s.phones.showCopies(r, []*member{m})
	return s.events.amend(e, func(*CallbackEvent) {}), nil
}

// press fills e with what the click comes to on this copy of the card, and returns its questions in
// their order.
func (c cardCopy) press(click Click, e *CallbackEvent) (order []string, err error) {
	switch card := c.body.(type) {
	case *taskCardBody:
		return nil, card.press(click, e)
	case *templateCard:
		return c.pressCard(card, click, e)
	}
	return nil, errors.New("nothing on this message can be pressed")
}

func (t *taskCardBody) press(click Click, e *CallbackEvent) error {
	switch {
	case t.ReplaceText != "":
		return errDeadButtons
	case t.button(click.Key) == nil:
		return fmt.Errorf("the card has no button with the key %q", click.Key)
	case len(click.OptionIDs) > 0:
		return errNothingToChoose
	}
	e.Event, e.EventKey, e.TaskID = "taskcard_click", click.Key, t.TaskID
	return nil
}

var (
	errDeadButtons     = errors.New("the buttons of this card are dead: an update replaced them")
	errNothingToChoose = errors.New("there is nothing to choose with this key")
)

func (c cardCopy) pressCard(t *templateCard, click Click, e *CallbackEvent) (order []string, err error) {
	if t.SubmitButton != nil && click.Key == "" {
		click.Key = t.SubmitButton.Key
	}
	e.EventKey, e.TaskID, e.CardType = click.Key, t.TaskID, t.CardType
	switch kind := t.keyKind(click.Key); {
	case kind == menuKey && len(click.OptionIDs) > 0:
		return nil, errNothingToChoose
	case kind == menuKey:
		e.Event = "template_card_menu_event"
		return nil, nil
	case kind == noKey:
		return nil, fmt.Errorf("nothing on the card has the key %q and calls the app", click.Key)
	case t.ReplaceText != "":
		return nil, errDeadButtons
	}
	e.Event = "template_card_event"
	if e.Chosen, err = c.choose(t, click.OptionIDs); err != nil {
		return nil, err
	}
	for _, q := range t.questions() {
		order = append(order, q.QuestionKey)
	}
	return order, nil
}

type keyKind int

const (
	noKey keyKind = iota
	buttonKey
	menuKey
)

func (t *templateCard) keyKind(key string) keyKind {
	for _, b := range t.ButtonList {
		if b.Type != 1 && b.Key == key {
			return buttonKey
		}
	}
	if t.SubmitButton != nil && t.SubmitButton.Key == key {
		return buttonKey
	}
	if t.ActionMenu != nil {
		for _, entry := range t.ActionMenu.ActionList {
			if entry.Key == key {
				return menuKey
			}
		}
	}
	return noKey
}

// pressed is the copy after the click. A button of an old task card says at once that it was pressed;
// an entry of a menu leaves no trace.
func (c cardCopy) pressed(e *CallbackEvent) cardCopy {
	if e.Event == "template_card_menu_event" {
		return c
	}
	c.clicked, c.chosen = e.EventKey, maps.Clone(e.Chosen)
	if t, ok := c.body.(*taskCardBody); ok {
		c.body = t.replaced(t.button(e.EventKey).ReplaceName) // which the second generation has not
	}
	return c
}
