package wecom

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Warning says that WeCom takes something, yet not everybody will see it as it was meant. It never
// holds content.
type Warning struct {
	Field  string // WeCom's path of the field, such as "news.articles[2].title"
	Rule   Rule
	en, zh string
}

// Text returns what will be seen, and what to do about it, in the language.
func (w Warning) Text(lang Lang) string { return lang.in(w.en, w.zh) }

// String returns the field and the text in English.
func (w Warning) String() string { return w.Field + ": " + w.en }

// Rule is what a [Warning] is about, for programs that want to hear of some and not of others.
type Rule string

// The rules.
const (
	RuleDisplay  Rule = "display-length" // longer than clients show
	RuleBytes    Rule = "byte-length"    // within the limit in characters, beyond the older one in bytes
	RuleWeChat   Rule = "wechat-plugin"  // not shown in the WeChat plugin (微工作台)
	RuleMarkdown Rule = "markdown"       // syntax that is shown as typed
	RuleClient   Rule = "client-version" // not shown by older clients
	RuleHTTPS    Rule = "not-https"      // a link or picture without TLS
	RuleIDs      Rule = "id-translation" // an id marker that stays as typed
	RuleNoEffect Rule = "no-effect"      // given, and ignored
)

// Lint returns what WeCom would accept without a word and readers would see otherwise than meant:
// texts longer than clients show, markdown that WeCom does not know, parts that the WeChat plugin or
// older clients leave out, links that lead nowhere, id markers that stay as typed. What WeCom
// refuses is the business of [Message.Validate].
func Lint(m Message) []Warning {
	l := linter{app: true, translates: m.TranslateIDs, limits: appDisplayLimits}
	l.body(m.Body)
	return l.warnings
}

// LintRobotCard does the same for a card that a group robot sends, which clients show with shorter
// lines than an app's.
func LintRobotCard(card Card) []Warning {
	l := linter{limits: robotDisplayLimits}
	l.body(card)
	return l.warnings
}

// linter walks through the JSON of a body, where fields have WeCom's names whatever their type.
type linter struct {
	app        bool // sent by an app, not by a robot
	translates bool // WeCom is asked to translate ids
	limits     map[string]int
	cardType   string
	warnings   []Warning
}

func (l *linter) add(field string, rule Rule, en, zh string) {
	l.warnings = append(l.warnings, Warning{Field: field, Rule: rule, en: en, zh: zh})
}

func (l *linter) body(b Body) {
	if isNil(b) {
		return
	}
	if card, ok := b.(Card); ok {
		l.cardType = card.CardType()
	}
	msgType := b.MsgType()
	if l.app && slices.Contains(unknownToWeChat, msgType) {
		l.add(msgType, RuleWeChat,
			"members who read in WeChat (微工作台) see only a hint to open WeCom",
			"在微信（微工作台）中查看的成员只会看到请打开企业微信的提示")
	}
	data, err := plainJSON(b)
	var tree any
	if err != nil || json.Unmarshal(data, &tree) != nil {
		return // Validate says why
	}
	l.walk(msgType, tree)
}

var indexes = regexp.MustCompile(`\[\d+\]`)

func (l *linter) walk(path string, v any) {
	pattern := indexes.ReplaceAllString(path, "[]")
	switch v := v.(type) {
	case map[string]any:
		l.cardPart(pattern, path, v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			l.walk(path+"."+name, v[name])
		}
	case []any:
		for i, e := range v {
			l.walk(at(path, i), e)
		}
	case string:
		l.text(pattern, path, v)
	}
}

func (l *linter) text(pattern, path, value string) {
	if limit := l.displayLimit(pattern); limit > 0 {
		if n := utf8.RuneCountInString(value); n > limit {
			l.add(path, RuleDisplay,
				"it has "+strconv.Itoa(n)+" characters; beyond "+strconv.Itoa(limit)+" clients may not show it",
				"共 "+strconv.Itoa(n)+" 个字符，超过建议的 "+strconv.Itoa(limit)+" 个，客户端可能显示不全")
		}
	}
	if limit := olderByteLimits[pattern]; limit > 0 && len(value) > limit {
		l.add(path, RuleBytes,
			"it has "+strconv.Itoa(len(value))+" bytes; by older documents WeCom cuts at "+strconv.Itoa(limit)+" bytes, not characters",
			"共 "+strconv.Itoa(len(value))+" 字节；按旧版文档，企业微信以 "+strconv.Itoa(limit)+" 字节（而非字符）截断")
	}
	if isLink(pattern) && value != "" && !strings.HasPrefix(value, "https://") || hasPlainLink(pattern, value) {
		l.add(path, RuleHTTPS,
			"it does not begin with https://: what is fetched can be read and changed on the way, and some phones refuse to show it",
			"链接不是 https:// 开头：内容可能在途中被窥视或篡改，部分手机会拒绝加载")
	}
	if l.app && idMarker.MatchString(value) {
		l.marker(pattern, path)
	}
	if l.app && pattern == "markdown.content" {
		l.warnings = append(l.warnings, LintMarkdown(value, DialectApp)...)
	}
}

// marker warns of an id marker that WeCom will not turn into a name.
func (l *linter) marker(pattern, path string) {
	switch {
	case !slices.Contains(translated, pattern):
		l.add(path, RuleIDs,
			"WeCom does not translate ids in this field: the marker is shown as typed",
			"企业微信不会转译该字段中的 id：标记会原样显示")
	case !l.translates:
		l.add(path, RuleIDs,
			"the id marker is shown as typed unless TranslateIDs (enable_id_trans) is set",
			"未开启 TranslateIDs（enable_id_trans），id 标记会原样显示")
	}
}

// isLink reports whether the field is a link or a picture.
func isLink(pattern string) bool {
	name := pattern[strings.LastIndexByte(pattern, '.')+1:]
	return slices.Contains([]string{"url", "picurl", "icon_url", "image_url", "content_source_url"}, name)
}

var plainLink = regexp.MustCompile(`(?i)(href\s*=\s*["']?|\]\(\s*)http://`)

// hasPlainLink reports whether a text with markup has a link without TLS.
func hasPlainLink(pattern, value string) bool {
	return (pattern == "text.content" || pattern == "markdown.content") && plainLink.MatchString(value)
}
