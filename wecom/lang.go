package wecom

import "strings"

// Lang is the language of a hint. Anything that begins with "zh", as in "zh-CN" or "zh_CN.UTF-8",
// is Chinese; everything else is English.
type Lang string

// The languages of hints.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

func (l Lang) isChinese() bool {
	return len(l) >= 2 && strings.EqualFold(string(l[:2]), "zh")
}

// in returns the text of the language.
func (l Lang) in(english, chinese string) string {
	if l.isChinese() {
		return chinese
	}
	return english
}
