package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRecall(t *testing.T) {
	sim := newStill()
	page, stop := phones{sim}.Subscribe()
	defer stop()
	first := mustSend(t, sim, text("lisi", "wrong")).str("msgid")
	second := mustSend(t, sim, text("lisi", "late")).str("msgid")
	recall := func(agentID int, msgID string) answer {
		t.Helper()
		return by(t, sim, agentID, "POST", "message/recall", fields{"msgid": msgID}.json())
	}
	for _, c := range []struct {
		agentID int
		msgID   string
		code    int
	}{
		{monitor, first, 40058}, {hongyan, "nope", 40058}, {hongyan, "", 40058}, {hongyan, first, 0}, {hongyan, first, 0},
	} {
		if a := recall(c.agentID, c.msgID); a.code() != c.code || c.code == 0 && len(a) != 2 {
			t.Errorf("%q: %v, want %d", c.msgID, a, c.code)
		}
	}
	if a := recall(hongyan, ""); a.text() != "invalid param 'msgid'" {
		t.Errorf("%q", a.text())
	}
	if a := by(t, sim, hongyan, "POST", "message/recall", "{"); !strings.HasPrefix(a.msg(), "Warning: wrong json format. ") {
		t.Errorf("%q", a.msg())
	}
	sim.Advance(24*time.Hour - time.Nanosecond)
	if a := recall(hongyan, second); a.code() != 0 {
		t.Errorf("within 24 hours: %v", a)
	}
	sim.Advance(time.Nanosecond)
	if a := recall(hongyan, second); a.code() != 42052 {
		t.Errorf("after 24 hours: %v", a)
	}
	if list := sim.Inbox("lisi"); !list[0].Recalled || !list[1].Recalled {
		t.Error("the inbox does not show it")
	}
	shown := []string{}
	for range 4 {
		m := <-page
		shown = append(shown, fmt.Sprint(m.MsgID == first, m.Recalled))
	}
	if want := []string{"true false", "false false", "true true", "true true"}; !slices.Equal(shown, want) {
		t.Errorf("the page was told %v", shown)
	}
}

func TestStatistics(t *testing.T) {
	sim := newStill()
	mustSend(t, sim, text("lisi|wangwu", "x"))
	count := func(body string) answer { return by(t, sim, hongyan, "POST", "message/get_statistics", body) }
	want := func(a answer, n int) {
		t.Helper()
		if got := string(encode(a["statistics"])); got != fmt.Sprintf(`[{"agentid":1000002,"app_name":"鸿雁","count":%d}]`, n) || a.msg() != "ok" {
			t.Errorf("%v, want %d", a, n)
		}
	}
	want(count(""), 2)
	want(count(`{"time_type":0}`), 2)
	want(count(`{"time_type":1}`), 0)
	sim.Advance(24 * time.Hour)
	want(count(`{}`), 0)
	want(count(`{"time_type":1}`), 2)
	sim.Advance(24 * time.Hour)
	want(count(`{"time_type":1}`), 0)
	if a := count(`{"time_type":2}`); a.code() != 40058 {
		t.Errorf("%v, want 40058", a)
	}
}

// cardWithCode sends a card to lisi and wangwu and gives its msgid and its first code.
func cardWithCode(t *testing.T, sim *WeCom, card string) (msgID, code string) {
	t.Helper()
	a := mustSend(t, sim, templateCardOf(card))
	return a.str("msgid"), a.str("response_code")
}

func updateCard(t *testing.T, sim *WeCom, f fields) answer {
	t.Helper()
	return by(t, sim, hongyan, "POST", "message/update_template_card", f.json())
}

func lastCard(t *testing.T, sim *WeCom, userID string) map[string]any {
	t.Helper()
	return parse(t, string(sim.Inbox(userID).Last().Body))
}

