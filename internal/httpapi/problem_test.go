package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

// problem reads an answer that must be the problem of this number, whole.
func (a answer) problem(t testing.TB, code int) Problem {
	t.Helper()
	p := a.anyProblem(t)
	if p.Code != code {
		t.Fatalf("problem %d, want %d: %s", p.Code, code, a.text)
	}
	return p
}

func (a answer) anyProblem(t testing.TB) Problem {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("HTTP %d with Content-Type %q, want a problem: %s", a.status, got, a.text)
	}
	var p Problem
	if err := json.Unmarshal([]byte(a.text), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != a.status || p.Code/100 != a.status || p.Title == "" || p.Hint == "" || p.Type != fmt.Sprintf("/docs/errors#%d", p.Code) {
		t.Fatalf("HTTP %d with the incomplete problem %s", a.status, a.text)
	}
	return p
}

// message is hello with something else in it: fields take the place of its own, "" leaves one out.
func messageWith(fields ...string) string {
	all := map[string]json.RawMessage{}
	_ = json.Unmarshal([]byte(hello), &all)
	for i := 0; i < len(fields); i += 2 {
		if fields[i+1] == "" {
			delete(all, fields[i])
		} else {
			all[fields[i]] = json.RawMessage(fields[i+1])
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestWrongFields(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	long := strings.Repeat("x", 3000)
	for _, c := range []struct {
		name, body   string
		code         int
		field        string // of the first entry of errors
		limit, given int    // 0: none
		says         string // part of its detail
	}{
		{"slip", messageWith("prioritty", `"high"`), 42201, "prioritty", 0, 0, "did you mean priority?"},
		{"capital", messageWith("Priority", `"high"`), 42201, "Priority", 0, 0, "did you mean priority?"},
		{"unknown", messageWith("xyzzyplugh", `1`), 42201, "xyzzyplugh", 0, 0, "refused"},
		{"WeCom's receivers", messageWith("touser", `"a"`), 42201, "touser", 0, 0, "called to.users"},
		{"slip in to", messageWith("to", `{"user":["a"]}`), 42201, "to.user", 0, 0, "did you mean to.users?"},
		{"twice", `{"app":"crm","app":"crm"}`, 42201, "app", 0, 0, "given twice"},
		{"twice in to", messageWith("to", `{"users":["a"],"users":["b"]}`), 42201, "to.users", 0, 0, "given twice"},
		{"no sender", messageWith("app", ""), 42201, "app", 0, 0, "missing"},
		{"two senders", messageWith("robot", `"ops"`), 42201, "robot", 0, 0, "given both"},
		{"robot as app", messageWith("app", `"robot:ops"`), 42201, "app", 0, 0, "as robot"},
		{"robot with to", messageWith("app", "", "robot", `"ops"`), 42201, "to", 0, 0, "own group chat"},
		{"robot with safe", messageWith("app", "", "robot", `"ops"`, "to", "", "safe", "1"), 42201, "safe", 0, 0, "only for"},
		{"chat with members", messageWith("to", `{"chat":"c","users":["a"]}`), 42201, "to.chat", 0, 0, "alone"},
		{"chat with check", messageWith("to", `{"chat":"c"}`, "enable_duplicate_check", "1"), 42201, "enable_duplicate_check", 0, 0, "only for"},
		{"app of another type", messageWith("app", `7`), 42201, "app", 0, 0, "it is a string, given a number"},
		{"to of another type", messageWith("to", `"zhangsan"`), 42201, "to", 0, 0, "given a string"},
		{"users of another type", messageWith("to", `{"users":"a|b"}`), 42201, "to.users", 0, 0, "it is an array of strings, given a string"},
		{"parties of another type", messageWith("to", `{"parties":["1"]}`), 42201, "to.parties", 0, 0, "whole numbers"},
		{"tags of another type", messageWith("to", `{"tags":[1.5]}`), 42201, "to.tags", 0, 0, "whole numbers"},
		{"all of another type", messageWith("to", `{"all":1}`), 42201, "to.all", 0, 0, "it is true or false, given a number"},
		{"chat of another type", messageWith("to", `{"chat":1}`), 42201, "to.chat", 0, 0, "it is a string"},
		{"nobody", messageWith("to", `{}`), 42201, "to.users", 0, 0, "missing"},
		{"empty member", messageWith("to", `{"users":["a",""]}`), 42201, "to.users[1]", 0, 0, "empty user id"},
		{"two members in one", messageWith("to", `{"users":["a|b"]}`), 42201, "to.users[0]", 0, 0, "own element"},
		{"long member", messageWith("to", `{"users":["`+long+`"]}`), 42201, "to.users[0]", 64, 3000, "the limit is 64"},
		{"bad chat", messageWith("to", `{"chat":"a b"}`), 42201, "to.chat", 0, 0, ""},
		{"no msgtype", messageWith("msgtype", ""), 42201, "msgtype", 0, 0, "missing"},
		{"unknown msgtype", messageWith("msgtype", `"txt"`), 42201, "msgtype", 0, 0, "known here"},
		{"msgtype of another type", messageWith("msgtype", `{}`), 42201, "msgtype", 0, 0, "it is a string"},
		{"no body", messageWith("text", ""), 42201, "text.content", 0, 0, "missing"},
		{"another body", messageWith("markdown", `{"content":"# x"}`), 42201, "markdown", 0, 0, "msgtype is text"},
		{"body of another type", messageWith("text", `"x"`), 42201, "text", 0, 0, "given a string"},
		{"content of another type", messageWith("text", `{"content":[]}`), 42201, "text.content", 0, 0, "it is a string, given an array"},
		{"long content", messageWith("text", `{"content":"`+long+`"}`), 42201, "text.content", 2048, 3000, "the limit is 2048"},
		{"card", messageWith("msgtype", `"template_card"`, "text", "", "template_card", `{"card_type":"x"}`), 42201, "template_card.card_type", 0, 0, ""},
		{"picture", messageWith("app", "", "to", "", "text", "", "robot", `"ops"`, "msgtype", `"image"`, "image", `{"base64":"%"}`), 42201, "image.base64", 0, 0, "base64"},
		{"safe", messageWith("safe", `"yes"`), 42201, "safe", 0, 0, "whole number"},
		{"interval", messageWith("duplicate_check_interval", `14401`), 42201, "duplicate_check_interval", 0, 0, "14400"},
		{"delay without unit", messageWith("delay", `"30"`), 42201, "delay", 0, 0, `"30m"`},
		{"delay as a number", messageWith("delay", `30`), 42201, "delay", 0, 0, "given a number"},
		{"days", messageWith("delay", `"1d-2h"`), 42201, "delay", 0, 0, "duration"},
		{"ttl", messageWith("ttl", `"8d"`), 42201, "ttl", 0, 0, "at most 168h0m0s, given 192h0m0s"},
		{"priority", messageWith("priority", `"urgent"`), 42201, "priority", 0, 0, `high, normal or low, given "urgent"`},
		{"priority as a number", messageWith("priority", `1`), 42201, "priority", 0, 0, "it is a string"},
		{"labels", messageWith("labels", `{"a":1}`), 42201, "labels", 0, 0, "strings as values"},
		{"order key", messageWith("order_key", `1`), 42201, "order_key", 0, 0, "it is a string"},
		{"split", messageWith("split", `"no"`), 42201, "split", 0, 0, "true or false"},
		{"if_unknown", messageWith("if_unknown", `"drop"`), 42201, "if_unknown", 0, 0, "repeat or hold"},
		{"if_unknown as a number", messageWith("if_unknown", `1`), 42201, "if_unknown", 0, 0, "it is a string"},
		{"callback", messageWith("callback_url", `"http://10.0.0.1/"`), 42201, "callback_url", 0, 0, "not allowed"},
		{"unknown sender", messageWith("app", `"nobody"`), 42202, "app", 0, 0, `given "nobody"`},
		{"not JSON", `{"app":"crm",}`, 40001, "", 0, 0, ""},
		{"half JSON", `{"app":`, 40001, "", 0, 0, ""},
		{"array", `[]`, 40001, "", 0, 0, ""},
		{"null", ` null `, 40001, "", 0, 0, ""},
		{"two objects", hello + hello, 40001, "", 0, 0, ""},
		{"empty", "", 40002, "", 0, 0, ""},
		{"deep", messageWith("text", strings.Repeat("[", 40)+strings.Repeat("]", 40)), 40004, "", 0, 0, ""},
		{"GBK", "{\"app\":\"\xc4\xe3\"}", 40005, "", 0, 0, ""},
		{"large", `{"app":"` + strings.Repeat("x", 1<<20) + `"}`, 41301, "", 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.call(t, "POST", "/v1/messages", c.body, "X-API-Key", key).problem(t, c.code)
			if c.field == "" {
				if len(p.Errors) > 0 {
					t.Errorf("errors: %+v", p.Errors)
				}
				return
			}
			if len(p.Errors) == 0 {
				t.Fatalf("no errors: %+v", p)
			}
			e := p.Errors[0]
			if e.Field != c.field || !strings.Contains(e.Detail, c.says) || !strings.HasPrefix(e.Detail, c.field) || e.Hint == "" {
				t.Errorf("got %+v\nwant field %s, and %q in its detail", e, c.field, c.says)
			}
			if c.limit != 0 && (e.Limit == nil || *e.Limit != c.limit || e.Given == nil || *e.Given != c.given || e.Unit == "") {
				t.Errorf("got %s\nwant limit %d, given %d", e.Detail, c.limit, c.given)
			}
			if c.limit == 0 && (e.Limit != nil || e.Given != nil) {
				t.Errorf("a limit where there is none: %+v", e)
			}
			if strings.Contains(p.Detail, "xxxxx") {
				t.Errorf("the message itself is in %q", p.Detail)
			}
		})
	}
	if len(w.messages) > 0 {
		t.Errorf("%d messages were accepted", len(w.messages))
	}
}

func TestWrongParameters(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	for _, c := range []struct{ path, key, field, says string }{
		{"?wait=10", "", "wait", `"10s"`},
		{"?wait=-1s", "", "wait", "negative"},
		{"?wait=61s", "", "wait", "has 61 seconds, the limit is 60"},
		{"?wait=60.5s", "", "wait", "has 61 seconds"},
		{"?wiat=1s", "", "wiat", "unknown query parameter"},
		{"", strings.Repeat("k", 256), "Idempotency-Key", "has 256 bytes, the limit is 255"},
		{"", "a b", "Idempotency-Key", "ASCII"},
	} {
		p := w.call(t, "POST", "/v1/messages"+c.path, hello, "X-API-Key", key, "Idempotency-Key", c.key).problem(t, 42201)
		if len(p.Errors) != 1 || p.Errors[0].Field != c.field || !strings.Contains(p.Errors[0].Detail, c.says) {
			t.Errorf("%s%s: %+v", c.path, c.key, p.Errors)
		}
	}
}

func TestWrongWaitForAMessage(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Read)
	for _, c := range []struct{ wait, says string }{
		{"10", `"10s"`}, {"-1s", "negative"}, {"61s", "has 61 seconds, the limit is 60"},
	} {
		p := w.call(t, "GET", "/v1/messages/msg_00000000001?wait="+c.wait, "", "X-API-Key", key).problem(t, 42201)
		if len(p.Errors) != 1 || p.Errors[0].Field != "wait" || !strings.Contains(p.Errors[0].Detail, c.says) {
			t.Errorf("%s: %+v", c.wait, p.Errors)
		}
	}
}

func TestProblemsOfHTTP(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	w.call(t, "GET", "/v2/nothing", "").problem(t, 40401)
	w.call(t, "POST", "/", "").problem(t, 40401)
	w.call(t, "GET", "/v1/messages/", "").problem(t, 40401)
	if got := w.call(t, "DELETE", "/v1/messages", ""); got.problem(t, 40501).Detail == "" || got.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", got.header.Get("Allow"))
	}
	if got := w.call(t, "POST", "/healthz", "{}"); got.problem(t, 40501).Detail == "" || got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow is %q", got.header.Get("Allow"))
	}
	w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key, "Content-Type", "text/plain").problem(t, 41501)
	for _, ok := range []string{"application/x-www-form-urlencoded", "Application/JSON; charset=utf-8", "application/vnd.x+y+json"} {
		w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key, "Content-Type", ok).message(t, 202)
	}
	if got := w.call(t, "HEAD", "/v1/nothing", ""); got.status != 404 || got.text != "" {
		t.Errorf("HEAD: %d %q", got.status, got.text)
	}
}

