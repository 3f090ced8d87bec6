package phone

import (
	"encoding/json"
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
