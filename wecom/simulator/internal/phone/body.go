package phone

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// body is a message's content, ready to be drawn. Exactly one of Spans, Card
// and Raw is set; Raw, for what cannot be drawn, says why in Note.
type body struct {
	Spans []span
	Card  *card
	Raw   string
	Note  string
}

// card is a text card. Href is empty when the address is not one to follow.
type card struct {
	Title  string
	Blocks []block
	Href   string
	Button string
}

// defaultButton is what WeCom writes on a text card without btntxt, in every
// language.
const defaultButton = "详情"

// readBody reads what the message carries. Whatever that is, there is an answer.
func readBody(l lang, m Message) body {
	switch m.MsgType {
	case "text":
		if text, ok := readText(m.Body); ok {
			return body{Spans: textSpans(text)}
		}
	case "textcard":
		if c, ok := readCard(m.Body); ok {
			return body{Card: &c}
		}
	default:
		return body{Raw: pretty(l, m.Body), Note: l.say("unknown", m.MsgType)}
	}
	return body{Raw: pretty(l, m.Body), Note: l.say("broken", m.MsgType)}
}

func readText(raw json.RawMessage) (text string, ok bool) {
	var t struct{ Content *string }
	if json.Unmarshal(unwrap(raw, "text"), &t) != nil || t.Content == nil {
		return "", false
	}
	return *t.Content, true
}

func readCard(raw json.RawMessage) (c card, ok bool) {
	var t struct {
		Title                    *string
		Description, URL, BtnTxt string
	}
	if json.Unmarshal(unwrap(raw, "textcard"), &t) != nil || t.Title == nil {
		return card{}, false
	}
	c = card{Title: *t.Title, Blocks: cardBlocks(t.Description), Button: t.BtnTxt}
	if isWeb(t.URL) {
		c.Href = strings.TrimSpace(t.URL)
	}
	if strings.TrimSpace(c.Button) == "" {
		c.Button = defaultButton
	}
	return c, true
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

// typeNames is the word in brackets that stands for a message in the list.
var typeNames = map[string]string{
	"image": "type_image", "voice": "type_voice", "video": "type_video", "file": "type_file",
	"news": "type_news", "mpnews": "type_news", "textcard": "type_card", "template_card": "type_card",
	"taskcard": "type_card", "interactive_taskcard": "type_card", "markdown": "type_markdown",
	"markdown_v2": "type_markdown", "miniprogram_notice": "type_program",
}

// preview is a message in one short line, for the member list.
func preview(l lang, m Message) string {
	if m.Recalled {
		return l.say("recalled", appName(l, m))
	}
	kind := "[" + m.MsgType + "]"
	if key, ok := typeNames[m.MsgType]; ok {
		kind = "[" + l.say(key) + "]"
	}
	switch b := readBody(l, m); {
	case b.Card != nil:
		return shorten(kind + " " + b.Card.Title)
	case m.MsgType == "text" && b.Raw == "":
		var text strings.Builder
		for _, s := range b.Spans {
			text.WriteString(s.Text)
		}
		return shorten(text.String())
	}
	return shorten(kind)
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
	if more := len(text) - most; more > 0 {
		text = strings.ToValidUTF8(text[:most], "") + "\n" + l.say("more_bytes", more)
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
