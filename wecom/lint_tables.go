package wecom

// unknownToWeChat are the msgtypes that members who read in WeChat do not see (path/90236).
var unknownToWeChat = []string{"markdown", msgTypeCard, "taskcard", "interactive_taskcard"}

// appDisplayLimits are the lengths, in characters, up to which the official page says that clients
// show a text of a card (path/90236). WeCom accepts more.
var appDisplayLimits = map[string]int{
	"template_card.source.desc":                         20,
	"template_card.main_title.title":                    36,
	"template_card.main_title.desc":                     44, // see displayLimit
	"template_card.emphasis_content.title":              14,
	"template_card.emphasis_content.desc":               22,
	"template_card.sub_title_text":                      160,
	"template_card.vertical_content_list[].title":       38,
	"template_card.vertical_content_list[].desc":        160,
	"template_card.horizontal_content_list[].keyname":   5,
	"template_card.horizontal_content_list[].value":     30,
	"template_card.jump_list[].title":                   18,
	"template_card.button_selection.option_list[].text": 16,
	"template_card.button_list[].text":                  10,
	"template_card.checkbox.option_list[].text":         17,
	"template_card.select_list[].option_list[].text":    16,
	"template_card.submit_button.text":                  10,
}

// robotDisplayLimits are those of the cards of group robots (path/91770).
var robotDisplayLimits = map[string]int{
	"template_card.source.desc":                       13,
	"template_card.main_title.title":                  26,
	"template_card.main_title.desc":                   30,
	"template_card.emphasis_content.title":            10,
	"template_card.emphasis_content.desc":             15,
	"template_card.sub_title_text":                    112,
	"template_card.vertical_content_list[].title":     26,
	"template_card.vertical_content_list[].desc":      112,
	"template_card.horizontal_content_list[].keyname": 5,
	"template_card.horizontal_content_list[].value":   26,
	"template_card.jump_list[].title":                 13,
}

// displayLimit returns how many characters of a field clients show, or 0. Cards that ask something
// have more room below their title than cards that tell something.
func (l *linter) displayLimit(pattern string) int {
	if pattern == "template_card.main_title.desc" && (l.cardType == "vote_interaction" || l.cardType == "multiple_interaction") {
		return 160
	}
	return l.limits[pattern]
}

// olderByteLimits are what documents before 2024 give for limits that are in characters now.
var olderByteLimits = map[string]int{"textcard.title": 128, "textcard.description": 512}

// translated are the fields in which WeCom turns id markers into names (path/90236).
var translated = []string{
	"text.content",
	"textcard.title", "textcard.description",
	"news.articles[].title", "news.articles[].description",
	"mpnews.articles[].title", "mpnews.articles[].digest", "mpnews.articles[].content",
	"miniprogram_notice.title", "miniprogram_notice.description", "miniprogram_notice.content_item[].value",
	"template_card.source.desc", "template_card.main_title.title", "template_card.main_title.desc",
	"template_card.sub_title_text", "template_card.horizontal_content_list[].value",
	"taskcard.title", "taskcard.description",
	"interactive_taskcard.title", "interactive_taskcard.description",
}

// sinceClient are the parts of cards that clients before a version leave out (path/90236).
var sinceClient = map[string]string{
	"template_card.action_menu":      "3.1.18",
	"template_card.quote_area":       "3.1.18",
	"template_card.image_text_area":  "3.1.18",
	"template_card.button_selection": "3.1.18",
}
