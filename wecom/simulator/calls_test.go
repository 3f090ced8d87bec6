package simulator

import (
	"fmt"
	"testing"
	"time"
)

// newNarrow makes a simulator whose first app sees department 2 only.
func newNarrow() *WeCom {
	return newStill(WithWorld(change(func(w *World) { w.Corps[0].Apps[0].Visible = &Visible{Parties: []int{2}} })))
}

func TestDirectoryCalls(t *testing.T) {
	wide, narrow := newStill(), newNarrow()
	for _, c := range []struct {
		sim               *WeCom
		name, query, body string
		code              int
		want              string // the answer, but for errcode and errmsg
	}{
		{wide, "user/get", "userid=LISI", "", 0, `{"alias":"","department":[2],"direct_leader":[],"extattr":{"attrs":[]},"gender":"0","is_leader_in_dept":[0],"main_department":2,"name":"李四","order":[0],"position":"","status":1,"telephone":"","userid":"lisi"}`},
		{wide, "user/get", "", "", 40003, ""},
		{wide, "user/get", "userid=a|b", "", 40003, ""},
		{wide, "user/get", "userid=ghost", "", 60111, ""},
		{narrow, "user/get", "userid=zhaoliu", "", 60011, ""},
		{narrow, "user/get", "userid=zhouba", "", 0, `{"alias":"","department":[2],"direct_leader":[],"extattr":{"attrs":[]},"gender":"0","is_leader_in_dept":[0],"main_department":2,"name":"周八","order":[0],"position":"","status":1,"telephone":"","userid":"zhouba"}`},

		{wide, "user/getuserid", "", `{"mobile":"13800000003"}`, 0, `{"userid":"lisi"}`},
		{wide, "user/getuserid", "", `{"mobile":"13900000000"}`, 46004, ""},
		{wide, "user/getuserid", "", `{"mobile":"1380"}`, 40058, ""},
		{wide, "user/getuserid", "", `{}`, 40058, ""},
		{narrow, "user/getuserid", "", `{"mobile":"13800000005"}`, 46004, ""},
		{wide, "user/get_userid_by_email", "", `{"email":"LISI@example.com"}`, 0, `{"userid":"lisi"}`},
		{wide, "user/get_userid_by_email", "", `{"email":"lisi@example.com","email_type":2}`, 0, `{"userid":"lisi"}`},
		{wide, "user/get_userid_by_email", "", `{"email":"lisi@example.com","email_type":3}`, 40058, ""},
		{wide, "user/get_userid_by_email", "", `{"email":"x@example.com"}`, 46004, ""},
		{wide, "user/get_userid_by_email", "", `{}`, 40058, ""},

		{wide, "department/simplelist", "", "", 0, `{"department_id":[{"id":1,"order":3,"parentid":0},{"id":2,"order":2,"parentid":1},{"id":3,"order":1,"parentid":1}]}`},
		{wide, "department/simplelist", "id=3", "", 0, `{"department_id":[{"id":3,"order":1,"parentid":1}]}`},
		{wide, "department/simplelist", "id=9", "", 60003, ""},
		{wide, "department/simplelist", "id=x", "", 60123, ""},
		{narrow, "department/simplelist", "", "", 0, `{"department_id":[{"id":2,"order":2,"parentid":1}]}`},
		{narrow, "department/simplelist", "id=1", "", 60011, ""},

		{narrow, "tag/list", "", "", 0, `{"taglist":[{"tagid":1,"tagname":"值班"},{"tagid":2,"tagname":"管理"}]}`},
		{wide, "tag/get", "tagid=2", "", 0, `{"partylist":[3],"tagname":"管理","userlist":[{"name":"陈鹏伟","userid":"ChenPengWei"}]}`},
		{narrow, "tag/get", "tagid=2", "", 0, `{"partylist":[],"tagname":"管理","userlist":[]}`},
		{narrow, "tag/get", "tagid=9", "", 40068, ""},
		{wide, "tag/get", "", "", 40068, ""},

		{narrow, "agent/get", "agentid=1000002", "", 0, `{"agentid":1000002,"allow_partys":{"partyid":[2]},"allow_tags":{"tagid":[]},"allow_userinfos":{"user":[]},"close":0,"description":"","home_url":"","isreportenter":0,"name":"鸿雁","redirect_domain":"","report_location_flag":0,"square_logo_url":""}`},
		{wide, "agent/get", "agentid=1000002", "", 0, `{"agentid":1000002,"allow_partys":{"partyid":[1]},"allow_tags":{"tagid":[]},"allow_userinfos":{"user":[]},"close":0,"description":"","home_url":"","isreportenter":0,"name":"鸿雁","redirect_domain":"","report_location_flag":0,"square_logo_url":""}`},
		{wide, "agent/get", "", "", 41011, ""},
		{wide, "agent/get", "agentid=x", "", 40056, ""},
		{wide, "agent/get", "agentid=7", "", 40056, ""},
		{wide, "agent/get", "agentid=1000003", "", 301002, ""},
		{wide, "agent/list", "", "", 0, `{"agentlist":[{"agentid":1000002,"name":"鸿雁","square_logo_url":""}]}`},

		{wide, "get_api_domain_ip", "", "", 0, `{"ip_list":["127.0.0.1"]}`},
		{wide, "getcallbackip", "", "", 0, `{"ip_list":["127.0.0.1"]}`},
		{wide, "ticket/get", "type=jsapi", "", 91040, ""},
	} {
		a := by(t, c.sim, hongyan, "POST", c.name, c.body, c.query)
		code := a.code()
		delete(a, "errcode")
		delete(a, "errmsg")
		if got := string(encode(a)); code != c.code || code == 0 && got != c.want {
			t.Errorf("%s?%s %s: %d %s\nwant %d %s", c.name, c.query, c.body, code, got, c.code, c.want)
		}
	}
}

