package simulator

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
)

// by makes one call with the token of an app; query goes behind the token.
func by(t testing.TB, sim *WeCom, agentID int, method, name, body string, query ...string) answer {
	t.Helper()
	target := "/cgi-bin/" + name + "?access_token=" + tokenOf(t, sim, agentID)
	for _, q := range query {
		target += "&" + q
	}
	return api(t, sim, method, target, body)
}

// parse reads JSON that a test wrote.
func parse(t testing.TB, s string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

// alter replaces what lies at path, "articles.0.url", in JSON; a nil value removes it.
func alter(t testing.TB, s, path string, value any) map[string]any {
	t.Helper()
	v := parse(t, s)
	var at any = v
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		if list, ok := at.([]any); ok {
			i, _ := strconv.Atoi(step)
			at = list[i]
		} else {
			at = at.(map[string]any)[step]
		}
	}
	last := steps[len(steps)-1]
	if list, ok := at.([]any); ok {
		i, _ := strconv.Atoi(last)
		list[i] = value
	} else if m := at.(map[string]any); value == nil {
		delete(m, last)
	} else {
		m[last] = value
	}
	return v
}

// message is a message to lisi of any type.
func message(msgType string, body any) fields {
	return fields{"touser": "lisi", "msgtype": msgType, "agentid": hongyan, msgType: body}
}

