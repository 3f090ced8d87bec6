package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const (
	textNotice = `{"card_type":"text_notice","task_id":"quota@9","source":{"icon_url":"https://e.cn/i.png","desc":"Storage","desc_color":3},
		"action_menu":{"desc":"Options","action_list":[{"text":"Mute","key":"mute"},{"text":"Stop","key":"stop"}]},
		"main_title":{"title":"Quota"},"quote_area":{"type":1,"url":"https://e.cn/q","quote_text":"90 percent"},
		"emphasis_content":{"title":"93%","desc":"used"},"sub_title_text":"Clean up.",
		"horizontal_content_list":[{"keyname":"Owner","value":"Li Na","type":3,"userid":"lisi"},{"keyname":"Link","type":1,"url":"https://e.cn"},{"keyname":"File","type":2,"media_id":"FILE"}],
		"jump_list":[{"type":1,"title":"Console","url":"https://e.cn/c"},{"type":2,"title":"Mini","appid":"wx1"}],
		"card_action":{"type":1,"url":"https://e.cn/c"}}`
	newsNotice = `{"card_type":"news_notice","main_title":{"title":"Outing"},"card_image":{"url":"https://e.cn/l.jpg","aspect_ratio":1.8},
		"image_text_area":{"type":2,"appid":"wx1","title":"Route","desc":"Lake","image_url":"https://e.cn/m.jpg"},
		"vertical_content_list":[{"title":"Bus","desc":"8:00"}],"card_action":{"type":2,"appid":"wx1","pagepath":"p"}}`
	buttonCard = `{"card_type":"button_interaction","task_id":"deploy-1","main_title":{"title":"Release?"},
		"action_menu":{"action_list":[{"text":"Mute","key":"mute"}]},
		"button_selection":{"question_key":"window","title":"When","selected_id":"night","option_list":[{"id":"now","text":"Now"},{"id":"night","text":"Tonight"}]},
		"button_list":[{"text":"Approve","style":1,"key":"approve"},{"text":"Decline","style":4,"key":"decline"},{"type":1,"text":"Diff","style":3,"url":"https://e.cn/d"}]}`
	voteCard = `{"card_type":"vote_interaction","task_id":"lunch-1","main_title":{"title":"Lunch"},
		"checkbox":{"question_key":"lunch","mode":1,"option_list":[{"id":"noodles","text":"Noodles","is_checked":true},{"id":"rice","text":"Rice","is_checked":false}]},
		"submit_button":{"text":"Vote","key":"vote"}}`
	selectCard = `{"card_type":"multiple_interaction","task_id":"desk-1","main_title":{"title":"Desk"},
		"select_list":[{"question_key":"floor","title":"Floor","selected_id":"f4","option_list":[{"id":"f3","text":"Third"},{"id":"f4","text":"Fourth"}]},
			{"question_key":"side","option_list":[{"id":"w","text":"Window"},{"id":"c","text":"Corridor"}]}],
		"submit_button":{"key":"book"}}`
)

// templateCardOf is a message to lisi and wangwu with a card.
func templateCardOf(card any) fields {
	if s, ok := card.(string); ok {
		card = json.RawMessage(s)
	}
	return message("template_card", card).with(fields{"touser": "lisi|wangwu"})
}