func TestTooManyMisses(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].AccountCap = 10 })))
	lookUp := func(mobile string) int {
		t.Helper()
		return by(t, sim, hongyan, "POST", "user/getuserid", `{"mobile":"`+mobile+`"}`).code()
	}
	for i, want := range []int{46004, 46004, 46004, 45009} { // a fifth of ten are two; the third is beyond
		if got := lookUp("13900000000"); got != want {
			t.Errorf("miss %d: %d, want %d", i, got, want)
		}
	}
	if got := lookUp("13800000003"); got != 45009 {
		t.Errorf("a number that exists: %d, want the call to be closed", got)
	}
	if got := by(t, sim, hongyan, "POST", "user/get_userid_by_email", `{"email":"lisi@example.com"}`).code(); got != 0 {
		t.Errorf("the other call: %d", got)
	}
	sim.Advance(24 * time.Hour)
	if got := lookUp("13800000003"); got != 0 {
		t.Errorf("the next day: %d", got)
	}
}

func TestTickets(t *testing.T) {
	sim := newStill()
	corp := func(agentID int) answer { return by(t, sim, agentID, "GET", "get_jsapi_ticket", "") }
	app := func(agentID int) answer { return by(t, sim, agentID, "GET", "ticket/get", "", "type=agent_config") }
	first := corp(hongyan)
	if first.str("ticket") == "" || first.expiresIn() != 7200 || corp(monitor).str("ticket") != first.str("ticket") {
		t.Errorf("%v", first)
	}
	mine := app(hongyan)
	if mine.str("ticket") == first.str("ticket") || app(monitor).str("ticket") == mine.str("ticket") {
		t.Errorf("%v", mine)
	}
	sim.Advance(time.Hour)
	if again := app(hongyan); again.str("ticket") != mine.str("ticket") || again.expiresIn() != 3600 {
		t.Errorf("%v", again)
	}
	sim.Advance(time.Hour)
	if again := app(hongyan); again.str("ticket") == mine.str("ticket") || again.expiresIn() != 7200 {
		t.Errorf("%v", again)
	}
	limits := map[string]int{"get_jsapi_ticket": 400, "ticket/get?type=agent_config": 100}
	for name, limit := range limits {
		sim.Advance(time.Hour)
		codes := map[int]int{}
		for range limit + 1 {
			call, query := name, ""
			if fmt.Sscanf(name, "ticket/get?%s", &query); query != "" {
				call = "ticket/get"
			}
			codes[by(t, sim, hongyan, "GET", call, "", query).code()]++
		}
		if codes[0] != limit || codes[45009] != 1 {
			t.Errorf("%s: %v", name, codes)
		}
	}
}
