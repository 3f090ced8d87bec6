package wecom

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// goldenBodies holds a request for every msgtype as the official pages show them, and the messages
// they are.
var goldenBodies = []struct {
	name    string
	message Message
	json    string
}{
	{
		"news",
		Message{To: To{All: true}, AgentID: 1000007, Body: News{Articles: []Article{{
			Title: "Canteen menu", Description: "Week 12", URL: "https://intra.example.com/menu", PicURL: "https://intra.example.com/m.png",
		}}}},
		`{"touser": "@all", "msgtype": "news", "agentid": 1000007, "news": {"articles": [
			{"title": "Canteen menu", "description": "Week 12", "url": "https://intra.example.com/menu", "picurl": "https://intra.example.com/m.png"}
		]}}`,
	},
	{
		"news that opens a mini program",
		Message{To: To{Tags: []int{1}}, AgentID: 1, Body: News{Articles: []Article{
			{Title: "a", URL: "https://e"}, {Title: "b", AppID: "wx0000invented0001", PagePath: "pages/menu?week=12"},
		}}},
		`{"totag": "1", "msgtype": "news", "agentid": 1, "news": {"articles": [
			{"title": "a", "url": "https://e"}, {"title": "b", "appid": "wx0000invented0001", "pagepath": "pages/menu?week=12"}
		]}}`,
	},
	{
		"mpnews",
		Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, Safe: 2, Body: MPNews{Articles: []MPArticle{{
			Title: "Travel rules", ThumbMediaID: "3aXkQpInvented0005", Author: "Finance",
			ContentSourceURL: "https://intra.example.com/travel", Content: "<p>Book early.</p>", Digest: "What changed",
		}}}},
		`{"touser": "lina", "msgtype": "mpnews", "agentid": 1000007, "safe": 2, "mpnews": {"articles": [
			{"title": "Travel rules", "thumb_media_id": "3aXkQpInvented0005", "author": "Finance", "content_source_url": "https://intra.example.com/travel", "content": "<p>Book early.</p>", "digest": "What changed"}
		]}}`,
	},
	{
		"markdown",
		Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, Body: Markdown{
			Content: "**Disk** on `db-3` is <font color=\"warning\">91 % full</font>\n> [Dashboard](https://mon.example.com/db-3)",
		}},
		`{"touser": "lina", "msgtype": "markdown", "agentid": 1000007, "markdown": {"content": "**Disk** on ` + "`db-3`" + ` is <font color=\"warning\">91 % full</font>\n> [Dashboard](https://mon.example.com/db-3)"}}`,
	},
	{
		"mini program notice",
		Message{To: To{Users: []string{"zhangwei", "lina"}}, Body: MiniProgramNotice{
			AppID: "wx0000invented0001", Page: "pages/room?id=7", Title: "会议室预订成功", Description: "四月七日下午三点",
			EmphasisFirstItem: true, ContentItems: []ContentItem{{Key: "地点", Value: "三楼东侧会议室"}, {Key: "人数", Value: "8"}},
		}},
		`{"touser": "zhangwei|lina", "msgtype": "miniprogram_notice", "miniprogram_notice": {
			"appid": "wx0000invented0001", "page": "pages/room?id=7", "title": "会议室预订成功", "description": "四月七日下午三点", "emphasis_first_item": true,
			"content_item": [{"key": "地点", "value": "三楼东侧会议室"}, {"key": "人数", "value": "8"}]
		}}`,
	},
	{
		"task card of the first generation",
		Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, Body: TaskCard{
			Title: "Leave request", Description: "2 days, from Monday", TaskID: "leave_20260301-7",
			Buttons: []TaskButton{
				{Key: "ok", Name: "Approve", ReplaceName: "Approved", Color: "blue", IsBold: true},
				{Key: "no", Name: "Reject", ReplaceName: "Rejected", Color: "red"},
			},
		}},
		`{"touser": "lina", "msgtype": "taskcard", "agentid": 1000007, "taskcard": {
			"title": "Leave request", "description": "2 days, from Monday", "task_id": "leave_20260301-7",
			"btn": [
				{"key": "ok", "name": "Approve", "replace_name": "Approved", "color": "blue", "is_bold": true},
				{"key": "no", "name": "Reject", "replace_name": "Rejected", "color": "red"}
			]
		}}`,
	},
	{
		"task card of the second generation",
		Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, DuplicateCheck: true, DuplicateCheckInterval: 10 * time.Minute, Body: InteractiveTaskCard{
			Title: "Leave request", Description: "2 days", URL: "https://hr.example.com/7", TaskID: "leave_20260301-8",
			Buttons: []TaskButton{{Key: "ok", Name: "Approve"}},
		}},
		`{"touser": "lina", "msgtype": "interactive_taskcard", "agentid": 1000007, "enable_duplicate_check": 1, "duplicate_check_interval": 600, "interactive_taskcard": {
			"title": "Leave request", "description": "2 days", "url": "https://hr.example.com/7", "task_id": "leave_20260301-8", "btn": [{"key": "ok", "name": "Approve"}]
		}}`,
	},
}

