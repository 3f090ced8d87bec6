package simulator

import (
	"strings"
	"testing"
)

func TestSendErrors(t *testing.T) {
	sim := newStill()
	many := func(n int) string { return strings.TrimSuffix(strings.Repeat("7|", n), "|") }
	for _, c := range []struct {
		name    string
		request fields
		code    int
		text    string
	}{
		{"no msgtype", text("lisi", "hi").with(fields{"msgtype": nil}), 40008, "invalid message type"},
		{"msgtype in capitals", text("lisi", "hi").with(fields{"msgtype": "Text"}), 40008, "invalid message type"},
		{"msgtype of robots only", text("lisi", "hi").with(fields{"msgtype": "markdown_v2"}), 40008, "invalid message type"},
		{"no agentid", text("lisi", "hi").with(fields{"agentid": nil}), 41011, "agentid missing"},
		{"unknown agentid", text("lisi", "hi").with(fields{"agentid": 7}), 40056, "invalid agentid"},
		{"agentid of another app", text("lisi", "hi").with(fields{"agentid": monitor}), 301002, "not allow operate another agent with this accesstoken."},
		{"1001 members", text(many(1001), "hi"), 40032, "invalid userid list length"},
		{"101 departments", text("lisi", "hi").with(fields{"toparty": many(101)}), 82002, "invalid party list length"},
		{"101 tags", text("lisi", "hi").with(fields{"totag": many(101)}), 82003, "invalid tag list length"},
		{"empty text", text("lisi", ""), 44004, "empty content"},
		{"no text at all", text("lisi", "hi").with(fields{"text": nil}), 44004, "empty content"},
		{"card without title", cardWith(fields{"title": ""}), 41016, "title missing"},
		{"card without description", cardWith(fields{"description": nil}), 41033, "description missing"},
		{"card without url", cardWith(fields{"url": nil}), 41010, "url missing"},
		{"card with a bare host", cardWith(fields{"url": "desk.example.com/p/55"}), 45034, "invalid url: http:// or https:// missing"},
		{"card with a long url", cardWith(fields{"url": "https://e.cn/" + strings.Repeat("x", 2048-12)}), 40058, "textcard.url exceed max length 2048. invalid Request Parameter"},
		{"no target", text("", "hi"), 82001, "All touser & toparty & totag invalid"},
		{"targets of blanks and bars", text(" | |", "hi").with(fields{"toparty": "", "totag": "|"}), 82001, "All touser & toparty & totag invalid"},
		{"nobody left", text("Ghost", "hi"), 81013, "user & party & tag all invalid"},
		{"interval above four hours", text("lisi", "hi").with(fields{"enable_duplicate_check": 1, "duplicate_check_interval": 14401}), 40058, "duplicate_check_interval exceed max value 14400. invalid Request Parameter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := send(t, sim, c.request); a.code() != c.code || a.text() != c.text {
				t.Errorf("%v, want %d %q", a, c.code, c.text)
			}
		})
	}
	if n := len(sim.Messages(Filter{})); n != 0 {
		t.Errorf("%d refused messages were kept", n)
	}
}

// TestOrderOfChecks begins with a request in which everything is wrong and mends one thing at a
// time: each answer names the next in WeCom's order.
func TestOrderOfChecks(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) {
		w.Corps[0].Apps[0].TrustedIPs = []string{"203.0.113.9"}
	})))
	request := fields{
		"touser": strings.Repeat("ghost|", 1001), "toparty": strings.Repeat("77|", 101), "totag": strings.Repeat("77|", 101),
		"msgtype": "TEXT", "agentid": nil, "textcard": fields{}, "enable_duplicate_check": 1, "duplicate_check_interval": 99999,
	}
	call := func(query string) answer {
		t.Helper()
		return api(t, sim, "POST", "/cgi-bin/message/send"+query, request.json())
	}
	step := func(want int, got answer) {
		t.Helper()
		if got.code() != want {
			t.Fatalf("%v, want %d", got, want)
		}
	}
	step(41001, call(""))
	step(41001, call("?access_token="))
	step(40014, call("?access_token=nonsense"))
	query := "?access_token=" + tokenOf(t, sim, hongyan)
	if err := sim.Revoke(corpID, hongyan, 42001); err != nil {
		t.Fatal(err)
	}
	step(42001, call(query))
	query = "?access_token=" + tokenOf(t, sim, hongyan)
	step(60020, call(query))
	w := sim.World()
	w.Corps[0].Apps[0].TrustedIPs = nil
	if err := sim.SetWorld(w); err != nil {
		t.Fatal(err)
	}
	step(40008, call(query))
	for _, mend := range []struct {
		fix  fields
		next int
	}{
		{fields{"msgtype": "textcard"}, 41011},
		{fields{"agentid": 7}, 40056},
		{fields{"agentid": monitor}, 301002},
		{fields{"agentid": hongyan}, 40032},
		{fields{"touser": "ghost"}, 82002},
		{fields{"toparty": "77"}, 82003},
		{fields{"totag": "77"}, 41016},
		{fields{"textcard": fields{"title": "t"}}, 41033},
		{fields{"textcard": fields{"title": "t", "description": "d"}}, 41010},
		{fields{"textcard": fields{"title": "t", "description": "d", "url": "e.cn"}}, 45034},
		{fields{"textcard": fields{"title": "t", "description": "d", "url": "http://e.cn"}}, 40058},
		{fields{"duplicate_check_interval": 60}, 81013},
		{fields{"touser": nil, "toparty": nil, "totag": nil}, 82001},
		{fields{"touser": "lisi"}, 0},
	} {
		request = request.with(mend.fix)
		step(mend.next, call(query))
	}
}

