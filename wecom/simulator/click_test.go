package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/callback"
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

// receiver is an app's callback server. answer makes the body of its answer from the event.
type receiver struct {
	*httptest.Server
	crypto *callback.Crypto
	got    []string // events, decrypted
	status int
	answer func(query string, event string) []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	crypto, err := callback.New(testToken, testAESKey, corpID)
	if err != nil {
		t.Fatal(err)
	}
	rc := &receiver{crypto: crypto, status: 200}
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		event, err := crypto.Open(r.URL.Query(), body)
		if err != nil || r.URL.Query().Get("app") != "hongyan" || r.Header.Get("Content-Type") != "text/xml" {
			t.Errorf("%v of %s %s", err, r.URL, body)
		}
		rc.got = append(rc.got, string(event))
		w.WriteHeader(rc.status)
		if rc.answer != nil {
			w.Write(rc.answer(r.URL.RawQuery, string(event)))
		}
	}))
	t.Cleanup(rc.Close)
	return rc
}

// world is the default one with this callback.
func (rc *receiver) world() World {
	return change(func(w *World) {
		w.Corps[0].Apps[0].Callback = &Callback{URL: rc.URL + "/cb?app=hongyan", Token: testToken, AESKey: testAESKey}
	})
}

// reply makes rc answer with a passive reply.
func (rc *receiver) reply(t *testing.T, body callback.ReplyBody) {
	plain, err := callback.Reply{ToUserName: "lisi", FromUserName: corpID, CreateTime: time.Unix(1, 0), Body: body}.XML()
	if err != nil {
		t.Fatal(err)
	}
	rc.answer = func(string, string) []byte { return rc.crypto.Seal(plain, "1", "2") }
}

func TestEventsReachTheCallbackURL(t *testing.T) {
	rc := newReceiver(t)
	sim := newStill(WithWorld(rc.world()))
	msgID, _ := cardWithCode(t, sim, voteCard)
	for _, body := range []string{"", "success", " \n"} {
		rc.answer = func(string, string) []byte { return []byte(body) }
		e := click(t, sim, Click{MsgID: msgID, User: "lisi"})
		if !e.Delivered || len(e.Attempts) != 1 || e.Attempts[0] != (CallbackAttempt{Status: 200}) || e.ReplyError != "" || rc.got[len(rc.got)-1] != e.XML {
			t.Errorf("answered %q: %+v", body, e)
		}
	}
	if len(sim.Callbacks()) != 3 {
		t.Error("the recorder did not see them")
	}
}

func TestEventsAreTriedThreeTimes(t *testing.T) {
	rc := newReceiver(t)
	sim := newStill(WithWorld(rc.world()))
	msgID, _ := cardWithCode(t, sim, voteCard)
	rc.status = 302
	e := click(t, sim, Click{MsgID: msgID, User: "lisi"})
	if e.Delivered || len(e.Attempts) != 3 || e.Attempts[2] != (CallbackAttempt{302, "HTTP status 302, want 200"}) {
		t.Errorf("%+v", e)
	}
	if len(rc.got) != 3 || rc.got[0] != rc.got[2] {
		t.Errorf("the attempts carried %q", rc.got)
	}
	rc.Close()
	e = click(t, sim, Click{MsgID: msgID, User: "lisi"})
	if e.Delivered || len(e.Attempts) != 3 || e.Attempts[0].Status != 0 || e.Attempts[0].Error == "" || strings.Contains(e.Attempts[0].Error, "signature") {
		t.Errorf("%+v", e)
	}
	if got := sim.Callbacks(); len(got) != 2 || len(got[0].Attempts) != 3 {
		t.Errorf("%+v", got)
	}
}