// canonical returns JSON with sorted members and no white space.
func canonical(t testing.TB, data []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	sorted, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

func testGolden(t *testing.T, message Message, sample string) {
	got, err := message.encode()
	if err != nil {
		t.Fatal(err)
	}
	if canonical(t, got) != canonical(t, []byte(sample)) {
		t.Errorf("encode:\n got %s\nwant %s", got, sample)
	}
	if bytes.Contains(got, []byte(`\u003c`)) {
		t.Errorf("escaped for HTML: %s", got)
	}
	if err := message.Validate(); err != nil {
		t.Errorf("Validate: %v", err)
	}
	for _, in := range [][]byte{[]byte(sample), got} {
		var back Message
		if err := json.Unmarshal(in, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, message) {
			t.Errorf("decode:\n got %+v\nwant %+v", back, message)
		}
	}
}

func TestBodiesAreWeComJSON(t *testing.T) {
	for _, g := range goldenBodies {
		t.Run(g.name, func(t *testing.T) { testGolden(t, g.message, g.json) })
	}
}

// A msgtype without a sample would be one that nobody compared with the documents.
func TestEveryMsgTypeHasASample(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range golden {
		seen[g.message.Body.MsgType()] = true
	}
	for _, g := range goldenBodies {
		seen[g.message.Body.MsgType()] = true
	}
	for _, g := range goldenCards {
		seen[g.message.Body.MsgType()] = true
		seen[g.message.Body.(Card).CardType()] = true
	}
	for _, kind := range cardKinds {
		if !seen[kind.name] {
			t.Errorf("no sample of card_type %s", kind.name)
		}
	}
	here := []string{"text", "textcard", "news", "mpnews", "markdown", "miniprogram_notice", "template_card", "taskcard", "interactive_taskcard"}
	for _, msgType := range here {
		if !seen[msgType] {
			t.Errorf("no sample of msgtype %s", msgType)
		}
		if _, ok := bodyTypes[msgType]; !ok {
			t.Errorf("msgtype %s is not decoded", msgType)
		}
	}
}

// wantInvalid checks that the message is refused with the text, or valid if it is "".
func wantInvalid(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("Validate: %v, want nil", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("Validate: %v, want one with %q", err, want)
	}
}

func TestValidateBodies(t *testing.T) {
	article := func(change func(*Article)) News {
		a := Article{Title: "t", URL: "https://e"}
		change(&a)
		return News{Articles: []Article{a}}
	}
	mpArticle := func(change func(*MPArticle)) MPNews {
		a := MPArticle{Title: "t", ThumbMediaID: "m", Content: "c"}
		change(&a)
		return MPNews{Articles: []MPArticle{a}}
	}
	notice := func(change func(*MiniProgramNotice)) MiniProgramNotice {
		n := MiniProgramNotice{AppID: "wx1", Title: "会议预订"}
		change(&n)
		return n
	}
	task := func(change func(*TaskCard)) TaskCard {
		b := TaskCard{Title: "t", Description: "d", TaskID: "i", Buttons: []TaskButton{{Key: "k", Name: "n"}}}
		change(&b)
		return b
	}
	for _, c := range []struct {
		name string
		body Body
		want string // "" if valid
	}{
		{"no articles", News{}, "news.articles is missing: give 1 to 8"},
		{"eight articles", News{Articles: repeat(Article{Title: "t", URL: "https://e"}, 8)}, ""},
		{"nine articles", News{Articles: repeat(Article{Title: "t", URL: "https://e"}, 9)}, "news.articles has 9 elements, the limit is 8"},
		{"nine stored articles", MPNews{Articles: repeat(MPArticle{Title: "t", ThumbMediaID: "m", Content: "c"}, 9)}, "mpnews.articles has 9 elements, the limit is 8"},
		{"title of the third", News{Articles: []Article{{Title: "a", URL: "https://e"}, {Title: "b", URL: "https://e"}, {URL: "https://e"}}}, "news.articles[2].title is missing"},
		{"title of 128 bytes", article(func(a *Article) { a.Title = strings.Repeat("x", 128) }), ""},
		{"title of 43 Chinese characters", article(func(a *Article) { a.Title = strings.Repeat("题", 43) }), "news.articles[0].title has 129 bytes, the limit is 128; WeCom would cut"},
		{"description of 513 bytes", article(func(a *Article) { a.Description = strings.Repeat("x", 513) }), "news.articles[0].description has 513 bytes, the limit is 512"},
		{"no link", article(func(a *Article) { a.URL = "" }), "news.articles[0].url is missing: give url, or appid and pagepath"},
		{"link without scheme", article(func(a *Article) { a.URL = "e.com" }), "news.articles[0].url is malformed: it must begin with http"},
		{"long picture", article(func(a *Article) { a.PicURL = "https://" + strings.Repeat("p", 2048) }), "news.articles[0].picurl has 2056 bytes, the limit is 2048"},
		{"mini program and a link", article(func(a *Article) { a.AppID, a.PagePath = "wx1", "p" }), ""},
		{"mini program without page", article(func(a *Article) { a.AppID = "wx1" }), "news.articles[0].pagepath is missing"},
		{"page without mini program", article(func(a *Article) { a.PagePath = "p" }), "news.articles[0].appid is missing"},
		{"long page", article(func(a *Article) { a.AppID, a.PagePath = "wx1", strings.Repeat("p", 129) }), "news.articles[0].pagepath has 129 bytes, the limit is 128"},

		{"empty article", MPNews{Articles: make([]MPArticle, 1)}, "mpnews.articles[0].title is missing; mpnews.articles[0].thumb_media_id is missing; mpnews.articles[0].content is missing"},
		{"content of 666 KiB", mpArticle(func(a *MPArticle) { a.Content = strings.Repeat("x", 666<<10) }), ""},
		{"content beyond", mpArticle(func(a *MPArticle) { a.Content = strings.Repeat("x", 666<<10+1) }), "mpnews.articles[0].content has 681985 bytes, the limit is 681984"},
		{"author of 65 bytes", mpArticle(func(a *MPArticle) { a.Author = strings.Repeat("x", 65) }), "mpnews.articles[0].author has 65 bytes, the limit is 64"},
		{"digest of 513 bytes", mpArticle(func(a *MPArticle) { a.Digest = strings.Repeat("x", 513) }), "mpnews.articles[0].digest has 513 bytes"},

		{"markdown of 2048 bytes", Markdown{Content: strings.Repeat("x", 2048)}, ""},
		{"markdown of 2049 bytes", Markdown{Content: strings.Repeat("x", 2049)}, "markdown.content has 2049 bytes, the limit is 2048"},
		{"no markdown", Markdown{}, "markdown.content is missing"},

		{"notice", notice(func(*MiniProgramNotice) {}), ""},
		{"notice without app", notice(func(n *MiniProgramNotice) { n.AppID = "" }), "miniprogram_notice.appid is missing"},
		{"notice without title", notice(func(n *MiniProgramNotice) { n.Title = "" }), "miniprogram_notice.title is missing"},
		{"title of 3 characters", notice(func(n *MiniProgramNotice) { n.Title = "三个字" }), "miniprogram_notice.title has 3 characters, the least is 4"},
		{"title of 12 characters", notice(func(n *MiniProgramNotice) { n.Title = strings.Repeat("字", 12) }), ""},
		{"title of 13 characters", notice(func(n *MiniProgramNotice) { n.Title = strings.Repeat("字", 13) }), "miniprogram_notice.title has 13 characters, the limit is 12"},
		{"title with a name to come", notice(func(n *MiniProgramNotice) { n.Title = "$userName=zhangsan$ 请审批" }), ""},
		{"description of 3 characters", notice(func(n *MiniProgramNotice) { n.Description = "abc" }), "miniprogram_notice.description has 3 characters, the least is 4"},
		{"page of 1025 bytes", notice(func(n *MiniProgramNotice) { n.Page = strings.Repeat("p", 1025) }), "miniprogram_notice.page has 1025 bytes, the limit is 1024"},
		{"11 items", notice(func(n *MiniProgramNotice) { n.ContentItems = make([]ContentItem, 11) }), "miniprogram_notice.content_item has 11 elements, the limit is 10"},
		{"key of 11", notice(func(n *MiniProgramNotice) { n.ContentItems = []ContentItem{{}, {Key: strings.Repeat("键", 11)}} }), "miniprogram_notice.content_item[1].key has 11 characters, the limit is 10"},
		{"value of 31", notice(func(n *MiniProgramNotice) { n.ContentItems = []ContentItem{{Value: strings.Repeat("值", 31)}} }), "miniprogram_notice.content_item[0].value has 31 characters, the limit is 30"},
		{"value of nothing", notice(func(n *MiniProgramNotice) { n.ContentItems = make([]ContentItem, 10) }), ""},
		{"not UTF-8", notice(func(n *MiniProgramNotice) { n.Title = "会\xff" }), "miniprogram_notice.title is malformed: not UTF-8 at byte 3"},

		{"task card without buttons", task(func(b *TaskCard) { b.Buttons = nil }), "taskcard.btn is missing: give 1 to 2"},
		{"task card with three buttons", task(func(b *TaskCard) {
			b.Buttons = []TaskButton{{Key: "a", Name: "n"}, {Key: "b", Name: "n"}, {Key: "c", Name: "n"}}
		}), "taskcard.btn has 3 elements, the limit is 2"},
		{"task_id with a blank", task(func(b *TaskCard) { b.TaskID = "a b" }), "taskcard.task_id is malformed: only digits"},
		{"same key twice", task(func(b *TaskCard) { b.Buttons = repeat(b.Buttons[0], 2) }), "taskcard.btn[1].key is in conflict: it repeats that of taskcard.btn[0].key"},
		{"green button", task(func(b *TaskCard) { b.Buttons[0].Color = "green" }), "taskcard.btn[0].color is not known: it is red or blue"},
		{"second generation", InteractiveTaskCard{}, "interactive_taskcard.title is missing; interactive_taskcard.description is missing; interactive_taskcard.task_id is missing; interactive_taskcard.btn is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantInvalid(t, Message{To: To{Users: []string{"lina"}}, Body: c.body}.Validate(), c.want)
		})
	}
}

