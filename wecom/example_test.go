package wecom_test

import (
	"encoding/json"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// A card asks somebody to decide. What was pressed comes back as an event with the button's key.
func ExampleButtonInteraction() {
	card := wecom.ButtonInteraction{
		MainTitle: wecom.MainTitle{Title: "Release 2.9 to production?"},
		HorizontalContents: []wecom.HorizontalContent{
			wecom.TextLine("Commits", "42"),
			wecom.MemberLine("Author", "Li Na", "lina"),
		},
		Buttons: []wecom.Button{
			{Text: "Approve", Key: "approve"},
			{Text: "Decline", Key: "decline", Style: wecom.StyleNegative},
			wecom.URLButton("Diff", "https://git.example.com/d"),
		},
		TaskID: "deploy-4471",
	}
	message := wecom.Message{To: wecom.To{Users: []string{"zhangwei"}}, Body: card}
	fmt.Println(message.Validate())
	// Output: <nil>
}

// A card is refused before it is sent, with everything that is wrong with it.
func ExampleMessage_Validate() {
	err := wecom.Message{
		To: wecom.To{Users: []string{"lina"}},
		Body: wecom.TextNotice{
			MainTitle:  wecom.MainTitle{Title: "Quota almost used"},
			Jumps:      []wecom.Jump{{Link: wecom.LinkTo("console.example.com")}},
			ActionMenu: wecom.ActionMenu{Actions: []wecom.Action{{Text: "Mute", Key: "mute"}}},
			CardAction: wecom.LinkTo("https://console.example.com"),
		},
	}.Validate()
	fmt.Println(err)
	// Output: wecom: invalid message: template_card.jump_list[0].url is malformed: it must begin with http:// or https://; template_card.jump_list[0].title is missing; template_card.task_id is missing: a card that can call back needs one
}

// What WeCom takes may still not be seen as it was meant.
func ExampleLint() {
	message := wecom.Message{
		To:   wecom.To{All: true},
		Body: wecom.Markdown{Content: "**Disk** is full\n- db-3\n- db-4"},
	}
	for _, warning := range wecom.Lint(message) {
		fmt.Println(warning)
	}
	// Output:
	// markdown: members who read in WeChat (微工作台) see only a hint to open WeCom
	// markdown.content: line 2: a list is shown as typed
}

// A card of any type is read by its card_type.
func ExampleUnmarshalCard() {
	card, err := wecom.UnmarshalCard([]byte(`{
		"card_type": "text_notice",
		"main_title": {"title": "Backup done"},
		"card_action": {"type": 1, "url": "https://backup.example.com"}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	switch card := card.(type) {
	case wecom.TextNotice:
		fmt.Println(card.MainTitle.Title)
	default:
		fmt.Println(card.CardType())
	}
	data, _ := json.Marshal(card)
	fmt.Printf("%s\n", data)
	// Output:
	// Backup done
	// {"card_type":"text_notice","main_title":{"title":"Backup done"},"card_action":{"type":1,"url":"https://backup.example.com"}}
}

// Advice for one text, by where it is shown.
func ExampleLintMarkdown() {
	report := "# 昨日\n\n| 任务 | 耗时 |\n| :-- | --: |\n| 对账 | 41 min |"
	for _, warning := range wecom.LintMarkdown(report, wecom.DialectApp) {
		fmt.Println(warning)
	}
	for _, warning := range wecom.LintMarkdown(report, wecom.DialectV2) {
		fmt.Println("by a robot:", warning)
	}
	// Output:
	// markdown.content: line 4: a table is shown as typed
	// by a robot: markdown_v2.content: WeCom before 4.1.36 (Android: 4.1.38) shows markdown_v2 as plain text
}
