package simulator

import (
	"reflect"
	"strings"
)

// cardParts says which parts a card of each type has. Parts of other types are left out, as the
// document's table has no place for them.
var cardParts = map[string]string{
	"text_notice":          "source action_menu main_title quote_area emphasis_content sub_title_text horizontal_content_list jump_list card_action task_id",
	"news_notice":          "source action_menu main_title quote_area image_text_area card_image vertical_content_list horizontal_content_list jump_list card_action task_id",
	"button_interaction":   "source action_menu main_title quote_area sub_title_text horizontal_content_list card_action button_selection button_list task_id replace_text",
	"vote_interaction":     "source main_title checkbox submit_button task_id replace_text",
	"multiple_interaction": "source main_title select_list submit_button task_id replace_text",
}

// cardUse is what a card is for: the rules differ a little.
type cardUse int

const (
	sentCard    cardUse = iota // message/send
	updatedCard                // update_template_card and passive replies: no task_id, a replace_text
	robotCard                  // webhook/send: notices only, and nothing that calls back
)

func readCard(r *reading, body *object) (any, *status) {
	var c templateCard
	body.into(&c)
	if wrong := c.check(r, sentCard); wrong != nil {
		return nil, wrong
	}
	return &c, nil
}

// check says what WeCom would refuse, in the order of the document, and leaves out what does not
// belong to a card of its type. Lengths of texts are advice and never refused.
func (c *templateCard) check(r *reading, use cardUse) *status {
	parts, ok := cardParts[c.CardType]
	if !ok || use == robotCard && c.canReplace() {
		return refuse(codeCardType)
	}
	c.keepOnly(parts)
	switch use {
	case sentCard:
		c.enable()
	case updatedCard:
		c.TaskID = ""
	case robotCard:
		c.ActionMenu, c.TaskID = nil, ""
	}
	k := cardCheck{r: r, use: use}
	k.titles(c)
	k.menu(c.ActionMenu)
	k.areas(c)
	k.lists(c)
	k.action(c)
	k.buttons(c)
	k.questions(c)
	if use == sentCard && c.callsBack() {
		k.demand(isTaskID(c.TaskID), codeTaskID)
	}
	return k.wrong
}

// keepOnly empties all fields but the card's type and those named in parts.
func (c *templateCard) keepOnly(parts string) {
	has := map[string]bool{"card_type": true}
	for name := range strings.FieldsSeq(parts) {
		has[name] = true
	}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if !has[name] {
			v.Field(i).SetZero()
		}
	}
}

// enable takes away what only an update can do.
func (c *templateCard) enable() {
	c.ReplaceText = ""
	for _, q := range c.questions() {
		q.Disable = false
	}
}

// cardCheck remembers the first thing that is wrong.
type cardCheck struct {
	r     *reading
	use   cardUse
	wrong *status
}

func (k *cardCheck) demand(ok bool, code int) {
	if !ok && k.wrong == nil {
		k.wrong = refuse(code)
	}
}

// param demands something that has no errcode of its own.
func (k *cardCheck) param(ok bool, name string) {
	if !ok && k.wrong == nil {
		k.wrong = invalidParam("template_card." + name)
	}
}

// between demands a list of a length from least to most.
func (k *cardCheck) between(n, least, most, code int) {
	k.demand(least <= n && n <= most, code)
}

// key demands a string of 1 to most bytes that was not used before.
func (k *cardCheck) key(key string, most, code int, used map[string]bool) {
	k.demand(key != "" && len(key) <= most && !used[key], code)
	used[key] = true
}

// target demands what the type of a click needs.
func (k *cardCheck) target(t cardTarget) {
	k.demand(t.Type != 1 || t.URL != "", codeCardURL)
	k.demand(t.Type != 2 || t.AppID != "", codeCardAppID)
}
