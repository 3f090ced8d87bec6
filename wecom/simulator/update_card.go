package simulator

import "strings"

type updateReply struct {
	status
	InvalidUser []string `json:"invaliduser"`
}

// cardUpdate is one message/update_template_card (更新模版卡片消息, path/94888).
type cardUpdate struct {
	reading
	request     *object
	targets     targets
	code        string
	replaceName string        // variant A
	card        *templateCard // variant B
	hasA, hasB  bool
}

func updateTemplateCard(c *call, o *object) reply { return c.readCardUpdate(o).apply(c) }

func (c *call) readCardUpdate(o *object) *cardUpdate {
	u := &cardUpdate{reading: c.reading(), request: o, code: o.text("response_code")}
	u.targets = targets{
		all:   o.flag("atall"),
		users: o.texts("userids"), parties: o.digits("partyids"), tags: o.digits("tagids"),
	}
	u.hasA, u.hasB = o.field("button") != nil, o.field("template_card") != nil
	u.replaceName = o.object("button").text("replace_name")
	o.flag("enable_id_trans")
	return u
}

// apply answers in this order: app, code, targets, card. The code is used up only by a success.
func (u *cardUpdate) apply(c *call) reply {
	agentID, given := u.request.number("agentid")
	if wrong := u.app.checkAgent(agentID, given); wrong != nil {
		return wrong
	}
	r := c.sim.codes.find(u.code, u.app, c.now())
	if r == nil {
		return refuse(codeResponseCode)
	}
	if u.targets.empty() {
		return refuse(codeNoUpdateTarget)
	}
	if wrong := u.targets.tooMany(); wrong != nil {
		return wrong
	}
	if wrong := u.readCard(r); wrong != nil {
		return wrong
	}
	members, invalid := u.app.receiversAmong(r, u.targets)
	if len(members) == 0 {
		return refuse(codeNotReceiver)
	}
	if !c.sim.codes.spend(u.code) {
		return refuse(codeResponseCode)
	}
	r.change(members, u.edit)
	c.sim.phones.showCopies(r, members)
	return &updateReply{status{0, "ok"}, invalid}
}

// readCard checks the new card, or whether the buttons of the old one can be replaced.
func (u *cardUpdate) readCard(r *record) *status {
	switch {
	case u.hasA == u.hasB:
		return invalidParam("template_card")
	case u.hasB:
		u.card = new(templateCard)
		u.request.object("template_card").into(u.card)
		return u.card.check(&u.reading, updatedCard)
	case u.replaceName == "" || !r.body.(*templateCard).canReplace():
		return invalidParam("button")
	}
	return nil
}

// edit makes the new copy. The task of the card stays what it was.
func (u *cardUpdate) edit(old cardCopy) cardCopy {
	before := old.body.(*templateCard)
	switch {
	case u.card == nil && before.canReplace():
		return old.withBody(before.replaced(u.replaceName))
	case u.card == nil: // an earlier update made a notice of it
		return old
	}
	card := *u.card
	card.TaskID = before.TaskID
	return old.withBody(&card)
}

// receiversAmong are those of the targets who got the message. Members who did not come back in
// lower case, as in message/send; a department or tag nobody of which did is passed over.
func (a *app) receiversAmong(r *record, t targets) (members []*member, invalid []string) {
	if t.all {
		return r.receivers, []string{}
	}
	got := make(map[*member]bool, len(r.receivers))
	byKey := make(map[string]*member, len(r.receivers))
	for _, m := range r.receivers {
		byKey[m.key] = m
	}
	add := func(m *member) {
		if m != nil && !got[m] {
			got[m] = true
			members = append(members, m)
		}
	}
	invalid = []string{}
	for _, id := range t.users {
		key := strings.ToLower(strings.TrimSpace(id))
		if byKey[key] == nil {
			invalid = append(invalid, key)
		}
		add(byKey[key])
	}
	// By key: the world, and with it the members, may be another than when the message was sent.
	for _, m := range a.reachOf(targets{parties: t.parties, tags: t.tags}).receivers {
		add(byKey[m.key])
	}
	return members, invalid
}
