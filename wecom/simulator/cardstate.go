package simulator

import (
	"maps"
	"slices"
	"sync"
)

// cardState is what became of a card that can be pressed, on the phone of each member.
type cardState struct {
	mu     sync.Mutex
	copies map[string]cardCopy // by key of the member; who is not in it has the card as sent
}

// cardCopy is the card on one phone. It never changes: another takes its place.
type cardCopy struct {
	body    any                 // a *templateCard or a *taskCardBody
	clicked string              // the key last pressed, or empty
	chosen  map[string][]string // option ids by question_key
}

// copyOf is the message as this member has it.
func (r *record) copyOf(userKey string) cardCopy {
	if r.card != nil {
		r.card.mu.Lock()
		defer r.card.mu.Unlock()
		if c, ok := r.card.copies[userKey]; ok {
			return c
		}
	}
	return cardCopy{body: r.body}
}

// change replaces the copies of these members by what edit makes of them.
func (r *record) change(members []*member, edit func(cardCopy) cardCopy) {
	r.card.mu.Lock()
	defer r.card.mu.Unlock()
	if r.card.copies == nil {
		r.card.copies = map[string]cardCopy{}
	}
	for _, m := range members {
		c, ok := r.card.copies[m.key]
		if !ok {
			c.body = r.body
		}
		r.card.copies[m.key] = edit(c)
	}
}

// receiver is the member if they got the message, or nil.
func (r *record) receiver(userKey string) *member {
	if i := slices.IndexFunc(r.receivers, func(m *member) bool { return m.key == userKey }); i >= 0 {
		return r.receivers[i]
	}
	return nil
}

// withBody is the copy with another card on it. What was chosen is forgotten where the question is
// gone.
func (c cardCopy) withBody(body any) cardCopy {
	c.body = body
	card, ok := body.(*templateCard)
	if !ok || c.chosen == nil {
		return c
	}
	asked := map[string]bool{}
	for _, q := range card.questions() {
		asked[q.QuestionKey] = true
	}
	c.chosen = maps.Clone(c.chosen)
	maps.DeleteFunc(c.chosen, func(key string, _ []string) bool { return !asked[key] })
	return c
}
