package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	corpID  = "ww0000000000000001"
	hongyan = 1000002
	monitor = 1000003

	testToken  = "QDG6eK"
	testAESKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

// start is an ordinary moment: a Friday at noon in Beijing.
var start = time.Date(2026, 1, 2, 12, 0, 0, 0, beijing)

// newStill makes a simulator whose clock moves only when the test moves it.
func newStill(opts ...Option) *WeCom {
	return New(append([]Option{WithClock(func() time.Time { return start })}, opts...)...)
}

// answer is the JSON of an answer.
type answer map[string]any

func (a answer) code() int      { f, _ := a["errcode"].(float64); return int(f) }
func (a answer) msg() string    { return a.str("errmsg") }
func (a answer) text() string   { text, _, _ := strings.Cut(a.msg(), ", hint: "); return text }
func (a answer) expiresIn() int { f, _ := a["expires_in"].(float64); return int(f) }

func (a answer) str(name string) string { s, _ := a[name].(string); return s }

// exchange makes one request from 192.0.2.1 and returns the whole answer.
func exchange(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// api makes one call to WeCom and checks what every answer has in common.
func api(t testing.TB, h http.Handler, method, target, body string) answer {
	t.Helper()
	w := exchange(h, method, target, body)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s %s answers %q: %v", method, target, w.Body, err)
	}
	checkForm(t, w, a)
	return a
}

func checkForm(t testing.TB, w *httptest.ResponseRecorder, a answer) {
	t.Helper()
	if w.Code != 200 {
		t.Errorf("status %d, want 200 whatever the errcode", w.Code)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json; charset=UTF-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := w.Header().Get("Error-Code"); got != strconv.Itoa(a.code()) {
		t.Errorf("Error-Code %q beside errcode %d", got, a.code())
	}
	if got := w.Header().Get("Error-Msg"); got != a.msg() {
		t.Errorf("Error-Msg %q beside errmsg %q", got, a.msg())
	}
	if a.code() != 0 {
		checkSuffix(t, a)
	}
}

func checkSuffix(t testing.TB, a answer) {
	t.Helper()
	_, suffix, _ := strings.Cut(a.msg(), ", hint: [")
	digits, rest, _ := strings.Cut(suffix, "]")
	if len(digits) != 25 || strings.Trim(digits, "0123456789") != "" {
		t.Errorf("hint %q in %q", digits, a.msg())
	}
	want := ", from ip: 192.0.2.1, more info at https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(a.code())
	if rest != want {
		t.Errorf("errmsg ends %q, want %q", rest, want)
	}
}

// tokenOf gets the token of an app of the default corp.
func tokenOf(t testing.TB, h http.Handler, agentID int) string {
	t.Helper()
	a := api(t, h, "GET", fmt.Sprintf("/cgi-bin/gettoken?corpid=%s&corpsecret=sim-secret-%d", corpID, agentID), "")
	if a.code() != 0 {
		t.Fatalf("gettoken: %v", a)
	}
	return a.str("access_token")
}

// fields is a request in Go's own words.
type fields map[string]any

// with is f with some members replaced; nil removes one.
func (f fields) with(changes fields) fields {
	f = maps.Clone(f)
	for name, v := range changes {
		if f[name] = v; v == nil {
			delete(f, name)
		}
	}
	return f
}

func (f fields) json() string {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// text is a text message from the app 鸿雁.
func text(touser, content string) fields {
	return fields{"touser": touser, "msgtype": "text", "agentid": hongyan, "text": fields{"content": content}}
}

var card = fields{
	"touser": "lisi", "msgtype": "textcard", "agentid": hongyan,
	"textcard": fields{"title": "Parcel", "description": "at the desk", "url": "https://desk.example.com/p/55"},
}

func cardWith(changes fields) fields {
	return card.with(fields{"textcard": card["textcard"].(fields).with(changes)})
}

// post sends with the token of 鸿雁.
func post(t testing.TB, sim *WeCom, body string) answer {
	t.Helper()
	return api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, hongyan), body)
}

func send(t testing.TB, sim *WeCom, f fields) answer {
	t.Helper()
	return post(t, sim, f.json())
}

// mustSend sends and demands errcode 0.
func mustSend(t testing.TB, sim *WeCom, f fields) answer {
	t.Helper()
	a := send(t, sim, f)
	if a.code() != 0 {
		t.Fatalf("sending %s: %v", f.json(), a)
	}
	return a
}

// change returns the default world after edit.
func change(edit func(*World)) World {
	w := DefaultWorld()
	edit(&w)
	return w
}

func newRequest(method, target, body string) *http.Request {
	return httptest.NewRequest(method, target, strings.NewReader(body))
}

// do makes a prepared request.
func do(t testing.TB, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s %s answers %q: %v", r.Method, r.URL, w.Body, err)
	}
	return a
}