// What the ports answer becomes the problem that tells a client what to do.
func TestErrorsOfThePorts(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send, access.Read)
	for _, c := range []struct {
		err        error
		code       int
		retryAfter string
	}{
		{fmt.Errorf("insert: %w: disk full", delivery.ErrStorage), 50301, "5"},
		{delivery.ErrClosed, 50302, "5"},
		{errors.New("a bug, with a secret in it"), 50001, ""},
	} {
		w.fails = c.err
		for _, got := range []answer{
			w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key),
			w.call(t, "GET", "/v1/messages/msg_00000000001", "", "X-API-Key", key),
		} {
			got.problem(t, c.code)
			if got.header.Get("Retry-After") != c.retryAfter {
				t.Errorf("%v: Retry-After is %q", c.err, got.header.Get("Retry-After"))
			}
			if strings.Contains(got.text, "secret") {
				t.Errorf("the error itself is answered: %s", got.text)
			}
		}
	}
}

func TestPanic(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	w.panics = "the text of a message"
	got := w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key)
	got.problem(t, 50001)
	if all := got.text + w.log.String(); strings.Contains(all, "the text of a message") {
		t.Errorf("what the panic said is told: %s", all)
	}
	if !strings.Contains(w.log.String(), "fake_test.go") {
		t.Errorf("the log does not say where: %s", w.log.String())
	}
}

