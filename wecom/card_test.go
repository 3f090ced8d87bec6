package wecom

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// goldenCards holds a request for every card_type as the official page shows them.
var goldenCards = []struct {
	name    string
	message Message
	json    string
}{
	{
		"text notice with a menu",
		Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, DuplicateCheckInterval: 30 * time.Minute, Body: TextNotice{
			TaskID:          "quota-2026-03@9",
			Source:          Source{IconURL: "https://intra.example.com/i.png", Desc: "Storage", DescColor: DescGreen},
			ActionMenu:      ActionMenu{Desc: "Options", Actions: []Action{{Text: "Mute for a day", Key: "mute1d"}, {Text: "Stop", Key: "stop"}}},
			MainTitle:       MainTitle{Title: "Quota almost used", Desc: "volume backup-2"},
			QuoteArea:       QuoteArea{Link: LinkTo("https://intra.example.com/q"), Title: "Rule", QuoteText: "Warn at 90 percent"},
			EmphasisContent: EmphasisContent{Title: "93%", Desc: "used"},
			SubTitleText:    "Clean up or ask for more space.",
			HorizontalContents: []HorizontalContent{
				MemberLine("Owner", "Li Na", "lina"), FileLine("Report", "usage.pdf", "3aXkQpInvented0006"),
			},
			Jumps:      []Jump{{Title: "Open console", Link: LinkTo("https://intra.example.com/c")}},
			CardAction: LinkTo("https://intra.example.com/c"),
		}},
		`{"touser": "lina", "msgtype": "template_card", "agentid": 1000007, "duplicate_check_interval": 1800, "template_card": {
			"card_type": "text_notice",
			"task_id": "quota-2026-03@9",
			"source": {"icon_url": "https://intra.example.com/i.png", "desc": "Storage", "desc_color": 3},
			"action_menu": {"desc": "Options", "action_list": [{"text": "Mute for a day", "key": "mute1d"}, {"text": "Stop", "key": "stop"}]},
			"main_title": {"title": "Quota almost used", "desc": "volume backup-2"},
			"quote_area": {"type": 1, "url": "https://intra.example.com/q", "title": "Rule", "quote_text": "Warn at 90 percent"},
			"emphasis_content": {"title": "93%", "desc": "used"},
			"sub_title_text": "Clean up or ask for more space.",
			"horizontal_content_list": [
				{"keyname": "Owner", "value": "Li Na", "type": 3, "userid": "lina"},
				{"keyname": "Report", "value": "usage.pdf", "type": 2, "media_id": "3aXkQpInvented0006"}
			],
			"jump_list": [{"type": 1, "title": "Open console", "url": "https://intra.example.com/c"}],
			"card_action": {"type": 1, "url": "https://intra.example.com/c"}
		}}`,
	},
	{
		"shortest text notice",
		Message{To: To{All: true}, AgentID: 1, Body: TextNotice{SubTitleText: "磁盘 <已满> & 告警", CardAction: LinkToMiniProgram("wx0000invented0001", "")}},
		`{"touser": "@all", "msgtype": "template_card", "agentid": 1, "template_card": {
			"card_type": "text_notice", "sub_title_text": "磁盘 <已满> & 告警", "card_action": {"type": 2, "appid": "wx0000invented0001"}
		}}`,
	},
	{
		"news notice",
		Message{To: To{Parties: []int{4}}, AgentID: 1000007, Body: NewsNotice{
			MainTitle:          MainTitle{Title: "Spring outing"},
			CardImage:          CardImage{URL: "https://intra.example.com/lake.jpg", AspectRatio: 1.8},
			ImageTextArea:      ImageTextArea{Title: "Route", Desc: "Lake and hill", ImageURL: "https://intra.example.com/map.jpg"},
			VerticalContents:   []VerticalContent{{Title: "Bus", Desc: "leaves at 8:00"}},
			HorizontalContents: []HorizontalContent{TextLine("Seats", "40"), LinkLine("Map", "open", "https://intra.example.com/map")},
			Jumps:              []Jump{{Title: "Sign up", Link: LinkToMiniProgram("wx0000invented0001", "pages/join")}},
			CardAction:         LinkTo("https://intra.example.com/outing"),
		}},
		`{"toparty": "4", "msgtype": "template_card", "agentid": 1000007, "template_card": {
			"card_type": "news_notice",
			"main_title": {"title": "Spring outing"},
			"card_image": {"url": "https://intra.example.com/lake.jpg", "aspect_ratio": 1.8},
			"image_text_area": {"title": "Route", "desc": "Lake and hill", "image_url": "https://intra.example.com/map.jpg"},
			"vertical_content_list": [{"title": "Bus", "desc": "leaves at 8:00"}],
			"horizontal_content_list": [{"keyname": "Seats", "value": "40"}, {"keyname": "Map", "value": "open", "type": 1, "url": "https://intra.example.com/map"}],
			"jump_list": [{"type": 2, "title": "Sign up", "appid": "wx0000invented0001", "pagepath": "pages/join"}],
			"card_action": {"type": 1, "url": "https://intra.example.com/outing"}
		}}`,
	},
	{
		"button interaction",
		Message{To: To{Users: []string{"zhangwei"}}, AgentID: 1000007, Body: ButtonInteraction{
			TaskID:       "deploy-4471",
			MainTitle:    MainTitle{Title: "Release 2.9 to production?"},
			SubTitleText: "42 commits",
			ButtonSelection: Select{
				QuestionKey: "window", Title: "When", SelectedID: "now",
				Options: []Option{{ID: "now", Text: "Now"}, {ID: "night", Text: "Tonight"}},
			},
			Buttons: []Button{
				{Text: "Approve", Style: StyleMain, Key: "approve"},
				{Text: "Decline", Style: StyleNegative, Key: "decline"},
				{Type: ButtonURL, Text: "Diff", Style: StyleNeutral, URL: "https://git.example.com/d"},
			},
		}},
		`{"touser": "zhangwei", "msgtype": "template_card", "agentid": 1000007, "template_card": {
			"card_type": "button_interaction",
			"task_id": "deploy-4471",
			"main_title": {"title": "Release 2.9 to production?"},
			"sub_title_text": "42 commits",
			"button_selection": {
				"question_key": "window", "title": "When", "selected_id": "now",
				"option_list": [{"id": "now", "text": "Now"}, {"id": "night", "text": "Tonight"}]
			},
			"button_list": [
				{"text": "Approve", "style": 1, "key": "approve"},
				{"text": "Decline", "style": 4, "key": "decline"},
				{"type": 1, "text": "Diff", "style": 3, "url": "https://git.example.com/d"}
			]
		}}`,
	},
	{
		"vote interaction",
		Message{To: To{All: true}, AgentID: 1000007, Body: VoteInteraction{
			TaskID:    "lunch-77",
			MainTitle: MainTitle{Title: "Lunch on Friday"},
			Checkbox: Checkbox{QuestionKey: "lunch", Mode: MultipleChoice, Options: []CheckboxOption{
				{ID: "noodles", Text: "Noodles", IsChecked: true}, {ID: "rice", Text: "Rice"},
			}},
			SubmitButton: SubmitButton{Text: "Vote", Key: "vote"},
		}},
		`{"touser": "@all", "msgtype": "template_card", "agentid": 1000007, "template_card": {
			"card_type": "vote_interaction",
			"task_id": "lunch-77",
			"main_title": {"title": "Lunch on Friday"},
			"checkbox": {
				"question_key": "lunch", "mode": 1,
				"option_list": [{"id": "noodles", "text": "Noodles", "is_checked": true}, {"id": "rice", "text": "Rice", "is_checked": false}]
			},
			"submit_button": {"text": "Vote", "key": "vote"}
		}}`,
	},
	{
		"multiple interaction",
		Message{To: To{Users: []string{"lina"}}, AgentID: 1000007, Body: MultipleInteraction{
			TaskID:    "desk-12",
			MainTitle: MainTitle{Title: "Choose a desk"},
			Selects: []Select{
				{QuestionKey: "floor", Title: "Floor", SelectedID: "f3", Options: []Option{{ID: "f3", Text: "Third"}, {ID: "f4", Text: "Fourth"}}},
				{QuestionKey: "side", Title: "Side", Options: []Option{{ID: "w", Text: "Window"}, {ID: "c", Text: "Corridor"}}},
			},
			SubmitButton: SubmitButton{Text: "Book", Key: "book"},
		}},
		`{"touser": "lina", "msgtype": "template_card", "agentid": 1000007, "template_card": {
			"card_type": "multiple_interaction",
			"task_id": "desk-12",
			"main_title": {"title": "Choose a desk"},
			"select_list": [
				{"question_key": "floor", "title": "Floor", "selected_id": "f3", "option_list": [{"id": "f3", "text": "Third"}, {"id": "f4", "text": "Fourth"}]},
				{"question_key": "side", "title": "Side", "option_list": [{"id": "w", "text": "Window"}, {"id": "c", "text": "Corridor"}]}
			],
			"submit_button": {"text": "Book", "key": "book"}
		}}`,
	},
}

