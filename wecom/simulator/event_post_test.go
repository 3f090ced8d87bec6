package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/callback"
)

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

	selection, _ := cardWithCode(t, sim, selectCard)
	file := uploaded(t, sim, "file", "a", "mytext")
	notice := parse(t, strings.Replace(textNotice, "FILE", file, 1))
	rc.reply(t, callback.UpdateTemplateCard{Card: notice})
	e = click(t, sim, Click{MsgID: selection, User: "lisi"})
	notice["task_id"] = "desk-1"
	if got := lastCard(t, sim, "lisi"); e.ReplyError != "" || string(encode(got)) != string(encode(notice)) {
		t.Errorf("%s\n%s\nwant\n%s", e.ReplyError, encode(got), encode(notice))
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
