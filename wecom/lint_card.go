package wecom

import "slices"

// cardPart looks at what fields of one object say together.
func (l *linter) cardPart(pattern, path string, part map[string]any) {
	if version := sinceClient[pattern]; version != "" {
		l.since(path, version)
	}
	number := func(name string) float64 { n, _ := part[name].(float64); return n }
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return part[name] != nil && part[name] != "" })
	}
	switch pattern {
	case "news.articles[]":
		if has("appid") && has("url") {
			l.ignored(path+".url", "appid opens a mini program instead", "已指定小程序 appid")
		}
	case "template_card":
		if l.cardType == "vote_interaction" && part["submit_button"] == nil {
			l.add(path+".submit_button", RuleNoEffect,
				"without it nobody can send the vote off", "没有提交按钮，成员无法提交投票")
		}
	case "template_card.source":
		if number("desc_color") != 0 {
			l.since(path+".desc_color", "3.1.18")
		}
		if c := number("desc_color"); c < 0 || c > 3 {
			l.ignored(path+".desc_color", "colours are 0 to 3", "颜色取值为 0 到 3")
		}
	case "template_card.card_image":
		if r := number("aspect_ratio"); r != 0 && (r < 1.3 || r >= 2.25) {
			l.ignored(path+".aspect_ratio", "a ratio is from 1.3 to less than 2.25", "宽高比应不小于 1.3 且小于 2.25")
		}
	case "template_card.quote_area", "template_card.image_text_area", "template_card.jump_list[]", "template_card.card_action":
		if number("type") == 0 && has("url", "appid", "pagepath") {
			l.ignored(path+".type", "without a type of 1 (url) or 2 (mini program) a tap opens nothing", "未设置 type 为 1（链接）或 2（小程序），点击无效")
		}
	case "template_card.horizontal_content_list[]":
		switch {
		case number("type") == 0 && has("url", "media_id", "userid"):
			l.ignored(path+".type", "without a type of 1 (url), 2 (file) or 3 (member) a tap opens nothing", "未设置 type 为 1（链接）、2（文件）或 3（成员），点击无效")
		case number("type") == 2:
			l.since(path, "3.1.12")
		case number("type") == 3:
			l.since(path, "3.1.18")
		}
	case "template_card.button_list[]":
		if number("type") == 0 && has("url") {
			l.ignored(path+".url", "only a button of type 1 opens a link", "只有 type 为 1 的按钮才会打开链接")
		}
		if s := number("style"); s < 0 || s > 4 {
			l.ignored(path+".style", "styles are 1 to 4; others are shown as 1", "样式取值为 1 到 4，其他值按 1 显示")
		}
	case "template_card.button_selection", "template_card.select_list[]":
		if has("selected_id") && !slices.Contains(optionsWith(part, "id"), part["selected_id"]) {
			l.ignored(path+".selected_id", "no option has this id", "没有选项使用此 id")
		}
	case "template_card.checkbox":
		checked := slices.DeleteFunc(optionsWith(part, "is_checked"), func(v any) bool { return v != true })
		if number("mode") == 0 && len(checked) > 1 {
			l.ignored(path+".option_list", "several options are chosen at first, and mode 0 allows one", "mode 为 0（单选），却预选了多个选项")
		}
	}
}

// optionsWith returns a field of every option of a question.
func optionsWith(question map[string]any, field string) []any {
	var values []any
	options, _ := question["option_list"].([]any)
	for _, o := range options {
		option, _ := o.(map[string]any)
		values = append(values, option[field])
	}
	return values
}

func (l *linter) since(field, version string) {
	l.add(field, RuleClient,
		"WeCom before "+version+" does not show it", "企业微信 "+version+" 之前的版本不显示")
}

func (l *linter) ignored(field, en, zh string) {
	l.add(field, RuleNoEffect, "it has no effect: "+en, "不会生效："+zh)
}