// repeated is a list of n copies of v.
func repeated(v any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

const (
	newsJSON   = `{"articles":[{"title":"Menu","description":"Week 12","url":"https://e.cn/m","picurl":"https://e.cn/m.png"}]}`
	miniJSON   = `{"articles":[{"title":"Menu","appid":"wx1","pagepath":"pages/a"}]}`
	noticeJSON = `{"appid":"wx1","page":"pages/room","title":"会议室预订成功","description":"四月七日下午三点","emphasis_first_item":true,"content_item":[{"key":"地点","value":"三楼东侧"}]}`
	taskJSON   = `{"title":"Leave","description":"2 days","task_id":"leave@1","btn":[{"key":"ok","name":"Approve","replace_name":"Approved"},{"key":"no","name":"Reject"}]}`
)

// newMini makes a simulator whose first app is a mini program too.
func newMini(strict bool) *WeCom {
	return newStill(WithWorld(change(func(w *World) {
		w.Strict = strict
		w.Corps[0].Apps[0].MiniProgram = "wx1"
	})))
}

func TestBodyErrors(t *testing.T) {
	sim := newMini(true)
	image, video := uploaded(t, sim, "image", "a.png", png), uploaded(t, sim, "video", "a.mp4", mp4)
	mpnewsJSON := `{"articles":[{"title":"Rules","thumb_media_id":"` + image + `","content":"<p>x</p>"}]}`
	ch, b := strings.Repeat("鸿", 683), func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		msgType, body, path string
		value               any
		code                int
		text                string // may be empty
	}{
		{"image", `{}`, "media_id", "", 41006, "media_id missing"},
		{"image", `{}`, "media_id", "3nope", 40007, "invalid media_id"},
		{"image", `{}`, "media_id", video, 40007, ""},
		{"voice", `{}`, "media_id", nil, 41006, ""},
		{"voice", `{}`, "media_id", image, 40007, ""},
		{"video", `{}`, "media_id", nil, 41006, ""},
		{"video", `{}`, "media_id", image, 40007, ""},
		{"file", `{}`, "media_id", nil, 41006, ""},
		{"file", `{}`, "media_id", image, 40007, ""},

		{"news", newsJSON, "articles", nil, 45008, "article count out of limit"},
		{"news", newsJSON, "articles", []any{}, 45008, ""},
		{"news", newsJSON, "articles", repeated(fields{}, 9), 45008, ""},
		{"news", newsJSON, "articles.0.title", nil, 41016, ""},
		{"news", newsJSON, "articles.0.url", nil, 41010, ""},
		{"news", newsJSON, "articles.0.url", "e.cn", 45034, ""},
		{"news", newsJSON, "articles.0.url", "http://" + b(2042), 40058, "news.articles.url exceed max length 2048. invalid Request Parameter"},
		{"news", newsJSON, "articles.0.picurl", b(2049), 40058, "news.articles.picurl exceed max length 2048. invalid Request Parameter"},
		{"news", miniJSON, "articles.0.pagepath", nil, 41010, ""},
		{"news", miniJSON, "articles.0.appid", nil, 41010, ""},
		{"news", miniJSON, "articles.0.pagepath", b(129), 40058, "news.articles.pagepath exceed max length 128. invalid Request Parameter"},

		{"mpnews", mpnewsJSON, "articles", nil, 45008, ""},
		{"mpnews", mpnewsJSON, "articles", repeated(fields{}, 9), 45008, ""},
		{"mpnews", mpnewsJSON, "articles.0.title", nil, 41016, ""},
		{"mpnews", mpnewsJSON, "articles.0.author", b(65), 45032, "author size out of limit"},
		{"mpnews", mpnewsJSON, "articles.0.content", nil, 44004, ""},
		{"mpnews", mpnewsJSON, "articles.0.content", b(666*1024 + 1), 45002, "content size out of limit"},
		{"mpnews", mpnewsJSON, "articles.0.thumb_media_id", nil, 41006, ""},
		{"mpnews", mpnewsJSON, "articles.0.thumb_media_id", video, 40007, ""},

		{"markdown", `{}`, "content", "", 44004, ""},
		{"markdown", `{}`, "content", b(2049), 45002, ""},
		{"markdown", `{}`, "content", ch, 45002, ""},

		{"miniprogram_notice", noticeJSON, "appid", "wx2", 40058, "invalid param 'miniprogram_notice.appid'"},
		{"miniprogram_notice", noticeJSON, "title", "三个字", 40058, "miniprogram_notice.title exceed min utf8 words 4. invalid Request Parameter"},
		{"miniprogram_notice", noticeJSON, "title", nil, 40058, ""},
		{"miniprogram_notice", noticeJSON, "title", "一二三四五六七八九十一二三", 40058, "miniprogram_notice.title exceed max utf8 words 12. invalid Request Parameter"},
		{"miniprogram_notice", noticeJSON, "description", "短", 40058, "miniprogram_notice.description exceed min utf8 words 4. invalid Request Parameter"},
		{"miniprogram_notice", noticeJSON, "content_item", repeated(fields{}, 11), 40058, "miniprogram_notice.content_item exceed max length 10. invalid Request Parameter"},
		{"miniprogram_notice", noticeJSON, "content_item.0.key", ch, 40058, "miniprogram_notice.content_item.key exceed max utf8 words 10. invalid Request Parameter"},
		{"miniprogram_notice", noticeJSON, "content_item.0.value", ch, 40058, "miniprogram_notice.content_item.value exceed max utf8 words 30. invalid Request Parameter"},
		{"miniprogram_notice", noticeJSON, "page", b(1025), 40058, "miniprogram_notice.page exceed max length 1024. invalid Request Parameter"},

		{"taskcard", taskJSON, "title", nil, 41016, ""},
		{"taskcard", taskJSON, "description", nil, 41033, ""},
		{"taskcard", taskJSON, "task_id", nil, 42014, "invalid task_id"},
		{"taskcard", taskJSON, "task_id", "a.b", 42014, ""},
		{"taskcard", taskJSON, "task_id", b(129), 42014, ""},
		{"taskcard", taskJSON, "btn", []any{}, 40058, "invalid param 'btn'"},
		{"taskcard", taskJSON, "btn", repeated(fields{}, 3), 40058, ""},
		{"taskcard", taskJSON, "btn.0.key", nil, 42019, "button key missing"},
		{"taskcard", taskJSON, "btn.0.key", "a b", 42018, "invalid button key"},
		{"taskcard", taskJSON, "btn.1.name", nil, 42020, "button name missing"},
		{"taskcard", taskJSON, "url", "e.cn", 45034, ""},
		{"interactive_taskcard", taskJSON, "task_id", "", 42014, ""},
	} {
		t.Run(c.msgType+" "+c.path+" "+strconv.Itoa(c.code), func(t *testing.T) {
			a := send(t, sim, message(c.msgType, alter(t, c.body, c.path, c.value)))
			if a.code() != c.code || c.text != "" && a.text() != c.text {
				t.Errorf("%v, want %d %q", a, c.code, c.text)
			}
		})
	}
	if n := len(sim.Messages(Filter{})); n != 0 {
		t.Errorf("%d refused messages were kept", n)
	}
}

