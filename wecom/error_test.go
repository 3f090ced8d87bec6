package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestParseErrmsg(t *testing.T) {
	for _, c := range []struct{ in, text, hint, ip string }{
		{
			"not allow to access from your ip, hint: [1658286717354964018506079], from ip: 203.0.113.11, more info at https://open.work.weixin.qq.com/devtool/query?e=60020",
			"not allow to access from your ip", "1658286717354964018506079", "203.0.113.11",
		},
		{ // a full stop before the comma, and the older form of the hint
			"not allow operate another agent with this accesstoken., hint: [1584094694_78_80c11a89d13e0bc1b9fbb27c7c06059c], from ip: 203.0.113.15, more info at https://open.work.weixin.qq.com/devtool/query?e=301002",
			"not allow operate another agent with this accesstoken.", "1584094694_78_80c11a89d13e0bc1b9fbb27c7c06059c", "203.0.113.15",
		},
		{"Warning: wrong json format. invalid message type, hint: [1], from ip: ::1", "invalid message type", "1", "::1"},
		{"invalid access_token", "invalid access_token", "", ""},
		{"invalid corpid, hint: [12]", "invalid corpid", "12", ""},
		{"no privilege to access/modify contact/party/agent , hint: [12]", "no privilege to access/modify contact/party/agent", "12", ""},
		{"markdown.content exceed max length 4096. invalid Request Parameter, hint: [1], more info at https://x", "markdown.content exceed max length 4096. invalid Request Parameter", "1", ""},
		{"", "", "", ""},
		{", hint: [, from ip: , more info at ", "", "", ""},
	} {
		text, hint, ip := parseErrmsg(c.in)
		if text != c.text || hint != c.hint || ip != c.ip {
			t.Errorf("parseErrmsg(%q) = %q, %q, %q", c.in, text, hint, ip)
		}
	}
}

func FuzzParseErrmsg(f *testing.F) {
	f.Add("a, hint: [1], from ip: 1.2.3.4, more info at x")
	f.Fuzz(func(t *testing.T, errmsg string) {
		text, hint, ip := parseErrmsg(errmsg)
		if len(text)+len(hint)+len(ip) > len(errmsg) {
			t.Errorf("%q grew to %q, %q, %q", errmsg, text, hint, ip)
		}
	})
}

func TestErrorKindDependsOnTheCall(t *testing.T) {
	for _, c := range []struct {
		op   string
		code Code
		want Kind
	}{
		{"message/send", CodeBadSecret, TokenRefused},
		{"gettoken", CodeBadSecret, Misconfigured},
		{"message/send", CodeBadToken, TokenRefused},
		{"message/send", CodeTokenExpired, TokenRefused},
		{"message/send", CodeBusy, Busy},
		{"message/send", CodeRateLimited, Limited},
		{"message/send", CodeTooManyConcurrent, Limited},
		{"message/send", CodeUntrustedIP, Misconfigured},
		{"message/send", CodeForbidden, NotAllowed},
		{"message/send", CodeNoReceiver, NoRecipient},
		{"message/send", CodeBadMsgType, BadMessage},
		{"message/send", 123456, Unknown},
	} {
		if got := (&Error{Op: c.op, Code: c.code}).Kind(); got != c.want {
			t.Errorf("%s %d: kind %v, want %v", c.op, c.code, got, c.want)
		}
	}
}

func TestUntrustedIPHint(t *testing.T) {
	e := &Error{Op: "message/send", Code: CodeUntrustedIP, CallerIP: "203.0.113.11"}
	for lang, words := range map[Lang][]string{
		English:       {"203.0.113.11", "企业可信IP", "Trusted IPs", "trusted domain", "callback URL", "a minute"},
		Chinese:       {"203.0.113.11", "企业可信IP", "可信域名", "接收消息服务器URL", "1 分钟"},
		"zh_CN.UTF-8": {"来源地址"},
	} {
		for _, word := range words {
			if hint := e.Hint(lang); !strings.Contains(hint, word) {
				t.Errorf("%s hint lacks %q: %s", lang, word, hint)
			}
		}
	}
	if hint := (&Error{Code: CodeUntrustedIP}).Hint(English); !strings.Contains(hint, "public address") {
		t.Errorf("without an address: %s", hint)
	}
}

// Every code of the table, and one that is not in it, has something to say in both languages.
func TestEveryCodeHasAHint(t *testing.T) {
	for _, row := range append(codeTable[:], codeInfo{code: 999999}) {
		e := &Error{Op: "x", Code: row.code}
		if e.Hint(English) == "" || e.Hint(Chinese) == "" || e.Hint(English) == e.Hint(Chinese) {
			t.Errorf("code %d: hints %q and %q", row.code, e.Hint(English), e.Hint(Chinese))
		}
	}
	if n := len(codeTable); n != 1262 {
		t.Errorf("the table has %d codes", n)
	}
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Op: "message/send", Code: 60020, Msg: "not allow to access from your ip", HintID: "165", CallerIP: "203.0.113.11"}, "wecom: message/send: 60020 not allow to access from your ip, from ip 203.0.113.11, hint id 165"},
		{&Error{Op: "gettoken", Code: 40013}, "wecom: gettoken: 40013 (corpid invalid)"},
		{&TransportError{Op: "message/send", Host: "https://qyapi.weixin.qq.com", Err: io.EOF}, "wecom: message/send: no answer from https://qyapi.weixin.qq.com: EOF"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	err := fmt.Errorf("order 4711: %w", &Error{Op: "message/send", Code: CodeNoReceiver})
	if !errors.Is(err, &Error{Code: CodeNoReceiver}) || errors.Is(err, &Error{Code: CodeBusy}) || errors.Is(err, &Error{Op: "gettoken", Code: CodeNoReceiver}) {
		t.Error("errors.Is does not go by the code")
	}
}

func TestNeverSent(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"nil", nil, false},
		{"somebody else's", io.EOF, false},
		{"invalid", &ValidationError{Fields: []*FieldError{{Field: "touser", Problem: Missing}}}, true},
		{"refused", &Error{Op: "message/send", Code: CodeNoReceiver}, true},
		{"limited", &Error{Op: "message/send", Code: CodeRateLimited}, true},
		{"busy", &Error{Op: "message/send", Code: CodeBusy}, false},
		{"no token", &Error{Op: "gettoken", Code: CodeBusy}, true},
		{"gettoken timed out", &TransportError{Op: "gettoken", Sent: true, Err: context.DeadlineExceeded}, true},
		{"no connection", &TransportError{Op: "message/send", Err: io.EOF}, true},
		{"no answer", &TransportError{Op: "message/send", Sent: true, Err: context.DeadlineExceeded}, false},
		{"unknown code", &Error{Op: "message/send", Code: 123456}, false},
		{"internal error", &Error{Op: "message/send", Code: 301064}, false},
		{"joined, one perhaps delivered", errors.Join(&TransportError{Op: "message/send", Sent: true, Err: io.EOF}, &ValidationError{Fields: []*FieldError{{}}}), false},
		{"joined, none delivered", errors.Join(&Error{Op: "message/send", Code: CodeNoReceiver}, &ValidationError{Fields: []*FieldError{{}}}), true},
		{"wrapped", fmt.Errorf("x: %w", &TransportError{Op: "message/send", Err: io.EOF}), true},
	} {
		if got := NeverSent(c.err); got != c.want {
			t.Errorf("%s: NeverSent = %v, want %v", c.name, got, c.want)
		}
	}
}
