package phone

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// onePixel is a PNG in base64, as a robot sends it.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// kinds has a full body of each msgtype and card_type, by a name of its own.
var kinds = []struct{ name, msgtype, body string }{
	{"text", "text", `{"content":"磁盘 <a href=\"https://ci.example.com/812\">db-3</a> 已用 91%"}`},
	{"image", "image", `{"media_id":"pic"}`},
	{"voice", "voice", `{"media_id":"amr"}`},
	{"voice that plays", "voice", `{"media_id":"mp3"}`},
	{"video", "video", `{"media_id":"mp4","title":"消防演练","description":"请在周五之前看完，地点在三楼东侧。"}`},
	{"file", "file", `{"media_id":"pdf"}`},
	{"file of another kind", "file", `{"media_id":"xlsx"}`},
	{"textcard", "textcard", `{"title":"Parcel at the desk","description":"<div class=\"gray\">3 March</div><div class=\"highlight\">Pick up before 18:00</div>","url":"https://desk.example.com/p/55"}`},
	{"news", "news", `{"articles":[{"title":"食堂菜单","description":"第十二周：周三有鱼","url":"https://intra.example.com/menu","picurl":"https://intra.example.com/m.png"}]}`},
	{"news of several", "news", `{"articles":[{"title":"第一季度业绩发布，三个事业部同比增长","url":"https://intra.example.com/1","picurl":"https://intra.example.com/m.png"},{"title":"Travel rules from April","url":"https://intra.example.com/2","picurl":"http://example.com/own.png"},{"title":"班车时刻调整","appid":"wx0000invented0001","pagepath":"pages/bus"}]}`},
	{"mpnews", "mpnews", `{"articles":[{"title":"Travel rules","thumb_media_id":"pic","author":"Finance","content_source_url":"https://intra.example.com/travel","content":"<h1>Book early</h1><p>At least <b>two weeks</b> ahead &amp; by train.</p><script>alert(1)</script><img src=x onerror=alert(1)>","digest":"What changed"}]}`},
	{"markdown", "markdown", `{"content":"# 磁盘告警\n**主机** db-3 已用 <font color=\"warning\">91 %</font>，阈值 <font color=\"comment\">90 %</font>，昨天 <font color=\"info\">72 %</font>\n> 值班：**李娜**\n> [打开监控](https://mon.example.com/db-3)\n运行 ` + "`df -h`" + ` 查看"}`},
	{"markdown_v2", "markdown_v2", `{"content":"# Nightly report\n\nAll *green* but **one**: ***db-3***, see [the log](https://ci.example.com).\n\n| host | load | state |\n| :-- | --: | :-: |\n| db-1 | 0.4 | ok |\n| db-3 | 9.1 | **hot** |\n\n- disks\n  - sda\n  - sdb\n- net\n1. first\n2. second\n\n> quoted\n>> deeper\n>>> deepest\n\n---\n` + "```go\\nfunc main() {\\n\\tfmt.Println(\\\"hi\\\")\\n}\\n```" + `\n![load](https://mon.example.com/load.png)"}`},
	{"miniprogram_notice", "miniprogram_notice", `{"appid":"wx0000invented0001","page":"pages/room?id=7","title":"会议室预订成功","description":"四月七日下午三点","emphasis_first_item":true,"content_item":[{"key":"会议室","value":"402"},{"key":"地点","value":"三楼东侧会议室"},{"key":"人数","value":"8"},{}]}`},
	{"text_notice", "template_card", `{"card_type":"text_notice","task_id":"quota-2026-03@9","source":{"icon_url":"https://intra.example.com/i.png","desc":"Storage","desc_color":3},"action_menu":{"desc":"Options","action_list":[{"text":"Mute for a day","key":"mute1d"},{"text":"Stop","key":"stop"}]},"main_title":{"title":"Quota almost used","desc":"volume backup-2"},"quote_area":{"type":1,"url":"https://intra.example.com/q","title":"Rule","quote_text":"Warn at 90 percent"},"emphasis_content":{"title":"93%","desc":"used"},"sub_title_text":"Clean up or ask for more space.","horizontal_content_list":[{"keyname":"Owner","value":"Li Na","type":3,"userid":"lina"},{"keyname":"Report","value":"usage.pdf","type":2,"media_id":"pdf"},{"keyname":"Wiki","value":"How to clean up","type":1,"url":"https://wiki.example.com"},{"keyname":"Volume","value":"backup-2"}],"jump_list":[{"type":1,"title":"Open console","url":"https://intra.example.com/c"},{"type":2,"title":"In the mini program","appid":"wx0000invented0001","pagepath":"pages/q"}],"card_action":{"type":1,"url":"https://intra.example.com/c"}}`},
	{"news_notice", "template_card", `{"card_type":"news_notice","source":{"desc":"行政部"},"main_title":{"title":"春游报名开始了","desc":"周六出发"},"card_image":{"url":"https://intra.example.com/lake.jpg","aspect_ratio":1.8},"image_text_area":{"type":1,"url":"https://intra.example.com/r","title":"路线","desc":"环湖，再上山","image_url":"https://intra.example.com/map.jpg"},"vertical_content_list":[{"title":"大巴","desc":"早上八点在南门出发"}],"horizontal_content_list":[{"keyname":"名额","value":"40"}],"jump_list":[{"type":2,"title":"报名","appid":"wx0000invented0001","pagepath":"pages/join"}],"card_action":{"type":1,"url":"https://intra.example.com/outing"}}`},
	{"button_interaction", "template_card", `{"card_type":"button_interaction","task_id":"deploy-4471","source":{"desc":"Deploy","desc_color":1},"main_title":{"title":"Release 2.9 to production?","desc":"asked by Zhang Wei"},"sub_title_text":"42 commits, 3 migrations","horizontal_content_list":[{"keyname":"Branch","value":"release/2.9"}],"button_selection":{"question_key":"window","title":"When","selected_id":"night","option_list":[{"id":"now","text":"Now"},{"id":"night","text":"Tonight"}]},"button_list":[{"text":"Approve","style":1,"key":"approve"},{"text":"Later","style":2,"key":"later"},{"type":1,"text":"Diff","style":3,"url":"https://git.example.com/d"},{"text":"Decline","style":4,"key":"decline"}]}`},
	{"vote_interaction", "template_card", `{"card_type":"vote_interaction","task_id":"lunch-77","main_title":{"title":"Lunch on Friday"},"checkbox":{"question_key":"lunch","mode":1,"option_list":[{"id":"noodles","text":"Noodles","is_checked":true},{"id":"rice","text":"Rice"},{"id":"none","text":"I bring my own"}]},"submit_button":{"text":"Vote","key":"vote"}}`},
	{"vote for one", "template_card", `{"card_type":"vote_interaction","task_id":"lunch-78","main_title":{"title":"周五午餐"},"checkbox":{"question_key":"lunch","option_list":[{"id":"a","text":"面"},{"id":"b","text":"饭"}]},"submit_button":{"key":"vote"}}`},
	{"multiple_interaction", "template_card", `{"card_type":"multiple_interaction","task_id":"desk-12","main_title":{"title":"Choose a desk","desc":"for next week"},"select_list":[{"question_key":"floor","title":"Floor","selected_id":"f3","option_list":[{"id":"f3","text":"Third"},{"id":"f4","text":"Fourth"}]},{"question_key":"side","title":"Side","option_list":[{"id":"w","text":"Window"},{"id":"c","text":"Corridor"}]}],"submit_button":{"text":"Book","key":"book"}}`},
	{"answered", "template_card", `{"card_type":"vote_interaction","main_title":{"title":"Lunch on Friday","desc":"Closed"},"checkbox":{"question_key":"lunch","mode":1,"disable":true,"option_list":[{"id":"noodles","text":"Noodles (9)","is_checked":true},{"id":"rice","text":"Rice (4)"}]},"submit_button":{"text":"Vote","key":"vote"},"replace_text":"Closed"}`},
	{"taskcard", "taskcard", `{"title":"Leave request","description":"<div class=\"gray\">Li Na</div>2 days, from Monday","url":"https://hr.example.com/7","task_id":"leave-7","btn":[{"key":"ok","name":"Approve","replace_name":"Approved","color":"blue","is_bold":true},{"key":"no","name":"Reject","replace_name":"Rejected","color":"red"}]}`},
	{"interactive_taskcard", "interactive_taskcard", `{"title":"请假申请","description":"两天，从周一起","task_id":"leave-8","btn":[{"key":"ok","name":"同意"}]}`},
}