func TestBodiesAsTheyArrive(t *testing.T) {
	sim := newMini(true)
	image, video := uploaded(t, sim, "image", "a.png", png), uploaded(t, sim, "video", "a.mp4", mp4)
	voice, file := uploaded(t, sim, "voice", "a.amr", amr(1)), uploaded(t, sim, "file", "a.txt", "mytext")
	long, cut := strings.Repeat("鸿", 200), strings.Repeat("鸿", 42)
	for _, c := range []struct{ msgType, body, want string }{
		{"image", `{"media_id":"` + image + `","x":1}`, `{"media_id":"` + image + `"}`},
		{"voice", `{"media_id":"` + voice + `"}`, `{"media_id":"` + voice + `"}`},
		{"file", `{"media_id":"` + file + `"}`, `{"media_id":"` + file + `"}`},
		{"video", `{"media_id":"` + video + `","title":"` + long + `","description":"` + long + `"}`,
			`{"media_id":"` + video + `","title":"` + cut + `","description":"` + strings.Repeat("鸿", 170) + `"}`},
		{"news", newsJSON, newsJSON},
		{"news", `{"articles":[{"title":"` + long + `","url":"http://e.cn","description":"` + long + `"}]}`,
			`{"articles":[{"title":"` + cut + `","description":"` + strings.Repeat("鸿", 170) + `","url":"http://e.cn"}]}`},
		{"news", `{"articles":[{"title":"t","url":"http://e.cn","appid":"wx1","pagepath":"p"},{"title":"u","url":"http://e.cn","appid":"wx1"}]}`,
			`{"articles":[{"title":"t","appid":"wx1","pagepath":"p"},{"title":"u","url":"http://e.cn"}]}`},
		{"mpnews", `{"articles":[{"title":"t","thumb_media_id":"` + image + `","author":"a","content":"<p>&</p>","digest":"` + long + `"}]}`,
			`{"articles":[{"title":"t","thumb_media_id":"` + image + `","author":"a","content":"<p>&</p>","digest":"` + strings.Repeat("鸿", 170) + `"}]}`},
		{"markdown", `{"content":"**x**"}`, `{"content":"**x**"}`},
		{"miniprogram_notice", `{"appid":"wx1","title":"四个字的","content_item":[{"key":"","value":""},{"key":"k","value":"v"}]}`,
			`{"appid":"wx1","title":"四个字的","content_item":[{"key":"k","value":"v"}]}`},
		{"taskcard", taskJSON, `{"title":"Leave","description":"2 days","task_id":"leave@1","btn":[{"key":"ok","name":"Approve","replace_name":"Approved"},{"key":"no","name":"Reject","replace_name":"已处理"}]}`},
		{"interactive_taskcard", strings.Replace(taskJSON, "@1", "@2", 1), `{"title":"Leave","description":"2 days","task_id":"leave@2","btn":[{"key":"ok","name":"Approve"},{"key":"no","name":"Reject"}]}`},
	} {
		a := mustSend(t, sim, message(c.msgType, json.RawMessage(c.body)))
		if a["response_code"] != nil || a.msg() != "ok" {
			t.Errorf("%s: %v", c.msgType, a)
		}
		if got := string(sim.Inbox("lisi").Last().Body); got != c.want {
			t.Errorf("%s arrived as\n%s\nwant\n%s", c.msgType, got, c.want)
		}
	}
}

