package phone

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// typeNames is the word in brackets that stands for a message in the list.
var typeNames = map[string]string{
	"image": "type_image", "voice": "type_voice", "video": "type_video", "file": "type_file",
	"news": "type_news", "mpnews": "type_news", "textcard": "type_card", "template_card": "type_card",
	"taskcard": "type_card", "interactive_taskcard": "type_card", "markdown": "type_markdown",
	"markdown_v2": "type_markdown", "miniprogram_notice": "type_program",
}

// preview is a message in one short line, for the member list. A group's says
// which group it is.
func preview(v viewer, m Message) string {
	l := v.Lang
	chat := chatName(l, m)
	if chat != "" {
		chat += l.say("colon")
	}
	if m.Recalled {
		return shorten(chat + l.say("recalled", appName(l, m)))
	}
	b := readBody(v, m)
	if m.MsgType == "text" && b.Raw == "" {
		return shorten(chat + b.Brief)
	}
	kind := "[" + m.MsgType + "]"
	if key, ok := typeNames[m.MsgType]; ok {
		kind = "[" + l.say(key) + "]"
	}
	return shorten(chat + kind + " " + b.Brief)
}

// shorten keeps the first characters, on one line.
func shorten(s string) string {
	const most = 80
	start := strings.ToValidUTF8(s[:min(len(s), 8*most)], "") // enough, without reading on
	line := []rune(strings.Join(strings.Fields(start), " "))
	if len(line) > most {
		return string(line[:most]) + "…"
	}
	return string(line)
}

var literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// pretty lays JSON out for reading: indented, keys in their order, and strings
// without needless escapes, since many clients send 磁盘 as \u78c1\u76d8. What is
// not JSON stays as it is. A very long body is cut.
func pretty(l lang, raw json.RawMessage) string {
	const most = 32 << 10
	text := string(raw)
	var indented bytes.Buffer
	if json.Indent(&indented, raw, "", "  ") == nil {
		text = literal.ReplaceAllStringFunc(indented.String(), plainLiteral)
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.TrimSpace(text) == "" {
		return l.say("empty_body")
	}
	return l.cut(text, most)
}

// cut keeps the first bytes of a very long text, and says how many are left out.
func (l lang) cut(text string, most int) string {
	if more := len(text) - most; more > 0 {
		return strings.ToValidUTF8(text[:most], "") + "\n" + l.say("more_bytes", more)
	}
	return text
}

func plainLiteral(quoted string) string {
	var s string
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if json.Unmarshal([]byte(quoted), &s) != nil || encoder.Encode(s) != nil {
		return quoted
	}
	return strings.TrimSuffix(b.String(), "\n")
}
