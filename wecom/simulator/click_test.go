package simulator

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func click(t *testing.T, sim *WeCom, c Click) CallbackEvent {
	t.Helper()
	e, err := sim.Click(c)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return e
}

func TestClickByHTTP(t *testing.T) {
	sim := newStill()
	msgID, _ := cardWithCode(t, sim, buttonCard)
	status, got := control(t, sim, "POST", "/_sim/click", `{"msgid":"`+msgID+`","user":"LiSi","key":"approve","option_ids":["now"]}`)
	var answer struct{ Event CallbackEvent }
	if err := json.Unmarshal([]byte(got), &answer); err != nil || status != 200 {
		t.Fatalf("%d %s", status, got)
	}
	e := answer.Event
	want := `<xml><ToUserName><![CDATA[ww0000000000000001]]></ToUserName><FromUserName><![CDATA[lisi]]></FromUserName>` +
		fmt.Sprintf(`<CreateTime>%d</CreateTime>`, start.Unix()) + `<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event>` +
		`<EventKey><![CDATA[approve]]></EventKey><TaskId><![CDATA[deploy-1]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>` +
		`<ResponseCode><![CDATA[` + e.ResponseCode + `]]></ResponseCode><AgentID>1000002</AgentID>` +
		`<SelectedItems><SelectedItem><QuestionKey><![CDATA[window]]></QuestionKey><OptionIds><OptionId><![CDATA[now]]></OptionId></OptionIds></SelectedItem></SelectedItems></xml>`
	if e.XML != want || !e.Delivered || e.URL != "" || e.User != "lisi" || !e.At.Equal(start) {
		t.Errorf("%s\nwant\n%s", e.XML, want)
	}
	if !reflect.DeepEqual(e.Chosen, map[string][]string{"window": {"now"}}) {
		t.Errorf("%+v", e)
	}
	_, list := control(t, sim, "GET", "/_sim/callbacks", "")
	if !strings.Contains(list, `"event":"template_card_event"`) || !strings.Contains(list, e.ResponseCode) || len(sim.Clicks("lisi")) != 1 || len(sim.Clicks("wangwu")) != 0 {
		t.Errorf("%s", list)
	}
	if _, got := control(t, sim, "DELETE", "/_sim/callbacks", ""); got != `{"deleted":1}` || len(sim.Callbacks()) != 0 {
		t.Errorf("%s", got)
	}
	a := updateCard(t, sim, fields{"userids": []string{"wangwu"}, "agentid": hongyan, "response_code": e.ResponseCode, "button": fields{"replace_name": "lisi approved"}})
	if a.code() != 0 || lastCard(t, sim, "wangwu")["replace_text"] != "lisi approved" {
		t.Errorf("the code of a click: %v", a)
	}
	for _, c := range []struct{ body, want string }{
		{`{"msgid":"x","user":"lisi","key":"approve"}`, "there is no message with this msgid"},
		{`{"msgid":"` + msgID + `","user":"lisi","keys":"approve"}`, `unknown field "keys"; did you mean "key"?`},
		{`{"msgid":"` + msgID + `","user":"lisi","key":"approve","option_ids":7}`, "option_ids: want a list of ids"},
		{`{"msgid":"` + msgID + `","user":"lisi","key":"approve","option_ids":{"window":["never"]}}`, `the card has no option "never" to choose of question "window"`},
	} {
		if status, got := control(t, sim, "POST", "/_sim/click", c.body); status != 400 || !strings.Contains(parse(t, got)["error"].(string), c.want) {
			t.Errorf("%s: %d %s", c.body, status, got)
		}
	}
}

