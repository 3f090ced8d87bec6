package wecom

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// golden holds requests as the official page shows them, and the messages they are.
var golden = []struct {
	name    string
	message Message
	json    string
}{
	{
		"text to members", Message{To: To{Users: []string{"zhangsan", "lisi"}}, AgentID: 1000002, Body: Text{Content: "磁盘已满"}},
		`{"touser":"zhangsan|lisi","msgtype":"text","text":{"content":"磁盘已满"},"agentid":1000002}`,
	},
	{
		"text with all common fields",
		Message{
			To:   To{Users: []string{"zhangwei"}, Parties: []int{4, 9}, Tags: []int{2}},
			Body: Text{Content: "Build #812 failed.\nSee <a href=\"https://ci.example.com/812?a=1&b=2\">the log</a>"},
			Safe: 1, TranslateIDs: true, DuplicateCheck: true, DuplicateCheckInterval: 10 * time.Minute, AgentID: 1000007,
		},
		`{"touser":"zhangwei","toparty":"4|9","totag":"2","msgtype":"text",` +
			`"text":{"content":"Build #812 failed.\nSee <a href=\"https://ci.example.com/812?a=1&b=2\">the log</a>"},` +
			`"agentid":1000007,"safe":1,"enable_id_trans":1,"enable_duplicate_check":1,"duplicate_check_interval":600}`,
	},
	{
		"text card to everybody",
		Message{To: To{All: true}, AgentID: 1000007, Body: TextCard{
			Title: "Parcel at the desk", Description: `<div class="gray">3 March</div>`, URL: "https://desk.example.com/p/55", ButtonText: "Open",
		}},
		`{"touser":"@all","msgtype":"textcard","textcard":{"title":"Parcel at the desk",` +
			`"description":"<div class=\"gray\">3 March</div>","url":"https://desk.example.com/p/55","btntxt":"Open"},"agentid":1000007}`,
	},
	{
		"text card without button text",
		Message{To: To{Tags: []int{1}}, AgentID: 1, Body: TextCard{Title: "t", Description: "d", URL: "http://e"}},
		`{"totag":"1","msgtype":"textcard","textcard":{"title":"t","description":"d","url":"http://e"},"agentid":1}`,
	},
}

func TestMessageIsWeComJSON(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			got, err := g.message.encode()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != g.json {
				t.Errorf("encode:\n got %s\nwant %s", got, g.json)
			}
			if err := g.message.Validate(); err != nil {
				t.Errorf("Validate: %v", err)
			}
			var back Message
			if err := json.Unmarshal([]byte(g.json), &back); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, g.message) {
				t.Errorf("decode:\n got %+v\nwant %+v", back, g.message)
			}
			viaMarshal, err := json.Marshal(g.message)
			if err != nil {
				t.Fatal(err)
			}
			var again Message
			if err := json.Unmarshal(viaMarshal, &again); err != nil || !reflect.DeepEqual(again, g.message) {
				t.Errorf("json.Marshal and back: %+v, %v", again, err)
			}
		})
	}
}

func TestMessageDecodesWhatWeComTakes(t *testing.T) {
	want := Message{To: To{Users: []string{"a", "b"}, Parties: []int{1}}, AgentID: 7, Safe: 1, DuplicateCheck: true, Body: Text{Content: "x"}}
	for _, in := range []string{
		`{"touser":"a | b","toparty":"1","totag":"","msgtype":"text","agentid":"7","safe":"1","enable_duplicate_check":"1","text":{"content":"x"}}`,
		`{"touser":["a","b"],"toparty":1,"msgtype":"text","agentid":7,"safe":1,"enable_duplicate_check":true,"duplicate_check_interval":0,"text":{"content":"x"},"image":{"media_id":""},"unknown":[1]}`,
		`{"touser":"|a||b|","toparty":"1|","totag":null,"msgtype":"text","agentid":7,"safe":1,"enable_duplicate_check":1,"text":{"content":"x","more":1}}`,
	} {
		var m Message
		if err := json.Unmarshal([]byte(in), &m); err != nil {
			t.Errorf("%s: %v", in, err)
		} else if !reflect.DeepEqual(m, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", in, m, want)
		}
	}
}

func TestMessageRefusesJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"touser":"a","msgtype":"telegram"}`, `msgtype is not known: given "telegram", known here: `},
		{`{"touser":"a","msgtype":"Text","text":{"content":"x"}}`, `given "Text"`},
		{`{"touser":"a"}`, `msgtype is missing: it is one of `},
		{`{"msgtype":"text","toparty":"sales","text":{}}`, `toparty is malformed: ids are whole numbers, given "sales"`},
		{`{"msgtype":"text","agentid":"crm","text":{}}`, `agentid is malformed: it is a whole number, given "crm"`},
		{`{"msgtype":"text","text":[1]}`, "text is malformed: it is an object, given an array"},
		{`{"msgtype":"text","text":{"content":7}}`, "text.content is malformed: it is a string, given a number"},
		{`{"msgtype":"text","touser":{},"text":{}}`, "touser is malformed: it is a string, given an object"},
		{`{"msgtype":7}`, "msgtype is malformed: it is a string, given a number"},
		{`{"msgtype":"text","duplicate_check_interval":-1,"text":{}}`, `duplicate_check_interval is malformed: it is a whole number from 0 to 14400, given "-1"`},
		{`{"msgtype":"text","duplicate_check_interval":99999999999999999999,"text":{}}`, "duplicate_check_interval is malformed"},
		{`[]`, "message is malformed: it is an object, given an array"},
	} {
		var m Message
		err := json.Unmarshal([]byte(c.in), &m)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.in, err, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	to := To{Users: []string{"zhangsan"}}
	card := TextCard{Title: "t", Description: "d", URL: "https://e"}
	users := func(n int) []string { return slices.Repeat([]string{"u"}, n) }
	withTitle := func(title string) TextCard { c := card; c.Title = title; return c }
	for _, c := range []struct {
		name    string
		message Message
		want    string // "" if valid
	}{
		{"2048 bytes", Message{To: to, Body: Text{Content: strings.Repeat("a", 2048)}}, ""},
		{"2049 bytes", Message{To: to, Body: Text{Content: strings.Repeat("a", 2049)}}, "text.content has 2049 bytes, the limit is 2048; WeCom would cut off the rest without an error"},
		{"683 Chinese characters", Message{To: to, Body: Text{Content: strings.Repeat("满", 683)}}, "text.content has 2049 bytes, the limit is 2048"},
		{"the cut accepted", Message{To: to, TruncateOK: true, Body: Text{Content: strings.Repeat("a", 5000)}}, ""},
		{"no content", Message{To: to, Body: Text{}}, "text.content is missing"},
		{"not UTF-8", Message{To: to, Body: Text{Content: "磁盘\xff"}}, "text.content is malformed: not UTF-8 at byte 6"},
		{"U+FFFD itself is text", Message{To: to, Body: Text{Content: "\uFFFD"}}, ""},
		{"no body", Message{To: to}, "msgtype is missing"},
		{"nil body", Message{To: to, Body: (*Text)(nil)}, "msgtype is missing"},
		{"body by pointer", Message{To: to, Body: &Text{Content: "x"}}, ""},
		{"nobody", Message{Body: Text{Content: "x"}}, "touser is missing: name members, departments or tags, or @all"},
		{"1000 members", Message{To: To{Users: users(1000)}, Body: Text{Content: "x"}}, ""},
		{"1001 members", Message{To: To{Users: users(1001)}, Body: Text{Content: "x"}}, "touser has 1001 members, the limit is 1000"},
		{"101 departments", Message{To: To{Parties: make([]int, 101)}, Body: Text{Content: "x"}}, "toparty has 101 departments, the limit is 100"},
		{"101 tags", Message{To: To{Tags: make([]int, 101)}, Body: Text{Content: "x"}}, "totag has 101 tags, the limit is 100"},
		{"@all beside members", Message{To: To{All: true, Users: users(2)}, Body: Text{Content: "x"}}, "@all stands alone, given beside 2 members"},
		{"@all beside departments", Message{To: To{All: true, Parties: []int{1}}, Body: Text{Content: "x"}}, ""},
		{"@all as a member", Message{To: To{Users: []string{"@all"}}, Body: Text{Content: "x"}}, "touser[0] is in conflict: @all is not a member; set All instead"},
		{"joined members", Message{To: To{Users: []string{"a|b"}}, Body: Text{Content: "x"}}, `touser[0] is malformed: one user id has no "|" in it`},
		{"empty member", Message{To: To{Users: []string{"a", " "}}, Body: Text{Content: "x"}}, "touser[1] is missing: an empty user id"},
		{"long member", Message{To: To{Users: []string{strings.Repeat("a", 65)}}, Body: Text{Content: "x"}}, "touser[0] has 65 bytes, the limit is 64"},
		{"text kept safe", Message{To: to, Safe: 1, Body: Text{Content: "x"}}, ""},
		{"text too safe", Message{To: to, Safe: 2, Body: Text{Content: "x"}}, "safe is in conflict: msgtype text knows 0 to 1, given 2"},
		{"card kept safe", Message{To: to, Safe: 1, Body: card}, "safe is in conflict: msgtype textcard knows no safe"},
		{"interval of 4 hours", Message{To: to, DuplicateCheckInterval: 4 * time.Hour, Body: card}, ""},
		{"interval too long", Message{To: to, DuplicateCheckInterval: 4*time.Hour + time.Second, Body: card}, "duplicate_check_interval has 14401 seconds, the limit is 14400"},
		{"interval in parts of seconds", Message{To: to, DuplicateCheckInterval: 1500 * time.Millisecond, Body: card}, "duplicate_check_interval is malformed: it must be whole seconds, given 1.5s"},
		{"title of 128 characters", Message{To: to, Body: withTitle(strings.Repeat("题", 128))}, ""},
		{"title of 129 characters", Message{To: to, Body: withTitle(strings.Repeat("题", 129))}, "textcard.title has 129 characters, the limit is 128"},
		{"url without scheme", Message{To: to, Body: TextCard{Title: "t", Description: "d", URL: "example.com"}}, "textcard.url is malformed: it must begin with http:// or https://"},
		{"url of a script", Message{To: to, Body: TextCard{Title: "t", Description: "d", URL: "javascript:alert(1)"}}, "textcard.url is malformed"},
		{"empty card", Message{To: to, Body: TextCard{}}, "textcard.title is missing; textcard.description is missing; textcard.url is missing"},
		{"url too long", Message{To: to, TruncateOK: true, Body: TextCard{Title: "t", Description: "d", URL: "https://e/" + strings.Repeat("p", 2048)}}, "textcard.url has 2058 bytes, the limit is 2048"},
		{"button of 5 characters", Message{To: to, Body: TextCard{Title: "t", Description: "d", URL: "https://e", ButtonText: "查看详情吧"}}, "textcard.btntxt has 5 characters, the limit is 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.message.Validate()
			if c.want == "" {
				if err != nil {
					t.Errorf("Validate: %v, want nil", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Validate: %v, want one with %q", err, c.want)
			}
			var invalid *ValidationError
			if !errors.As(err, &invalid) || invalid.Hint(English) == "" || invalid.Hint(Chinese) == invalid.Hint(English) {
				t.Errorf("error %#v has no hints in both languages", err)
			}
			if !NeverSent(err) {
				t.Error("a message that was never sent is said to have been")
			}
		})
	}
}

func TestWouldTruncate(t *testing.T) {
	long := Text{Content: strings.Repeat("a", 2049)}
	for _, c := range []struct {
		message Message
		want    bool
	}{
		{Message{To: To{All: true}, Body: long}, true},
		{Message{Body: long}, false}, // and nobody to send to
		{Message{To: To{All: true}, Body: Text{}}, false},
	} {
		var invalid *ValidationError
		if err := c.message.Validate(); !errors.As(err, &invalid) || invalid.WouldTruncate() != c.want {
			t.Errorf("%v: WouldTruncate is not %v", err, c.want)
		}
	}
	var f *FieldError
	if err := (Message{To: To{All: true}, Body: long}).Validate(); !errors.As(err, &f) || f.Problem != WouldCut || f.Unit != Bytes || f.Given != 2049 || f.Limit != 2048 {
		t.Errorf("errors.As finds %+v", f)
	}
}

// A list that is wrong throughout is not told a thousand times.
func TestValidateIsShort(t *testing.T) {
	err := Message{To: To{Users: make([]string, 1000)}, Body: Text{Content: "x"}}.Validate()
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("%d bytes of error", len(err.Error()))
	}
}

// What an error says about a message must not be the message.
func TestValidateKeepsContentToItself(t *testing.T) {
	const private = "confidential-salary-table"
	m := Message{To: To{All: true}, Body: TextCard{Title: strings.Repeat(private, 20), Description: strings.Repeat(private, 50), URL: private}}
	if err := m.Validate(); err == nil || strings.Contains(err.Error(), "salary") {
		t.Errorf("error with content: %v", err)
	}
}

func FuzzMessageJSON(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.json))
	}
	f.Add([]byte(`{"touser":["a",1],"msgtype":"text","text":null}`))
	f.Add([]byte(`{"touser":"a","msgtype":"textcard","textcard":{"title":"\u2028<"},"safe":"","agentid":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Message
		if json.Unmarshal(data, &m) != nil {
			return
		}
		_ = m.Validate()
		once, err := m.encode()
		if err != nil {
			t.Fatalf("accepted, yet does not marshal: %v", err)
		}
		var back Message
		if err := json.Unmarshal(once, &back); err != nil {
			t.Fatalf("own JSON %s does not decode: %v", once, err)
		}
		again, err := back.encode()
		if err != nil || string(again) != string(once) {
			t.Fatalf("decodes to another message:\n%s\n%s\n%v", once, again, err)
		}
	})
}
