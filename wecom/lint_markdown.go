package wecom

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// LintMarkdown returns what of a markdown text the dialect does not know and clients therefore show
// as typed: each kind once, with the line where it is first seen.
//
// It is advice: it reads line by line, as people do, and can be mistaken about exotic markdown.
func LintMarkdown(content string, dialect Dialect) []Warning {
	field := "markdown.content"
	l := linter{}
	if dialect == DialectV2 {
		field = "markdown_v2.content"
		l.add(field, RuleClient,
			"WeCom before 4.1.36 (Android: 4.1.38) shows markdown_v2 as plain text",
			"企业微信 4.1.36（安卓 4.1.38）之前的版本把 markdown_v2 显示为纯文本")
	}
	var told []*markdownKind
	tell := func(line int, kind *markdownKind) {
		if !slices.Contains(kind.unknownTo, dialect) || slices.Contains(told, kind) {
			return
		}
		told = append(told, kind)
		n := strconv.Itoa(line + 1)
		l.add(field, RuleMarkdown, "line "+n+": "+kind.en, "第 "+n+" 行："+kind.zh)
	}
	fence := ""
	lines := strings.Split(content, "\n")
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		mark := mdFence.FindStringSubmatch(line)
		switch {
		case fence != "":
			if mark != nil && strings.HasPrefix(mark[1], fence) {
				fence = ""
			}
			continue
		case mark != nil:
			fence = mark[1]
			tell(i, &mdFencedCode)
			continue
		case i > 0 && mdTableRule.MatchString(line) && strings.Contains(lines[i-1], "|"):
			tell(i, &mdTable)
			continue
		}
		line = mdCode.ReplaceAllString(line, "`")
		line = mdEscape.ReplaceAllString(line, "")
		for k := range mdLineKinds {
			if mdLineKinds[k].in(line) {
				tell(i, &mdLineKinds[k])
			}
		}
	}
	return l.warnings
}

// markdownKind is something that markdown has, and some of WeCom's dialects do not.
type markdownKind struct {
	unknownTo []Dialect
	in        func(line string) bool // whether a line has it, code taken out
	en, zh    string
}

var (
	inVersion1 = []Dialect{DialectApp, DialectGroup}
	inVersion2 = []Dialect{DialectV2}
	inAll      = []Dialect{DialectApp, DialectGroup, DialectV2}

	mdFence     = regexp.MustCompile("^ {0,3}(```+|~~~+)[^`]*$")
	mdTableRule = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$`)
	mdCode      = regexp.MustCompile("`[^`]*`")
	mdEscape    = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]`)
	mdRule      = regexp.MustCompile(`^ {0,3}(-\s*-\s*-[-\s]*|\*\s*\*\s*\*[*\s]*|_\s*_\s*_[_\s]*)$`)
	mdListItem  = regexp.MustCompile(`^\s*([-*+]|\d{1,9}[.)])\s+\S`)
	mdAddress   = regexp.MustCompile(`\]\([^)\s]*[^)]*\)|https?://\S+`)
	mdBold      = regexp.MustCompile(`\*\*(.+?)\*\*`)
	mdItalic    = regexp.MustCompile(`(^|[^*])\*[^*\s]([^*]*[^*\s])?\*([^*]|$)|(^|[\s(,.，。（])_[^_\s]([^_]*[^_\s])?_([\s),.，。）]|$)`)
	mdFont      = regexp.MustCompile(`(?i)</?font\b`)
	mdColour    = regexp.MustCompile(`(?i)<font\s[^>]*color\s*=\s*["']?([^"'\s>]*)`)
	mdTag       = regexp.MustCompile(`(?i)</?([a-z][a-z0-9]*)(\s[^>]*)?/?>`)
)

var (
	mdFencedCode = markdownKind{unknownTo: inVersion1,
		en: "fenced code is shown as typed; only `code` within a line is known", zh: "不支持代码块，会原样显示；只支持行内代码"}
	mdTable = markdownKind{unknownTo: inVersion1, en: "a table is shown as typed", zh: "不支持表格，会原样显示"}
)

var mdLineKinds = []markdownKind{
	{unknownTo: inAll, in: regexp.MustCompile(`^ {0,3}#{1,6}[^#\s\d]`).MatchString,
		en: "a heading needs a blank after #", zh: "标题的 # 之后需要空格"},
	{unknownTo: inVersion1, in: regexp.MustCompile(`!\[[^\]]*\]\(`).MatchString,
		en: "an image is not shown", zh: "不支持图片"},
	{unknownTo: inVersion1, in: mdRule.MatchString,
		en: "a rule is shown as typed", zh: "不支持分割线，会原样显示"},
	{unknownTo: inVersion1, in: func(line string) bool { return mdListItem.MatchString(line) && !mdRule.MatchString(line) },
		en: "a list is shown as typed", zh: "不支持列表，会原样显示"},
	{unknownTo: inVersion1, in: regexp.MustCompile(`^ {0,3}>\s*>`).MatchString,
		en: "a quote within a quote is not known", zh: "不支持嵌套引用"},
	{unknownTo: inVersion1, in: hasItalics,
		en: "italics are shown as typed", zh: "不支持斜体，会原样显示"},
	{unknownTo: inVersion1, in: regexp.MustCompile(`~~[^~\s][^~]*~~`).MatchString,
		en: "strike-through is shown as typed", zh: "不支持删除线，会原样显示"},
	{unknownTo: inVersion1, in: hasUnknownColour,
		en: "a colour is not known: they are info (green), comment (grey) and warning (orange)", zh: "颜色只支持 info（绿）、comment（灰）、warning（橙）"},
	{unknownTo: inVersion1, in: hasOtherTag,
		en: "HTML other than <font color> is shown as typed", zh: "除 <font color> 外的 HTML 会原样显示"},
	{unknownTo: inVersion2, in: mdFont.MatchString,
		en: "markdown_v2 has no colours: <font> belongs to markdown", zh: "markdown_v2 不支持颜色：<font> 属于 markdown"},
	{unknownTo: []Dialect{DialectApp, DialectV2}, in: regexp.MustCompile(`<@[^>\s]+>`).MatchString,
		en: "<@userid> mentions nobody here: only in markdown of group robots and chats", zh: "<@userid> 在此无效：只有群机器人和群聊的 markdown 支持"},
}

func hasItalics(line string) bool {
	line = mdAddress.ReplaceAllString(line, "")
	return mdItalic.MatchString(mdBold.ReplaceAllString(line, "$1"))
}

func hasUnknownColour(line string) bool {
	for _, m := range mdColour.FindAllStringSubmatch(line, -1) {
		if !slices.Contains([]string{"info", "comment", "warning"}, m[1]) {
			return true
		}
	}
	return false
}

func hasOtherTag(line string) bool {
	for _, m := range mdTag.FindAllStringSubmatch(line, -1) {
		if !strings.EqualFold(m[1], "font") {
			return true
		}
	}
	return false
}
