package wecom

import "context"

// CardUpdate changes a card that was sent (path/94888): the three cards with buttons or choices, and
// notices with an action menu. Give ReplaceName or Card.
type CardUpdate struct {
	// Whose copy changes: at least one of these. Who did not get the message is refused (82102).
	Users   []string // user ids, at most 1000
	Parties []int    // department ids, at most 100
	Tags    []int    // tag ids, at most 100
	All     bool     // everybody who got the message

	// ResponseCode comes from the [Receipt] or from the event of a click. Each works once, within
	// 72 hours (60140); every click brings another.
	ResponseCode string

	// ReplaceName is the text of the one grey button that takes the place of the buttons.
	ReplaceName string
	// Card is the new card, of any type; WeCom keeps the task_id of the old one.
	Card Card
	// TranslateIDs turns markers in Card such as $userName=zhangsan$ into names.
	TranslateIDs bool
}

// UpdateCard changes a card (path/94888), and returns the members whose copy did not change; WeCom
// answers them in lower case.
func (c *Client) UpdateCard(ctx context.Context, u CardUpdate) (notReached []string, err error) {
	check := checker{of: "card update", updating: true}
	u.check(&check)
	if c.agentID == 0 {
		check.add(FieldError{Field: "agentid", Problem: Missing, Detail: "set AgentID of the client's Config"})
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	var a struct {
		status
		InvalidUser joined `json:"invaliduser"` // an array; in the answer of message/send one string
	}
	err = c.postJSON(ctx, "message/update_template_card", u.request(c.agentID), &a)
	return a.InvalidUser.names(), err
}

func (u CardUpdate) check(c *checker) {
	if !u.All && len(u.Users)+len(u.Parties)+len(u.Tags) == 0 {
		c.add(FieldError{Field: "userids", Problem: Missing, Detail: "name members, departments or tags, or all"})
	}
	for _, list := range [...]struct {
		field       string
		given, most int
		unit        Unit
	}{
		{"userids", len(u.Users), MaxUsers, Members},
		{"partyids", len(u.Parties), MaxParties, Departments},
		{"tagids", len(u.Tags), MaxTags, Tags},
	} {
		if list.given > list.most {
			c.add(FieldError{Field: list.field, Problem: TooMany, Limit: list.most, Given: list.given, Unit: list.unit})
		}
	}
	c.userIDs("userids", u.Users)
	if !isNil(u.Card) {
		u.Card.check(c)
	}
	c.text("response_code", u.ResponseCode, true, 0, Bytes, TooLong)
	c.text("button.replace_name", u.ReplaceName, false, 0, Bytes, TooLong)
	switch {
	case u.ReplaceName == "" && isNil(u.Card):
		c.add(FieldError{Field: "template_card", Problem: Missing, Detail: "give the text of a button, or another card"})
	case u.ReplaceName != "" && !isNil(u.Card):
		c.add(FieldError{Field: "template_card", Problem: Conflict, Detail: "give the text of a button or another card, not both"})
	case isNil(u.Card) && u.TranslateIDs:
		c.add(FieldError{Field: "enable_id_trans", Problem: Conflict, Detail: "only a card is translated, not the text of a button"})
	}
}

type cardButton struct {
	ReplaceName string `json:"replace_name"`
}

type cardUpdateRequest struct {
	Users        []string    `json:"userids,omitempty"`
	Parties      []int       `json:"partyids,omitempty"`
	Tags         []int       `json:"tagids,omitempty"`
	All          int         `json:"atall,omitempty"`
	AgentID      int         `json:"agentid"`
	ResponseCode string      `json:"response_code"`
	Button       *cardButton `json:"button,omitempty"`
	TranslateIDs int         `json:"enable_id_trans,omitempty"`
	Card         Card        `json:"template_card,omitempty"`
}

func (u CardUpdate) request(agentID int) cardUpdateRequest {
	r := cardUpdateRequest{
		Users: u.Users, Parties: u.Parties, Tags: u.Tags, All: bit(u.All),
		AgentID: agentID, ResponseCode: u.ResponseCode, TranslateIDs: bit(u.TranslateIDs),
	}
	if isNil(u.Card) {
		r.Button = &cardButton{u.ReplaceName}
	} else {
		r.Card = u.Card.forUpdate()
	}
	return r
}