func TestCardErrors(t *testing.T) {
	sim := newStill()
	file := uploaded(t, sim, "file", "a.txt", "mytext")
	image := uploaded(t, sim, "image", "a.png", png)
	long := strings.Repeat("k", 1025)
	for _, c := range []struct {
		card, path string
		value      any
		code       int
	}{
		{textNotice, "card_type", nil, 42031},
		{textNotice, "card_type", "text_notices", 42031},
		{textNotice, "task_id", nil, 42014},
		{textNotice, "task_id", "a b", 42014},
		{textNotice, "task_id", strings.Repeat("x", 129), 42014},
		{textNotice, "action_menu.action_list", []any{}, 40058},
		{textNotice, "action_menu.action_list", repeated(fields{"text": "a", "key": "b"}, 4), 40058},
		{textNotice, "action_menu.action_list.0.text", nil, 40058},
		{textNotice, "action_menu.action_list.0.key", nil, 40058},
		{textNotice, "action_menu.action_list.0.key", long, 40058},
		{textNotice, "action_menu.action_list.0.key", "stop", 42051},
		{textNotice, "quote_area.url", nil, 42028},
		{textNotice, "quote_area.type", 2, 42030},
		{textNotice, "horizontal_content_list", repeated(fields{"keyname": "k"}, 7), 42035},
		{textNotice, "horizontal_content_list.0.keyname", nil, 42027},
		{textNotice, "horizontal_content_list.0.userid", nil, 42050},
		{textNotice, "horizontal_content_list.1.url", nil, 42028},
		{textNotice, "horizontal_content_list.2.media_id", nil, 42029},
		{textNotice, "horizontal_content_list.2.media_id", "3nope", 40007},
		{textNotice, "horizontal_content_list.2.media_id", image, 40007},
		{textNotice, "jump_list", repeated(fields{"title": "t"}, 4), 42042},
		{textNotice, "jump_list.0.title", nil, 42033},
		{textNotice, "jump_list.0.url", nil, 42028},
		{textNotice, "jump_list.1.appid", nil, 42030},
		{textNotice, "card_action", nil, 42045},
		{textNotice, "card_action.type", 0, 42045},
		{textNotice, "card_action.type", 3, 42045},
		{textNotice, "card_action.url", nil, 42028},
		{textNotice, "card_action.type", 2, 42030},

		{newsNotice, "main_title", nil, 40058},
		{newsNotice, "card_image.url", nil, 42044},
		{newsNotice, "card_image.aspect_ratio", 1.2, 40058},
		{newsNotice, "card_image.aspect_ratio", 2.3, 40058},
		{newsNotice, "image_text_area.image_url", nil, 40058},
		{newsNotice, "image_text_area.appid", nil, 42030},
		{newsNotice, "image_text_area.type", 1, 42028},
		{newsNotice, "vertical_content_list", repeated(fields{"title": "t"}, 5), 42036},
		{newsNotice, "vertical_content_list.0.title", nil, 42033},
		{newsNotice, "card_action", nil, 42045},

		{buttonCard, "main_title.title", "", 40058},
		{buttonCard, "task_id", "", 42014},
		{buttonCard, "card_action", fields{"type": 3}, 42045},
		{buttonCard, "button_list", nil, 40058},
		{buttonCard, "button_list", repeated(fields{"text": "t", "type": 1, "url": "u"}, 7), 40058},
		{buttonCard, "button_list.0.text", nil, 42038},
		{buttonCard, "button_list.0.key", nil, 42039},
		{buttonCard, "button_list.0.key", "decline", 42039},
		{buttonCard, "button_list.0.key", long, 42039},
		{buttonCard, "button_list.2.url", nil, 42028},
		{buttonCard, "button_selection.question_key", nil, 42043},
		{buttonCard, "button_selection.question_key", long, 42043},
		{buttonCard, "button_selection.option_list", nil, 42037},
		{buttonCard, "button_selection.option_list", repeated(fields{"id": "1", "text": "t"}, 11), 42037},
		{buttonCard, "button_selection.option_list.0.id", nil, 42040},
		{buttonCard, "button_selection.option_list.0.id", "night", 42040},
		{buttonCard, "button_selection.option_list.0.id", strings.Repeat("i", 129), 42040},
		{buttonCard, "button_selection.option_list.0.text", nil, 42041},

		{voteCard, "checkbox", nil, 42043},
		{voteCard, "checkbox.question_key", nil, 42043},
		{voteCard, "checkbox.option_list", []any{}, 42037},
		{voteCard, "checkbox.option_list", repeated(fields{"id": "1", "text": "t"}, 21), 42037},
		{voteCard, "checkbox.option_list.1.id", "noodles", 42040},
		{voteCard, "checkbox.option_list.1.text", "", 42041},
		{voteCard, "submit_button", nil, 42046},
		{voteCard, "submit_button.key", nil, 42046},
		{voteCard, "submit_button.key", long, 42046},
		{voteCard, "submit_button.text", "", 42049},
		{voteCard, "task_id", nil, 42014},

		{selectCard, "select_list", nil, 42047},
		{selectCard, "select_list", repeated(fields{}, 4), 42047},
		{selectCard, "select_list.0.question_key", "side", 42043},
		{selectCard, "select_list.0.option_list", []any{}, 42037},
		{selectCard, "select_list.0.option_list", repeated(fields{"id": "1", "text": "t"}, 11), 42037},
		{selectCard, "select_list.1.option_list.0.id", "c", 42040},
		{selectCard, "submit_button", nil, 42046},
	} {
		base := strings.Replace(c.card, "FILE", file, 1)
		t.Run(fmt.Sprint(parse(t, base)["card_type"], " ", c.path, " ", c.code), func(t *testing.T) {
			if a := send(t, sim, templateCardOf(alter(t, base, c.path, c.value))); a.code() != c.code {
				t.Errorf("%v, want %d", a, c.code)
			}
		})
	}
	if n := len(sim.Messages(Filter{})); n != 0 {
		t.Errorf("%d refused cards were kept", n)
	}
}

