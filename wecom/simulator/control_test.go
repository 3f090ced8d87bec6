package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// control makes one request to the simulator's own interface.
func control(t *testing.T, sim *WeCom, method, target, body string) (status int, answer string) {
	t.Helper()
	w := exchange(sim, method, target, body)
	if got := w.Header().Get("Content-Type"); got != "application/json; charset=UTF-8" {
		t.Errorf("%s %s: Content-Type %q", method, target, got)
	}
	if !json.Valid(w.Body.Bytes()) {
		t.Errorf("%s %s answers %q", method, target, w.Body)
	}
	return w.Code, strings.TrimSuffix(w.Body.String(), "\n")
}

func TestControlRefuses(t *testing.T) {
	sim := newStill()
	mustSend(t, sim, text("lisi", "hi"))
	sim.Fail("gettoken", -1)
	world := string(encode(sim.World()))
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/_sim/", "", 404, "no such path /_sim/; known are callbacks, click, clock, faults, images, media, messages, reset, stats, tokens/revoke, world"},
		{"GET", "/_sim/message", "", 404, `no such path /_sim/message; did you mean "messages"?`},
		{"GET", "/_sim/clicks", "", 404, `no such path /_sim/clicks; did you mean "click"?`},
		{"GET", "/_sim/recorder", "", 404, "no such path /_sim/recorder; known are callbacks, click, clock, faults, images, media, messages, reset, stats, tokens/revoke, world"},
		{"POST", "/_sim/messages", "", 405, "/_sim/messages takes DELETE, GET, not POST"},
		{"GET", "/_sim/reset", "", 405, "/_sim/reset takes POST, not GET"},

		{"GET", "/_sim/messages?usr=lisi", "", 400, `unknown parameter "usr"; did you mean "user"?`},
		{"GET", "/_sim/messages?touser=lisi", "", 400, `unknown parameter "touser"; did you mean "user"?`},
		{"GET", "/_sim/messages?x=1", "", 400, `unknown parameter "x"; known are agentid, corpid, limit, msgtype, since, user`},
		{"GET", "/_sim/messages?agentid=crm", "", 400, `agentid: "crm" is not a positive number`},
		{"GET", "/_sim/messages?limit=0", "", 400, `limit: "0" is not a positive number`},
		{"GET", "/_sim/messages?since=yesterday", "", 400, `since: "yesterday" is neither RFC 3339 (2026-01-02T03:04:05Z) nor unix seconds`},
		{"GET", "/_sim/messages?user=a&user=b", "", 400, "user is given 2 times"},
		{"DELETE", "/_sim/messages?user=lisi", "", 400, `unknown parameter "user"; this call takes none`},

		{"PUT", "/_sim/faults", "", 400, "the body is empty; want a JSON object"},
		{"PUT", "/_sim/faults", "{", 400, "not JSON: "},
		{"PUT", "/_sim/faults", "null", 400, "the body: want an object, got null"},
		{"PUT", "/_sim/faults", "[]", 400, "the body: want an object, got a list"},
		{"PUT", "/_sim/faults", "{}", 400, `faults is missing; {"faults":[]} removes all`},
		{"PUT", "/_sim/faults", `{"fault":[]}`, 400, `unknown field "fault"; did you mean "faults"?`},
		{"PUT", "/_sim/faults", `{"faults":[{"call":"gettoken","errorcode":-1}]}`, 400, `unknown field "faults[0].errorcode"; did you mean "errcode"?`},
		{"PUT", "/_sim/faults", `{"faults":[{"call":"gettoken","ErrCode":-1}]}`, 400, `unknown field "faults[0].ErrCode"; did you mean "errcode"?`},
		{"PUT", "/_sim/faults", `{"faults":[{"call":"gettoken","errcode":"-1"}]}`, 400, "faults[0].errcode: want a number, got a string"},
		{"PUT", "/_sim/faults", `{"faults":[{"call":"gettoken","latency":"soon"}]}`, 400, `faults[0]: latency "soon" is not a duration such as 300ms or 1m30s`},
		{"PUT", "/_sim/faults", `{"faults":[{"call":"gettoken","times":1.5,"errcode":1}]}`, 400, "faults[0].times: want a whole number, got 1.5"},
		{"PUT", "/_sim/faults", `{"faults":[{"call":"gettoken","errcode":-1},{"call":"send","errcode":-1}]}`, 400, `faults[1]: call "send" is not known`},

		{"POST", "/_sim/tokens/revoke", `{"corpid":"ww0000000000000001","agentid":1000002,"errcode":40001}`, 400, "errcode 40001: a revoked token answers 42001 or 40014"},
		{"POST", "/_sim/tokens/revoke", `{"corpid":"ww0000000000000001","agentid":7}`, 400, `corp "ww0000000000000001" has no app with agentid 7`},
		{"POST", "/_sim/tokens/revoke", `{"corpid":"ww0000000000000001","agent_id":7}`, 400, `unknown field "agent_id"; did you mean "agentid"?`},

		{"PUT", "/_sim/clock", `{}`, 400, `give either {"advance":"2h"} or {"now":"2026-01-02T03:04:05Z"}`},
		{"PUT", "/_sim/clock", `{"advance":"2h","now":"2026-01-02T03:04:05Z"}`, 400, `give either {"advance":"2h"} or {"now":"2026-01-02T03:04:05Z"}`},
		{"PUT", "/_sim/clock", `{"advance":"two hours"}`, 400, `advance: "two hours" is not a duration such as 90s or 2h`},
		{"PUT", "/_sim/clock", `{"advance":"2500000h"}`, 400, "advance: the clock only goes from 2001-09-09 to 2286-11-20"},
		{"PUT", "/_sim/clock", `{"now":"1999-01-01T00:00:00Z"}`, 400, "now: the clock only goes from 2001-09-09 to 2286-11-20"},
		{"PUT", "/_sim/clock", `{"now":"tomorrow"}`, 400, `now: "tomorrow" is neither`},
		{"PUT", "/_sim/clock", `{"now":1767323045}`, 400, "now: want a string, got a number"},

		{"PUT", "/_sim/world", `{"corps":[]}`, 400, "corps: a world needs at least one corp"},
		{"PUT", "/_sim/world", `{"corps":[{"corpid":"ww1","apps":[{"agentid":1,"secret":"s","visible":{"user":["x"]}}]}]}`, 400, `unknown field "corps[0].apps[0].visible.user"; did you mean "users"?`},
		{"PUT", "/_sim/world", `{"corps":[{"corpid":"ww1","users":[null]}]}`, 400, "corps[0].users[0]: want an object, got null"},
		{"PUT", "/_sim/world?x=1", `{"corps":[]}`, 400, `unknown parameter "x"; this call takes none`},
		{"POST", "/_sim/reset", `{"all":true}`, 400, `unknown field "all"`},
		{"GET", "/_sim/stats?x=1", "", 400, `unknown parameter "x"; this call takes none`},
	} {
		t.Run(c.method+" "+c.path+" "+c.body, func(t *testing.T) {
			status, answer := control(t, sim, c.method, c.path, c.body)
			var got struct{ Error string }
			json.Unmarshal([]byte(answer), &got)
			if status != c.status || !strings.HasPrefix(got.Error, c.want) {
				t.Errorf("%d %s\nwant %d %s", status, answer, c.status, c.want)
			}
		})
	}
	if got(sim, "lisi") != 1 || len(sim.Faults()) != 1 || !sim.Now().Equal(start) || string(encode(sim.World())) != world {
		t.Error("a refused request changed something")
	}
}

