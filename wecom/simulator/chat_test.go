package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var incident = fields{"name": "Incident", "owner": "lisi", "userlist": []string{"lisi", "zhangsan", "LISI"}, "chatid": "inc4471"}

func TestCreateChat(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) {
		w.Corps[0].Apps[1].Visible = &Visible{Parties: []int{2}}
		for i := range 2000 {
			w.Corps[0].Users = append(w.Corps[0].Users, User{UserID: fmt.Sprint("u", i)})
		}
	})))
	everybody := []string{"lisi"}
	for i := range 2000 {
		everybody = append(everybody, fmt.Sprint("u", i))
	}
	for _, c := range []struct {
		name    string
		changes fields
		code    int
	}{
		{"no members", fields{"userlist": nil}, 86204},
		{"one member", fields{"userlist": []string{"lisi", "LISI"}}, 86006},
		{"2001 members", fields{"userlist": everybody}, 86006},
		{"unknown member", fields{"userlist": []string{"lisi", "ghost"}}, 86007},
		{"member without licence", fields{"userlist": []string{"lisi", "sim-unlicensed"}}, 86007},
		{"illegal id", fields{"chatid": "inc-1"}, 86001},
		{"long id", fields{"chatid": strings.Repeat("x", 33)}, 86001},
		{"unknown owner", fields{"owner": "ghost"}, 86005},
		{"owner outside", fields{"owner": "wangwu"}, 86207},
		{"fine", fields{}, 0},
		{"id taken", fields{}, 86215},
		{"2000 members", fields{"userlist": everybody[:2000], "chatid": "big"}, 0},
	} {
		if a := by(t, sim, hongyan, "POST", "appchat/create", incident.with(c.changes).json()); a.code() != c.code {
			t.Errorf("%s: %v, want %d", c.name, a, c.code)
		}
	}
	a := by(t, sim, hongyan, "POST", "appchat/create", fields{"userlist": []string{"lisi", "zhangsan"}, "name": strings.Repeat("群", 51)}.json())
	b := by(t, sim, hongyan, "GET", "appchat/get", "", "chatid="+a.str("chatid"))
	want := fmt.Sprintf(`{"chat_type":0,"chatid":%q,"name":%q,"owner":"lisi","userlist":["lisi","zhangsan"]}`, a.str("chatid"), strings.Repeat("群", 50))
	if got := string(encode(b["chat_info"])); len(a.str("chatid")) != 32 || got != want {
		t.Errorf("%v: %s", a, got)
	}
	for _, call := range []string{"create", "update", "get", "send"} {
		if a := by(t, sim, monitor, "POST", "appchat/"+call, incident.with(fields{"msgtype": "text"}).json()); a.code() != 60011 || a.text() != "no privilege to access/modify contact/party/agent " {
			t.Errorf("%s by an app that does not see everybody: %v", call, a)
		}
	}
}

func TestChatRates(t *testing.T) {
	sim := newStill()
	pair := fields{"userlist": []string{"lisi", "zhangsan"}}
	for i := range 1000 {
		if a := by(t, sim, hongyan, "POST", "appchat/create", pair.json()); a.code() != 0 {
			t.Fatalf("chat %d: %v", i, a)
		}
	}
	if a := by(t, sim, hongyan, "POST", "appchat/create", pair.json()); a.code() != 45009 {
		t.Errorf("the 1001st of a day: %v", a)
	}
	sim.Advance(24 * time.Hour)
	by(t, sim, hongyan, "POST", "appchat/create", incident.json())
	rename := fields{"chatid": "inc4471", "name": "x"}.json()
	for i := range 1000 {
		if a := by(t, sim, hongyan, "POST", "appchat/update", rename); a.code() != 0 {
			t.Fatalf("change %d: %v", i, a)
		}
	}
	if a := by(t, sim, hongyan, "POST", "appchat/update", rename); a.code() != 45009 {
		t.Errorf("the 1001st of an hour: %v", a)
	}
	hello := fields{"chatid": "inc4471", "msgtype": "text", "text": fields{"content": "x"}}.json()
	for range 201 {
		if a := by(t, sim, hongyan, "POST", "appchat/send", hello); a.code() != 0 {
			t.Fatal(a)
		}
	}
	if n := len(sim.Inbox("lisi")); n != 200 {
		t.Errorf("lisi got %d in a minute, want 200", n)
	}
	if last := sim.Messages(Filter{Limit: 1})[0]; len(last.Users) != 0 || len(last.Dropped) != 2 {
		t.Errorf("%+v", last)
	}
}

func TestChatDeliveriesOfACorp(t *testing.T) {
	var p pace
	if !p.take(start, 15_000, chatDeliveriesPerMinute, time.Minute) || p.take(start, 5001, chatDeliveriesPerMinute, time.Minute) ||
		!p.take(start, 5000, chatDeliveriesPerMinute, time.Minute) || !p.take(start.Add(time.Minute), 1, chatDeliveriesPerMinute, time.Minute) {
		t.Error("the sum of a minute is wrong")
	}
	if !p.take(start, 1, 1, time.Minute) {
		t.Error("what happens later counts after the clock was set back")
	}
}

