package wecom_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// Messages that WeCom refuses: Validate names the field, and what is sent past it comes back with the
// code. The receivers are valid where they do not matter.
func TestRefusedByBoth(t *testing.T) {
	button := func(change func(*wecom.ButtonInteraction)) wecom.Body {
		card := wecom.ButtonInteraction{
			MainTitle: wecom.MainTitle{Title: "2.9 上线？"}, TaskID: "deploy-1", Buttons: []wecom.Button{{Text: "批准", Key: "ok"}},
		}
		change(&card)
		return card
	}
	notice := func(change func(*wecom.TextNotice)) wecom.Body {
		card := wecom.TextNotice{MainTitle: wecom.MainTitle{Title: "磁盘将满"}, CardAction: wecom.LinkTo("https://e.example")}
		change(&card)
		return card
	}
	article := wecom.Article{Title: "a", URL: "https://e.example"}
	for _, c := range []struct {
		body  wecom.Body
		field string
		code  wecom.Code
	}{
		{wecom.Text{}, "text.content", 44004},
		{wecom.Markdown{Content: strings.Repeat("a", 2049)}, "markdown.content", 45002},
		{wecom.MarkdownV2{Content: "a"}, "msgtype", 40008},
		{wecom.Image{}, "image.media_id", 41006},
		{wecom.TextCard{Description: "d", URL: "https://e.example"}, "textcard.title", 41016},
		{wecom.TextCard{Title: "t", URL: "https://e.example"}, "textcard.description", 41033},
		{wecom.TextCard{Title: "t", Description: "d"}, "textcard.url", 41010},
		{wecom.TextCard{Title: "t", Description: "d", URL: "e.example"}, "textcard.url", 45034},
		{wecom.TextCard{Title: "t", Description: "d", URL: "https://" + strings.Repeat("e", 2041)}, "textcard.url", 40058},
		{wecom.News{}, "news.articles", 45008},
		{wecom.News{Articles: list(9, func(int) wecom.Article { return article })}, "news.articles", 45008},
		{wecom.MPNews{Articles: []wecom.MPArticle{{Title: "t", Content: "c"}}}, "mpnews.articles[0].thumb_media_id", 41006},
		{wecom.MPNews{Articles: []wecom.MPArticle{{Title: "t", Content: "c", ThumbMediaID: "3x", Author: strings.Repeat("a", 65)}}}, "mpnews.articles[0].author", 45032},
		{wecom.MPNews{Articles: []wecom.MPArticle{{Title: "t", ThumbMediaID: "3x", Content: strings.Repeat("a", wecom.MaxArticleContentBytes+1)}}}, "mpnews.articles[0].content", 45002},
		{wecom.TaskCard{Title: "t", Description: "d", TaskID: "a b", Buttons: []wecom.TaskButton{{Key: "k", Name: "n"}}}, "taskcard.task_id", 42014},
		{wecom.TaskCard{Title: "t", Description: "d", TaskID: "a", Buttons: []wecom.TaskButton{{Name: "n"}}}, "taskcard.btn[0].key", 42019},
		{wecom.TaskCard{Title: "t", Description: "d", TaskID: "a", Buttons: []wecom.TaskButton{{Key: "中", Name: "n"}}}, "taskcard.btn[0].key", 42018},
		{wecom.TaskCard{Title: "t", Description: "d", TaskID: "a", Buttons: []wecom.TaskButton{{Key: "k"}}}, "taskcard.btn[0].name", 42020},
		{notice(func(c *wecom.TextNotice) { c.MainTitle.Title = "" }), "template_card.main_title.title", 40058},
		{notice(func(c *wecom.TextNotice) { c.CardAction = wecom.Link{} }), "template_card.card_action", 42045},
		{notice(func(c *wecom.TextNotice) { c.CardAction = wecom.Link{Type: wecom.LinkURL} }), "template_card.card_action.url", 42028},
		{notice(func(c *wecom.TextNotice) { c.CardAction = wecom.Link{Type: wecom.LinkMiniProgram} }), "template_card.card_action.appid", 42030},
		{notice(func(c *wecom.TextNotice) { c.Jumps = list(4, func(int) wecom.Jump { return wecom.Jump{Title: "t"} }) }), "template_card.jump_list", 42042},
		{notice(func(c *wecom.TextNotice) { c.Jumps = []wecom.Jump{{Link: wecom.LinkTo("https://e.example")}} }), "template_card.jump_list[0].title", 42033},
		{notice(func(c *wecom.TextNotice) {
			c.HorizontalContents = list(7, func(int) wecom.HorizontalContent { return wecom.TextLine("a", "b") })
		}), "template_card.horizontal_content_list", 42035},
		{notice(func(c *wecom.TextNotice) { c.HorizontalContents = []wecom.HorizontalContent{wecom.TextLine("", "b")} }), "template_card.horizontal_content_list[0].keyname", 42027},
		{notice(func(c *wecom.TextNotice) {
			c.HorizontalContents = []wecom.HorizontalContent{wecom.FileLine("a", "b", "")}
		}), "template_card.horizontal_content_list[0].media_id", 42029},
		{notice(func(c *wecom.TextNotice) {
			c.HorizontalContents = []wecom.HorizontalContent{wecom.MemberLine("a", "b", "")}
		}), "template_card.horizontal_content_list[0].userid", 42050},
		{notice(func(c *wecom.TextNotice) {
			c.TaskID, c.ActionMenu.Actions = "t", []wecom.Action{{Text: "a", Key: "k"}, {Text: "b", Key: "k"}}
		}), "template_card.action_menu.action_list[1].key", 42051},
		{notice(func(c *wecom.TextNotice) { c.ActionMenu.Actions = []wecom.Action{{Text: "a", Key: "k"}} }), "template_card.task_id", 42014},
		{wecom.NewsNotice{MainTitle: wecom.MainTitle{Title: "t"}, CardAction: wecom.LinkTo("https://e.example")}, "template_card.card_image", 42044},
		{button(func(c *wecom.ButtonInteraction) { c.Buttons = nil }), "template_card.button_list", 40058},
		{button(func(c *wecom.ButtonInteraction) { c.Buttons[0].Text = "" }), "template_card.button_list[0].text", 42038},
		{button(func(c *wecom.ButtonInteraction) { c.Buttons = append(c.Buttons, c.Buttons[0]) }), "template_card.button_list[1].key", 42039},
		{button(func(c *wecom.ButtonInteraction) { c.ButtonSelection.Options = []wecom.Option{{ID: "a", Text: "b"}} }), "template_card.button_selection.question_key", 42043},
		{button(func(c *wecom.ButtonInteraction) { c.ButtonSelection.QuestionKey = "q" }), "template_card.button_selection.option_list", 42037},
		{button(func(c *wecom.ButtonInteraction) {
			c.ButtonSelection = wecom.Select{QuestionKey: "q", Options: []wecom.Option{{Text: "b"}}}
		}), "template_card.button_selection.option_list[0].id", 42040},
		{button(func(c *wecom.ButtonInteraction) {
			c.ButtonSelection = wecom.Select{QuestionKey: "q", Options: []wecom.Option{{ID: "b"}}}
		}), "template_card.button_selection.option_list[0].text", 42041},
		{wecom.MultipleInteraction{MainTitle: wecom.MainTitle{Title: "t"}, TaskID: "t", SubmitButton: wecom.SubmitButton{Key: "s"}}, "template_card.select_list", 42047},
		{wecom.MultipleInteraction{
			MainTitle: wecom.MainTitle{Title: "t"}, TaskID: "t",
			Selects: []wecom.Select{{QuestionKey: "q", Options: []wecom.Option{{ID: "a", Text: "b"}}}},
		}, "template_card.submit_button.key", 42046},
	} {
		m := wecom.Message{To: wecom.To{Users: []string{"lisi"}}, AgentID: wecomtest.AgentID, Body: c.body}
		refusedByBoth(t, m.Validate(), m, "message/send", c.field, c.code)
	}
}

