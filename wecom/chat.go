package wecom

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Limits of group chats.
const (
	MinChatUsers     = 2
	MaxChatUsers     = 2000
	maxChatNameChars = 50
	maxChatIDChars   = 32
)

// Chat is a group chat of an app and members of the corp (path/90245). Only an app that the corp made
// itself has some, and its visible range must be the root department.
type Chat struct {
	ID    string   `json:"chatid,omitempty"` // at most 32 of 0-9 a-z A-Z, unique in the corp; "" means that WeCom makes one
	Name  string   `json:"name,omitempty"`   // at most 50 characters
	Owner string   `json:"owner,omitempty"`  // a member of Users; "" means one of WeCom's choice
	Users []string `json:"userlist"`         // user ids, 2 to 2000
}

// CreateChat makes a group chat and returns its id (path/90245). Members may not see it before the
// first message. A corp may make 1000 a day.
func (c *Client) CreateChat(ctx context.Context, chat Chat) (id string, err error) {
	check := checker{of: "chat"}
	chat.check(&check)
	if err := check.err(); err != nil {
		return "", err
	}
	var a struct {
		status
		ChatID string `json:"chatid"`
	}
	if err := c.postJSON(ctx, "appchat/create", chat, &a); err != nil {
		return "", err
	}
	if id = orDefault(a.ChatID, chat.ID); id == "" {
		return "", c.transportError("appchat/create", http.StatusOK, true, errors.New("the answer has no chatid"))
	}
	return id, nil
}

func (g Chat) check(c *checker) {
	c.chatID(g.ID, false)
	c.text("name", g.Name, false, maxChatNameChars, Characters, TooLong)
	if n := len(g.Users); n < MinChatUsers {
		c.add(FieldError{Field: "userlist", Problem: Malformed, Detail: "a chat has at least 2 members, given " + strconv.Itoa(n)})
	} else if n > MaxChatUsers {
		c.add(FieldError{Field: "userlist", Problem: TooMany, Limit: MaxChatUsers, Given: n, Unit: Members})
	}
	c.userIDs("userlist", g.Users)
	if g.Owner != "" && !containsUser(g.Users, g.Owner) {
		c.add(FieldError{Field: "owner", Problem: Conflict, Detail: "the owner must be in userlist"})
	}
}

// containsUser looks for a user id; WeCom ignores their case.
func containsUser(users []string, user string) bool {
	for _, u := range users {
		if strings.EqualFold(u, user) {
			return true
		}
	}
	return false
}

// chatID checks the id of a chat.
func (c *checker) chatID(id string, required bool) {
	c.text("chatid", id, required, maxChatIDChars, Characters, TooLong)
	for _, r := range id {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			c.add(FieldError{
				Field: "chatid", Problem: Malformed,
				Detail: "it is made of 0-9, a-z and A-Z alone, given " + strconv.QuoteRune(r),
			})
			return
		}
	}
}

// ChatUpdate changes a chat; what is zero stays as it is.
type ChatUpdate struct {
	ID     string   `json:"chatid"`                  // required
	Name   string   `json:"name,omitempty"`          // at most 50 characters
	Owner  string   `json:"owner,omitempty"`         // a member
	Add    []string `json:"add_user_list,omitempty"` // user ids; a chat has at most 2000 members
	Remove []string `json:"del_user_list,omitempty"` // user ids; who is not in the chat is refused (86216)
}

// UpdateChat changes a chat that this app made (path/98913; another's is refused with 86008). A corp
// may make 1000 changes an hour.
func (c *Client) UpdateChat(ctx context.Context, u ChatUpdate) error {
	check := checker{of: "chat update"}
	u.check(&check)
	if err := check.err(); err != nil {
		return err
	}
	var a status
	return c.postJSON(ctx, "appchat/update", u, &a)
}

func (u ChatUpdate) check(c *checker) {
	c.chatID(u.ID, true)
	c.text("name", u.Name, false, maxChatNameChars, Characters, TooLong)
	for _, list := range [...]struct {
		field string
		users []string
	}{{"add_user_list", u.Add}, {"del_user_list", u.Remove}} {
		if n := len(list.users); n > MaxChatUsers {
			c.add(FieldError{Field: list.field, Problem: TooMany, Limit: MaxChatUsers, Given: n, Unit: Members})
		}
		c.userIDs(list.field, list.users)
	}
	if u.Name == "" && u.Owner == "" && len(u.Add)+len(u.Remove) == 0 {
		c.add(FieldError{Field: "name", Problem: Missing, Detail: "the update changes nothing: give name, owner, add_user_list or del_user_list"})
	}
}

// GetChat returns a chat that this app made (path/98914).
func (c *Client) GetChat(ctx context.Context, id string) (Chat, error) {
	check := checker{of: "chat"}
	check.chatID(id, true)
	if err := check.err(); err != nil {
		return Chat{}, err
	}
	var a struct {
		status
		Chat Chat `json:"chat_info"`
	}
	err := c.get(ctx, "appchat/get", &a, "chatid", id)
	return a.Chat, err
}
