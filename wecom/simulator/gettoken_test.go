package simulator

import (
	"regexp"
	"sync"
	"testing"
	"time"
)

func TestGetTokenErrors(t *testing.T) {
	sim := newStill()
	for _, c := range []struct {
		name, query string
		code        int
		text        string
	}{
		{"nothing", "", 41004, "corpsecret missing"},
		{"no secret", "?corpid=" + corpID, 41004, "corpsecret missing"},
		{"empty secret", "?corpid=nope&corpsecret=", 41004, "corpsecret missing"},
		{"no corpid", "?corpsecret=wrong", 41002, "corpid missing"},
		{"unknown corp, and the secret is not looked at", "?corpid=nope&corpsecret=wrong", 40013, "invalid corpid"},
		{"wrong secret", "?corpid=" + corpID + "&corpsecret=wrong", 40001, "invalid credential"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := api(t, sim, "GET", "/cgi-bin/gettoken"+c.query, "")
			if a.code() != c.code || a.text() != c.text {
				t.Errorf("%v, want %d %q", a, c.code, c.text)
			}
			if len(a) != 2 {
				t.Errorf("an error carries more than errcode and errmsg: %v", a)
			}
		})
	}
}

func TestGetTokenTakesEveryShapeOfRequest(t *testing.T) {
	sim := newStill()
	for _, c := range []struct{ name, method, path, body string }{
		{"GET", "GET", "/cgi-bin/gettoken", ""},
		{"GET with a JSON body", "GET", "/cgi-bin/gettoken", "{}"},
		{"POST", "POST", "/cgi-bin/gettoken", ""},
		{"POST with a JSON body", "POST", "/cgi-bin/gettoken", "{}"},
		{"behind a prefix", "GET", "/proxy/qyapi/cgi-bin/gettoken", ""},
		{"behind a prefix that looks like the API", "GET", "/cgi-bin/qyapi/cgi-bin/gettoken", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := api(t, sim, c.method, c.path+"?corpid="+corpID+"&corpsecret=sim-secret-1000002", c.body)
			if a.code() != 0 || a.msg() != "ok" || a.expiresIn() != 7200 {
				t.Errorf("%v", a)
			}
			if !regexp.MustCompile(`^[A-Za-z0-9_-]{200}$`).MatchString(a.str("access_token")) {
				t.Errorf("token %q", a["access_token"])
			}
		})
	}
}

func TestTokenLife(t *testing.T) {
	sim := newStill()
	get := func() answer {
		return api(t, sim, "GET", "/cgi-bin/gettoken?corpid="+corpID+"&corpsecret=sim-secret-1000002", "")
	}
	use := func(token string) int {
		return api(t, sim, "POST", "/cgi-bin/message/send?access_token="+token, text("lisi", "hi").json()).code()
	}
	first := get()
	sim.Advance(90*time.Minute + 500*time.Millisecond)
	again := get()
	if again.str("access_token") != first.str("access_token") || again.expiresIn() != 1799 {
		t.Errorf("half an hour before its end the call answers %v, want the same token and 1799 s", again)
	}
	sim.Advance(30*time.Minute - time.Second)
	if a := get(); a.expiresIn() != 1 || use(a.str("access_token")) != 0 {
		t.Errorf("in its last second: %v, want the token to work and 1 s", a)
	}
	sim.Advance(500 * time.Millisecond)
	if code := use(first.str("access_token")); code != 42001 {
		t.Errorf("after two hours the token answers %d, want 42001", code)
	}
	second := get()
	if second.str("access_token") == first.str("access_token") || second.expiresIn() != 7200 {
		t.Errorf("after expiry: %v, want a new token", second)
	}
	if code := use(first.str("access_token")); code != 42001 {
		t.Errorf("the old token answers %d beside a new one, want 42001", code)
	}
	if code := use(second.str("access_token")); code != 0 {
		t.Errorf("the new token answers %d", code)
	}
}