// The same for what stands beside the body.
func TestRefusedTargetsAndOptions(t *testing.T) {
	text := wecom.Text{Content: "磁盘已满"}
	lisi := wecom.To{Users: []string{"lisi"}}
	for _, c := range []struct {
		message wecom.Message
		field   string
		code    wecom.Code
	}{
		{wecom.Message{Body: text}, "touser", 82001},
		{wecom.Message{To: wecom.To{Users: users(0, 1001)}, Body: text}, "touser", 40032},
		{wecom.Message{To: wecom.To{Parties: numbers(0, 101)}, Body: text}, "toparty", 82002},
		{wecom.Message{To: wecom.To{Tags: numbers(0, 101)}, Body: text}, "totag", 82003},
		{wecom.Message{To: lisi, Body: wecom.News{Articles: []wecom.Article{{Title: "a", URL: "https://e.example"}}}, Safe: 1}, "safe", 40074},
		{wecom.Message{To: lisi, Body: text, Safe: 2}, "safe", 40058},
		{wecom.Message{To: lisi, Body: text, DuplicateCheck: true, DuplicateCheckInterval: wecom.MaxDuplicateCheckInterval + 1e9}, "duplicate_check_interval", 40058},
	} {
		c.message.AgentID = wecomtest.AgentID
		refusedByBoth(t, c.message.Validate(), c.message, "message/send", c.field, c.code)
	}
}

