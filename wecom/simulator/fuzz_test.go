package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzEverything sends any method, path, query and body: nothing panics, every answer is well
// formed, and the simulator still works afterwards.
func FuzzEverything(f *testing.F) {
	for _, path := range []string{"/", "/cgi-bin/gettoken", "/cgi-bin/message/send", "/x/cgi-bin/message/send", "/_sim/messages", "/_sim/faults", "/_sim/tokens/revoke", "/_sim/clock", "/_sim/world", "/_sim/reset", "/_sim/stats", "/_sim/", "/cgi-bin/"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			f.Add(method, path, "user=lisi", []byte(text("lisi|@all", "磁盘").json()))
		}
	}
	for name := range calls {
		f.Add("POST", "/cgi-bin/"+name, "key="+robotKey+"&type=file&agentid=1000002&userid=lisi&tagid=1&chatid=c", []byte(`{"msgtype":"text","text":{"content":"x"},"userlist":["lisi","wangwu"],"chatid":"c"}`))
	}
	for _, path := range []string{"/_sim/click", "/_sim/callbacks", "/_sim/media", "/_sim/images"} {
		f.Add("POST", path, "", []byte(`{"msgid":"x","user":"lisi","option_ids":{"q":["a"]}}`))
		f.Add("GET", path, "corpid=x&media_id=x", []byte(nil))
	}
	f.Add("POST", "/cgi-bin/message/send", "", []byte(`{"touser":{"a":[1]},"msgtype":"textcard","agentid":"1e3","textcard":{"title":1}}`))
	f.Add("PUT", "/_sim/world", "", encode(DefaultWorld()))
	f.Add("PUT", "/_sim/faults", "", []byte(`{"faults":[{"call":"message/send","errcode":1,"errmsg":"\u0000"}]}`))
	f.Add("PUT", "/_sim/clock", "", []byte(`{"now":"9999999998"}`))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		sim := newStill(WithSlowAnswer(0))
		if name, ok := strings.CutPrefix(path, "/cgi-bin/"); ok && isCall(name) && name != "gettoken" {
			query += "&access_token=" + tokenOf(t, sim, hongyan)
		}
		if bytes.Contains(body, []byte("latency")) || bytes.Contains(body, []byte("://")) {
			return // would only wait, or call elsewhere
		}
		for range 2 { // twice: the first may set a fault or a world that the second meets
			w, ok := try(sim, &http.Request{
				Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{},
				Body: http.NoBody, RemoteAddr: "192.0.2.1:1234", Host: "sim",
			}, body)
			if ok {
				checkWellFormed(t, w, path)
			}
		}
		sim.Reset()
		mustSend(t, sim, text("lisi", "still there"))
	})
}

// try reports false if the connection was dropped on purpose.
func try(sim *WeCom, r *http.Request, body []byte) (w *httptest.ResponseRecorder, ok bool) {
	r.Body, r.ContentLength = httptest.NewRequest("POST", "/", bytes.NewReader(body)).Body, int64(len(body))
	w = httptest.NewRecorder()
	defer func() {
		switch p := recover(); p {
		case nil, http.ErrAbortHandler:
		default:
			panic(p)
		}
	}()
	sim.ServeHTTP(w, r)
	return w, true
}

func checkWellFormed(t *testing.T, w *httptest.ResponseRecorder, path string) {
	switch {
	case w.Code == http.StatusNotFound && w.Body.Len() == 0:
	case !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json"):
		if path == "/" || strings.HasPrefix(path, "/_phone/") || w.Header().Get("Error-Code") == "" && w.Code >= 200 {
			return // the page, and the proxies of faults
		}
		t.Errorf("%d %v", w.Code, w.Header())
	case !utf8.Valid(w.Body.Bytes()) || !json.Valid(w.Body.Bytes()):
		t.Errorf("not JSON in UTF-8: %q", w.Body)
	case strings.Contains(path, apiRoot) && !strings.Contains(path, controlRoot):
		var a answer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("%q: %v", w.Body, err)
		}
		if w.Code != 200 || a["errcode"] == nil || a.msg() == "" || (a.code() == 0) != strings.HasPrefix(a.msg(), "ok") {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	}
}
