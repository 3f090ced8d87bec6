package command

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// letter is a message with its address: a [wecom.Message], [wecom.ChatMessage] or [wecom.RobotMessage].
type letter interface {
	json.Marshaler
	Validate() error
}

// callOf is the call that sends the letter, and its body.
func callOf(l letter) (string, wecom.Body) {
	switch m := l.(type) {
	case wecom.ChatMessage:
		return "appchat/send", m.Body
	case wecom.RobotMessage:
		return "webhook/send", m.Body
	case wecom.Message:
		return "message/send", m.Body
	}
	return "", nil
}

func placeOf(l letter) place {
	switch l.(type) {
	case wecom.ChatMessage:
		return toChat
	case wecom.RobotMessage:
		return byRobot
	}
	return toMembers
}

// guessPlace tells by what only one of the bodies has: the id of a chat; receivers or an app; a
// msgtype or picture of robots. It is nowhere if all fit.
func guessPlace(data []byte) place {
	var in map[string]json.RawMessage
	if json.Unmarshal(data, &in) != nil {
		return nowhere
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { _, ok := in[name]; return ok })
	}
	switch {
	case has("chatid"):
		return toChat
	case has("touser", "toparty", "totag", "agentid"):
		return toMembers
	case has("markdown_v2"), strings.Contains(string(in["image"]), `"base64"`),
		strings.Contains(string(in["text"]), `"mentioned_`):
		return byRobot
	}
	return nowhere
}

// readLetter reads the body of a call that name holds.
func readLetter(name string, data []byte, at place) (letter, error) {
	var (
		m    wecom.Message
		chat wecom.ChatMessage
		bot  wecom.RobotMessage
		err  error
	)
	switch at {
	case toChat:
		err = json.Unmarshal(data, &chat)
	case byRobot:
		err = json.Unmarshal(data, &bot)
	default:
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return nil, explainJSON(name, data, err)
	}
	switch at {
	case toChat:
		return chat, nil
	case byRobot:
		return bot, nil
	}
	return m, nil
}

// advice is what WeCom takes, and readers of the letter do not see as it was meant.
func advice(l letter) []wecom.Warning {
	_, body := callOf(l)
	switch b := body.(type) {
	case wecom.MarkdownV2:
		return wecom.LintMarkdown(b.Content, wecom.DialectV2)
	case wecom.Markdown:
		if placeOf(l) != toMembers {
			return wecom.LintMarkdown(b.Content, wecom.DialectGroup)
		}
	case wecom.Card:
		if placeOf(l) == byRobot {
			return wecom.LintRobotCard(b)
		}
	case wecom.RobotImage:
		return nil // megabytes of base64, without a word in them
	}
	m, ok := l.(wecom.Message)
	if !ok {
		m.Body = body
	}
	return wecom.Lint(m)
}

// readJSON reads a file, or standard input if path is "-", and returns its name for errors too.
func (c *cli) readJSON(ctx context.Context, path string, most int64) (name string, data []byte, err error) {
	if path == "-" {
		name = "standard input"
		data, err = c.readInput(ctx)
	} else {
		name = path
		data, err = readFile(path, most)
	}
	return name, bytes.TrimPrefix(data, []byte("\ufeff")), err
}