func TestUpdateCardErrors(t *testing.T) {
	sim := newStill()
	_, code := cardWithCode(t, sim, buttonCard)
	_, noticeCode := cardWithCode(t, sim, strings.Replace(textNotice, `"media_id":"FILE"`, `"media_id":"`+uploaded(t, sim, "file", "a", "mytext")+`"`, 1))
	ok := fields{"userids": []string{"lisi"}, "agentid": hongyan, "response_code": code, "button": fields{"replace_name": "done"}}
	many := repeated("lisi", 1001)
	for _, c := range []struct {
		name    string
		changes fields
		code    int
	}{
		{"no agentid", fields{"agentid": nil}, 41011},
		{"unknown agentid", fields{"agentid": 7}, 40056},
		{"another agentid", fields{"agentid": monitor}, 301002},
		{"no code", fields{"response_code": nil}, 60140},
		{"wrong code", fields{"response_code": "x"}, 60140},
		{"no target", fields{"userids": nil}, 82101},
		{"empty targets", fields{"userids": []string{}, "partyids": []int{}, "atall": 0}, 82101},
		{"1001 members", fields{"userids": many}, 40032},
		{"101 departments", fields{"partyids": repeated(1, 101)}, 82002},
		{"101 tags", fields{"tagids": repeated(1, 101)}, 82003},
		{"neither variant", fields{"button": nil}, 40058},
		{"both variants", fields{"template_card": fields{}}, 40058},
		{"no text", fields{"button": fields{}}, 40058},
		{"buttons of a notice", fields{"response_code": noticeCode}, 40058},
		{"wrong card", fields{"button": nil, "template_card": fields{"card_type": "x"}}, 42031},
		{"notice without action", fields{"button": nil, "template_card": fields{"card_type": "text_notice", "sub_title_text": "x"}}, 42045},
		{"nobody who got it", fields{"userids": []string{"zhaoliu", "ghost"}}, 82102},
		{"a department that did not", fields{"userids": nil, "partyids": []int{3}}, 82102},
	} {
		if a := updateCard(t, sim, ok.with(c.changes)); a.code() != c.code {
			t.Errorf("%s: %v, want %d", c.name, a, c.code)
		}
	}
	if a := by(t, sim, monitor, "POST", "message/update_template_card", ok.with(fields{"agentid": monitor}).json()); a.code() != 60140 {
		t.Errorf("the code of another app: %v", a)
	}
	if a := updateCard(t, sim, ok); a.code() != 0 {
		t.Errorf("failures used the code up: %v", a)
	}
	if a := updateCard(t, sim, ok); a.code() != 60140 {
		t.Errorf("a second use: %v", a)
	}
}

func TestResponseCodesLive72Hours(t *testing.T) {
	sim := newStill()
	_, first := cardWithCode(t, sim, buttonCard)
	_, second := cardWithCode(t, sim, voteCard)
	ok := fields{"atall": 1, "agentid": hongyan, "button": fields{"replace_name": "done"}}
	sim.Advance(72*time.Hour - time.Nanosecond)
	if a := updateCard(t, sim, ok.with(fields{"response_code": first})); a.code() != 0 {
		t.Errorf("%v", a)
	}
	sim.Advance(time.Nanosecond)
	if a := updateCard(t, sim, ok.with(fields{"response_code": second})); a.code() != 60140 {
		t.Errorf("%v, want 60140", a)
	}
}

func TestUpdatedCardsDifferByMember(t *testing.T) {
	sim := newStill()
	_, code := cardWithCode(t, sim, buttonCard)
	a := updateCard(t, sim, fields{"userids": []string{"LiSi", "Ghost"}, "agentid": hongyan, "response_code": code, "button": fields{"replace_name": "已批准"}})
	if got := string(encode(a["invaliduser"])); a.msg() != "ok" || got != `["ghost"]` {
		t.Errorf("%v", a)
	}
	if got := lastCard(t, sim, "lisi"); got["replace_text"] != "已批准" || got["button_list"] == nil {
		t.Errorf("lisi has %v", got)
	}
	if got := lastCard(t, sim, "wangwu"); got["replace_text"] != nil {
		t.Errorf("wangwu has %v", got)
	}
	if got := sim.Messages(Filter{})[0]; strings.Contains(string(got.Body), "replace_text") {
		t.Errorf("what was sent became %s", got.Body)
	}
	page := phones{sim}.Messages(corpID, "lisi")
	if !strings.Contains(string(page[0].Body), "已批准") {
		t.Errorf("the page shows %s", page[0].Body)
	}
}