func TestClicks(t *testing.T) {
	sim := newStill()
	buttons, _ := cardWithCode(t, sim, buttonCard)
	vote, _ := cardWithCode(t, sim, voteCard)
	selection, _ := cardWithCode(t, sim, selectCard)
	for _, c := range []struct {
		name   string
		click  Click
		event  string
		key    string
		chosen map[string][]string
	}{
		{"button", Click{buttons, "lisi", "decline", nil}, "template_card_event", "decline", map[string][]string{"window": {"night"}}},
		{"button again", Click{buttons, "lisi", "approve", map[string][]string{"window": {"now"}}}, "template_card_event", "approve", map[string][]string{"window": {"now"}}},
		{"button as shown", Click{buttons, "lisi", "decline", map[string][]string{}}, "template_card_event", "decline", map[string][]string{"window": {"now"}}},
		{"menu", Click{buttons, "lisi", "mute", nil}, "template_card_menu_event", "mute", nil},
		{"vote as preset", Click{vote, "lisi", "vote", nil}, "template_card_event", "vote", map[string][]string{"lunch": {"noodles"}}},
		{"vote for both", Click{vote, "wangwu", "", map[string][]string{"lunch": {"rice", "noodles", "rice"}}}, "template_card_event", "vote", map[string][]string{"lunch": {"rice", "noodles"}}},
		{"selection as preset", Click{selection, "lisi", "", nil}, "template_card_event", "book", map[string][]string{"floor": {"f4"}, "side": {"w"}}},
		{"selection in part", Click{selection, "wangwu", "", map[string][]string{"": {"c"}}}, "template_card_event", "book", map[string][]string{"floor": {"f4"}, "side": {"c"}}},
	} {
		e := click(t, sim, c.click)
		if e.Event != c.event || e.EventKey != c.key || !reflect.DeepEqual(e.Chosen, c.chosen) || e.ResponseCode == "" {
			t.Errorf("%s: %+v", c.name, e)
		}
		if strings.Contains(e.XML, "SelectedItems") != (c.chosen != nil) {
			t.Errorf("%s: %s", c.name, e.XML)
		}
	}
	r := sim.store.find(buttons)
	if c := r.copyOf("lisi"); c.clicked != "decline" || c.chosen["window"][0] != "now" {
		t.Errorf("lisi's copy is %+v", c)
	}
	if c := r.copyOf("wangwu"); c.clicked != "" {
		t.Errorf("wangwu's copy is %+v", c)
	}
}

func TestClicksThatCannotBe(t *testing.T) {
	sim := newStill()
	buttons, code := cardWithCode(t, sim, buttonCard)
	vote, _ := cardWithCode(t, sim, voteCard)
	single, _ := cardWithCode(t, sim, string(encode(alter(t, string(encode(alter(t, voteCard, "checkbox.mode", 0))), "task_id", "lunch-2"))))
	none, _ := cardWithCode(t, sim, string(encode(alter(t, string(encode(alter(t, voteCard, "checkbox.option_list.0.is_checked", false))), "task_id", "lunch-3"))))
	plain := mustSend(t, sim, text("lisi", "x")).str("msgid")
	gone := mustSend(t, sim, templateCardOf(selectCard)).str("msgid")
	by(t, sim, hongyan, "POST", "message/recall", fields{"msgid": gone}.json())
	updateCard(t, sim, fields{"userids": []string{"wangwu"}, "agentid": hongyan, "response_code": code, "button": fields{"replace_name": "done"}})
	for _, c := range []struct {
		click Click
		want  string
	}{
		{Click{MsgID: "nope"}, "there is no message with this msgid"},
		{Click{MsgID: buttons, User: "zhaoliu", Key: "approve"}, `"zhaoliu" did not get this message`},
		{Click{MsgID: gone, User: "lisi"}, "the message was recalled"},
		{Click{MsgID: plain, User: "lisi"}, "nothing on this text can be pressed"},
		{Click{MsgID: buttons, User: "lisi", Key: "maybe"}, `nothing on the card has the key "maybe" and calls the app`},
		{Click{MsgID: buttons, User: "lisi", Key: ""}, `nothing on the card has the key "" and calls the app`},
		{Click{MsgID: buttons, User: "lisi", Key: "mute", OptionIDs: map[string][]string{"": {"now"}}}, "there is nothing to choose with this key"},
		{Click{MsgID: buttons, User: "lisi", Key: "approve", OptionIDs: map[string][]string{"": {"now", "night"}}}, `question "window" takes one option, not 2`},
		{Click{MsgID: buttons, User: "lisi", Key: "approve", OptionIDs: map[string][]string{"": {"later"}}}, `the card has no option "later" to choose`},
		{Click{MsgID: buttons, User: "wangwu", Key: "approve"}, "the buttons of this card are dead: an update replaced them"},
		{Click{MsgID: single, User: "lisi", OptionIDs: map[string][]string{"": {"rice", "noodles"}}}, `question "lunch" takes one option, not 2`},
		{Click{MsgID: none, User: "lisi"}, `question "lunch": choose at least one option`},
		{Click{MsgID: vote, User: "lisi", OptionIDs: map[string][]string{"lunch": {}}}, `question "lunch": choose at least one option`},
		{Click{MsgID: vote, User: "lisi", OptionIDs: map[string][]string{"dinner": {"rice"}}}, `the card has no option "rice" to choose of question "dinner"`},
	} {
		if _, err := sim.Click(c.click); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v, want %s", c.click, err, c.want)
		}
	}
	w := sim.World()
	w.Corps[0].Apps[0].Callback = nil
	if err := sim.SetWorld(w); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Click(Click{MsgID: vote, User: "lisi"}); err == nil || err.Error() != "the app is gone, or has no callback any more" {
		t.Errorf("%v", err)
	}
	if n := len(sim.Callbacks()); n != 0 {
		t.Errorf("%d events of clicks that failed", n)
	}
}

