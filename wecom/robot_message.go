package wecom

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// RobotMessage is what a robot says. It marshals to the JSON of webhook/send and back.
//
// A robot takes [Text], which may call for attention, markdown of at most 4096 bytes, [MarkdownV2],
// [RobotImage], news, [File] and [Voice] that it uploaded itself or that go up with the message, and
// of the cards text_notice and news_notice without anything to click.
type RobotMessage struct {
	Body Body

	// TruncateOK lets fields pass that WeCom will cut to their limit without a word, and a text of up
	// to 5120 bytes, which WeCom was seen to take although its page promises 2048. It is not sent.
	TruncateOK bool
}

// Validate reports every field that WeCom would refuse or cut, as a *[ValidationError]. It asks
// nobody.
func (m RobotMessage) Validate() error {
	c := checker{place: byRobot, truncateOK: m.TruncateOK}
	if isNil(m.Body) {
		c.add(FieldError{Field: "msgtype", Problem: Missing, Detail: "the message has no body"})
		return c.err()
	}
	c.allowed(m.Body)
	m.Body.check(&c)
	if card, ok := m.Body.(Card); ok {
		c.robotCard(card)
	}
	return c.err()
}

// robotCard checks what robots do not have on their cards.
func (c *checker) robotCard(card Card) {
	if !slices.Contains(robotCards, card.CardType()) {
		c.add(FieldError{
			Field: "template_card.card_type", Problem: Conflict,
			Detail: "robots send " + strings.Join(robotCards, " and ") + ", given " + card.CardType(),
		})
	}
	if news, ok := card.(NewsNotice); ok && news.CardImage == (CardImage{}) {
		c.add(FieldError{Field: "template_card.card_image", Problem: Missing, Detail: "a robot's news_notice needs it, whatever else has a picture"})
	}
	var parts map[string]json.RawMessage
	data, err := json.Marshal(card)
	if err != nil || json.Unmarshal(data, &parts) != nil {
		return // encoding it for the message tells
	}
	for _, part := range []string{"task_id", "action_menu"} {
		if _, ok := parts[part]; ok {
			c.add(FieldError{Field: "template_card." + part, Problem: Conflict, Detail: "the cards of robots do not have it"})
		}
	}
}

// prepared checks the message, and turns a picture that is to be uploaded into one that goes in the
// message itself.
func (m RobotMessage) prepared() (RobotMessage, error) {
	if err := m.Validate(); err != nil {
		return m, err
	}
	if b, ok := m.Body.(carrier); ok && b.file() != nil && b.MsgType() == "image" {
		f, err := b.file().inspect(pictureRule)
		if err != nil {
			return m, err
		}
		picture, err := readAll(f)
		if err != nil {
			return m, unreadable("image", b.file().label(), bare(err))
		}
		m.Body = RobotImage{Data: picture}
	}
	return m, nil
}

func readAll(f *inspected) ([]byte, error) {
	file, err := f.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(&exactly{r: file, left: f.size})
}

// MarshalJSON returns the body of webhook/send.
func (m RobotMessage) MarshalJSON() ([]byte, error) { return m.encode() }

func (m RobotMessage) encode() ([]byte, error) {
	if isNil(m.Body) {
		return nil, errors.New("wecom: the message has no body")
	}
	buf := bytes.NewBufferString("{")
	if err := writeBody(buf, m.Body); err != nil {
		return nil, err
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// robotBodyTypes are the bodies of a robot's JSON.
var robotBodyTypes = func() map[string]func(json.RawMessage) (Body, error) {
	types := maps.Clone(bodyTypes)
	maps.DeleteFunc(types, func(name string, _ func(json.RawMessage) (Body, error)) bool {
		return !slices.Contains(robotTypes, name)
	})
	types["image"] = decodeRobotImage
	types["markdown_v2"] = decodeBody[MarkdownV2]
	return types
}()

// decodeRobotImage reads a picture. One that is named by a media_id is an [Image], of which Validate says
// that robots do not send it; a gateway that knows the id has the picture.
func decodeRobotImage(data json.RawMessage) (Body, error) {
	var in struct {
		MediaID string `json:"media_id"`
		Base64  string `json:"base64"`
	}
	if json.Unmarshal(data, &in) == nil && in.MediaID != "" && in.Base64 == "" {
		return Image{MediaID: in.MediaID}, nil
	}
	return decodeBody[RobotImage](data)
}

// UnmarshalJSON reads the body of webhook/send, as tolerant as that of a [Message].
func (m *RobotMessage) UnmarshalJSON(data []byte) error {
	var in struct {
		MsgType string `json:"msgtype"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return wrongType("", err)
	}
	body, err := unmarshalBody(data, in.MsgType, robotBodyTypes)
	if err != nil {
		return err
	}
	*m = RobotMessage{Body: body, TruncateOK: m.TruncateOK}
	return nil
}

// MarkdownV2 is the fuller markdown (msgtype markdown_v2, path/99110), of robots alone: tables,
// nested lists and quotes, code blocks, pictures and italics as well; no colours and no <@userid>.
// Clients older than 4.1.36 show it as plain text.
type MarkdownV2 struct {
	Content string `json:"content"` // required, at most 4096 bytes
}

// MsgType returns "markdown_v2".
func (MarkdownV2) MsgType() string { return "markdown_v2" }

func (m MarkdownV2) check(c *checker) {
	c.text("markdown_v2.content", m.Content, true, 4096, Bytes, TooLong)
}

func (MarkdownV2) safe() int { return 0 }

// RobotImage is a picture in a robot's message (msgtype image, path/99110): the bytes themselves, JPG
// or PNG, at most 2 MB. WeCom wants them as base64 with an md5; both are made here.
type RobotImage struct {
	Data []byte
}

// MsgType returns "image".
func (RobotImage) MsgType() string { return "image" }

func (i RobotImage) check(c *checker) {
	if c.place != byRobot {
		c.add(FieldError{Field: "image.base64", Problem: Conflict, Detail: "only robots send pictures so; give an Image"})
		return
	}
	if len(i.Data) == 0 {
		c.add(FieldError{Field: "image.base64", Problem: Missing})
		return
	}
	if wrong := pictureRule.check(int64(len(i.Data)), i.Data[:min(len(i.Data), magicBytes)]); wrong != nil {
		wrong.Field = "image.base64"
		c.add(*wrong)
	}
}

func (RobotImage) safe() int { return 0 }

// MarshalJSON writes base64 without line breaks, and the md5 of the bytes.
func (i RobotImage) MarshalJSON() ([]byte, error) {
	sum := md5.Sum(i.Data)
	return fmt.Appendf(nil, `{"base64":%q,"md5":%q}`, base64.StdEncoding.EncodeToString(i.Data), hex.EncodeToString(sum[:])), nil
}

// UnmarshalJSON reads base64, with line breaks or without. The md5 must be right if it is there.
func (i *RobotImage) UnmarshalJSON(data []byte) error {
	var in struct {
		Base64 string `json:"base64"`
		MD5    string `json:"md5"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	picture, err := base64.StdEncoding.DecodeString(in.Base64) // which skips line breaks
	if err != nil {
		return fieldError("image.base64", Malformed, "it is not base64")
	}
	if sum := md5.Sum(picture); in.MD5 != "" && !strings.EqualFold(in.MD5, hex.EncodeToString(sum[:])) {
		return fieldError("image.md5", Conflict, "it is not that of the picture")
	}
	i.Data = picture
	return nil
}