func TestCardsAreWeComJSON(t *testing.T) {
	for _, g := range goldenCards {
		t.Run(g.name, func(t *testing.T) { testGolden(t, g.message, g.json) })
	}
}

func TestSubmitButtonHasText(t *testing.T) {
	for _, card := range []Card{
		MultipleInteraction{SubmitButton: SubmitButton{Key: "k"}},
		VoteInteraction{SubmitButton: SubmitButton{Key: "k"}},
	} {
		data, err := json.Marshal(card)
		if err != nil || !strings.Contains(string(data), `"submit_button":{"text":"提交","key":"k"}`) {
			t.Errorf("%s, %v", data, err)
		}
	}
	if data, err := json.Marshal(VoteInteraction{}); err != nil || strings.Contains(string(data), "submit_button") {
		t.Errorf("a vote without button: %s, %v", data, err)
	}
}

func TestCardRefusesJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, "template_card.card_type is missing: it is one of text_notice, news_notice, button_interaction, vote_interaction, multiple_interaction"},
		{`null`, "template_card.card_type is missing"},
		{`[]`, "template_card is malformed: it is an object, given an array"},
		{`{"card_type":"text"}`, `template_card.card_type is not known: given "text", known here: text_notice, `},
		{`{"card_type":7}`, "template_card.card_type is malformed: it is a string, given a number"},
		{`{"card_type":"text_notice","button_list":[{"text":"a"}]}`, "template_card.button_list is in conflict: it is a part of button_interaction, not of text_notice"},
		{`{"card_type":"text_notice","checkbox":{"mode":1},"select_list":[{}],"card_image":{"url":"x"}}`, "template_card.card_image is in conflict: it is a part of news_notice, not of text_notice; template_card.checkbox is in conflict"},
		{`{"card_type":"vote_interaction","jump_list":[{"title":"x"}]}`, "template_card.jump_list is in conflict: it is a part of text_notice, news_notice, not of vote_interaction"},
		{`{"card_type":"news_notice","replace_text":"x"}`, "template_card.replace_text is in conflict"},
		{`{"card_type":"text_notice","card_action":{"type":"1"}}`, "template_card.card_action.type is malformed: it is a number, given a string"},
		{`{"card_type":"text_notice","jump_list":[{"type":"1"}]}`, "template_card.jump_list.type is malformed: it is a number, given a string"},
		{`{"card_type":"news_notice","card_image":{"aspect_ratio":true}}`, "template_card.card_image.aspect_ratio is malformed: it is a number, given a bool"},
	} {
		var m Message
		wantInvalid(t, json.Unmarshal([]byte(`{"msgtype":"template_card","template_card":`+c.in+`}`), &m), c.want)
		_, err := UnmarshalCard([]byte(c.in))
		wantInvalid(t, err, c.want)
	}
	var m Message
	wantInvalid(t, json.Unmarshal([]byte(`{"msgtype":"template_card"}`), &m), "template_card.card_type is missing")
	var notice TextNotice
	wantInvalid(t, json.Unmarshal([]byte(`{"card_type":"news_notice"}`), &notice), `template_card.card_type is in conflict: given "news_notice", wanted "text_notice"`)
}

