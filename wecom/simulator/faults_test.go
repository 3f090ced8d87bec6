package simulator

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCountedFaults(t *testing.T) {
	sim := newStill()
	sim.Fail("message/send", 45009).Times(2)
	sim.Fail("message/send", -1)
	for i, want := range []int{45009, 45009, -1, 0, 0} {
		if a := send(t, sim, text("lisi", "hi")); a.code() != want {
			t.Errorf("call %d: %v, want %d", i+1, a, want)
		}
	}
	if n := got(sim, "lisi"); n != 2 {
		t.Errorf("%d delivered, want the 2 that answered 0", n)
	}
	if n := sim.Stats().Calls["message/send"]; n != 5 {
		t.Errorf("%d calls counted, want those with faults too", n)
	}
	if left := sim.Faults(); len(left) != 0 {
		t.Errorf("used up and still there: %v", left)
	}
}

func TestFaultsMatch(t *testing.T) {
	sends := func(agentID int, touser string) func(*testing.T, *WeCom) answer {
		return func(t *testing.T, sim *WeCom) answer {
			return api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, agentID), text(touser, "hi").with(fields{"agentid": agentID}).json())
		}
	}
	gets := func(t *testing.T, sim *WeCom) answer {
		return api(t, sim, "GET", "/cgi-bin/gettoken?corpid="+corpID+"&corpsecret=sim-secret-1000003", "")
	}
	for _, c := range []struct {
		name  string
		fault Fault
		call  func(*testing.T, *WeCom) answer
		hit   bool
	}{
		{"any send", Fault{Call: "message/send"}, sends(hongyan, "lisi"), true},
		{"another call", Fault{Call: "gettoken", AgentID: hongyan}, sends(monitor, "lisi"), false},
		{"the app", Fault{Call: "message/send", AgentID: hongyan}, sends(hongyan, "lisi"), true},
		{"another app", Fault{Call: "message/send", AgentID: hongyan}, sends(monitor, "lisi"), false},
		{"the corp", Fault{Call: "message/send", CorpID: corpID}, sends(hongyan, "lisi"), true},
		{"another corp", Fault{Call: "message/send", CorpID: "ww2"}, sends(hongyan, "lisi"), false},
		{"the app of a gettoken", Fault{Call: "gettoken", AgentID: monitor}, gets, true},
		{"another app's gettoken", Fault{Call: "gettoken", AgentID: hongyan}, gets, false},
		{"the member", Fault{Call: "message/send", User: "lisi"}, sends(hongyan, "wangwu|LISI"), true},
		{"the member by @all", Fault{Call: "message/send", User: "lisi"}, sends(hongyan, "@all"), true},
		{"another member", Fault{Call: "message/send", User: "lisi"}, sends(hongyan, "wangwu"), false},
		{"a member nobody knows", Fault{Call: "message/send", User: "ghost"}, sends(hongyan, "Ghost"), true},
		{"all at once", Fault{Call: "message/send", CorpID: corpID, AgentID: hongyan, User: "Lisi"}, sends(hongyan, "lisi"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := newStill()
			c.fault.ErrCode = 45033
			if err := sim.SetFaults([]Fault{c.fault}); err != nil {
				t.Fatal(err)
			}
			if a := c.call(t, sim); (a.code() == 45033) != c.hit {
				t.Errorf("%v, want hit to be %v", a, c.hit)
			}
		})
	}
}

func TestFailNarrows(t *testing.T) {
	sim := newStill()
	sim.Fail("message/send", 45009).Times(0).For(monitor)
	sim.Fail("message/send", 81013).To("lisi").Times(1)
	for range 3 {
		a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, monitor), "{}")
		if a.code() != 45009 {
			t.Errorf("%v, want it for ever", a)
		}
	}
	if a := send(t, sim, text("wangwu", "hi")); a.code() != 0 {
		t.Errorf("%v", a)
	}
	if a := send(t, sim, text("lisi", "hi")); a.code() != 81013 {
		t.Errorf("%v", a)
	}
	if a := send(t, sim, text("lisi", "hi")); a.code() != 0 {
		t.Errorf("%v", a)
	}
}

func TestFaultTexts(t *testing.T) {
	sim := newStill()
	if err := sim.SetFaults([]Fault{
		{Call: "message/send", ErrCode: 60020, Times: 1},
		{Call: "message/send", ErrCode: 99999, Times: 1},
		{Call: "message/send", ErrCode: -1, ErrMsg: "服务端\n繁忙", Times: 1},
	}); err != nil {
		t.Fatal(err)
	}
	if a := send(t, sim, text("lisi", "hi")); a.text() != "not allow to access from your ip" {
		t.Errorf("%v", a)
	}
	if a := send(t, sim, text("lisi", "hi")); a.text() != "error 99999" {
		t.Errorf("%v", a)
	}
	w := exchange(sim, "POST", "/cgi-bin/message/send", "")
	if got := w.Header().Get("Error-Msg"); !strings.HasPrefix(got, "服务端繁忙, hint: [") {
		t.Errorf("header %q", got)
	}
	if got := w.Body.String(); !strings.Contains(got, `"errmsg":"服务端\n繁忙, hint: [`) {
		t.Errorf("body %q", got)
	}
}