func TestTheTokenCountsInTheQueryOnly(t *testing.T) {
	sim := newStill()
	value := tokenOf(t, sim, hongyan)
	r := newRequest("POST", "/cgi-bin/message/send", text("lisi", "hi").with(fields{"access_token": value}).json())
	r.Header.Set("Authorization", "Bearer "+value)
	if a := do(t, sim, r); a.code() != 41001 {
		t.Errorf("%v, want 41001", a)
	}
	r = newRequest("POST", "/cgi-bin/message/send?access_token="+value, text("lisi", "hi").json())
	r.Header.Set("Authorization", "Bearer nonsense")
	if a := do(t, sim, r); a.code() != 0 {
		t.Errorf("%v, want the header to be ignored", a)
	}
}

func TestTrustedIPs(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) {
		w.Corps[0].Apps[0].TrustedIPs = []string{"203.0.113.9", "198.51.100.0/24", "2001:db8::/32"}
	})))
	value := tokenOf(t, sim, hongyan) // not asked for gettoken
	for _, c := range []struct {
		remote string
		code   int
	}{
		{"203.0.113.9:4000", 0},
		{"[::ffff:203.0.113.9]:4000", 0},
		{"198.51.100.77:4000", 0},
		{"[2001:db8::1]:4000", 0},
		{"203.0.113.10:4000", 60020},
		{"192.0.2.1:4000", 60020},
		{"@", 60020},
	} {
		r := newRequest("POST", "/cgi-bin/message/send?access_token="+value, text("lisi", "hi").json())
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if a := do(t, sim, r); a.code() != c.code {
			t.Errorf("from %s: %v, want %d", c.remote, a, c.code)
		} else if c.code != 0 && a.text() != "not allow to access from your ip" {
			t.Errorf("text %q", a.text())
		}
	}
	if a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, monitor), "{}"); a.code() != 40008 {
		t.Errorf("an app without trusted IPs answers %v", a)
	}
}

func TestBodyTooLarge(t *testing.T) {
	sim := newStill()
	if a := post(t, sim, strings.Repeat(" ", maxBody+1)); a.code() != 45002 {
		t.Errorf("%v, want 45002", a)
	}
	if a := post(t, sim, text("lisi", "hi").json()+strings.Repeat(" ", maxBody-200)); a.code() != 0 {
		t.Errorf("%v, want a body of exactly the limit to pass", a)
	}
}

func TestUnknownPaths(t *testing.T) {
	sim := newStill()
	for _, path := range []string{"/cgi-bin/", "/cgi-bin/nope", "/cgi-bin/gettoken/", "/cgi-bin/message", "/cgi-bin", "/gettoken", "/favicon.ico"} {
		if w := exchange(sim, "GET", path, ""); w.Code != 404 || w.Body.Len() != 0 {
			t.Errorf("%s: %d %q, want an empty 404", path, w.Code, w.Body)
		}
	}
}

func TestReceipt(t *testing.T) {
	sim := newStill()
	a := mustSend(t, sim, text("lisi", "hi"))
	b := mustSend(t, sim, text("lisi", "hi"))
	if len(a) != 3 || a.msg() != "ok" || len(a.str("msgid")) < 86 || strings.Trim(a.str("msgid"), urlSafe) != "" {
		t.Errorf("%v", a)
	}
	if a.str("msgid") == b.str("msgid") {
		t.Error("two messages have one msgid")
	}
}

const urlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestCardsAreKeptAfterCutting(t *testing.T) {
	sim := newStill()
	mustSend(t, sim, cardWith(fields{
		"title": strings.Repeat("鸿", 129), "description": strings.Repeat("雁", 513), "btntxt": "查看全部详情", "colour": "red",
	}))
	got := sim.Inbox("lisi").Last()
	want := `{"title":"` + strings.Repeat("鸿", 128) + `","description":"` + strings.Repeat("雁", 512) +
		`","url":"https://desk.example.com/p/55","btntxt":"查看全部"}`
	if string(got.Body) != want {
		t.Errorf("body %s", got.Body)
	}
	if got.Text() != strings.Repeat("鸿", 128) {
		t.Errorf("Text %q is not the title", got.Text())
	}
	if !strings.Contains(string(got.Request), "查看全部详情") || !strings.Contains(string(got.Request), "colour") {
		t.Errorf("request %s is not as sent", got.Request)
	}
}