func TestUpdateToAnotherCard(t *testing.T) {
	sim := newStill()
	page, stop := phones{sim}.Subscribe()
	defer stop()
	_, code := cardWithCode(t, sim, buttonCard)
	card := alter(t, selectCard, "replace_text", "closed")
	card["select_list"].([]any)[0].(map[string]any)["disable"] = true
	card["task_id"] = "another"
	a := updateCard(t, sim, fields{"partyids": []int{2}, "tagids": []int{99}, "agentid": hongyan, "response_code": code, "template_card": card})
	if got := string(encode(a["invaliduser"])); a.msg() != "ok" || got != `[]` {
		t.Errorf("%v", a)
	}
	for _, user := range []string{"lisi", "wangwu"} {
		got := lastCard(t, sim, user)
		locked := got["select_list"].([]any)[0].(map[string]any)["disable"]
		if got["card_type"] != "multiple_interaction" || got["replace_text"] != "closed" || locked != true || got["task_id"] != "deploy-1" {
			t.Errorf("%s has %v", user, got)
		}
	}
	<-page // the message
	if m := <-page; strings.Join(m.Users, "|") != "lisi|wangwu" || !strings.Contains(string(m.Body), "closed") {
		t.Errorf("the page was told %s for %v", m.Body, m.Users)
	}
}

func TestANoticeHasNoButtonsToReplace(t *testing.T) {
	sim := newStill()
	msgID, code := cardWithCode(t, sim, buttonCard)
	next := click(t, sim, Click{MsgID: msgID, User: "lisi", Key: "approve"}).ResponseCode
	updateCard(t, sim, fields{"userids": []string{"lisi"}, "agentid": hongyan, "response_code": code, "template_card": json.RawMessage(newsNotice)})
	updateCard(t, sim, fields{"atall": 1, "agentid": hongyan, "response_code": next, "button": fields{"replace_name": "done"}})
	if lisi, wangwu := lastCard(t, sim, "lisi"), lastCard(t, sim, "wangwu"); lisi["replace_text"] != nil || wangwu["replace_text"] != "done" {
		t.Errorf("%v\n%v", lisi, wangwu)
	}
}

func TestUpdateTaskCard(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].Apps[1].Callback = &Callback{} })))
	mustSend(t, sim, message("taskcard", json.RawMessage(taskJSON)).with(fields{"touser": "lisi|wangwu"}))
	mustSend(t, sim, message("interactive_taskcard", json.RawMessage(strings.Replace(taskJSON, "leave@1", "leave@2", 1))))
	mustSend(t, sim, templateCardOf(buttonCard))
	a := by(t, sim, monitor, "POST", "message/send", message("taskcard", json.RawMessage(strings.Replace(taskJSON, "leave@1", "leave@3", 1))).with(fields{"agentid": monitor}).json())
	if a.code() != 0 {
		t.Fatal(a)
	}
	first := fields{"userids": []string{"lisi"}, "agentid": hongyan, "task_id": "leave@1", "clicked_key": "no"}
	second := fields{"userids": []string{"lisi", "Ghost"}, "agentid": hongyan, "task_id": "leave@2", "replace_name": "Done"}
	for _, c := range []struct {
		name string
		f    fields
		code int
	}{
		{"no agentid", first.with(fields{"agentid": nil}), 41011},
		{"another agentid", first.with(fields{"agentid": monitor}), 301002},
		{"nobody", first.with(fields{"userids": nil}), 40058},
		{"1001 members", first.with(fields{"userids": repeated("lisi", 1001)}), 40032},
		{"no task", first.with(fields{"task_id": nil}), 42014},
		{"illegal task", first.with(fields{"task_id": "a b"}), 42014},
		{"unknown task", first.with(fields{"task_id": "leave@9"}), 42016},
		{"task of a template card", first.with(fields{"task_id": "deploy-1"}), 42016},
		{"task of another app", first.with(fields{"task_id": "leave@3"}), 42015},
		{"neither field", first.with(fields{"clicked_key": nil}), 42019},
		{"illegal key", first.with(fields{"clicked_key": "a b"}), 42018},
		{"unknown key", first.with(fields{"clicked_key": "maybe"}), 42017},
		{"field of the second generation", first.with(fields{"clicked_key": nil, "replace_name": "Done"}), 42017},
		{"field of the first generation", second.with(fields{"replace_name": nil, "clicked_key": "ok"}), 42017},
		{"first", first, 0},
		{"second", second, 0},
	} {
		a := by(t, sim, hongyan, "POST", "message/update_taskcard", c.f.json())
		if a.code() != c.code {
			t.Errorf("%s: %v, want %d", c.name, a, c.code)
		}
		if got := string(encode(a["invaliduser"])); c.code == 42017 && got != "[]" || c.name == "second" && got != `["ghost"]` {
			t.Errorf("%s: invaliduser %s", c.name, got)
		}
	}
	inbox := sim.Inbox("lisi")
	for i, want := range []string{`"replace_text":"已处理"`, `"replace_text":"Done"`} {
		if !strings.Contains(string(inbox[i].Body), want) {
			t.Errorf("card %d is %s", i, inbox[i].Body)
		}
	}
	if strings.Contains(string(sim.Inbox("wangwu")[0].Body), "replace_text") {
		t.Error("the card of somebody else changed")
	}
}