func TestInvalidFaults(t *testing.T) {
	sim := newStill()
	if err := sim.SetFaults([]Fault{{Call: "gettoken", ErrCode: -1}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		fault Fault
		want  string
	}{
		{Fault{ErrCode: 1}, "faults[0]: call is missing, such as message/send"},
		{Fault{Call: "message/recal", ErrCode: 1}, `faults[0]: call "message/recal" is not known; did you mean "message/recall"?`},
		{Fault{Call: "gettoken", ErrCode: 1, User: "lisi"}, `faults[0]: user "lisi": gettoken is for no member`},
		{Fault{Call: "media/upload", ErrCode: 1, User: "lisi"}, `faults[0]: user "lisi": media/upload is for no member`},
		{Fault{Call: "gettoken", Action: "drop"}, `faults[0]: action "drop" is not known: drop_before or drop_after`},
		{Fault{Call: "gettoken", HTTPStatus: 100}, "faults[0]: http_status 100 is not between 200 and 599"},
		{Fault{Call: "gettoken", ErrMsg: "x"}, `faults[0]: errmsg "x" without an errcode`},
		{Fault{Call: "gettoken", ErrCode: 1, Action: DropAfter}, "faults[0]: only one of errcode, http_status and action can happen"},
		{Fault{Call: "gettoken", Latency: -1}, "faults[0]: latency -1ns is negative"},
		{Fault{Call: "gettoken"}, "faults[0]: nothing goes wrong: give errcode, http_status, action or latency"},
		{Fault{Call: "gettoken", ErrCode: 1, Times: -1}, "faults[0]: times -1 is negative"},
		{Fault{Call: "gettoken", ErrCode: 1, AgentID: -1}, "faults[0]: agentid -1 is negative"},
	} {
		if err := sim.SetFaults([]Fault{c.fault}); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v, want %q", c.fault, err, c.want)
		}
	}
	if len(sim.Faults()) != 1 {
		t.Error("a refused list replaced the faults")
	}
	for _, call := range []string{"message/recal", ""} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Fail(%q) does not panic", call)
				}
			}()
			sim.Fail(call, 1)
		}()
	}
}

func TestDroppedConnections(t *testing.T) {
	for action, delivered := range map[Action]int{DropBefore: 0, DropAfter: 1} {
		sim := newStill()
		server := httptest.NewServer(sim)
		defer server.Close()
		if err := sim.SetFaults([]Fault{{Call: "message/send", Action: action, Times: 1}}); err != nil {
			t.Fatal(err)
		}
		target := server.URL + "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
		_, err := http.Post(target, "application/json", strings.NewReader(text("lisi", "hi").json()))
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: the client sees %v, want EOF", action, err)
		}
		if n := got(sim, "lisi"); n != delivered {
			t.Errorf("%s: %d delivered, want %d", action, n, delivered)
		}
		answer, err := http.Post(target, "application/json", strings.NewReader(text("lisi", "hi").json()))
		if err != nil || answer.Header.Get("Error-Code") != "0" {
			t.Errorf("%s: the next call: %v", action, err)
		}
		answer.Body.Close()
	}
}

func TestProxyPage(t *testing.T) {
	sim := newStill()
	if err := sim.SetFaults([]Fault{{Call: "gettoken", HTTPStatus: 502, Times: 1}}); err != nil {
		t.Fatal(err)
	}
	w := exchange(sim, "GET", "/cgi-bin/gettoken", "")
	if w.Code != 502 || w.Header().Get("Content-Type") != "text/html" || w.Header()["Error-Code"] != nil {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if !strings.Contains(w.Body.String(), "<h1>502 Bad Gateway</h1>") {
		t.Errorf("%s", w.Body)
	}
}

func TestSetFaultsTakesACopy(t *testing.T) {
	sim := newStill()
	list := []Fault{{Call: "message/send", ErrCode: 45009, Times: 2, Latency: time.Nanosecond}}
	if err := sim.SetFaults(list); err != nil {
		t.Fatal(err)
	}
	send(t, sim, text("lisi", "hi"))
	if list[0].Times != 2 || sim.Faults()[0].Times != 1 {
		t.Errorf("list says %d, faults say %d", list[0].Times, sim.Faults()[0].Times)
	}
}
