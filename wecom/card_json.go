package wecom

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// cardKind is what decoding knows of a card_type.
type cardKind struct {
	name   string
	parts  []string // the names of its parts in JSON
	decode func(data []byte) (Card, error)
}

// cardKinds are the card types, in the order of the official page.
var cardKinds = []cardKind{
	kindOf[TextNotice](), kindOf[NewsNotice](),
	kindOf[ButtonInteraction](), kindOf[VoteInteraction](), kindOf[MultipleInteraction](),
}

func kindOf[C Card]() cardKind {
	var zero C
	kind := cardKind{name: zero.CardType(), decode: func(data []byte) (Card, error) {
		var card C
		err := json.Unmarshal(data, &card)
		return card, err
	}}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[C]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		kind.parts = append(kind.parts, name)
	}
	return kind
}

// UnmarshalCard reads a card of any type, such as stands in template_card, by its card_type. The
// error is a *[ValidationError] if the type is not known, or if the card has a part that belongs to
// another type.
func UnmarshalCard(data []byte) (Card, error) {
	var in struct {
		CardType string `json:"card_type"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, wrongType(msgTypeCard, err)
	}
	var known []string
	for _, kind := range cardKinds {
		if kind.name == in.CardType {
			return kind.decode(data)
		}
		known = append(known, kind.name)
	}
	list := strings.Join(known, ", ")
	if in.CardType == "" {
		return nil, fieldError(msgTypeCard+".card_type", Missing, "it is one of "+list)
	}
	return nil, fieldError(msgTypeCard+".card_type", NotKnown, fmt.Sprintf("given %.40q, known here: %s", in.CardType, list))
}

func decodeCardBody(data json.RawMessage) (Body, error) {
	if len(data) == 0 {
		data = []byte("{}")
	}
	return UnmarshalCard(data)
}

// unmarshalCard reads a card of one type into parts, which is the card without its methods.
func unmarshalCard(data []byte, cardType string, parts any) error {
	var in struct {
		CardType string `json:"card_type"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return wrongType(msgTypeCard, err)
	}
	if in.CardType != "" && in.CardType != cardType {
		return fieldError(msgTypeCard+".card_type", Conflict, fmt.Sprintf("given %.40q, wanted %q", in.CardType, cardType))
	}
	if err := foreignParts(data, cardType); err != nil {
		return err
	}
	return wrongType(msgTypeCard, json.Unmarshal(data, parts))
}

// foreignParts refuses a card that has parts of another type: two cards were mixed, and WeCom would
// show one without the other's parts. What is there but empty is not counted, as some programs send
// every field they know; so is what no card has.
func foreignParts(data []byte, cardType string) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(data, &given); err != nil {
		return wrongType(msgTypeCard, err)
	}
	var check checker
	for _, name := range slices.Sorted(maps.Keys(given)) {
		var owners []string
		for _, kind := range cardKinds {
			if slices.Contains(kind.parts, name) {
				owners = append(owners, kind.name)
			}
		}
		if len(owners) > 0 && !slices.Contains(owners, cardType) && !isBlank(given[name]) {
			check.add(FieldError{
				Field: msgTypeCard + "." + name, Problem: Conflict,
				Detail: "it is a part of " + strings.Join(owners, ", ") + ", not of " + cardType,
			})
		}
	}
	return check.err()
}

// isBlank reports whether JSON says nothing, however deep.
func isBlank(data []byte) bool {
	var v any
	return json.Unmarshal(data, &v) == nil && saysNothing(v)
}

func saysNothing(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if !saysNothing(e) {
				return false
			}
		}
		return true
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !saysNothing(e) })
	}
	return v == nil || v == "" || v == false || v == 0.0
}

// marshal writes what JSON a card is, with characters as they are.
func plainJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	err := writeJSON(&buf, v)
	return buf.Bytes(), err
}

// MarshalJSON returns what stands in template_card.
func (t TextNotice) MarshalJSON() ([]byte, error) {
	type parts TextNotice
	return plainJSON(struct {
		CardType string `json:"card_type"`
		parts
	}{t.CardType(), parts(t)})
}

// UnmarshalJSON reads what stands in template_card, if it is of this card_type.
func (t *TextNotice) UnmarshalJSON(data []byte) error {
	type parts TextNotice
	*t = TextNotice{}
	return unmarshalCard(data, t.CardType(), (*parts)(t))
}

// MarshalJSON returns what stands in template_card.
func (t NewsNotice) MarshalJSON() ([]byte, error) {
	type parts NewsNotice
	return plainJSON(struct {
		CardType string `json:"card_type"`
		parts
	}{t.CardType(), parts(t)})
}

// UnmarshalJSON reads what stands in template_card, if it is of this card_type.
func (t *NewsNotice) UnmarshalJSON(data []byte) error {
	type parts NewsNotice
	*t = NewsNotice{}
	return unmarshalCard(data, t.CardType(), (*parts)(t))
}

// MarshalJSON returns what stands in template_card.
func (t ButtonInteraction) MarshalJSON() ([]byte, error) {
	type parts ButtonInteraction
	return plainJSON(struct {
		CardType string `json:"card_type"`
		parts
	}{t.CardType(), parts(t)})
}

// UnmarshalJSON reads what stands in template_card, if it is of this card_type.
func (t *ButtonInteraction) UnmarshalJSON(data []byte) error {
	type parts ButtonInteraction
	*t = ButtonInteraction{}
	return unmarshalCard(data, t.CardType(), (*parts)(t))
}

// MarshalJSON returns what stands in template_card.
func (t VoteInteraction) MarshalJSON() ([]byte, error) {
	type parts VoteInteraction
	if t.SubmitButton != (SubmitButton{}) {
		t.SubmitButton = t.SubmitButton.withText()
	}
	return plainJSON(struct {
		CardType string `json:"card_type"`
		parts
	}{t.CardType(), parts(t)})
}

// UnmarshalJSON reads what stands in template_card, if it is of this card_type.
func (t *VoteInteraction) UnmarshalJSON(data []byte) error {
	type parts VoteInteraction
	*t = VoteInteraction{}
	return unmarshalCard(data, t.CardType(), (*parts)(t))
}

// MarshalJSON returns what stands in template_card.
func (t MultipleInteraction) MarshalJSON() ([]byte, error) {
	type parts MultipleInteraction
	t.SubmitButton = t.SubmitButton.withText()
	return plainJSON(struct {
		CardType string `json:"card_type"`
		parts
	}{t.CardType(), parts(t)})
}

// UnmarshalJSON reads what stands in template_card, if it is of this card_type.
func (t *MultipleInteraction) UnmarshalJSON(data []byte) error {
	type parts MultipleInteraction
	*t = MultipleInteraction{}
	return unmarshalCard(data, t.CardType(), (*parts)(t))
}

// withText fills in the text that WeCom's page says is the default, and that its table of codes
// says may be missed (42049).
func (b SubmitButton) withText() SubmitButton {
	b.Text = cmp.Or(b.Text, "提交")
	return b
}
