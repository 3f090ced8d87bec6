package simulator

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
)

// robotBodies are the msgtypes of webhook/send (群机器人, path/91770).
var robotBodies = map[string]bodyReader{
	"text":          readRobotText,
	"markdown":      readRobotMarkdown("markdown"),
	"markdown_v2":   readRobotMarkdown("markdown_v2"),
	"image":         readRobotImage,
	"news":          readLinkedNews,
	"file":          readMedia("file"),
	"voice":         readMedia("voice"),
	"template_card": readRobotCard,
}

// sendByRobot is webhook/send. The key alone says who sends; it answers no msgid.
func sendByRobot(c *call) reply {
	switch {
	case c.robot == nil:
		return refuse(codeWebhookURL)
	case c.robot.disabled:
		return refuse(codeRobotDisabled)
	case c.tooLarge:
		return refuse(codeContentTooLarge)
	}
	return withObject(sendRobotMessage)(c)
}

func sendRobotMessage(c *call, o *object) reply {
	const perMinute = 20
	msgType := o.text("msgtype")
	readBody, known := robotBodies[msgType]
	if !known || o.object(msgType).fields == nil {
		return refuse(codeInvalidMsgType)
	}
	r := c.reading()
	body, wrong := readBody(&r, o.object(msgType))
	if wrong != nil {
		return wrong
	}
	now := c.now()
	if !c.robot.sent.take(now, 1, perMinute, time.Minute) {
		return refuse(codeRateLimited)
	}
	c.sim.stats.count(verdict{receivers: c.robot.audience})
	c.sim.keep(&record{
		msgID: newMsgID(), at: now, msgType: msgType,
		corpID: c.robot.corp.id, appName: c.robot.name, robot: true,
		chatID: c.robot.conversation(), chatName: c.robot.chat, receivers: c.robot.audience, body: body, request: c.body,
	})
	return &status{0, "ok"}
}

// Limits of a robot's texts, in bytes. The page says 2048 for text; the server takes more, and refuses
// what it does not take.
const (
	maxRobotText     = 5120
	maxRobotMarkdown = 4096
)

func readRobotText(_ *reading, body *object) (any, *status) {
	text := chatTextBody{body.text("content"), body.texts("mentioned_list"), body.texts("mentioned_mobile_list")}
	switch {
	case text.Content == "":
		return nil, refuse(codeEmptyContent)
	case len(text.Content) > maxRobotText:
		return nil, invalidField("text.content exceed max length %d", maxRobotText)
	}
	return text, nil
}

func readRobotMarkdown(msgType string) bodyReader {
	return func(_ *reading, body *object) (any, *status) {
		content := body.text("content")
		switch {
		case content == "":
			return nil, refuse(codeEmptyContent)
		case len(content) > maxRobotMarkdown:
			return nil, invalidField("%s.content exceed max length %d", msgType, maxRobotMarkdown)
		}
		return markdownBody{content}, nil
	}
}

// robotImageBody is a picture that came inside the message; it has been put where media are.
type robotImageBody struct {
	MediaID string `json:"media_id"`
	MD5     string `json:"md5"`
}

// readRobotImage compares the digest first, as WeCom does: base64 that is broken, by line breaks say,
// is a wrong digest too.
func readRobotImage(r *reading, body *object) (any, *status) {
	const most = 2 << 20
	encoded, digest := body.text("base64"), strings.ToLower(body.text("md5"))
	data, err := base64.StdEncoding.DecodeString(encoded)
	sum := md5.Sum(data)
	kind := imageType(data)
	switch {
	case encoded == "":
		return nil, refuse(codeEmptyMedia)
	case err != nil || strings.ContainsAny(encoded, "\r\n") || digest != hex.EncodeToString(sum[:]):
		return nil, refuse(codeMediaMD5)
	case len(data) > most:
		return nil, refuse(codeImageSize)
	case kind == "":
		return nil, refuse(codeFileType)
	}
	m := &medium{shelf: r.shelf, kind: "image", name: "image", contentType: kind, data: data, created: r.clock.now()}
	r.media.keep(m)
	return robotImageBody{m.id, digest}, nil
}

func readRobotCard(r *reading, body *object) (any, *status) {
	var c templateCard
	body.into(&c)
	if wrong := c.check(r, robotCard); wrong != nil {
		return nil, wrong
	}
	return &c, nil
}