func TestUpdateChat(t *testing.T) {
	sim := newStill()
	by(t, sim, hongyan, "POST", "appchat/create", incident.json())
	for _, c := range []struct {
		name string
		f    fields
		code int
	}{
		{"no id", fields{}, 86201},
		{"unknown id", fields{"chatid": "nope"}, 86003},
		{"unknown member added", fields{"chatid": "inc4471", "add_user_list": []string{"ghost"}}, 86216},
		{"somebody outside deleted", fields{"chatid": "inc4471", "del_user_list": []string{"wangwu"}}, 86216},
		{"one left", fields{"chatid": "inc4471", "del_user_list": []string{"lisi"}}, 86006},
		{"unknown owner", fields{"chatid": "inc4471", "owner": "ghost"}, 86005},
		{"owner outside", fields{"chatid": "inc4471", "owner": "wangwu"}, 86207},
		{"owner leaves", fields{"chatid": "inc4471", "name": "Closed", "add_user_list": []string{"wangwu", "zhangsan"}, "del_user_list": []string{"lisi"}}, 0},
	} {
		if a := by(t, sim, hongyan, "POST", "appchat/update", c.f.json()); a.code() != c.code {
			t.Errorf("%s: %v, want %d", c.name, a, c.code)
		}
	}
	a := by(t, sim, hongyan, "GET", "appchat/get", "", "chatid=inc4471")
	if got := string(encode(a["chat_info"])); got != `{"chat_type":0,"chatid":"inc4471","name":"Closed","owner":"zhangsan","userlist":["zhangsan","wangwu"]}` {
		t.Errorf("%s", got)
	}
	if a := by(t, sim, hongyan, "GET", "appchat/get", "", "chatid=nope"); a.code() != 40050 {
		t.Errorf("%v, want 40050", a)
	}
	for _, call := range []string{"update", "get", "send"} {
		a := by(t, sim, monitor, "POST", "appchat/"+call, `{"chatid":"inc4471","msgtype":"text"}`, "chatid=inc4471")
		if a.code() != 86008 {
			t.Errorf("%s by another app: %v, want 86008", call, a)
		}
	}
}

func TestSendToChat(t *testing.T) {
	sim := newStill()
	by(t, sim, hongyan, "POST", "appchat/create", incident.json())
	image := uploaded(t, sim, "image", "a.png", png)
	for _, c := range []struct {
		msgType, body, want string
		code                int
	}{
		{"text", `{"content":"Fixed","mentioned_list":["lisi","@all"]}`, `{"content":"Fixed","mentioned_list":["lisi","@all"]}`, 0},
		{"text", `{"content":""}`, "", 44004},
		{"image", `{"media_id":"` + image + `"}`, `{"media_id":"` + image + `"}`, 0},
		{"image", `{"media_id":"3x"}`, "", 40007},
		{"textcard", `{"title":"` + strings.Repeat("鸿", 50) + `","description":"d","url":"http://e.cn"}`, `{"title":"` + strings.Repeat("鸿", 42) + `","description":"d","url":"http://e.cn"}`, 0},
		{"textcard", `{"title":"t"}`, "", 41033},
		{"news", newsJSON, newsJSON, 0},
		{"news", miniJSON, "", 41010},
		{"markdown", `{"content":"x <@lisi>"}`, `{"content":"x <@lisi>"}`, 0},
		{"template_card", newsNotice, "", 86214},
		{"taskcard", taskJSON, "", 86214},
		{"miniprogram_notice", noticeJSON, "", 86214},
		{"markdown_v2", `{}`, "", 40008},
	} {
		before := len(sim.Inbox("zhangsan"))
		a := by(t, sim, hongyan, "POST", "appchat/send", fields{"chatid": "inc4471", "msgtype": c.msgType, "safe": 0, c.msgType: json.RawMessage(c.body)}.json())
		if a.code() != c.code || c.code == 0 && len(a) != 2 {
			t.Errorf("%s %s: %v, want %d", c.msgType, c.body, a, c.code)
		}
		if c.code != 0 {
			if len(sim.Inbox("zhangsan")) != before {
				t.Errorf("%s was delivered all the same", c.msgType)
			}
			continue
		}
		m := sim.Inbox("zhangsan").Last()
		if string(m.Body) != c.want || m.ChatID != "inc4471" || m.Chat != "Incident" || m.AgentID != hongyan || m.Robot != "" {
			t.Errorf("%+v\nbody %s", m, m.Body)
		}
		if a := by(t, sim, hongyan, "POST", "message/recall", fields{"msgid": m.MsgID}.json()); a.code() != 40058 {
			t.Errorf("a message to a group was recalled: %v", a)
		}
	}
	for chatID, code := range map[string]int{"": 86201, "nope": 86003} {
		if a := by(t, sim, hongyan, "POST", "appchat/send", fields{"chatid": chatID, "msgtype": "text"}.json()); a.code() != code {
			t.Errorf("chat %q: %v, want %d", chatID, a, code)
		}
	}
	sim.Reset()
	if a := by(t, sim, hongyan, "GET", "appchat/get", "", "chatid=inc4471"); a.code() != 40050 {
		t.Errorf("after a reset: %v", a)
	}
}
