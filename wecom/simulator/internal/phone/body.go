package phone

import (
	"bytes"
	"encoding/json"
)

// body is a message's content, ready to be drawn. Exactly one of the pointers
// and lists is set; or Hint, where the program shows no such message; or Raw,
// for what cannot be drawn, and then Note says why.
type body struct {
	Brief string // the few words that stand for it in the list of members

	Spans    []span
	Card     *card
	Image    *picture
	Voice    *media
	Video    *video
	File     *media
	News     []article
	Markdown []piece
	Program  *program
	Template *templateCard

	Hint bool
	Raw  string
	Note string
}

// reading is one message on its way to a body: who looks at it, and the object
// of its type.
type reading struct {
	viewer
	Message
	object json.RawMessage
}

// readers has one reader for each msgtype. It reports whether the object fits
// the type.
var readers = map[string]func(reading, *body) bool{
	"text":                 readText,
	"image":                readImage,
	"voice":                readVoice,
	"video":                readVideo,
	"file":                 readFile,
	"textcard":             readTextCard,
	"news":                 readNews,
	"mpnews":               readMPNews,
	"markdown":             readMarkdown,
	"markdown_v2":          readMarkdownV2,
	"miniprogram_notice":   readProgram,
	"template_card":        readTemplateCard,
	"taskcard":             readTaskCard,
	"interactive_taskcard": readTaskCard,
}

// wecomOnly are the types that the WeChat plugin answers with a hint.
var wecomOnly = map[string]bool{
	"markdown": true, "markdown_v2": true, "template_card": true,
	"taskcard": true, "interactive_taskcard": true,
}

// readBody reads what the message carries. Whatever that is, there is an answer.
func readBody(v viewer, m Message) body {
	read, known := readers[m.MsgType]
	if !known {
		return body{Raw: pretty(v.Lang, m.Body), Note: v.Lang.say("unknown", m.MsgType)}
	}
	var b body
	if !read(reading{v, m, unwrap(m.Body, m.MsgType)}, &b) {
		return body{Raw: pretty(v.Lang, m.Body), Note: v.Lang.say("broken", m.MsgType)}
	}
	if v.Plugin && wecomOnly[m.MsgType] {
		return body{Hint: true}
	}
	return b
}

// into decodes the object; what does not fit the Go types is no such body.
func (r reading) into(v any) bool {
	object := bytes.TrimSpace(r.object)
	return len(object) > 0 && object[0] == '{' && json.Unmarshal(object, v) == nil
}

// unwrap takes the object of the type out of a whole request, if it is one.
func unwrap(raw json.RawMessage, msgtype string) json.RawMessage {
	var whole map[string]json.RawMessage
	if json.Unmarshal(raw, &whole) == nil {
		if inner := bytes.TrimSpace(whole[msgtype]); len(inner) > 0 && inner[0] == '{' {
			return inner
		}
	}
	return raw
}