func TestCards(t *testing.T) {
	sim := newStill()
	file := uploaded(t, sim, "file", "a.txt", "mytext")
	for _, c := range []struct {
		name, card string
		updatable  bool
	}{
		{"notice with a menu", strings.Replace(textNotice, "FILE", file, 1), true},
		{"notice without", newsNotice, false},
		{"notice with a subtitle alone", `{"card_type":"text_notice","sub_title_text":"s","card_action":{"type":1,"url":"u"}}`, false},
		{"buttons", buttonCard, true},
		{"vote", voteCard, true},
		{"selection", selectCard, true},
	} {
		a := mustSend(t, sim, templateCardOf(c.card))
		if (a.str("response_code") != "") != c.updatable || a.msg() != "ok" {
			t.Errorf("%s: %v", c.name, a)
		}
		want := parse(t, c.card)
		if checkbox, ok := want["checkbox"].(map[string]any); ok {
			delete(checkbox["option_list"].([]any)[1].(map[string]any), "is_checked") // false is left out
		}
		if got := parse(t, string(sim.Inbox("wangwu").Last().Body)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s arrived as\n%v\nwant\n%v", c.name, got, want)
		}
	}
}

func TestPartsOfOtherCardsAreLeftOut(t *testing.T) {
	sim := newStill()
	all := parse(t, buttonCard)
	for _, other := range []string{textNotice, newsNotice, voteCard, selectCard} {
		for name, part := range parse(t, other) {
			if _, has := all[name]; !has {
				all[name] = part
			}
		}
	}
	all["replace_text"], all["button_selection"].(map[string]any)["disable"] = "dead", true
	all["button_list"].([]any)[0].(map[string]any)["style"] = 9
	delete(all, "horizontal_content_list")
	mustSend(t, sim, templateCardOf(all))
	got := parse(t, string(sim.Inbox("lisi").Last().Body))
	for name := range got {
		if !strings.Contains(" card_type "+cardParts["button_interaction"]+" ", " "+name+" ") {
			t.Errorf("%s is no part of a card with buttons", name)
		}
	}
	body := string(sim.Inbox("lisi").Last().Body)
	if got["replace_text"] != nil || strings.Contains(body, "disable") || strings.Contains(body, `"style":9`) {
		t.Errorf("%s", body)
	}
}