// withMedia is a world that knows the media of kinds.
func withMedia() *fakeSource {
	f := world()
	f.media = map[string]Media{
		"pic": {"lake.png", "image/png", 20480}, "amr": {"memo.amr", "audio/amr", 9000}, "mp3": {"memo.mp3", "audio/mpeg", 9000},
		"mp4": {"drill.mp4", "video/mp4", 3 << 20}, "pdf": {"2026 年第一季度用量报告.pdf", "application/pdf", 1536},
		"xlsx": {"numbers.xlsx", "application/octet-stream", 12},
	}
	return f
}

func kind(t *testing.T, name string) Message {
	t.Helper()
	for _, k := range kinds {
		if k.name == name {
			return Message{MsgType: k.msgtype, Body: json.RawMessage(k.body), Users: []string{"zhangsan"}}
		}
	}
	t.Fatalf("no kind named %q", name)
	return Message{}
}

// draw is the chat with one message, in English; query is added to the address.
func draw(t *testing.T, f *fakeSource, m Message, query string) string {
	t.Helper()
	f.deliver(m)
	_, chat, _ := strings.Cut(get(t, f, "/?lang=en&user=zhangsan"+query), `id="items"`)
	return chat
}

// TestKinds draws each kind and looks for its parts, in the order of the phone.
func TestKinds(t *testing.T) {
	t.Parallel()
	for name, parts := range map[string][]string{
		"image":            {`<a class="shot" href="_sim/media?corpid=` + testCorp + `&amp;media_id=pic" target="_blank"`, `<img src="_sim/media?corpid=` + testCorp + `&amp;media_id=pic"`},
		"voice":            {`class="track"`, "8.8 KB · length unknown, browsers cannot play it", `media_id=amr" download="memo.amr"`},
		"voice that plays": {`<audio controls preload="none" src="_sim/media?corpid=` + testCorp + `&amp;media_id=mp3"`, `download="memo.mp3"`},
		"video":            {`<video controls`, `media_id=mp4"`, "<strong>消防演练</strong>", "请在周五之前看完"},
		"file":             {`href="_sim/media?corpid=` + testCorp + `&amp;media_id=pdf" download="2026 年第一季度用量报告.pdf"`, "1.5 KB", `sheet-icon pdf" aria-hidden="true">PDF`},
		"news": {`class="card news alone"`, `<a class="art first" href="https://intra.example.com/menu"`, `viewBox="0 0 1068 455"`,
			`title="Picture from outside, not loaded"`, "<small>intra.example.com</small>", "<strong>食堂菜单</strong>", "第十二周：周三有鱼"},
		"news of several": {`class="card news"`, `class="art first"`, "第一季度业绩发布", `class="art"`, `<img src="http://example.com/own.png"`,
			"Travel rules from April", `<div class="art">`, "班车时刻调整", "wx0000invented0001 · pages/bus"},
		"mpnews": {`<details class="hosted"><summary class="art first"`, `media_id=pic"`, "What changed", "By Finance",
			"<p>Book early\n\nAt least two weeks ahead &amp; by train.\n[Image]</p>", `href="https://intra.example.com/travel"`, "Read the original"},
		"miniprogram_notice": {"wx0000invented0001", "会议室预订成功", "四月七日下午三点", `class="figure"><b>402</b><span>会议室</span>`,
			"<dt>地点</dt><dd>三楼东侧会议室</dd>", "<dt>人数</dt><dd>8</dd>", "Open the mini program"},
		"text_notice": {`class="source green"`, "<span>Storage</span>", `<details class="menu">`, "<p>Options</p>",
			`name="menu" value="mute1d" data-live disabled>Mute for a day`, `value="stop"`,
			`<strong><a class="whole" href="https://intra.example.com/c"`, "Quota almost used", "volume backup-2",
			"<b>93%</b><span>used</span>", `class="quote"><a href="https://intra.example.com/q"`, "<b>Rule</b><span>Warn at 90 percent</span>",
			"Clean up or ask", "<dt>Owner</dt>", `class="who" title="lina"`, "Li Na", "<dt>Report</dt>", `media_id=pdf" download="usage.pdf"`,
			`<a href="https://wiki.example.com"`, "<dt>Volume</dt><dd>backup-2</dd>",
			`class="jumps"`, `<a href="https://intra.example.com/c"`, "Open console", `<span title="wx0000invented0001 · pages/q">In the mini program`},
		"news_notice": {"行政部", "春游报名开始了", "周六出发", `class="cover"`, `viewBox="0 0 1800 1000"`, `class="area"`, "路线", "环湖，再上山",
			"<dt>大巴</dt><dd>早上八点在南门出发</dd>", "<dt>名额</dt>", "报名"},
		"button_interaction": {`class="source black"`, "Release 2.9", "42 commits", "<dt>Branch</dt>", `data-question="window"><span>When</span>`,
			`<option value="now">Now</option><option value="night" selected>Tonight</option>`, `class="buttons n4"`,
			`value="approve" class="s1" data-live disabled>Approve`, `value="later" class="s2"`,
			`<a class="s3" href="https://git.example.com/d"`, `value="decline" class="s4"`},
		"vote_interaction": {"Lunch on Friday", `data-question="lunch"><legend class="vh">Choose any</legend>`,
			`type="checkbox" name="v" value="noodles" checked disabled data-live><span>Noodles`, `value="rice" disabled data-live>`, `value="vote" class="s1" data-live disabled>Vote`},
		"vote for one":         {`Choose one`, `type="radio" name="v" value="a" disabled data-live>`, `value="vote" class="s1" data-live disabled>提交`},
		"multiple_interaction": {"Choose a desk", "for next week", `data-question="floor"`, `name="sa" disabled data-live>`, `data-question="side"`, `name="sb"`, `value="book"`},
		"answered":             {"Closed", `value="noodles" checked disabled><span>`, `class="buttons n1"><button type="button" class="s0" disabled>Closed</button>`},
		"taskcard": {`href="https://hr.example.com/7"`, "Leave request", `class="line gray">Li Na`, "2 days, from Monday",
			`value="ok" class="s2 bold" data-live disabled>Approve`, `value="no" class="s4"`},
		"interactive_taskcard": {"请假申请", `value="ok" class="s2" data-live disabled>同意`},
	} {
		t.Run(name, func(t *testing.T) { contains(t, draw(t, withMedia(), kind(t, name), ""), parts...) })
	}
}