func TestWhatIsForgotten(t *testing.T) {
	sim := newStill(WithMaxMessages(1))
	first := mustSend(t, sim, text("lisi", "first")).str("msgid")
	mustSend(t, sim, text("lisi", "second"))
	if a := by(t, sim, hongyan, "POST", "message/recall", fields{"msgid": first}.json()); a.code() != 40058 {
		t.Errorf("a message that made room for another: %v", a)
	}
	r := &record{corpID: corpID, agentID: hongyan}
	var cs codes
	var values []string
	for range maxCards + 1 {
		values = append(values, cs.issue(r, start))
	}
	app := sim.directory.Load().app(corpID, hongyan)
	if cs.find(values[0], app, start) != nil || cs.find(values[1], app, start) == nil || len(cs.byValue) != maxCards {
		t.Errorf("%d codes are remembered", len(cs.byValue))
	}
	if !cs.spend(values[1]) || cs.spend(values[1]) || cs.spend("nope") {
		t.Error("a code can be spent once, and only if it exists")
	}
}

// TestCardsUnderPressure clicks, updates, recalls and reads one card from many sides at once: each of
// them sees a whole card.
func TestCardsUnderPressure(t *testing.T) {
	sim := newStill()
	msgID, _ := cardWithCode(t, sim, buttonCard)
	token := tokenOf(t, sim, hongyan)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			user := []string{"lisi", "wangwu"}[i%2]
			for range 20 {
				e, err := sim.Click(Click{MsgID: msgID, User: user, Key: "approve"})
				if err != nil {
					t.Error(err)
					return
				}
				update := fields{"userids": []string{user}, "agentid": hongyan, "response_code": e.ResponseCode, "template_card": json.RawMessage(buttonCard)}
				if a := api(t, sim, "POST", "/cgi-bin/message/update_template_card?access_token="+token, update.json()); a.code() != 0 {
					t.Error(a)
				}
				if list := (phones{sim}).Messages(corpID, user); len(list) != 1 || !json.Valid(list[0].Body) {
					t.Errorf("%+v", list)
				}
				sim.Callbacks()
			}
		}()
	}
	wg.Wait()
	if n := len(sim.Callbacks()); n != 160 {
		t.Errorf("%d events of 160 clicks", n)
	}
}

// TestACodeIsSpentOnce: of many who use one code at once, one is lucky.
func TestACodeIsSpentOnce(t *testing.T) {
	sim := newStill()
	_, code := cardWithCode(t, sim, buttonCard)
	update := fields{"atall": 1, "agentid": hongyan, "response_code": code, "button": fields{"replace_name": "done"}}.json()
	token := tokenOf(t, sim, hongyan)
	var wg sync.WaitGroup
	var lucky atomic.Int32
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if a := api(t, sim, "POST", "/cgi-bin/message/update_template_card?access_token="+token, update); a.code() == 0 {
				lucky.Add(1)
			} else if a.code() != 60140 {
				t.Error(a)
			}
		}()
	}
	wg.Wait()
	if n := lucky.Load(); n != 1 {
		t.Errorf("%d updates with one code", n)
	}
}
