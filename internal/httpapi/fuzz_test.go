package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/access"
)

// FuzzSend: whatever the body is, the answer is 202 or a problem that says what the client did wrong.
func FuzzSend(f *testing.F) {
	for _, seed := range []string{
		hello, "", "null", "{", `{"a":1}`, `{"\u0061pp":"crm"}`, `[[[[`, `{"app":"crm","app":1}`, "{\"app\":\"\xff\"}", ` {} `,
		messageWith("msgtype", `"template_card"`, "template_card", `{"card_type":"text_notice","main_title":{"title":"x"}}`),
		messageWith("to", `{"users":["a",null],"parties":[1e400],"tags":[null]}`),
		messageWith("msgtype", `"news"`, "text", "", "news", `{"articles":[{"title":"t","url":"https://x"}]}`),
		`{"robot":"ops","msgtype":"image","image":{"base64":"aGVsbG8=","md5":"x"}}`,
		messageWith("labels", `{"a":"b"}`, "delay", `"1d"`, "ttl", `"99999d"`, "safe", `"1"`, "split", "false"),
		messageWith("text", `{"content":"\ud800","mentioned_list":"@all"}`),
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	key := w.key("", access.Send)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/v1/messages", strings.NewReader(body))
		r.Header.Set("X-API-Key", key)
		r.Header.Set("Idempotency-Key", "k")
		out := httptest.NewRecorder()
		w.api.ServeHTTP(out, r)
		got := answer{out.Code, out.Header(), out.Body.String()}
		switch {
		case got.status == 202:
			got.message(t, 202)
			if !json.Valid([]byte(body)) {
				t.Errorf("accepted although it is not JSON: %q", body)
			}
		case got.status >= 500:
			t.Errorf("%d for %q: %s", got.status, body, got.text)
		default:
			got.anyProblem(t)
		}
	})
}

// FuzzRequest: whatever is asked for, the answer is one that the API knows, and never 5xx.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/v1/messages/msg_00000000001", "wait=1s", "Bearer x", "zh", "k", "")
	f.Add("POST", "/v1/messages", "wait=", "bearer", "zh;q=x", "\x00", "application/json; charset")
	f.Add("PUT", "/v1/messages/%2e%2e/x", "%zz", "", ",;", "", "+")
	w := newWorld(f)
	key := w.key("", access.Send, access.Read)
	f.Fuzz(func(t *testing.T, method, path, query, authorization, language, idempotency, contentType string) {
		r, err := http.NewRequest(method, "http://gateway/", strings.NewReader(hello))
		if err != nil {
			t.Skip()
		}
		r.URL.Path, r.URL.RawQuery, r.RequestURI = path, query, path
		if authorization == "" {
			authorization = "Bearer " + key
		}
		r.Header = http.Header{"Authorization": {authorization}, "Accept-Language": {language}, "Idempotency-Key": {idempotency}, "Content-Type": {contentType}}
		out := httptest.NewRecorder()
		w.api.ServeHTTP(out, r)
		switch got := (answer{out.Code, out.Header(), out.Body.String()}); {
		case got.status >= 500:
			t.Errorf("%d: %s", got.status, got.text)
		case got.status >= 400 && method != http.MethodHead && method != http.MethodConnect && path != "*":
			got.anyProblem(t)
		}
	})
}

// The members of an object are those that encoding/json finds, in the order of the text.
func TestMembers(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) string { data, _ := json.Marshal(s); return string(data) }),
		rapid.SampledFrom([]string{"0", "-1.5e3", "true", "null", "[]", "{}", ` [ 1 , {"a":"}\"]"} ] `, `{"x":[",",":"],"y":{"z":"\\"}}`}),
	)
	space := rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n "})
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.String(), 0, 6, rapid.ID[string]).Draw(t, "names")
		var text strings.Builder
		text.WriteString(space.Draw(t, "space") + "{")
		for i, name := range names {
			if i > 0 {
				text.WriteString(",")
			}
			quoted, _ := json.Marshal(name)
			for _, part := range []string{string(quoted), ":", value.Draw(t, "value")} {
				text.WriteString(space.Draw(t, "space") + part + space.Draw(t, "space"))
			}
		}
		text.WriteString(space.Draw(t, "space") + "}")
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text.String()), &want); err != nil {
			t.Skip(err) // invalid UTF-8 can make two names one
		}
		got := 0
		for name, value := range members([]byte(text.String())) {
			if strings.TrimSpace(string(want[string(name)])) != string(value) {
				t.Errorf("%q is %q, want %q", name, value, want[string(name)])
			}
			got++
		}
		if got != len(names) {
			t.Errorf("%d members, want %d in %s", got, len(names), text.String())
		}
	})
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]string{"1d": "24h0m0s", "1d12h": "36h0m0s", "30m": "30m0s", "0": "0s", "0d": "0s", "-1h": "-1h0m0s"} {
		if got, err := parseDuration(text); err != nil || got.String() != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "1", "1.5d", "-1d", "1d2d", "99999d", "1d-1h", "1dd", "1 d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