// Programs with one class for all cards send the parts of the others too, empty.
func TestCardIgnoresEmptyPartsOfOthers(t *testing.T) {
	in := `{"card_type":"text_notice","main_title":{"title":"t"},"card_action":{"type":1,"url":"https://e"},
		"button_list":[],"checkbox":null,"submit_button":{"text":"","key":""},"select_list":[{"option_list":[]}],
		"card_image":{"url":"","aspect_ratio":0},"replace_text":"","feedback":{"id":"x"}}`
	card, err := UnmarshalCard([]byte(in))
	if want := (TextNotice{MainTitle: MainTitle{Title: "t"}, CardAction: LinkTo("https://e")}); err != nil || !reflect.DeepEqual(card, want) {
		t.Errorf("%+v, %v", card, err)
	}
}

// An empty list of entries or options is no part, from JSON or from Go: WeCom would refuse a menu
// without entries.
func TestEmptyListIsNoPart(t *testing.T) {
	in := `{"card_type":"button_interaction","main_title":{"title":"t"},"button_list":[{"text":"a","key":"a"}],"task_id":"1",
		"action_menu":{"desc":"","action_list":[]},"button_selection":{"question_key":"","option_list":[]}}`
	card, err := UnmarshalCard([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(card)
	want := `{"card_type":"button_interaction","main_title":{"title":"t"},"button_list":[{"text":"a","key":"a"}],"task_id":"1"}`
	if err != nil || string(out) != want {
		t.Errorf("%s, %v", out, err)
	}
}

func TestValidateCards(t *testing.T) {
	link := LinkTo("https://e")
	text := func(change func(*TextNotice)) Card {
		n := TextNotice{MainTitle: MainTitle{Title: "t"}, CardAction: link}
		change(&n)
		return n
	}
	news := func(change func(*NewsNotice)) Card {
		n := NewsNotice{MainTitle: MainTitle{Title: "t"}, CardImage: CardImage{URL: "https://e"}, CardAction: link}
		change(&n)
		return n
	}
	buttons := func(change func(*ButtonInteraction)) Card {
		n := ButtonInteraction{MainTitle: MainTitle{Title: "t"}, Buttons: []Button{{Text: "a", Key: "a"}}, TaskID: "1"}
		change(&n)
		return n
	}
	vote := func(change func(*VoteInteraction)) Card {
		n := VoteInteraction{
			MainTitle: MainTitle{Title: "t"}, TaskID: "1", SubmitButton: SubmitButton{Text: "s", Key: "s"},
			Checkbox: Checkbox{QuestionKey: "q", Options: []CheckboxOption{{ID: "1", Text: "a"}, {ID: "2", Text: "b"}}},
		}
		change(&n)
		return n
	}
	multiple := func(change func(*MultipleInteraction)) Card {
		n := MultipleInteraction{
			MainTitle: MainTitle{Title: "t"}, TaskID: "1", SubmitButton: SubmitButton{Text: "s", Key: "s"},
			Selects: []Select{{QuestionKey: "q", Options: []Option{{ID: "1", Text: "a"}}}},
		}
		change(&n)
		return n
	}
	options := func(n int) []Option {
		list := make([]Option, n)
		for i := range list {
			list[i] = Option{ID: strconv.Itoa(i), Text: "o"}
		}
		return list
	}
	for _, c := range []struct {
		name string
		card Card
		want string // "" if valid
	}{
		{"text notice", text(func(*TextNotice) {}), ""},
		{"subtitle instead of title", text(func(n *TextNotice) { n.MainTitle, n.SubTitleText = MainTitle{}, "s" }), ""},
		{"neither", text(func(n *TextNotice) { n.MainTitle.Title = "" }), "template_card.main_title.title is missing: give it, or sub_title_text"},
		{"no card_action", text(func(n *TextNotice) { n.CardAction = Link{} }), "template_card.card_action is missing"},
		{"card_action without type", text(func(n *TextNotice) { n.CardAction = Link{URL: "https://e"} }), "template_card.card_action.type is missing"},
		{"card_action without url", text(func(n *TextNotice) { n.CardAction.URL = "" }), "template_card.card_action.url is missing"},
		{"card_action to a word", text(func(n *TextNotice) { n.CardAction.URL = "e.com" }), "template_card.card_action.url is malformed"},
		{"card_action without appid", text(func(n *TextNotice) { n.CardAction = Link{Type: LinkMiniProgram, URL: "https://e"} }), "template_card.card_action.appid is missing"},
		{"card_action of both", text(func(n *TextNotice) {
			n.CardAction = Link{Type: LinkMiniProgram, URL: "https://e", AppID: "wx1", PagePath: "p"}
		}), ""},
		{"card_action of type 3", text(func(n *TextNotice) { n.CardAction.Type = 3 }), "template_card.card_action.type is not known: given 3, known are 0 to 2"},
		{"menu without task_id", text(func(n *TextNotice) { n.ActionMenu.Actions = []Action{{Text: "a", Key: "a"}} }), "template_card.task_id is missing"},
		{"menu without entries", text(func(n *TextNotice) { n.TaskID, n.ActionMenu.Desc = "1", "d" }), "template_card.action_menu.action_list is missing: give 1 to 3"},
		{"menu of four", text(func(n *TextNotice) { n.TaskID, n.ActionMenu.Actions = "1", make([]Action, 4) }), "template_card.action_menu.action_list has 4 elements, the limit is 3"},
		{"menu with a key twice", text(func(n *TextNotice) {
			n.TaskID, n.ActionMenu.Actions = "1", []Action{{Text: "a", Key: "k"}, {Text: "b", Key: "k"}}
		}), "template_card.action_menu.action_list[1].key is in conflict: it repeats that of template_card.action_menu.action_list[0].key"},
		{"quote without url", text(func(n *TextNotice) { n.QuoteArea.Type = LinkURL }), "template_card.quote_area.url is missing"},
		{"seven lines", text(func(n *TextNotice) { n.HorizontalContents = repeat(TextLine("k", "v"), 7) }), "template_card.horizontal_content_list has 7 elements, the limit is 6"},
		{"line without name", text(func(n *TextNotice) { n.HorizontalContents = []HorizontalContent{TextLine("", "v")} }), "template_card.horizontal_content_list[0].keyname is missing"},
		{"line without url", text(func(n *TextNotice) { n.HorizontalContents = []HorizontalContent{LinkLine("k", "v", "")} }), "template_card.horizontal_content_list[0].url is missing"},
		{"line without file", text(func(n *TextNotice) { n.HorizontalContents = []HorizontalContent{FileLine("k", "v", "")} }), "template_card.horizontal_content_list[0].media_id is missing"},
		{"line without member", text(func(n *TextNotice) { n.HorizontalContents = []HorizontalContent{MemberLine("k", "v", "")} }), "template_card.horizontal_content_list[0].userid is missing"},
		{"line of type 4", text(func(n *TextNotice) { n.HorizontalContents = []HorizontalContent{{Type: 4, KeyName: "k"}} }), "template_card.horizontal_content_list[0].type is not known"},
		{"four jumps", text(func(n *TextNotice) { n.Jumps = repeat(Jump{Title: "j", Link: link}, 4) }), "template_card.jump_list has 4 elements, the limit is 3"},
		{"jump without title", text(func(n *TextNotice) { n.Jumps = []Jump{{Link: link}} }), "template_card.jump_list[0].title is missing"},
		{"jump without appid", text(func(n *TextNotice) { n.Jumps = []Jump{{Title: "t", Link: LinkToMiniProgram("", "p")}} }), "template_card.jump_list[0].appid is missing"},
		{"GBK", text(func(n *TextNotice) { n.EmphasisContent.Desc = "\xc4\xe3" }), "template_card.emphasis_content.desc is malformed: not UTF-8"},

		{"news notice", news(func(*NewsNotice) {}), ""},
		{"news notice without title", news(func(n *NewsNotice) { n.MainTitle.Title = "" }), "template_card.main_title.title is missing"},
		{"news notice without picture", news(func(n *NewsNotice) { n.CardImage = CardImage{} }), "template_card.card_image is missing: give it, or image_text_area"},
		{"small picture instead", news(func(n *NewsNotice) { n.CardImage, n.ImageTextArea.ImageURL = CardImage{}, "https://e" }), ""},
		{"ratio without picture", news(func(n *NewsNotice) { n.CardImage = CardImage{AspectRatio: 1.5} }), "template_card.card_image.url is missing"},
		{"ratio that is no number", news(func(n *NewsNotice) { n.CardImage.AspectRatio = math.NaN() }), "template_card.card_image.aspect_ratio is malformed"},
		{"text area without picture", news(func(n *NewsNotice) { n.ImageTextArea.Title = "t" }), "template_card.image_text_area.image_url is missing"},
		{"five paragraphs", news(func(n *NewsNotice) { n.VerticalContents = repeat(VerticalContent{Title: "t"}, 5) }), "template_card.vertical_content_list has 5 elements, the limit is 4"},
		{"paragraph without title", news(func(n *NewsNotice) { n.VerticalContents = []VerticalContent{{Desc: "d"}} }), "template_card.vertical_content_list[0].title is missing"},

		{"button card", buttons(func(*ButtonInteraction) {}), ""},
		{"no buttons", buttons(func(n *ButtonInteraction) { n.Buttons = nil }), "template_card.button_list is missing: give 1 to 6"},
		{"seven buttons", buttons(func(n *ButtonInteraction) { n.Buttons = repeat(URLButton("a", "https://e"), 7) }), "template_card.button_list has 7 elements, the limit is 6"},
		{"six that open links", buttons(func(n *ButtonInteraction) { n.Buttons = repeat(URLButton("a", "https://e"), 6) }), ""},
		{"button without key", buttons(func(n *ButtonInteraction) { n.Buttons[0].Key = "" }), "template_card.button_list[0].key is missing"},
		{"button without text", buttons(func(n *ButtonInteraction) { n.Buttons[0].Text = "" }), "template_card.button_list[0].text is missing"},
		{"button without url", buttons(func(n *ButtonInteraction) { n.Buttons[0].Type = ButtonURL }), "template_card.button_list[0].url is missing"},
		{"button of type 2", buttons(func(n *ButtonInteraction) { n.Buttons[0].Type = 2 }), "template_card.button_list[0].type is not known: given 2, known are 0 to 1"},
		{"key of 1025 bytes", buttons(func(n *ButtonInteraction) { n.Buttons[0].Key = strings.Repeat("k", 1025) }), "template_card.button_list[0].key has 1025 bytes, the limit is 1024"},
		{"key twice", buttons(func(n *ButtonInteraction) { n.Buttons = repeat(n.Buttons[0], 2) }), "template_card.button_list[1].key is in conflict: it repeats that of template_card.button_list[0].key"},
		{"no task_id", buttons(func(n *ButtonInteraction) { n.TaskID = "" }), "template_card.task_id is missing"},
		{"task_id of 129 bytes", buttons(func(n *ButtonInteraction) { n.TaskID = strings.Repeat("1", 129) }), "template_card.task_id has 129 bytes, the limit is 128"},
		{"task_id in Chinese", buttons(func(n *ButtonInteraction) { n.TaskID = "发布" }), "template_card.task_id is malformed: only digits, letters of ASCII and _ - @"},
		{"optional card_action without type", buttons(func(n *ButtonInteraction) { n.CardAction = Link{URL: "https://e"} }), ""},
		{"optional card_action without url", buttons(func(n *ButtonInteraction) { n.CardAction = Link{Type: LinkURL} }), "template_card.card_action.url is missing"},
		{"drop-down without options", buttons(func(n *ButtonInteraction) { n.ButtonSelection.QuestionKey = "q" }), "template_card.button_selection.option_list is missing: give 1 to 10"},
		{"drop-down without question", buttons(func(n *ButtonInteraction) { n.ButtonSelection.Options = options(1) }), "template_card.button_selection.question_key is missing"},
		{"eleven options", buttons(func(n *ButtonInteraction) { n.ButtonSelection = Select{QuestionKey: "q", Options: options(11)} }), "template_card.button_selection.option_list has 11 elements, the limit is 10"},
		{"locked when sent", buttons(func(n *ButtonInteraction) {
			n.ButtonSelection = Select{QuestionKey: "q", Options: options(1), Disable: true}
		}), "template_card.button_selection.disable is in conflict: only the update of a card knows it"},
		{"replaced when sent", buttons(func(n *ButtonInteraction) { n.ReplaceText = "done" }), "template_card.replace_text is in conflict: only the update of a card knows it"},

		{"vote", vote(func(*VoteInteraction) {}), ""},
		{"vote without button", vote(func(n *VoteInteraction) { n.SubmitButton = SubmitButton{} }), ""},
		{"vote without key", vote(func(n *VoteInteraction) { n.SubmitButton.Key = "" }), "template_card.submit_button.key is missing"},
		{"21 options", vote(func(n *VoteInteraction) { n.Checkbox.Options = repeat(CheckboxOption{ID: "1", Text: "a"}, 21) }), "template_card.checkbox.option_list has 21 elements, the limit is 20"},
		{"option twice", vote(func(n *VoteInteraction) { n.Checkbox.Options[1].ID = "1" }), "template_card.checkbox.option_list[1].id is in conflict: it repeats that of template_card.checkbox.option_list[0].id"},
		{"option without id", vote(func(n *VoteInteraction) { n.Checkbox.Options[1].ID = "" }), "template_card.checkbox.option_list[1].id is missing"},
		{"option without text", vote(func(n *VoteInteraction) { n.Checkbox.Options[1].Text = "" }), "template_card.checkbox.option_list[1].text is missing"},
		{"id of 129 bytes", vote(func(n *VoteInteraction) { n.Checkbox.Options[1].ID = strings.Repeat("i", 129) }), "template_card.checkbox.option_list[1].id has 129 bytes, the limit is 128"},
		{"mode 2", vote(func(n *VoteInteraction) { n.Checkbox.Mode = 2 }), "template_card.checkbox.mode is not known: given 2, known are 0 to 1"},
		{"empty vote", VoteInteraction{}, "template_card.main_title.title is missing; template_card.checkbox.question_key is missing; template_card.checkbox.option_list is missing: give 1 to 20; template_card.task_id is missing"},
		{"vote locked when sent", vote(func(n *VoteInteraction) { n.Checkbox.Disable = true }), "template_card.checkbox.disable is in conflict"},

		{"multiple", multiple(func(*MultipleInteraction) {}), ""},
		{"multiple without text of the button", multiple(func(n *MultipleInteraction) { n.SubmitButton.Text = "" }), ""},
		{"multiple without button", multiple(func(n *MultipleInteraction) { n.SubmitButton = SubmitButton{} }), "template_card.submit_button.key is missing"},
		{"no drop-downs", multiple(func(n *MultipleInteraction) { n.Selects = nil }), "template_card.select_list is missing: give 1 to 3"},
		{"four drop-downs", multiple(func(n *MultipleInteraction) { n.Selects = repeat(n.Selects[0], 4) }), "template_card.select_list has 4 elements, the limit is 3"},
		{"question twice", multiple(func(n *MultipleInteraction) { n.Selects = repeat(n.Selects[0], 2) }), "template_card.select_list[1].question_key is in conflict"},
		{"same ids in two lists", multiple(func(n *MultipleInteraction) {
			n.Selects = append(n.Selects, Select{QuestionKey: "r", Options: n.Selects[0].Options})
		}), ""},
		{"drop-down locked when sent", multiple(func(n *MultipleInteraction) { n.Selects[0].Disable = true }), "template_card.select_list[0].disable is in conflict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantInvalid(t, Message{To: To{All: true}, Body: c.card}.Validate(), c.want)
		})
	}
}

// The card of an update has no task_id, and the fields that only an update has.
func TestCardForUpdate(t *testing.T) {
	sample := `{"card_type": "vote_interaction", "main_title": {"title": "Lunch on Friday", "desc": "Closed"},
		"checkbox": {"question_key": "lunch", "mode": 1, "disable": true, "option_list": [
			{"id": "noodles", "text": "Noodles (9)", "is_checked": true}, {"id": "rice", "text": "Rice (4)", "is_checked": false}]},
		"submit_button": {"text": "Vote", "key": "vote"}, "replace_text": "Closed"}`
	card, err := UnmarshalCard([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	vote := card.(VoteInteraction)
	vote.TaskID = "lunch-77"
	data, err := json.Marshal(vote.forUpdate())
	if err != nil || canonical(t, data) != canonical(t, []byte(sample)) {
		t.Errorf("%s, %v", data, err)
	}
	for _, g := range goldenCards {
		card := g.message.Body.(Card).forUpdate()
		c := checker{updating: true}
		if card.check(&c); c.err() != nil {
			t.Errorf("%s: %v", g.name, c.err())
		}
		if data, err := json.Marshal(card); err != nil || strings.Contains(string(data), "task_id") {
			t.Errorf("%s: %s, %v", g.name, data, err)
		}
	}
	c := checker{updating: true}
	if (&vote).check(&c); c.err() != nil {
		t.Errorf("update refused: %v", c.err())
	}
	c = checker{updating: true}
	TextNotice{MainTitle: MainTitle{Title: "t"}}.check(&c)
	wantInvalid(t, c.err(), "template_card.card_action is missing")
}

func FuzzCard(f *testing.F) {
	for _, g := range goldenCards {
		data, err := json.Marshal(g.message.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"card_type":"multiple_interaction","select_list":[null,{"option_list":[]}],"submit_button":null}`))
	f.Add([]byte(`{"card_type":"news_notice","card_image":{"aspect_ratio":-1e-9},"image_text_area":{"type":-1},"action_menu":{"action_list":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		card, err := UnmarshalCard(data)
		if err != nil {
			return
		}
		m := Message{To: To{All: true}, Body: card}
		_ = m.Validate()
		for _, w := range append(Lint(m), LintRobotCard(card)...) {
			if w.Field == "" || w.Rule == "" || w.Text(English) == "" || w.Text(Chinese) == "" {
				t.Errorf("half a warning: %#v", w)
			}
		}
		once, err := plainJSON(card)
		if err != nil {
			t.Fatalf("accepted, yet does not marshal: %v", err)
		}
		back, err := UnmarshalCard(once)
		if err != nil {
			t.Fatalf("own JSON %s does not decode: %v", once, err)
		}
		if again, err := plainJSON(back); err != nil || string(again) != string(once) {
			t.Fatalf("decodes to another card:\n%s\n%s\n%v", once, again, err)
		}
	})
}