// TestKindsLoadNothing looks at every address in every kind: the page loads its
// own, and the rest are links.
func TestKindsLoadNothing(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		page, _, _ := strings.Cut(draw(t, withMedia(), kind(t, k.name), ""), `<details class="more">`)
		for _, m := range loaded.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(m[1], "_sim/media?") && m[1] != "http://example.com/own.png" {
				t.Errorf("%s loads %q", k.name, m[1])
			}
		}
		lacks(t, page, "<script", "onerror", "<style", " style=", "ZgotmplZ")
	}
}

// TestPlugin: personal WeChat shows no markdown and no cards.
func TestPlugin(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		page := draw(t, withMedia(), kind(t, k.name), "&view=wechat")
		if hint := strings.Contains(page, `class="bubble hint"`); hint != wecomOnly[k.msgtype] {
			t.Errorf("%s: hint %v", k.name, hint)
		}
	}
	f := withMedia()
	f.deliver(kind(t, "markdown"))
	contains(t, get(t, f, "/?user=zhangsan&lang=zh&view=wechat"), `<body class="picked" data-view="wechat">`,
		"&amp;view=wechat#newest", "view=wechat", "暂不支持此消息类型，请在企业微信中查看",
		`<nav id="views" aria-label="查看方式">`, `lang=zh&amp;user=zhangsan#newest">企业微信</a>`, `view=wechat#newest" aria-current="true">`)
	lacks(t, get(t, f, "/?user=zhangsan"), "data-view", `class="bubble hint"`)
}