func TestForgivingWorlds(t *testing.T) {
	sim := newMini(false)
	long := strings.Repeat("鸿", 40)
	for _, c := range []struct {
		msgType string
		body    map[string]any
		want    string
	}{
		{"news", alter(t, newsJSON, "articles.0.picurl", strings.Repeat("x", 2049)), ""},
		{"news", alter(t, miniJSON, "articles.0.pagepath", strings.Repeat("x", 129)), ""},
		{"miniprogram_notice", alter(t, noticeJSON, "page", strings.Repeat("x", 1025)), strings.Repeat("x", 1024) + `"`},
		{"miniprogram_notice", alter(t, noticeJSON, "content_item.0.key", long), `"key":"` + strings.Repeat("鸿", 10) + `"`},
		{"miniprogram_notice", alter(t, noticeJSON, "content_item.0.value", long), `"value":"` + strings.Repeat("鸿", 30) + `"`},
	} {
		if mustSend(t, sim, message(c.msgType, c.body)); !strings.Contains(string(sim.Inbox("lisi").Last().Body), c.want) {
			t.Errorf("%s", sim.Inbox("lisi").Last().Body)
		}
	}
	for range 2 {
		mustSend(t, sim, message("taskcard", json.RawMessage(taskJSON))) // the same task_id again
	}
	if a := mustSend(t, sim, text("lisi", "x").with(fields{"safe": 2})); a.code() != 0 {
		t.Errorf("%v", a)
	}
}

func TestNotices(t *testing.T) {
	sim := newMini(true)
	notice := message("miniprogram_notice", json.RawMessage(noticeJSON)).with(fields{"agentid": nil})
	mustSend(t, sim, notice)
	if got := sim.Inbox("lisi").Last(); got.AgentID != hongyan {
		t.Errorf("%+v is not of the token's app", got)
	}
	if a := send(t, sim, notice.with(fields{"touser": "@all"})); a.code() != 40058 || a.text() != "invalid param 'touser'" {
		t.Errorf("to everybody: %v", a)
	}
	if a := by(t, sim, monitor, "POST", "message/send", notice.json()); a.code() != 48002 || a.text() != "api forbidden" {
		t.Errorf("from an ordinary app: %v", a)
	}
}

func TestSafe(t *testing.T) {
	sim := newMini(true)
	image := uploaded(t, sim, "image", "a.png", png)
	file := uploaded(t, sim, "file", "a.zip", "PKzip!")
	mp := json.RawMessage(`{"articles":[{"title":"t","thumb_media_id":"` + image + `","content":"c"}]}`)
	for _, c := range []struct {
		f    fields
		safe any
		code int
	}{
		{text("lisi", "x"), 1, 0},
		{text("lisi", "x"), 2, 40058},
		{text("lisi", "x"), -1, 40058},
		{message("image", fields{"media_id": image}), 1, 0},
		{message("file", fields{"media_id": file}), 1, 0},
		{message("file", fields{"media_id": file}), 2, 40058},
		{message("mpnews", mp), 2, 0},
		{message("mpnews", mp), 3, 40058},
		{message("news", json.RawMessage(newsJSON)), 1, 40074},
		{message("news", json.RawMessage(newsJSON)), 0, 0},
		{message("markdown", fields{"content": "x"}), 1, 0}, // ignored, as in every type that has none
		{card, 2, 0},
	} {
		if a := send(t, sim, c.f.with(fields{"safe": c.safe})); a.code() != c.code {
			t.Errorf("safe %v with %s: %v, want %d", c.safe, c.f["msgtype"], a, c.code)
		}
	}
}

func TestMediaExpireInThreeDays(t *testing.T) {
	sim := newStill()
	id := uploaded(t, sim, "image", "a.png", png)
	sim.Advance(3*24*time.Hour - time.Second)
	mustSend(t, sim, message("image", fields{"media_id": id}))
	sim.Advance(time.Second)
	if a := send(t, sim, message("image", fields{"media_id": id})); a.code() != 40007 {
		t.Errorf("%v, want 40007", a)
	}
}

func TestTextOfMessages(t *testing.T) {
	for want, body := range map[string]string{
		"c": `{"content":"c","title":"t"}`, "t": `{"title":"t"}`, "a": `{"articles":[{"title":"a"}]}`,
		"m": `{"main_title":{"title":"m"},"sub_title_text":"s"}`, "s": `{"main_title":{},"sub_title_text":"s"}`, "": `{"media_id":"3"}`,
	} {
		if got := (Message{Body: json.RawMessage(body)}).Text(); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
}
