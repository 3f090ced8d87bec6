package wecom

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestChatMessageIsWeComJSON(t *testing.T) {
	for _, g := range []struct {
		message ChatMessage
		json    string
	}{
		{
			ChatMessage{ChatID: "inc4471", Body: Text{Content: "Fixed, thanks <@zhangwei>", Mentioned: []string{"lina", "@all"}}},
			`{"chatid":"inc4471","msgtype":"text","text":{"content":"Fixed, thanks <@zhangwei>","mentioned_list":["lina","@all"]}}`,
		},
		{
			ChatMessage{ChatID: "a", Body: Video{MediaID: "m", Title: "t"}, Safe: 1},
			`{"chatid":"a","msgtype":"video","video":{"media_id":"m","title":"t"},"safe":1}`,
		},
	} {
		got, err := json.Marshal(g.message)
		var want, given any
		if err != nil || json.Unmarshal([]byte(g.json), &want) != nil || json.Unmarshal(got, &given) != nil || !reflect.DeepEqual(want, given) {
			t.Errorf("encode:\n got %s, %v\nwant %s", got, err, g.json)
		}
		var back ChatMessage
		if err := json.Unmarshal([]byte(g.json), &back); err != nil || !reflect.DeepEqual(back, g.message) {
			t.Errorf("decode: %+v, %v", back, err)
		}
		if err := g.message.Validate(); err != nil {
			t.Error(err)
		}
	}
	var m ChatMessage
	if err := json.Unmarshal([]byte(`{"chatid":"a","msgtype":"text","text":{"content":"x"},"safe":"1"}`), &m); err != nil || m.Safe != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	for in, want := range map[string]string{
		`{"chatid":7,"msgtype":"text"}`:                        "chatid is malformed: it is a string, given a number",
		`{"chatid":"a"}`:                                       "msgtype is missing",
		`{"chatid":"a","msgtype":"text","text":1}`:             "text is malformed",
		`{"chatid":"a","msgtype":"text","text":{},"safe":"x"}`: "safe is malformed",
	} {
		if err := json.Unmarshal([]byte(in), &m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", in, err, want)
		}
	}
}

func TestChatMessageValidates(t *testing.T) {
	s := newStub(t, nil)
	c := s.client(t, nil)
	card := TextCard{Title: strings.Repeat("题", 43), Description: strings.Repeat("描", 171), URL: "https://e"}
	for _, x := range []struct {
		m    ChatMessage
		want string
	}{
		{ChatMessage{ChatID: "a"}, "the message has no body"},
		{ChatMessage{Body: Text{Content: "x"}}, "chatid is missing"},
		{ChatMessage{ChatID: "a-b", Body: Text{Content: "x"}}, "chatid is malformed"},
		{ChatMessage{ChatID: "a", Body: card}, "textcard.title has 129 bytes, the limit is 128"},
		{ChatMessage{ChatID: "a", Body: card}, "textcard.description has 513 bytes, the limit is 512"},
		{ChatMessage{ChatID: "a", Body: Text{Content: "x", MentionedMobiles: []string{"1"}}}, "only robots know it"},
		{ChatMessage{ChatID: "a", Body: testCard{Kind: "text_notice"}}, "group chats do not take template_card"},
		{ChatMessage{ChatID: "a", Body: MarkdownV2{"x"}}, "group chats do not take markdown_v2"},
		{ChatMessage{ChatID: "a", Body: News{[]Article{{Title: "t", AppID: "wx1", PagePath: "p"}}}}, "news.articles[0].appid is in conflict: group chats and robots open no mini programs"},
		{ChatMessage{ChatID: "a", Body: RobotImage{png("1")}}, "only robots send pictures so"},
		{ChatMessage{ChatID: "a", Body: Voice{MediaID: "m"}, Safe: 1}, "in a chat msgtype voice knows 0 to 0, given 1"},
		{ChatMessage{ChatID: "a", Body: Markdown{Content: strings.Repeat("a", 2049)}}, "markdown.content has 2049 bytes, the limit is 2048"},
		{ChatMessage{ChatID: "a", Body: ImageFile("/no/such.png")}, "no such file or directory"},
	} {
		err := c.SendChat(t.Context(), x.m)
		if err == nil || !strings.Contains(err.Error(), x.want) || !NeverSent(err) {
			t.Errorf("%T: error %v, want one with %q", x.m.Body, err, x.want)
		}
	}
	if err := (ChatMessage{ChatID: "a", Body: card, TruncateOK: true}).Validate(); err != nil {
		t.Error(err)
	}
	if err := (Message{To: To{All: true}, Body: card}).Validate(); err != nil {
		t.Errorf("the limits of message/send are characters: %v", err)
	}
}
