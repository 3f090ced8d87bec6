package httpapi

import (
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// field is a member of the JSON of a message: how it is read, and what the OpenAPI document says.
type field struct {
	name   string
	schema huma.Schema
	read   func(l *letter, name string, value []byte) // nil for what stands under the name of a msgtype
}

// messageFields lists all of them. The document and the reader cannot disagree: both go by it.
var messageFields = append([]field{
	{"app", huma.Schema{Type: "string", Description: "The app that sends, by its name in the gateway's configuration. Either app or robot is required."},
		func(l *letter, name string, value []byte) { l.text(name, value, &l.app) }},
	{"robot", huma.Schema{Type: "string", Description: "The group robot that sends, by its name in the gateway's configuration."},
		func(l *letter, name string, value []byte) { l.text(name, value, &l.robot) }},
	{"to", receiversSchema(),
		func(l *letter, _ string, value []byte) { l.readTo(value) }},
	{"msgtype", huma.Schema{Type: "string", Enum: enum(bodyNames), Description: "What the message is. The field of that name says it, in WeCom's own JSON."},
		func(l *letter, name string, value []byte) { l.text(name, value, &l.msgType) }},

	{"safe", number("0, or 1 to keep the message from being shared, with a watermark; 2 only within the corp (mpnews)."), readOption},
	{"enable_id_trans", number("1 turns markers such as $userName=zhangsan$ into names."), readOption},
	{"enable_duplicate_check", number("1 or 0 sets WeCom's duplicate check. Without it the gateway uses the check to make its retries harmless, and leaves it off where it would swallow a legitimate twin."),
		readCheck},
	{"duplicate_check_interval", number("Seconds for which the duplicate check holds, at most 14400."), readCheck},

	{"delay", huma.Schema{Type: "string", Examples: []any{"30m"}, Description: "Send it no sooner than this from now: " + aDuration + ", at most " + days(delivery.MaxDelay) + "."},
		func(l *letter, name string, value []byte) { l.duration(name, value, &l.request.Delay) }},
	{"ttl", huma.Schema{Type: "string", Examples: []any{"2h"}, Description: "It is of no use when it cannot be sent within this time: at most " + days(delivery.MaxTTL) + ", and " + days(delivery.DefaultTTL) + " without the field. It runs from when the message is due."},
		func(l *letter, name string, value []byte) { l.duration(name, value, &l.request.TTL) }},
	{"priority", huma.Schema{Type: "string", Enum: enum(priorityNames[:]), Default: "normal", Description: "Messages of one sender with a higher priority go more often; lower ones still go."},
		readPriority},
	{"labels", huma.Schema{Type: "object", AdditionalProperties: &huma.Schema{Type: "string"}, Examples: []any{map[string]any{"order": "4711"}},
		Description: fmt.Sprintf("The program's own words about the message: at most %d, names and values of at most %d bytes.", delivery.MaxLabels, delivery.MaxLabel)},
		func(l *letter, name string, value []byte) {
			l.decode(name, "an object with strings as values", value, &l.request.Labels)
		}},
	{"order_key", huma.Schema{Type: "string", Description: fmt.Sprintf("Messages of a sender with the same key go one after another, in the order in which they were accepted. At most %d bytes.", delivery.MaxOrderKey)},
		func(l *letter, name string, value []byte) { l.text(name, value, &l.request.OrderKey) }},
	{"split", huma.Schema{Type: "boolean", Default: true, Description: "What is too long for one call of WeCom is sent in parts. false refuses it instead."},
		func(l *letter, name string, value []byte) {
			split := true
			l.decode(name, "true or false", value, &split)
			l.request.NoSplit = !split
		}},
	{"if_unknown", huma.Schema{Type: "string", Enum: enum([]string{"repeat", "hold"}), Default: "repeat",
		Description: "What to do when no answer came, the message may have arrived, and WeCom's duplicate check cannot make a repetition harmless: repeat (better twice than never), or hold (it ends as uncertain)."},
		readIfUnknown},
	{"callback_url", huma.Schema{Type: "string", Format: "uri", Description: "Where the result is POSTed when the message has come to its end, signed after Standard Webhooks: https:// or http://, to a public address, at most 2048 bytes. Without it, that of the key."},
		func(l *letter, name string, value []byte) { l.text(name, value, &l.request.CallbackURL) }},
}, bodyFields()...)

var (
	bodyNames     = append(wecom.MsgTypes(), "markdown_v2")
	priorityNames = [...]string{"high", "normal", "low"}
)

func readOption(l *letter, name string, value []byte) {
	l.options = append(l.options, option{name, value})
}

func readCheck(l *letter, name string, value []byte) {
	l.request.OwnCheck = true
	readOption(l, name, value)
}

func readPriority(l *letter, name string, value []byte) {
	var given string
	if !l.decode(name, "a string", value, &given) {
		return
	}
	for i, p := range delivery.Priorities {
		if priorityNames[i] == given {
			l.request.Priority = p
			return
		}
	}
	l.wrong(name, wecom.NotKnown, fmt.Sprintf("it is high, normal or low, given %q", shown(given)))
}

func readIfUnknown(l *letter, name string, value []byte) {
	var given string
	if !l.decode(name, "a string", value, &given) {
		return
	}
	switch given {
	case "repeat":
		l.request.IfUnknown = delivery.Repeat
	case "hold":
		l.request.IfUnknown = delivery.Hold
	default:
		l.wrong(name, wecom.NotKnown, fmt.Sprintf("it is repeat or hold, given %q", shown(given)))
	}
}

// bodyFields are the members that say what a message is, one for each msgtype.
func bodyFields() []field {
	fields := make([]field, len(bodyNames))
	for i, name := range bodyNames {
		fields[i] = field{name: name, schema: bodySchema(name)}
	}
	return fields
}

var (
	messageNames []string
	messageIndex = map[string]int{}
)

func init() {
	for i, f := range messageFields {
		messageNames = append(messageNames, f.name)
		messageIndex[f.name] = i
	}
}

// Schema gives the body of POST /v1/messages its place in the OpenAPI document.
func (b *messageBody) Schema(r huma.Registry) *huma.Schema {
	return named(r, "NewMessage", newMessageSchema())
}

func newMessageSchema() *huma.Schema {
	s := &huma.Schema{
		Type: "object", Properties: map[string]*huma.Schema{}, Required: []string{"msgtype"}, AdditionalProperties: false,
		Description: "A message. Fields that are not known are refused.",
		Examples: []any{map[string]any{
			"app": "crm", "to": map[string]any{"users": []string{"zhangsan"}}, "msgtype": "text", "text": map[string]any{"content": "磁盘已满"},
		}},
	}
	for _, f := range messageFields {
		schema := f.schema
		s.Properties[f.name] = &schema
	}
	return s
}

func receiversSchema() huma.Schema {
	ids := func(what string) *huma.Schema {
		return &huma.Schema{Type: "array", Items: &huma.Schema{Type: "integer"}, Description: what}
	}
	return huma.Schema{
		Type: "object", AdditionalProperties: false,
		Description: "Who gets it: everybody in the union of users, mobiles, emails, parties and tags, each once; or all; or chat. More than WeCom takes at once are sent in several calls. Not for a robot.",
		Properties: map[string]*huma.Schema{
			"users":   {Type: "array", Items: &huma.Schema{Type: "string"}, Description: "User ids of members."},
			"mobiles": {Type: "array", Items: &huma.Schema{Type: "string"}, Description: "Members by their phone number: 5 to 32 digits, perhaps a + before them. The gateway looks them up, and remembers them for a day."},
			"emails":  {Type: "array", Items: &huma.Schema{Type: "string"}, Description: "Members by their email address, that of the corp or their own, likewise. At most 64 bytes."},
			"parties": ids("Ids of departments, with all below them."),
			"tags":    ids("Ids of tags."),
			"all":     {Type: "boolean", Description: "Everybody in the visible range of the app."},
			"chat":    {Type: "string", Description: "The chatid of a group chat that the app made."},
		},
	}
}

// bodySchema describes what the common msgtypes say; WeCom's page has the others.
func bodySchema(msgType string) huma.Schema {
	text := func(what string) *huma.Schema { return &huma.Schema{Type: "string", Description: what} }
	s := huma.Schema{Type: "object", Description: "The body of msgtype " + msgType + ": https://developer.work.weixin.qq.com/document/path/90236"}
	switch msgType {
	case "text":
		s.Required = []string{"content"}
		s.Properties = map[string]*huma.Schema{
			"content":               text("At most 2048 bytes in one call; more is sent in parts. <a href=\"…\">links</a> are shown as such."),
			"mentioned_list":        {Type: "array", Items: text("A user id, or @all."), Description: "Members whose attention is called: in group chats and by robots."},
			"mentioned_mobile_list": {Type: "array", Items: text("A phone number, or @all."), Description: "Members by their phone number: by robots."},
		}
	case "markdown", "markdown_v2":
		s.Required = []string{"content"}
		s.Properties = map[string]*huma.Schema{"content": text("At most 2048 bytes in one call, by a robot 4096; more is sent in parts.")}
	case "textcard":
		s.Required = []string{"title", "description", "url"}
		s.Properties = map[string]*huma.Schema{
			"title":       text("At most 128 characters."),
			"description": text("At most 512 characters."),
			"url":         text("Where a tap leads: http:// or https://, at most 2048 bytes."),
			"btntxt":      text("At most 4 characters; 详情 without it."),
		}
	case "image", "voice", "file":
		s.Properties = map[string]*huma.Schema{"media_id": text("Of a file that was uploaded to WeCom for the same app within 3 days.")}
	}
	if msgType == "markdown_v2" {
		s.Description = strings.Replace(s.Description, "90236", "99110", 1) + " (robots alone)"
	}
	return s
}

func number(what string) huma.Schema { return huma.Schema{Type: "integer", Description: what} }

func enum(names []string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return list
}

func days(d time.Duration) string {
	if d == 24*time.Hour {
		return "1 day"
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