func TestLockedQuestions(t *testing.T) {
	sim := newStill()
	msgID, code := cardWithCode(t, sim, voteCard)
	click(t, sim, Click{MsgID: msgID, User: "lisi", OptionIDs: map[string][]string{"lunch": {"rice"}}})
	updateCard(t, sim, fields{"atall": 1, "agentid": hongyan, "response_code": code, "template_card": alter(t, voteCard, "checkbox.disable", true)})
	for _, c := range []struct {
		user, option string
		ok           bool
	}{
		{"lisi", "noodles", false}, {"lisi", "rice", true}, // as chosen
		{"wangwu", "rice", false}, {"wangwu", "noodles", true}, // as preset
	} {
		_, err := sim.Click(Click{MsgID: msgID, User: c.user, OptionIDs: map[string][]string{"lunch": {c.option}}})
		if (err == nil) != c.ok || err != nil && err.Error() != `question "lunch" is locked` {
			t.Errorf("%s chose %s: %v", c.user, c.option, err)
		}
	}
}

func TestClicksOnTaskCards(t *testing.T) {
	sim := newStill()
	first := mustSend(t, sim, message("taskcard", json.RawMessage(taskJSON))).str("msgid")
	second := mustSend(t, sim, message("interactive_taskcard", json.RawMessage(strings.Replace(taskJSON, "@1", "@2", 1)))).str("msgid")
	e := click(t, sim, Click{MsgID: first, User: "lisi", Key: "ok"})
	if e.Event != "taskcard_click" || e.TaskID != "leave@1" || e.ResponseCode != "" || strings.Contains(e.XML, "CardType") {
		t.Errorf("%+v", e)
	}
	if got := string(sim.Inbox("lisi")[0].Body); !strings.Contains(got, `"replace_text":"Approved"`) {
		t.Errorf("the first generation says %s", got)
	}
	if _, err := sim.Click(Click{MsgID: first, User: "lisi", Key: "no"}); err != errDeadButtons {
		t.Errorf("%v", err)
	}
	click(t, sim, Click{MsgID: second, User: "lisi", Key: "no"})
	if got := string(sim.Inbox("lisi")[1].Body); strings.Contains(got, "replace_text") {
		t.Errorf("the second generation says %s", got)
	}
	for _, c := range []Click{{MsgID: second, User: "lisi", Key: "x"}, {MsgID: second, User: "lisi", Key: "ok", OptionIDs: map[string][]string{"": {"a"}}}} {
		if _, err := sim.Click(c); err == nil {
			t.Errorf("%+v was possible", c)
		}
	}
}
