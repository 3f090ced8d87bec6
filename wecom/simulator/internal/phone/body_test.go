package phone

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, msgtype, body, text, title, raw string }{
		{"text", "text", `{"content":"hi"}`, "hi", "", ""},
		{"text still wrapped", "text", `{"touser":"x","text":{"content":"hi"}}`, "hi", "", ""},
		{"card", "textcard", `{"title":"T","description":"d","url":"https://e.com"}`, "", "T", ""},
		{"card still wrapped", "textcard", `{"textcard":{"title":"T"}}`, "", "T", ""},
		{"no content", "text", `{}`, "", "", "{}"},
		{"content is a number", "text", `{"content":42}`, "", "", "{\n  \"content\": 42\n}"},
		{"title is a list", "textcard", `{"title":[1]}`, "", "", "{\n  \"title\": [\n    1\n  ]\n}"},
		{"description is an object", "textcard", `{"title":"T","description":{}}`, "", "", "{\n  \"title\": \"T\",\n  \"description\": {}\n}"},
		{"null", "text", `null`, "", "", "null"},
		{"a list", "text", `[]`, "", "", "[]"},
		{"cut off", "text", `{"content":"hi`, "", "", `{"content":"hi`},
		{"no JSON", "textcard", "\xffhello", "", "", "\uFFFDhello"},
		{"nothing", "text", "", "", "", "(empty)"},
		{"blanks", "text", " \n", "", "", "(empty)"},
		{"another type", "location", `{"place":"x"}`, "", "", "{\n  \"place\": \"x\"\n}"},
		{"no type", "", `{}`, "", "", "{}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readBody(seen(english), Message{MsgType: c.msgtype, Body: json.RawMessage(c.body)})
			text, title := "", ""
			for _, s := range b.Spans {
				text += s.Text
			}
			if b.Card != nil {
				title = b.Card.Title
			}
			if text != c.text || title != c.title || b.Raw != c.raw || (b.Note != "") != (b.Raw != "") {
				t.Errorf("got %+v", b)
			}
		})
	}
}

func TestCardLinks(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://e.com/a?b=c":  "https://e.com/a?b=c",
		"HTTP://e.com":         "HTTP://e.com",
		" https://e.com ":      "https://e.com",
		"":                     "",
		"e.com":                "",
		"ftp://e.com":          "",
		"javascript:alert(1)":  "",
		"https://":             "",
		"https:e.com":          "",
		"data:text/html,<b>":   "",
		"https://e.com/\x00":   "",
		"java\nscript:alert()": "",
	} {
		f := world()
		f.deliver(textCard("T", "d", url, "zhangsan"))
		page := get(t, f, "/?lang=en")
		if want != "" {
			contains(t, page, `<a class="card" href="`+want+`" target="_blank" rel="noopener noreferrer">`, "<strong>T</strong>", ">详情<svg")
			continue
		}
		contains(t, page, `<div class="card">`, "No http(s) address")
		lacks(t, page, `<a class="card"`)
	}
}

func TestCardColours(t *testing.T) {
	t.Parallel()
	f := world()
	m := textCard("T", "", "https://e.com", "zhangsan")
	m.Body = json.RawMessage(`{"title":"T","url":"https://e.com","btntxt":"打开","description":"<div class=\"gray\">a</div> <div class='normal'>b<br>c</div><DIV CLASS=\"highlight\">d</DIV>e"}`)
	f.deliver(m)
	contains(t, get(t, f, "/"), `<span class="line gray">a</span><span class="line normal">b`+"\nc</span>",
		`<span class="line highlight">d</span><span class="line">e</span>`, ">打开<svg")
}

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	f := world()
	f.deliver(Message{MsgType: "location", Body: json.RawMessage(`{"media_id":"x"}`), Users: []string{"zhangsan"}})
	f.deliver(Message{MsgType: "text", Body: json.RawMessage(`{"content":`), Users: []string{"zhangsan"}})
	contains(t, get(t, f, "/?lang=en"), "Messages of type location are not drawn here yet.", "media_id", "The body does not fit the type text.", `{&#34;content&#34;:`)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m    Message
		want string
	}{
		{text("one\n two\t three"), "one two three"},
		{text(`see <a href="https://e.com">the log</a> <b>`), "see the log <b>"},
		{text(strings.Repeat("长", 200)), strings.Repeat("长", 80) + "…"},
		{textCard("Title", "d", ""), "[Card] Title"},
		{Message{MsgType: "image"}, "[Image]"},
		{Message{MsgType: "location"}, "[location]"},
		{Message{MsgType: "text", Body: json.RawMessage(`{`)}, "[text]"},
		{Message{MsgType: "text", Recalled: true, AppName: "CRM"}, "CRM recalled a message"},
	} {
		if got := preview(seen(english), c.m); got != c.want {
			t.Errorf("%s: %q, want %q", c.m.Body, got, c.want)
		}
	}
}

func TestPretty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, want string }{
		{`{"b":1.0,"a":"\u78c1\u76d8","c":"\u003cdiv class=\"x\"\u003e\\n"}`, "{\n  \"b\": 1.0,\n  \"a\": \"磁盘\",\n  \"c\": \"<div class=\\\"x\\\">\\\\n\"\n}"},
		{`"\ud800"`, "\"\uFFFD\""},
		{`123456789012345678901234567890`, "123456789012345678901234567890"},
	} {
		if got := pretty(english, json.RawMessage(c.raw)); got != c.want {
			t.Errorf("%s:\n%s", c.raw, got)
		}
	}
	long := pretty(english, json.RawMessage(`"`+strings.Repeat("长", 20000)+`"`))
	if len(long) > 33<<10 || !strings.HasSuffix(long, "more bytes") {
		t.Errorf("a long body has %d bytes", len(long))
	}
}
