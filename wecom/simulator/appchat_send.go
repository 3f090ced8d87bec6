package simulator

import (
	"slices"
	"strings"
	"time"
)

// chatBodies are the msgtypes of appchat/send (path/90248).
var chatBodies = map[string]bodyReader{
	"text":     readChatText,
	"image":    readMedia("image"),
	"voice":    readMedia("voice"),
	"video":    readVideo,
	"file":     readMedia("file"),
	"textcard": readChatCard,
	"news":     readLinkedNews,
	"mpnews":   readMPNews,
	"markdown": readMarkdown,
}

// sendToChat is appchat/send (应用推送消息, path/90248). It answers no msgid.
func sendToChat(c *call, o *object) reply {
	msgType := o.text("msgtype")
	readBody, known := chatBodies[msgType]
	switch {
	case !c.app.seesRoot():
		return refuse(codeNoPrivilege)
	case !known && bodyReaders[msgType] != nil:
		return refuse(codeChatType)
	case !known:
		return refuse(codeInvalidMsgType)
	}
	o.number("safe")
	var to chat
	wrong := c.app.corp.ledger.chats.with(o.text("chatid"), c.app.agentID, codeChatUnknown, func(ch *chat) *status {
		to = *ch
		to.users = slices.Clone(ch.users)
		return nil
	})
	if wrong != nil {
		return wrong
	}
	r := c.reading()
	body, wrong := readBody(&r, o.object(msgType))
	if wrong != nil {
		return wrong
	}
	return c.deliverToChat(to, msgType, body)
}

// Person-deliveries to group chats that a corp may make (path/90248); the hour is that of a medium
// one.
const (
	chatDeliveriesPerMinute = 20_000
	chatDeliveriesPerHour   = 350_000
)

func (c *call) deliverToChat(to chat, msgType string, body any) *status {
	now, ledger := c.now(), c.app.corp.ledger
	var members []*member
	for _, id := range to.users {
		if m := c.app.corp.members[strings.ToLower(id)]; m != nil {
			members = append(members, m)
		}
	}
	if !ledger.chatMinute.take(now, len(members), chatDeliveriesPerMinute, time.Minute) ||
		!ledger.chatHour.take(now, len(members), chatDeliveriesPerHour, time.Hour) {
		return refuse(codeRateLimited)
	}
	v := verdict{at: now}
	v.receivers, v.dropped = c.app.ledger.postToChat(members, now.UnixNano())
	c.sim.stats.count(v)
	c.sim.keep(&record{
		msgID: newMsgID(), at: now, msgType: msgType,
		corpID: c.app.corp.id, agentID: c.app.agentID, appName: c.app.name,
		chatID: to.id, chatName: to.name,
		receivers: v.receivers, dropped: v.dropped, body: body, request: c.body,
	})
	return &status{0, "ok"}
}
