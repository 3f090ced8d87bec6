package phone

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// lang is a language of the page.
type lang string

const (
	english lang = "en"
	chinese lang = "zh"
)

// words is every text of the page, in both languages side by side.
var words = map[string]struct{ en, zh string }{
	"brand":         {"Simulator", "模拟器"},
	"title":         {"WeCom simulator", "企业微信模拟器"},
	"skip":          {"Skip to the messages", "跳到消息"},
	"members":       {"Members", "成员"},
	"filter":        {"Find a member", "查找成员"},
	"no_match":      {"No member matches.", "没有匹配的成员"},
	"no_member":     {"This world has no members.", "这里还没有成员"},
	"unread":        {"unread", "条未读"},
	"phone_of":      {"Phone of %s", "%s的手机"},
	"back":          {"Back to the members", "返回成员列表"},
	"chats":         {"Conversations", "会话"},
	"all_chats":     {"All", "全部"},
	"group":         {"Group chat", "群聊"},
	"robot":         {"Robot", "群机器人"},
	"everybody":     {"everybody", "所有人"},
	"colon":         {": ", "："},
	"absent":        {"There is no member “%s”", "没有成员「%s」"},
	"no_messages":   {"No messages in this conversation", "此会话还没有消息"},
	"seen_in":       {"Seen in", "查看方式"},
	"in_wecom":      {"WeCom", "企业微信"},
	"in_plugin":     {"WeChat plugin", "微信 · 微工作台"},
	"plugin_hint":   {"This type of message is not supported here. Please view it in WeCom.", "暂不支持此消息类型，请在企业微信中查看"},
	"messages":      {"Messages", "消息"},
	"earlier":       {"Show %d earlier", "查看更早的 %d 条"},
	"new_messages":  {"New messages", "有新消息"},
	"live":          {"Live", "实时"},
	"reconnecting":  {"Reconnecting", "正在重连"},
	"app":           {"App %d", "应用 %d"},
	"recalled":      {"%s recalled a message", "%s撤回了一条消息"},
	"details":       {"Details", "详细信息"},
	"field_msgid":   {"Message ID", "消息 ID"},
	"field_app":     {"App", "应用"},
	"field_chat":    {"Group chat", "群聊"},
	"field_type":    {"Type", "类型"},
	"field_time":    {"Time", "时间"},
	"field_users":   {"Received by", "接收人"},
	"field_body":    {"Body", "消息体"},
	"more_users":    {"and %d more", "等，另有 %d 人"},
	"more_bytes":    {"… %d more bytes", "… 还有 %d 字节"},
	"empty_body":    {"(empty)", "（空）"},
	"unknown":       {"Messages of type %s are not drawn here yet.", "此页面暂不展示 %s 类型的消息"},
	"broken":        {"The body does not fit the type %s.", "消息体不符合 %s 类型的格式"},
	"no_address":    {"no http(s) address", "没有 http(s) 链接"},
	"outside":       {"Picture from outside, not loaded", "外部图片，未加载"},
	"media_gone":    {"This media is not here, or no longer.", "素材不存在或已过期"},
	"image_gone":    {"No such picture", "图片不存在"},
	"zoom":          {"Full size", "查看原图"},
	"play_voice":    {"Voice message", "语音消息"},
	"no_amr":        {"length unknown, browsers cannot play it", "时长未知，浏览器无法播放此格式"},
	"play_video":    {"Video", "视频"},
	"download":      {"Download", "下载"},
	"hosted":        {"Open the article", "展开正文"},
	"by_author":     {"By %s", "作者：%s"},
	"original":      {"Read the original", "阅读原文"},
	"no_text":       {"(the page has no text)", "（正文没有文字）"},
	"mini_program":  {"Mini program", "小程序"},
	"open_program":  {"Open the mini program", "进入小程序查看"},
	"menu":          {"Menu of the card", "卡片菜单"},
	"choose_one":    {"Choose one", "单选"},
	"choose_many":   {"Choose any", "可多选"},
	"your_choice":   {"your choice", "你的选择"},
	"click_sent":    {"Sent to the app", "已发送给应用"},
	"click_failed":  {"The click was not taken", "点击未能送达"},
	"no_link":       {"No http(s) address: the card cannot be opened.", "没有 http(s) 链接，卡片无法打开"},
	"copy":          {"Copy", "复制"},
	"copied":        {"Copied", "已复制"},
	"how":           {"Send a message", "发送消息"},
	"hello_title":   {"No messages yet", "还没有消息"},
	"hello_lead":    {"Send the first one and it appears here by itself.", "发送第一条消息，它会自动出现在这里。"},
	"hello_curl":    {"With curl, just as to WeCom itself", "用 curl，和调用真正的企业微信一样"},
	"hello_cli":     {"With hongyan", "用 hongyan"},
	"hello_own":     {"Put in the agent ID and the secret of your app.", "请填入你的应用的 agentid 和 secret。"},
	"hello_text":    {"Hello from my laptop", "你好，企业微信"},
	"type_image":    {"Image", "图片"},
	"type_voice":    {"Voice", "语音"},
	"type_video":    {"Video", "视频"},
	"type_file":     {"File", "文件"},
	"type_card":     {"Card", "卡片"},
	"type_news":     {"Article", "图文"},
	"type_markdown": {"Markdown", "Markdown"},
	"type_program":  {"Mini program", "小程序"},
}

// T is the text named key, with its arguments filled in. An unknown key is an
// error, so that a slip in a template is found by the first test.
func (l lang) T(key string, args ...any) (string, error) {
	w, ok := words[key]
	if !ok {
		return "", fmt.Errorf("phone: no text named %q", key)
	}
	text := w.en
	if l == chinese {
		text = w.zh
	}
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	return text, nil
}

// say is T for the keys written in Go.
func (l lang) say(key string, args ...any) string {
	text, err := l.T(key, args...)
	if err != nil {
		return key
	}
	return text
}

// Tag is the language for the html element.
func (l lang) Tag() string {
	if l == chinese {
		return "zh-CN"
	}
	return "en"
}

// Other is the language the switch leads to.
func (l lang) Other() lang {
	if l == chinese {
		return english
	}
	return chinese
}

// Name is what the language calls itself.
func (l lang) Name() string {
	if l == chinese {
		return "中文"
	}
	return "English"
}

// langOf is the language asked for with ?lang=, else the browser's, else English.
func langOf(r *http.Request) lang {
	switch asked := lang(r.URL.Query().Get("lang")); asked {
	case english, chinese:
		return asked
	}
	best, found := 0.0, english
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(part, ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, _ = strconv.ParseFloat(q, 64) // 0, not wanted, if it is no number
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if l := lang(primary); (l == english || l == chinese) && weight > best {
			best, found = weight, l
		}
	}
	return found
}

var weekdays = [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}

// day is a date for a separator; the year only if it is not this one. It says
// neither today nor yesterday: a page left open overnight would be wrong.
func (l lang) day(t, now time.Time) string {
	same := t.Year() == now.In(t.Location()).Year()
	switch {
	case l == chinese && same:
		return t.Format("1月2日 ") + weekdays[t.Weekday()]
	case l == chinese:
		return t.Format("2006年1月2日 ") + weekdays[t.Weekday()]
	case same:
		return t.Format("Mon 2 Jan")
	}
	return t.Format("Mon 2 Jan 2006")
}

// brief is a time for the member list: the clock for today, else the date.
func (l lang) brief(t, now time.Time) string {
	now = now.In(t.Location())
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case t.Year() != now.Year():
		return t.Format("2006-01-02")
	case l == chinese:
		return t.Format("1月2日")
	}
	return t.Format("2 Jan")
}