func TestPassiveReplies(t *testing.T) {
	rc := newReceiver(t)
	sim := newStill(WithWorld(rc.world()))
	buttons, _ := cardWithCode(t, sim, buttonCard)
	rc.reply(t, callback.UpdateButton{ReplaceName: "已批准"})
	e := click(t, sim, Click{MsgID: buttons, User: "lisi", Key: "approve"})
	if e.ReplyError != "" || !strings.Contains(e.Reply, "update_button") || lastCard(t, sim, "lisi")["replace_text"] != "已批准" || lastCard(t, sim, "wangwu")["replace_text"] != nil {
		t.Errorf("%+v", e)
	}
	if a := updateCard(t, sim, fields{"atall": 1, "agentid": hongyan, "response_code": e.ResponseCode, "button": fields{"replace_name": "x"}}); a.code() != 0 {
		t.Errorf("the reply used the code up: %v", a)
	}

	vote, _ := cardWithCode(t, sim, voteCard)
	var closed any = alter(t, string(encode(alter(t, voteCard, "checkbox.disable", true))), "replace_text", "Closed")
	rc.reply(t, callback.UpdateTemplateCard{Card: closed})
	e = click(t, sim, Click{MsgID: vote, User: "lisi"})
	got := lastCard(t, sim, "lisi")
	if e.ReplyError != "" || got["replace_text"] != "Closed" || got["task_id"] != "lunch-1" || got["checkbox"].(map[string]any)["disable"] != true {
		t.Errorf("%+v\n%v", e, got)
	}

	task := mustSend(t, sim, message("interactive_taskcard", json.RawMessage(taskJSON))).str("msgid")
	rc.reply(t, callback.UpdateTaskCard{ReplaceName: "Done"})
	e = click(t, sim, Click{MsgID: task, User: "lisi", Key: "ok"})
	if e.ReplyError != "" || lastCard(t, sim, "lisi")["replace_text"] != "Done" {
		t.Errorf("%+v", e)
	}
}

func TestPassiveRepliesThatAreDiscarded(t *testing.T) {
	rc := newReceiver(t)
	sim := newStill(WithWorld(rc.world()))
	buttons, _ := cardWithCode(t, sim, buttonCard)
	task := mustSend(t, sim, message("interactive_taskcard", json.RawMessage(taskJSON))).str("msgid")
	other, _ := callback.New(testToken, testAESKey, "ww2")
	raw := func(body string) func() {
		return func() { rc.answer = func(string, string) []byte { return []byte(body) } }
	}
	plain := func(xml string) func() {
		return func() { rc.answer = func(string, string) []byte { return rc.crypto.Seal([]byte(xml), "1", "2") } }
	}
	for _, c := range []struct {
		name   string
		msgID  string
		answer func()
		want   string // empty: no error
	}{
		{"not encrypted", buttons, raw("<xml><MsgType>update_button</MsgType></xml>"), "callback: the body is not a callback envelope"},
		{"for another corp", buttons, func() { rc.answer = func(string, string) []byte { return other.Seal([]byte("<xml/>"), "1", "2") } }, "callback: the message is for another corp or suite"},
		{"no XML", buttons, plain("hello"), "the reply is not XML: EOF"},
		{"no kind", buttons, plain("<xml/>"), `MsgType "" is no passive reply`},
		{"text", buttons, func() { rc.reply(t, callback.Text{Content: "thanks"}) }, ""},
		{"button without text", buttons, func() { rc.reply(t, callback.UpdateButton{}) }, "update_button needs Button/ReplaceName and a template card with buttons"},
		{"task card for a template card", buttons, func() { rc.reply(t, callback.UpdateTaskCard{ReplaceName: "x"}) }, "update_taskcard needs TaskCard/ReplaceName and an old task card"},
		{"button for a task card", task, func() { rc.reply(t, callback.UpdateButton{ReplaceName: "x"}) }, "update_button needs Button/ReplaceName and a template card with buttons"},
		{"template card for a task card", task, func() { rc.reply(t, callback.UpdateTemplateCard{Card: json.RawMessage(voteCard)}) }, "update_template_card needs TemplateCard, and a template card to replace"},
		{"a wrong card", buttons, func() { rc.reply(t, callback.UpdateTemplateCard{Card: alter(t, voteCard, "checkbox", nil)}) }, "the new card is refused: 42043 invalid question_key"},
	} {
		c.answer()
		key := "approve"
		if c.msgID == task {
			key = "ok"
		}
		e := click(t, sim, Click{MsgID: c.msgID, User: "lisi", Key: key})
		if e.ReplyError != c.want || !e.Delivered || len(e.Attempts) != 1 {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	for _, m := range sim.Inbox("lisi") {
		if strings.Contains(string(m.Body), "replace_text") {
			t.Errorf("a wrong reply changed the card to %s", m.Body)
		}
	}
}

func TestEventsAreBounded(t *testing.T) {
	var es events
	for i := range maxEvents + 1 {
		es.add(&CallbackEvent{AgentID: i})
	}
	if len(es.list) != maxEvents || es.list[0].AgentID != 1 {
		t.Errorf("%d events, the first is %d", len(es.list), es.list[0].AgentID)
	}
}
