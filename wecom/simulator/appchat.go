package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"
)

// Group chats belong to apps whose visible range is the whole corp; to others they answer 60011.

type chatReply struct {
	status
	ChatID string `json:"chatid"`
}

// createChat is appchat/create (创建群聊会话, path/90245).
func createChat(c *call, o *object) reply {
	const perDay = 1000
	ids, owner, chatID := o.texts("userlist"), o.text("owner"), o.text("chatid")
	corp := c.app.corp
	users, known := corp.chatMembers(ids)
	switch {
	case !c.app.seesRoot():
		return refuse(codeNoPrivilege)
	case len(ids) == 0:
		return refuse(codeChatMembersMissing)
	case !isChatID(chatID):
		return refuse(codeChatID)
	case !known:
		return refuse(codeChatUser)
	case len(users) < minChatUsers || len(users) > maxChatUsers:
		return refuse(codeChatSize)
	}
	created := &chat{id: chatID, name: cutChars(o.text("name"), maxChatName), agentID: c.app.agentID, owner: users[0], users: users}
	if owner != "" {
		if wrong := created.appoint(owner, corp); wrong != nil {
			return wrong
		}
	}
	if created.id == "" {
		created.id = newChatID()
	}
	if !corp.ledger.chatsCreated.take(c.now(), 1, perDay, 24*time.Hour) {
		return refuse(codeRateLimited)
	}
	if !corp.ledger.chats.add(created) {
		return refuse(codeChatIDTaken)
	}
	return &chatReply{status{0, "ok"}, created.id}
}

// appoint makes a member of the chat its owner.
func (ch *chat) appoint(owner string, corp *corp) *status {
	list, known := corp.chatMembers([]string{owner})
	switch {
	case !known:
		return refuse(codeChatOwner)
	case !ch.has(list[0]):
		return refuse(codeOwnerNotInside)
	}
	ch.owner = list[0]
	return nil
}

// updateChat is appchat/update (修改群聊会话, path/98913). All of a change happens, or nothing.
func updateChat(c *call, o *object) reply {
	const perHour = 1000
	ledger := c.app.corp.ledger
	if !c.app.seesRoot() {
		return refuse(codeNoPrivilege)
	}
	return ledger.chats.with(o.text("chatid"), c.app.agentID, codeChatUnknown, func(ch *chat) *status {
		changed := *ch
		changed.users = slices.Clone(ch.users)
		if wrong := changed.edit(o, c.app.corp); wrong != nil {
			return wrong
		}
		if !ledger.chatsChanged.take(c.now(), 1, perHour, time.Hour) {
			return refuse(codeRateLimited)
		}
		*ch = changed
		return &status{0, "ok"}
	})
}

func (ch *chat) edit(o *object, corp *corp) *status {
	added, known := corp.chatMembers(o.texts("add_user_list"))
	if !known {
		return refuse(codeChatMember)
	}
	for _, id := range added {
		if !ch.has(id) {
			ch.users = append(ch.users, id)
		}
	}
	for _, id := range o.texts("del_user_list") {
		i := indexOfUser(ch.users, id)
		if i < 0 {
			return refuse(codeChatMember)
		}
		ch.users = slices.Delete(ch.users, i, i+1)
	}
	if len(ch.users) < minChatUsers || len(ch.users) > maxChatUsers {
		return refuse(codeChatSize)
	}
	if name := o.text("name"); name != "" {
		ch.name = cutChars(name, maxChatName)
	}
	if owner := o.text("owner"); owner != "" {
		return ch.appoint(owner, corp)
	}
	if !ch.has(ch.owner) {
		ch.owner = ch.users[0]
	}
	return nil
}

type chatInfoReply struct {
	status
	ChatInfo chatInfo `json:"chat_info"`
}

type chatInfo struct {
	ChatID   string   `json:"chatid"`
	Name     string   `json:"name"`
	Owner    string   `json:"owner"`
	UserList []string `json:"userlist"`
	ChatType int      `json:"chat_type"`
}

// getChat is appchat/get (获取群聊会话, path/98914). A chat that does not exist is 40050 here and 86003
// in the other calls: WeCom's list has both.
func getChat(c *call) reply {
	if !c.app.seesRoot() {
		return refuse(codeNoPrivilege)
	}
	answer := &chatInfoReply{status: status{0, "ok"}}
	wrong := c.app.corp.ledger.chats.with(c.query.Get("chatid"), c.app.agentID, codeUnknownChat, func(ch *chat) *status {
		answer.ChatInfo = chatInfo{ch.id, ch.name, ch.owner, slices.Clone(ch.users), 0}
		return nil
	})
	if wrong != nil {
		return wrong
	}
	return answer
}

func newChatID() string {
	var b [maxChatID / 2]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