func TestRefusedInChats(t *testing.T) {
	for _, c := range []struct {
		body  wecom.Body
		field string
		code  wecom.Code
	}{
		{wecom.Text{}, "text.content", 44004},
		{wecom.TaskCard{Title: "t", Description: "d", TaskID: "a", Buttons: []wecom.TaskButton{{Key: "k", Name: "n"}}}, "msgtype", 86214},
		{wecom.MarkdownV2{Content: "a"}, "msgtype", 40008},
		{wecom.News{Articles: []wecom.Article{{Title: "a", AppID: "wx0000invented0001", PagePath: "p"}}}, "news.articles[0].appid", 41010},
	} {
		m := wecom.ChatMessage{ChatID: "inc4471", Body: c.body}
		refusedByBoth(t, m.Validate(), m, "appchat/send", c.field, c.code)
	}
}

// refusedByBoth checks that Validate names the field, and that WeCom answers the code to what goes past it.
func refusedByBoth(t *testing.T, validated error, message any, path, field string, code wecom.Code) {
	t.Helper()
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	if _, err := client.CreateChat(t.Context(), wecom.Chat{ID: "inc4471", Users: []string{"lisi", "zhangsan"}}); err != nil {
		t.Fatal(err)
	}
	var invalid *wecom.FieldError
	if !errors.As(validated, &invalid) || invalid.Field != field {
		t.Errorf("%s of %d: Validate %v", field, code, validated)
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	err = client.Do(t.Context(), http.MethodPost, path, nil, json.RawMessage(encoded), nil)
	var refused *wecom.Error
	if !errors.As(err, &refused) || refused.Code != code || refused.Op != path {
		t.Errorf("%s: want %d, got %v", field, code, err)
	} else if kind := refused.Kind(); kind != wecom.BadMessage {
		t.Errorf("%s: %d is of kind %v", field, code, kind)
	}
	if got := len(sim.Inbox("lisi")); got != 0 {
		t.Errorf("%s: %d messages", field, got)
	}
}

// What only WeCom knows: Validate lets it pass, and the answer says what kind of trouble it is.
func TestRefusedByWeComAlone(t *testing.T) {
	lisi := wecom.To{Users: []string{"lisi"}}
	card := wecom.ButtonInteraction{MainTitle: wecom.MainTitle{Title: "?"}, TaskID: "t", Buttons: []wecom.Button{{Text: "ok", Key: "ok"}}}
	for _, c := range []struct {
		agentID int
		message wecom.Message
		code    wecom.Code
		kind    wecom.Kind
	}{
		{1000002, wecom.Message{To: wecom.To{Users: []string{"Ghost"}}, Body: wecom.Text{Content: "a"}}, wecom.CodeNoReceiver, wecom.NoRecipient},
		{1000002, wecom.Message{To: lisi, Body: wecom.Image{MediaID: "3invented"}}, wecom.CodeBadMediaID, wecom.BadMessage},
		{1000003, wecom.Message{To: lisi, Body: card}, 43012, wecom.Misconfigured},
		{1000003, wecom.Message{To: lisi, Body: wecom.MiniProgramNotice{AppID: noticeAppID, Title: "会议室预订成功"}}, 48002, wecom.NotAllowed},
	} {
		sim := wecomtest.NewServer(t)
		client := sim.ClientOf(wecom.Config{CorpID: wecomtest.CorpID, AgentID: c.agentID, Secret: fmt.Sprintf("sim-secret-%d", c.agentID)})
		_, err := client.Send(t.Context(), c.message)
		var refused *wecom.Error
		if !errors.As(err, &refused) || refused.Code != c.code || refused.Kind() != c.kind || !wecom.NeverSent(err) {
			t.Errorf("want %d, of kind %v, got %v", c.code, c.kind, err)
		}
	}
}
