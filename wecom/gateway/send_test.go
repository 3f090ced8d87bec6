package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

func text(content string) wecom.Message {
	return wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: content}}
}

// TestSendIsOnce: whatever happens to requests and answers, the gateway has the message once.
func TestSendIsOnce(t *testing.T) {
	for name, before := range map[string]func(http.ResponseWriter, int) (bool, bool){
		"nothing happens": nil,
		"the answer is lost": func(w http.ResponseWriter, n int) (bool, bool) {
			if n < 3 {
				drop(w)
			}
			return n < 3, true
		},
		"the request is lost": func(w http.ResponseWriter, n int) (bool, bool) {
			if n < 3 {
				drop(w)
			}
			return n < 3, n >= 3
		},
		"503, and a proxy's 502": func(w http.ResponseWriter, n int) (bool, bool) {
			switch n {
			case 1:
				problem(w, 503, 50301, "the storage cannot take it just now")
			case 2:
				w.WriteHeader(502)
			}
			return n < 3, n >= 3
		},
		"half an answer": func(w http.ResponseWriter, n int) (bool, bool) {
			if n == 1 {
				w.Header().Set("Content-Length", "500")
				_, _ = w.Write([]byte(`{"id":`))
			}
			return n == 1, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.before = before
			receipt, err := f.client(t, nil).Send(t.Context(), text("a"))
			if err != nil || receipt.MsgID != "msg_1" {
				t.Errorf("receipt %+v, error %v", receipt, err)
			}
			if len(f.stored) != 1 {
				t.Errorf("the gateway has %d messages", len(f.stored))
			}
			if _, err := f.client(t, nil).Send(t.Context(), text("a")); err != nil {
				t.Error(err)
			}
			if len(f.stored) != 2 {
				t.Error("the next message had the key of the one before")
			}
		})
	}
}