func TestHintsInTheCallersLanguage(t *testing.T) {
	w := newWorld(t)
	for header, chinese := range map[string]bool{
		"zh-CN,zh;q=0.9,en;q=0.8": true, "zh": true, "fr, zh-TW;q=0.3": true, "en;q=0.5, zh;q=0.6": true,
		"": false, "en-US,en;q=0.9,zh;q=0.8": false, "fr": false, "zhx": false, "zh;q=0": false, "*;;=,": false,
	} {
		p := w.call(t, "POST", "/v1/messages", hello, "Accept-Language", header).problem(t, 40101)
		want := problemNoKey.title.en
		if chinese {
			want = problemNoKey.title.zh
		}
		if p.Title != want {
			t.Errorf("%q: %q", header, p.Title)
		}
	}
	key := w.key("", access.Send)
	p := w.call(t, "POST", "/v1/messages", messageWith("text", `{}`), "X-API-Key", key, "Accept-Language", "zh-CN").problem(t, 42201)
	if p.Title != problemInvalid.title.zh || p.Errors[0].Hint != "请填写 text.content" {
		t.Errorf("Chinese: %+v", p)
	}
	// errors that huma finds
	p = w.call(t, "POST", "/v1/messages", "", "X-API-Key", key, "Accept-Language", "zh-CN").problem(t, 40002)
	if p.Title != problemNoBody.title.zh {
		t.Errorf("Chinese: %+v", p)
	}
}

func TestCatalogue(t *testing.T) {
	before := 0
	for _, k := range catalogue {
		if k.code <= before {
			t.Errorf("%d comes after %d: numbers are unique and in order", k.code, before)
		}
		before = k.code
		if http.StatusText(k.status()) == "" {
			t.Errorf("%d: HTTP has no status %d", k.code, k.status())
		}
		for _, text := range []string{k.title.en, k.title.zh, k.hint.en, k.hint.zh} {
			if text == "" {
				t.Errorf("%d says nothing in one of the languages", k.code)
			}
		}
	}
}
