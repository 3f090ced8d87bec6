package simulator

import (
	"slices"
	"strings"
	"sync"
)

// chats are the group chats that apps of one corp created (群聊会话, appchat).
type chats struct {
	mu   sync.Mutex
	byID map[string]*chat
}

// chat is guarded by the lock of its chats.
type chat struct {
	id, name string
	agentID  int      // the app that created it, and alone can use it
	owner    string   // userid
	users    []string // userids
}

// Limits of a group chat (path/90245).
const (
	minChatUsers = 2
	maxChatUsers = 2000
	maxChatName  = 50 // characters, cut
	maxChatID    = 32 // letters and digits
)

// add reports false if the id is taken.
func (cs *chats) add(c *chat) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.byID == nil {
		cs.byID = map[string]*chat{}
	}
	if cs.byID[c.id] != nil {
		return false
	}
	cs.byID[c.id] = c
	return true
}

// with lets do look at a chat, and change it. unknown is the errcode when there is no such chat.
func (cs *chats) with(id string, agentID, unknown int, do func(*chat) *status) *status {
	if id == "" {
		return refuse(codeChatIDMissing)
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.byID[id]
	switch {
	case c == nil:
		return refuse(unknown)
	case c.agentID != agentID:
		return refuse(codeOtherChat)
	}
	return do(c)
}

// has says whether the member is in the chat.
func (c *chat) has(userID string) bool { return indexOfUser(c.users, userID) >= 0 }

func indexOfUser(list []string, userID string) int {
	return slices.IndexFunc(list, func(id string) bool { return strings.EqualFold(id, userID) })
}

// chatMembers are the members of these ids, each once, or false if one is nobody.
func (c *corp) chatMembers(ids []string) (list []string, ok bool) {
	for _, id := range ids {
		m := c.members[strings.ToLower(strings.TrimSpace(id))]
		if m == nil || !m.licensed {
			return nil, false
		}
		if indexOfUser(list, m.id) < 0 {
			list = append(list, m.id)
		}
	}
	return list, true
}

func isChatID(id string) bool {
	const allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return len(id) <= maxChatID && strings.Trim(id, allowed) == ""
}