// TestRepeatingIsBounded: a gateway that stays away is told, and how far it went.
func TestRepeatingIsBounded(t *testing.T) {
	f := newFake(t)
	f.before = func(w http.ResponseWriter, n int) (bool, bool) {
		drop(w)
		return true, false
	}
	_, err := f.client(t, func(c *gateway.Config) { c.Retry = 500 * time.Millisecond }).Send(t.Context(), text("a"))
	var broken *wecom.TransportError
	if !errors.As(err, &broken) || !broken.Sent || gateway.NeverSent(err) {
		t.Errorf("error %v", err)
	}
	if n := f.forget(); n < 2 || n > 8 {
		t.Errorf("%d tries in half a second", n)
	}
	_, _ = f.client(t, func(c *gateway.Config) { c.Retry = -1 }).Send(t.Context(), text("a"))
	if n := f.forget(); n != 1 {
		t.Errorf("%d tries, want one", n)
	}
	f.Close()
	_, err = f.client(t, func(c *gateway.Config) { c.Retry = 200 * time.Millisecond }).Send(t.Context(), text("a"))
	if !errors.As(err, &broken) || broken.Sent || !gateway.NeverSent(err) {
		t.Errorf("nobody listens: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err = f.client(t, nil).Send(ctx, text("a")); err == nil || time.Since(deadline(ctx)) > time.Second {
		t.Errorf("the context ends: %v", err)
	}
}

func deadline(ctx context.Context) time.Time {
	at, _ := ctx.Deadline()
	return at
}

const ended = `{"id":"%%s","status":%q,"app":"crm","deliveries":[{"part":1,"status":%q,"msgtype":"text",%s}]}`

// TestSendErrors: how a message ended is an error as of package wecom, and more.
func TestSendErrors(t *testing.T) {
	untrusted := `"failure":{"op":"message/send","errcode":60020,"errmsg":"not allow to access from your ip","caller_ip":"1.2.3.4","hint":"…"}`
	for _, test := range []struct {
		name, answer string
		code         wecom.Code // of a *wecom.Error in it
		never        bool       // NeverSent
		unfinished   bool
		text, hint   string // parts of them
	}{
		{"sent", fmt.Sprintf(ended, "sent", "sent", `"receipt":{"msgid":"w"}`), 0, false, false, "", ""},
		{"partly sent", fmt.Sprintf(ended, "partly_sent", "partly_sent", `"receipt":{"msgid":"w","invalid_users":["lisi"]}`), 0, false, false, "", ""},
		{"refused", fmt.Sprintf(ended, "refused", "refused", `"reason":{"code":"refused"},"failure":{"op":"message/send","errcode":40058,"errmsg":"invalid url"}`),
			40058, true, false, "message msg_1 is refused: refused: wecom: message/send: 40058 invalid url", "errmsg"},
		{"nobody", fmt.Sprintf(ended, "refused", "refused", `"receipt":{"invalid_users":["lisi"]},"failure":{"op":"message/send","errcode":81013,"errmsg":"x"}`),
			81013, true, false, "81013", "visible range"},
		{"expired", fmt.Sprintf(ended, "expired", "expired", `"reason":{"code":"expired","hint":"a longer ttl"}`), 0, true, false, "is expired", "a longer ttl"},
		{"uncertain", fmt.Sprintf(ended, "uncertain", "uncertain", `"may_have_arrived":true,"reason":{"code":"no_answer","hint":"h"}`), 0, false, false, "is uncertain: no_answer", "h"},
		{"waits for a setting", fmt.Sprintf(ended, "queued", "queued", `"reason":{"code":"misconfigured"},`+untrusted), 0, false, true,
			"is stored, and queued so far: misconfigured: wecom: message/send: 60020", "1.2.3.4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.answer = test.answer
			receipt, err := f.client(t, func(c *gateway.Config) { c.Wait = 300 * time.Millisecond }).Send(t.Context(), text("a"))
			if test.text == "" {
				if err != nil || receipt.MsgID != "msg_1" || (test.name == "sent") != receipt.ReachedAll() {
					t.Errorf("receipt %+v, error %v", receipt, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.text) || gateway.NeverSent(err) != test.never {
				t.Fatalf("error %v, never sent %v", err, gateway.NeverSent(err))
			}
			var code *wecom.Error
			if errors.As(err, &code) != (test.code != 0) || test.code != 0 && !errors.Is(err, &wecom.Error{Code: test.code}) {
				t.Errorf("the code of %v is in it: %v", err, code)
			}
			var waits *gateway.UnfinishedError
			if errors.As(err, &waits) != test.unfinished || test.unfinished && waits.ID() != "msg_1" {
				t.Errorf("%T", err)
			}
			if hint := err.(interface{ Hint(wecom.Lang) string }).Hint(wecom.English); !strings.Contains(hint, test.hint) {
				t.Errorf("hint %q", hint)
			}
		})
	}
}

// TestProblems: what the gateway does not take is told once, with all that it says.
func TestProblems(t *testing.T) {
	f := newFake(t)
	f.before = func(w http.ResponseWriter, n int) (bool, bool) {
		w.WriteHeader(422)
		_, _ = w.Write([]byte(`{"type":"/errors#42201","title":"请求内容有误","status":422,"code":42201,"detail":"a (and 1 more)","hint":"correct the fields",
			"errors":[{"field":"ttl","detail":"ttl: too long","limit":5,"given":6,"unit":"seconds","hint":"shorten ttl"},{"field":"x","detail":"x: no"}]}`))
		return true, false
	}
	_, err := f.client(t, func(c *gateway.Config) { c.Lang = "zh_CN" }).Send(t.Context(), text("a"))
	var p *gateway.Problem
	if !errors.As(err, &p) || !errors.Is(err, &gateway.Problem{Code: gateway.CodeInvalid}) || p.Status != 422 || *p.Fields[0].Limit != 5 {
		t.Fatalf("error %#v", err)
	}
	if want := "gateway: 42201 请求内容有误: a (and 1 more)"; err.Error() != want {
		t.Errorf("text %q", err.Error())
	}
	if p.Hint(wecom.English) != "shorten ttl" || !gateway.NeverSent(err) {
		t.Errorf("hint %q, never sent %v", p.Hint(wecom.English), gateway.NeverSent(err))
	}
	if len(f.requests) != 1 || f.requests[0].Header.Get("Accept-Language") != "zh-CN" {
		t.Errorf("%d requests, the first with %v", len(f.requests), f.requests[0].Header)
	}
	for status, text := range map[int]string{200: "not that of a gateway", 302: "HTTP 302", 404: "HTTP 404"} {
		f.before = func(w http.ResponseWriter, n int) (bool, bool) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>login</html>"))
			return true, false
		}
		var broken *wecom.TransportError
		if _, err := f.client(t, nil).Send(t.Context(), wecom.Message{To: wecom.To{All: true}, Body: wecom.Text{Content: "a"}}); !errors.As(err, &broken) || !strings.Contains(err.Error(), text) {
			t.Errorf("%d: error %v", status, err)
		}
	}
}

func TestRequests(t *testing.T) {
	for _, test := range []struct {
		letter  gateway.Letter
		options gateway.Options
		want    string
	}{
		{text("a<b"), gateway.Options{}, `{"app":"crm","msgtype":"text","text":{"content":"a<b"},"to":{"users":["zhangsan"]}}`},
		{wecom.Message{To: wecom.To{Parties: []int{1}, Tags: []int{2}}, AgentID: 5, Safe: 1, TranslateIDs: true, Body: wecom.Text{Content: "a"}},
			gateway.Options{App: "ops", Delay: time.Hour, TTL: time.Minute, Priority: gateway.Low, Labels: map[string]string{"a": "b"}, OrderKey: "o", IfUnknown: gateway.Hold, NoSplit: true, CallbackURL: "https://x"},
			`{"app":"ops","callback_url":"https://x","delay":"1h0m0s","enable_id_trans":1,"if_unknown":"hold","labels":{"a":"b"},"msgtype":"text","order_key":"o","priority":"low","safe":1,"split":false,"text":{"content":"a"},"to":{"parties":[1],"tags":[2]},"ttl":"1m0s"}`},
		{wecom.Message{To: wecom.To{All: true}, DuplicateCheck: true, DuplicateCheckInterval: time.Minute, Body: wecom.Image{MediaID: "m"}}, gateway.Options{},
			`{"app":"crm","duplicate_check_interval":60,"enable_duplicate_check":1,"image":{"media_id":"m"},"msgtype":"image","to":{"all":true}}`},
		{wecom.ChatMessage{ChatID: "c1", Body: wecom.Text{Content: "a"}}, gateway.Options{}, `{"app":"crm","msgtype":"text","text":{"content":"a"},"to":{"chat":"c1"}}`},
		{wecom.RobotMessage{Body: wecom.MarkdownV2{Content: "a"}}, gateway.Options{}, `{"markdown_v2":{"content":"a"},"msgtype":"markdown_v2","robot":"ops"}`},
	} {
		f := newFake(t)
		m, err := f.client(t, nil).Submit(t.Context(), test.letter, test.options)
		if err != nil || m.ID != "msg_1" || m.Replayed {
			t.Errorf("%T: %+v, %v", test.letter, m, err)
			continue
		}
		if f.bodies[0] != test.want {
			t.Errorf("%T:\n got %s\nwant %s", test.letter, f.bodies[0], test.want)
		}
		r := f.requests[0]
		if r.URL.String() != "/v1/messages" || r.Header.Get("Authorization") != "Bearer "+testKey || len(r.Header.Get("Idempotency-Key")) < 20 {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
	}
	f := newFake(t)
	c := f.client(t, nil)
	first, err := c.Submit(t.Context(), text("a"), gateway.Options{Key: "k"})
	second, again := c.Submit(t.Context(), text("a"), gateway.Options{Key: "k"})
	if err != nil || again != nil || first.Replayed || !second.Replayed {
		t.Errorf("the same key: %v, %v", err, again)
	}
	if _, err := c.Submit(t.Context(), text("b"), gateway.Options{Key: "k"}); !errors.Is(err, &gateway.Problem{Code: gateway.CodeKeyReused}) {
		t.Errorf("the same key for another message: %v", err)
	}
	if err := c.SendRobot(t.Context(), wecom.RobotMessage{Body: wecom.Text{Content: "a"}}); err != nil || f.requests[3].URL.Query().Get("wait") == "" {
		t.Errorf("error %v", err)
	}
	if err := c.SendChat(t.Context(), wecom.ChatMessage{ChatID: "c1", Body: wecom.Text{Content: "a"}}); err != nil {
		t.Error(err)
	}
	if _, err := c.Notify(t.Context(), "zhangsan", "t", "x", "https://example.com"); err != nil || !strings.Contains(f.bodies[5], `"textcard":{"title":"t","description":"x","url":"https://example.com"}`) {
		t.Errorf("error %v: %s", err, f.bodies[5])
	}
}

// TestWait: a context that ends leaves the id behind, and the time that a message takes is waited for.
func TestWait(t *testing.T) {
	f := newFake(t)
	f.answer = `{"id":"%s","status":"queued","deliveries":[]}`
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	_, err := f.client(t, nil).Send(ctx, text("a"))
	var waits *gateway.UnfinishedError
	if !errors.As(err, &waits) || waits.ID() != "msg_1" || ctx.Err() != nil {
		t.Errorf("error %v, context %v", err, ctx.Err())
	}
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if m, err := f.client(t, nil).Wait(ctx, "msg_1"); !errors.As(err, &waits) || m.ID != "msg_1" {
		t.Errorf("error %v", err)
	}
	looks := 0
	f.before = func(http.ResponseWriter, int) (bool, bool) {
		if looks++; looks == 3 {
			f.answer = sentAnswer
		}
		return false, true
	}
	if m, err := f.client(t, nil).Wait(t.Context(), "msg_1"); err != nil || m.Status != gateway.Sent {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestMessageJSON: what the gateway says is passed on whole, also what this version does not know.
func TestMessageJSON(t *testing.T) {
	f := newFake(t)
	f.answer = `{"id":"%s","status":"sent","deliveries":[],"new_field":{"a":1}}`
	m, err := f.client(t, nil).Message(t.Context(), "msg_1")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := m.MarshalJSON(); err != nil || !strings.Contains(string(data), `"new_field":{"a":1}`) {
		t.Errorf("%s, %v", data, err)
	}
}
