package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

const opSendChat = "appchat/send"

// ChatMessage is a message to a group chat that the app made (path/90248). It marshals to the JSON of
// appchat/send and back.
//
// A chat takes [Text], which may call for attention there, [Image], [Voice], [Video], [File],
// [TextCard], news, mpnews and markdown: neither cards with buttons nor mini-program notices.
type ChatMessage struct {
	ChatID string
	Body   Body
	// Safe keeps the message from leaving the corp: 0 no, 1 it cannot be shared and is watermarked,
	// 2 only within the corp (mpnews alone). Voice and markdown refuse anything but 0.
	Safe int

	// TruncateOK lets fields pass that WeCom will cut to their limit without a word. It is not sent.
	TruncateOK bool
}

// SendChat sends a message to a group chat (path/90248). WeCom gives it no msgid: it cannot be
// recalled. Files go up, dead tokens are renewed, and errors are told as by [Client.Send]. A corp
// may reach 20,000 members a minute; of more than 200 messages a minute or 10,000 a day to one
// member the rest are dropped without a word.
func (c *Client) SendChat(ctx context.Context, m ChatMessage) error {
	if err := m.Validate(); err != nil {
		return err
	}
	return c.media.deliver(ctx, m.Body, func(body Body) error {
		m.Body = body
		request, err := m.encode()
		if err != nil {
			return err
		}
		var a status
		return c.post(ctx, opSendChat, request, &a)
	})
}

// Validate reports every field that WeCom would refuse or cut, as a *[ValidationError]. It asks
// nobody.
func (m ChatMessage) Validate() error {
	c := checker{place: inChat, truncateOK: m.TruncateOK}
	c.chatID(m.ChatID, true)
	if isNil(m.Body) {
		c.add(FieldError{Field: "msgtype", Problem: Missing, Detail: "the message has no body"})
		return c.err()
	}
	c.allowed(m.Body)
	m.Body.check(&c)
	if most, ok := chatTypes[m.Body.MsgType()]; ok && (m.Safe < 0 || m.Safe > most) {
		c.add(FieldError{
			Field: "safe", Problem: Conflict,
			Detail: "in a chat msgtype " + m.Body.MsgType() + " knows 0 to " + strconv.Itoa(most) + ", given " + strconv.Itoa(m.Safe),
		})
	}
	return c.err()
}

// MarshalJSON returns the body of appchat/send.
func (m ChatMessage) MarshalJSON() ([]byte, error) { return m.encode() }

func (m ChatMessage) encode() ([]byte, error) {
	if isNil(m.Body) {
		return nil, errors.New("wecom: the message has no body")
	}
	var buf bytes.Buffer
	buf.WriteString(`{"chatid":`)
	if err := writeString(&buf, m.ChatID); err != nil {
		return nil, err
	}
	buf.WriteByte(',')
	if err := writeBody(&buf, m.Body); err != nil {
		return nil, err
	}
	if m.Safe != 0 {
		buf.WriteString(`,"safe":` + strconv.Itoa(m.Safe))
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// UnmarshalJSON reads the body of appchat/send, as tolerant as that of a [Message].
func (m *ChatMessage) UnmarshalJSON(data []byte) error {
	var in struct {
		MsgType string     `json:"msgtype"`
		ChatID  string     `json:"chatid"`
		Safe    lenientInt `json:"safe"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return wrongType("", err)
	}
	body, err := unmarshalBody(data, in.MsgType, bodyTypes)
	if err != nil {
		return err
	}
	safe, err := in.Safe.number("safe", math.MaxInt32)
	if err != nil {
		return err
	}
	*m = ChatMessage{ChatID: in.ChatID, Body: body, Safe: safe, TruncateOK: m.TruncateOK}
	return nil
}
