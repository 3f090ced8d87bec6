package wecom

import (
	"slices"
	"strings"
)

// place is where a message goes: some fields and limits differ.
type place uint8

const (
	toMembers place = iota // message/send
	inChat                 // appchat/send
	byRobot                // webhook/send
)

// chatTypes are the msgtypes of group chats, and the largest safe of each (path/90248).
var chatTypes = map[string]int{
	"text": 1, "image": 1, "voice": 0, "video": 1, "file": 1,
	"textcard": 1, "news": 1, "mpnews": 2, "markdown": 0,
}

// robotTypes are the msgtypes of group robots (path/99110).
var robotTypes = []string{"text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card"}

// robotCards are the card types of group robots.
var robotCards = []string{"text_notice", "news_notice"}

// allowed checks that the type of b can go to the place.
func (c *checker) allowed(b Body) {
	wrong := ""
	switch _, ok := chatTypes[b.MsgType()]; {
	case c.place == inChat && !ok:
		wrong = "group chats do not take " + b.MsgType()
	case c.place == byRobot && !slices.Contains(robotTypes, b.MsgType()):
		wrong = "robots take " + strings.Join(robotTypes, ", ") + ", given " + b.MsgType()
	case c.place == toMembers && b.MsgType() == "markdown_v2":
		wrong = "only robots take markdown_v2"
	default:
		return
	}
	c.add(FieldError{Field: "msgtype", Problem: Conflict, Detail: wrong})
}

// markdownBytes is the limit of a markdown in the place.
func (c *checker) markdownBytes() int {
	if c.place == byRobot {
		return 4096
	}
	return 2048
}

// mentions checks a list of people whose attention is called.
func (c *checker) mentions(field string, people []string, known bool) {
	if len(people) == 0 {
		return
	}
	if !known {
		detail := "only group chats and robots know it"
		if strings.Contains(field, "mobile") {
			detail = "only robots know it"
		}
		c.add(FieldError{Field: field, Problem: Conflict, Detail: detail})
		return
	}
	c.userIDs(field, slices.DeleteFunc(slices.Clone(people), func(who string) bool { return who == everybody }))
}