func TestGetMessages(t *testing.T) {
	sim := newStill()
	sent := func(agentID int, f fields) string {
		sim.Advance(time.Minute)
		return api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, agentID), f.with(fields{"agentid": agentID}).json()).str("msgid")
	}
	one := sent(hongyan, text("lisi", "one"))
	two := sent(hongyan, card)
	three := sent(monitor, text("wangwu|lisi", "three"))
	four := sent(monitor, text("zhouba", "four"))
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"", []string{one, two, three, four}},
		{"?user=LISI", []string{one, two, three}},
		{"?user=nobody", nil},
		{"?msgtype=textcard", []string{two}},
		{"?agentid=1000003", []string{three, four}},
		{"?corpid=ww0000000000000001", []string{one, two, three, four}},
		{"?corpid=other", nil},
		{"?limit=2", []string{three, four}},
		{"?user=lisi&limit=1", []string{three}},
		{"?user=lisi&msgtype=text&agentid=1000002", []string{one}},
		{"?since=" + at(3).UTC().Format(time.RFC3339), []string{three, four}},
		{fmt.Sprintf("?since=%d", at(4).Unix()), []string{four}},
		{fmt.Sprintf("?since=%d.5", at(3).Unix()), []string{four}},
		{"?user=&msgtype=", []string{one, two, three, four}},
	} {
		status, body := control(t, sim, "GET", "/_sim/messages"+c.query, "")
		var list struct{ Messages []Message }
		if err := json.Unmarshal([]byte(body), &list); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", c.query, status, body)
		}
		var ids []string
		for _, m := range list.Messages {
			ids = append(ids, m.MsgID)
		}
		if fmt.Sprint(ids) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.query, ids, c.want)
		}
	}
	status, body := control(t, sim, "DELETE", "/_sim/messages", "")
	if status != 200 || body != `{"deleted":4}` {
		t.Errorf("%d %s", status, body)
	}
	if _, body := control(t, sim, "GET", "/_sim/messages?user=lisi", ""); body != `{"messages":[]}` {
		t.Errorf("after DELETE: %s", body)
	}
}