func repeat[T any](v T, n int) []T {
	return slices.Repeat([]T{v}, n)
}

func TestSafe(t *testing.T) {
	for _, g := range append(goldenBodies, goldenCards...) {
		most := map[string]int{"mpnews": 2}[g.message.Body.MsgType()]
		for safe := range 4 {
			m := g.message
			m.Safe = safe
			if err := m.Validate(); (err == nil) != (safe <= most) {
				t.Errorf("%s with safe %d: %v", g.name, safe, err)
			}
		}
	}
}

func TestMiniProgramNoticeNamesNoApp(t *testing.T) {
	m := Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, Body: &MiniProgramNotice{AppID: "wx1", Title: "会议预订"}}
	data, err := m.encode()
	if err != nil || bytes.Contains(data, []byte("agentid")) {
		t.Errorf("agentid in %s, %v", data, err)
	}
	nameless := &Client{}
	m.AgentID = 0
	if err := nameless.validate(m); err != nil {
		t.Errorf("a client without AgentID refuses it: %v", err)
	}
	if err := (&Client{agentID: 1000002}).validate(m); err != nil {
		t.Errorf("a client of an app refuses it: %v", err)
	}
	wantInvalid(t, nameless.validate(Message{To: m.To, Body: Text{Content: "x"}}), "agentid is missing")
	m.AgentID = 7
	wantInvalid(t, (&Client{agentID: 1000002}).validate(m), "agentid is in conflict")
	wantInvalid(t, Message{To: To{All: true}, Body: m.Body}.Validate(), "touser is in conflict: msgtype miniprogram_notice does not go to @all")
}

func TestTooShortHasHints(t *testing.T) {
	f := &FieldError{Field: "f", Problem: TooShort, Limit: 4, Given: 3, Unit: Characters}
	if f.Hint(English) != "lengthen f to 4 characters" || !strings.Contains(f.Hint(Chinese), "4 个字符") {
		t.Errorf("%q, %q", f.Hint(English), f.Hint(Chinese))
	}
	f = &FieldError{Field: "f", Problem: TooMany, Limit: 8, Given: 9, Unit: Elements}
	if f.Hint(English) != "give f at most 8 elements" || !strings.Contains(f.Hint(Chinese), "8 项") {
		t.Errorf("%q, %q", f.Hint(English), f.Hint(Chinese))
	}
}