func TestRevoke(t *testing.T) {
	for _, code := range []int{40014, 42001} {
		sim := newStill()
		dead, other := tokenOf(t, sim, hongyan), tokenOf(t, sim, monitor)
		if err := sim.Revoke(corpID, hongyan, code); err != nil {
			t.Fatal(err)
		}
		use := func(token string) int {
			return api(t, sim, "POST", "/cgi-bin/message/send?access_token="+token, text("lisi", "hi").json()).code()
		}
		if got := use(dead); got != code {
			t.Errorf("the revoked token answers %d, want %d", got, code)
		}
		if fresh := tokenOf(t, sim, hongyan); fresh == dead || use(fresh) != 0 {
			t.Error("gettoken gives no working new token")
		}
		sim.Advance(3 * time.Hour)
		if got := use(dead); got != code {
			t.Errorf("hours later it answers %d, want %d", got, code)
		}
		if tokenOf(t, sim, monitor) == other {
			t.Error("the other app's token did not expire by itself")
		}
	}
}

func TestRevokeRefuses(t *testing.T) {
	sim := newStill()
	for _, c := range []struct {
		name, corp    string
		agentID, code int
	}{
		{"another errcode", corpID, hongyan, 40001},
		{"an unknown corp", "nope", hongyan, 42001},
		{"an unknown app", corpID, 1, 42001},
	} {
		if err := sim.Revoke(c.corp, c.agentID, c.code); err == nil {
			t.Errorf("%s is accepted", c.name)
		}
	}
	if err := sim.Revoke(corpID, hongyan, 42001); err != nil {
		t.Errorf("revoking the token of an app without one: %v", err)
	}
}

func TestWorldChangesKeepTokensOfUnchangedApps(t *testing.T) {
	sim := newStill()
	kept, lost := tokenOf(t, sim, monitor), tokenOf(t, sim, hongyan)
	if err := sim.SetWorld(change(func(w *World) {
		w.Corps[0].Apps[0].Secret = "another"
		w.Corps[0].Apps[1].Name = "renamed"
	})); err != nil {
		t.Fatal(err)
	}
	use := func(token string) int {
		return api(t, sim, "POST", "/cgi-bin/message/send?access_token="+token, "{}").code()
	}
	if got := use(kept); got != 40008 {
		t.Errorf("the token of an app with the same secret answers %d", got)
	}
	if got := use(lost); got != 40014 {
		t.Errorf("the token of an app with a new secret answers %d, want 40014", got)
	}
	if err := sim.SetWorld(DefaultWorld()); err != nil {
		t.Fatal(err)
	}
	if got := use(lost); got != 40014 {
		t.Errorf("the old secret came back and its old token answers %d, want 40014", got)
	}
}

func TestOldTokensAreForgottenInTheEnd(t *testing.T) {
	sim := newStill()
	first := tokenOf(t, sim, hongyan)
	for range maxDeadTokens + 5 {
		if err := sim.Revoke(corpID, hongyan, 42001); err != nil {
			t.Fatal(err)
		}
		tokenOf(t, sim, hongyan)
	}
	if n := len(sim.tokens.byValue); n > maxDeadTokens+1 {
		t.Errorf("%d tokens are remembered for one app", n)
	}
	if a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+first, "{}"); a.code() != 40014 {
		t.Errorf("a token forgotten answers %v, want 40014", a)
	}
}

func TestAllCallersGetOneToken(t *testing.T) {
	sim := newStill()
	var seen sync.Map
	var wg sync.WaitGroup
	for range 50 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			seen.Store(tokenOf(t, sim, hongyan), true)
		}()
	}
	wg.Wait()
	n := 0
	seen.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("50 callers got %d tokens", n)
	}
	if got := sim.Stats().Calls["gettoken"]; got != 50 {
		t.Errorf("%d calls counted, want 50", got)
	}
}