func TestMessageShape(t *testing.T) {
	sim := newStill()
	a := mustSend(t, sim, fields{"touser": "lisi|ghost", "toparty": "3", "msgtype": "text", "agentid": hongyan, "text": fields{"content": "a<b & c"}})
	_, body := control(t, sim, "GET", "/prefix/_sim/messages", "")
	want := `{"messages":[{"msgid":"` + a.str("msgid") + `","at":"2026-01-02T12:00:00+08:00","corpid":"ww0000000000000001","agentid":1000002,` +
		`"msgtype":"text","users":["lisi","zhaoliu","sunqi","zhouba"],"parties":[3],"tags":[],"body":{"content":"a<b & c"},` +
		`"request":{"agentid":1000002,"msgtype":"text","text":{"content":"a\u003cb \u0026 c"},"toparty":"3","touser":"lisi|ghost"},"recalled":false}]}`
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

func TestPutFaults(t *testing.T) {
	sim := newStill()
	const list = `{"faults":[{"call":"message/send","agentid":1000002,"user":"lisi","errcode":45009,"times":2},` +
		`{"call":"message/send","action":"drop_after","times":1},{"call":"gettoken","latency":"300ms","http_status":502,"times":0}]}`
	status, body := control(t, sim, "PUT", "/_sim/faults", list)
	if status != 200 || body != list {
		t.Errorf("%d %s", status, body)
	}
	if again, body2 := control(t, sim, "PUT", "/_sim/faults", body); again != 200 || body2 != body {
		t.Errorf("what GET says cannot be PUT: %s", body2)
	}
	if status, body := control(t, sim, "PUT", "/_sim/faults", `{"faults":[{"call":"message/send","errcode":45009,"times":2}]}`); status != 200 {
		t.Errorf("%s", body)
	}
	send(t, sim, text("lisi", "hi"))
	if _, body := control(t, sim, "GET", "/_sim/faults", ""); body != `{"faults":[{"call":"message/send","errcode":45009,"times":1}]}` {
		t.Errorf("after one of two: %s", body)
	}
	send(t, sim, text("lisi", "hi"))
	if _, body := control(t, sim, "GET", "/_sim/faults", ""); body != `{"faults":[]}` {
		t.Errorf("after two of two: %s", body)
	}
}

func TestRevokeByHTTP(t *testing.T) {
	sim := newStill()
	for _, c := range []struct{ body, answer string }{
		{`{"corpid":"ww0000000000000001","agentid":1000002}`, `{"revoked":false}`},
		{"token", ""},
		{`{"corpid":"ww0000000000000001","agentid":1000002,"errcode":40014}`, `{"revoked":true}`},
		{`{"corpid":"ww0000000000000001","agentid":1000002}`, `{"revoked":false}`},
	} {
		if c.body == "token" {
			tokenOf(t, sim, hongyan)
			continue
		}
		if status, body := control(t, sim, "POST", "/_sim/tokens/revoke", c.body); status != 200 || body != c.answer {
			t.Errorf("%s: %d %s, want %s", c.body, status, body, c.answer)
		}
	}
}

func TestClockByHTTP(t *testing.T) {
	sim := newStill()
	for _, c := range []struct{ method, body, now string }{
		{"GET", "", "2026-01-02T12:00:00+08:00"},
		{"PUT", `{"advance":"2h"}`, "2026-01-02T14:00:00+08:00"},
		{"PUT", `{"advance":"-30m"}`, "2026-01-02T13:30:00+08:00"},
		{"PUT", `{"now":"2026-12-31T23:59:59Z"}`, "2027-01-01T07:59:59+08:00"},
		{"PUT", `{"now":"1767323045"}`, "2026-01-02T11:04:05+08:00"},
		{"GET", "", "2026-01-02T11:04:05+08:00"},
	} {
		if status, body := control(t, sim, c.method, "/_sim/clock", c.body); status != 200 || body != `{"now":"`+c.now+`"}` {
			t.Errorf("%s: %d %s, want %s", c.body, status, body, c.now)
		}
	}
}

func TestWorldByHTTP(t *testing.T) {
	sim := newStill()
	_, before := control(t, sim, "GET", "/_sim/world", "")
	if status, body := control(t, sim, "PUT", "/_sim/world", before); status != 200 || body != before {
		t.Errorf("what GET says cannot be PUT: %s", body)
	}
	const small = `{"corps":[{"corpid":"ww2","apps":[{"agentid":1000002,"name":"crm","secret":"s","visible":null}],"users":[{"userid":"Amy","name":"艾米"}]}]}`
	if status, body := control(t, sim, "PUT", "/_sim/world", small); status != 200 {
		t.Fatalf("%s", body)
	}
	value := api(t, sim, "GET", "/cgi-bin/gettoken?corpid=ww2&corpsecret=s", "").str("access_token")
	if a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+value, text("@all", "hi").json()); a.code() != 0 {
		t.Errorf("%v", a)
	}
	if status, body := control(t, sim, "POST", "/_sim/reset", ""); status != 200 || body != "{}" {
		t.Errorf("%d %s", status, body)
	}
	if _, after := control(t, sim, "GET", "/_sim/world", ""); after != before {
		t.Errorf("after reset: %s", after)
	}
	if _, body := control(t, sim, "GET", "/_sim/stats", ""); body != `{"calls":{"gettoken":0,"message/send":0},"delivered":0,"person_deliveries":0,"duplicates_suppressed":0,"dropped_over_quota":0}` {
		t.Errorf("after reset: %s", body)
	}
}