func TestCardsNeedACallback(t *testing.T) {
	sim := newStill()
	for _, c := range []struct {
		f    fields
		code int
	}{
		{templateCardOf(buttonCard), 43012},
		{templateCardOf(voteCard), 43012},
		{templateCardOf(selectCard), 43012},
		{templateCardOf(alter(t, textNotice, "horizontal_content_list", nil)), 43012},
		{message("taskcard", json.RawMessage(taskJSON)), 43012},
		{message("interactive_taskcard", json.RawMessage(taskJSON)), 43012},
		{templateCardOf(newsNotice), 0},
	} {
		if a := by(t, sim, monitor, "POST", "message/send", c.f.with(fields{"agentid": monitor}).json()); a.code() != c.code {
			t.Errorf("%s: %v, want %d", c.f["msgtype"], a, c.code)
		}
	}
}

func TestTaskIDsAreUniqueInStrictWorlds(t *testing.T) {
	sim := newStill()
	checked := templateCardOf(voteCard).with(fields{"enable_duplicate_check": 1})
	first := mustSend(t, sim, checked)
	if again := mustSend(t, sim, checked); again.str("msgid") != first.str("msgid") {
		t.Error("a suppressed duplicate is not the same message")
	}
	if a := send(t, sim, templateCardOf(voteCard)); a.code() != 42014 {
		t.Errorf("the task_id again: %v, want 42014", a)
	}
	if a := send(t, sim, templateCardOf(alter(t, voteCard, "task_id", "lunch-2"))); a.code() != 0 {
		t.Errorf("another task_id: %v", a)
	}
}

func TestCardsInForgivingWorlds(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Strict = false })))
	mustSend(t, sim, templateCardOf(alter(t, voteCard, "submit_button", nil)))
	mustSend(t, sim, templateCardOf(alter(t, newsNotice, "card_image.aspect_ratio", 9.5)))
	if body := string(sim.Inbox("lisi").Last().Body); strings.Contains(body, "aspect_ratio") {
		t.Errorf("%s", body)
	}
}

func TestCardsAreReadForgivingly(t *testing.T) {
	sim := newStill()
	loose := `{"card_type":"vote_interaction","task_id":77,"main_title":{"title":5},
		"checkbox":{"question_key":"q","mode":"1","option_list":[{"id":1,"text":"a","is_checked":"true"},{"id":2,"text":"b","is_checked":1},null]},
		"submit_button":{"key":"k"}}`
	a := send(t, sim, templateCardOf(loose))
	if a.code() != 42040 || !strings.HasPrefix(a.msg(), "Warning: wrong json format. ") {
		t.Errorf("an option that is null: %v", a)
	}
	a = mustSend(t, sim, templateCardOf(strings.Replace(loose, ",null", "", 1)))
	want := `{"card_type":"vote_interaction","main_title":{"title":"5"},"checkbox":{"question_key":"q","option_list":[{"id":"1","text":"a","is_checked":true},{"id":"2","text":"b","is_checked":true}],"mode":1},"submit_button":{"key":"k"},"task_id":"77"}`
	if got := string(sim.Inbox("lisi").Last().Body); got != want || a.msg() != "ok. Warning: wrong json format. " {
		t.Errorf("%v\n%s", a, got)
	}
}

// FuzzCard sends any JSON as a card, and as an update of one: nothing panics, and what is accepted is
// a card.
func FuzzCard(f *testing.F) {
	for _, card := range []string{textNotice, newsNotice, buttonCard, voteCard, selectCard, `{"card_type":7,"button_list":[1,[],{}]}`, `[]`} {
		f.Add([]byte(card))
	}
	f.Fuzz(func(t *testing.T, card []byte) {
		if !json.Valid(card) {
			return
		}
		sim := newStill()
		send(t, sim, templateCardOf(json.RawMessage(card)))
		code := mustSend(t, sim, templateCardOf(alter(t, voteCard, "task_id", "other"))).str("response_code")
		by(t, sim, hongyan, "POST", "message/update_template_card",
			fields{"atall": 1, "agentid": hongyan, "response_code": code, "template_card": json.RawMessage(card)}.json())
		for _, m := range sim.Inbox("lisi") {
			if parse(t, string(m.Body))["card_type"] == "" {
				t.Errorf("%s", m.Body)
			}
		}
	})
}