// TestBroken gives each type bodies that do not fit it. The page shows them raw.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		var whole map[string]json.RawMessage
		json.Unmarshal([]byte(k.body), &whole)
		bad := []string{"", "null", "[]", "7", `"x"`, "{}", k.body[:len(k.body)-1]}
		delete(whole, "task_id")   // the page does not look at it
		for field := range whole { // each of the others once as a list in a list
			broken := maps.Clone(whole)
			broken[field] = json.RawMessage(`[[7]]`)
			body, _ := json.Marshal(broken)
			bad = append(bad, string(body))
		}
		for _, body := range bad {
			b := readBody(seen(english), Message{MsgType: k.msgtype, Body: json.RawMessage(body)})
			if b.Note == "" || b.Raw == "" {
				t.Errorf("%s: %s is drawn as %+v", k.name, body, b)
			}
		}
	}
}

func TestMissingMedia(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"image": "No such picture", "voice": "<code>amr</code>", "video": "<code>mp4</code>", "file": "<code>pdf</code>",
		"mpnews": `class="away">`, "text_notice": `<span class="gray">`,
	} {
		page := draw(t, world(), kind(t, name), "")
		contains(t, page, want)
		lacks(t, page, "_sim/media")
	}
}

// TestOpenedPictures: an SVG or a page, opened by itself, could run its script
// with the page's own rights. Within an img it cannot.
func TestOpenedPictures(t *testing.T) {
	t.Parallel()
	f := withMedia()
	for _, kindOf := range []string{"image/svg+xml", "text/html", ""} {
		f.media["pic"] = Media{"x.png", kindOf, 9}
		page := draw(t, f, kind(t, "image"), "")
		contains(t, page, `<button class="shot"`)
		lacks(t, page, `href="_sim`)
		f.clear()
	}
}

func TestRobotPicture(t *testing.T) {
	t.Parallel()
	m := Message{MsgType: "image", Body: json.RawMessage(`{"base64":"` + onePixel + `","md5":"x"}`), Users: []string{"zhangsan"}}
	contains(t, draw(t, world(), m, ""), `<button class="shot"`, `<img src="data:image/png;base64,`+onePixel[:20])
	for _, bad := range []string{"%%%", "PHN2Zz48L3N2Zz4=", "aGVsbG8="} {
		m.Body = json.RawMessage(`{"base64":"` + bad + `"}`)
		page := draw(t, world(), m, "")
		contains(t, page, "No such picture")
		lacks(t, page, "data:")
	}
}