func TestStatsByHTTP(t *testing.T) {
	sim := newStill()
	mustSend(t, sim, text("lisi|wangwu", "hi"))
	mustSend(t, sim, checked("once", 60))
	mustSend(t, sim, checked("once", 60))
	send(t, sim, text("ghost", "hi"))
	if _, body := control(t, sim, "GET", "/_sim/stats", ""); body != `{"calls":{"gettoken":4,"message/send":4},"delivered":2,"person_deliveries":3,"duplicates_suppressed":1,"dropped_over_quota":0}` {
		t.Errorf("%s", body)
	}
}

func TestReset(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].Name = "自己的" })))
	query := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
	for range 31 {
		mustSend(t, sim, checked("hi", 60).with(fields{"enable_duplicate_check": 0}))
	}
	mustSend(t, sim, checked("once", 60).with(fields{"touser": "wangwu"}))
	sim.Fail("gettoken", -1)
	sim.Advance(time.Hour)
	if status, body := control(t, sim, "POST", "/_sim/reset", "{}"); status != 200 {
		t.Fatalf("%s", body)
	}
	if a := api(t, sim, "POST", query, "{}"); a.code() != 40014 {
		t.Errorf("an old token answers %v", a)
	}
	if !sim.Now().Equal(start) || len(sim.Messages(Filter{})) != 0 || len(sim.Faults()) != 0 || sim.World().Corps[0].Name != "自己的" {
		t.Error("something is left")
	}
	mustSend(t, sim, text("lisi", "quota is new"))
	mustSend(t, sim, checked("once", 60).with(fields{"touser": "wangwu"}))
	if got(sim, "lisi") != 1 || got(sim, "wangwu") != 1 {
		t.Error("quotas or duplicates are left")
	}
}
