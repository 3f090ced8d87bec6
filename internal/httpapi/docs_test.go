package httpapi

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

//go:generate go test -run TestErrorsPages -update
var update = flag.Bool("update", false, "write docs/errors*.md anew")

// The pages of the repository say what the code does.
func TestErrorsPages(t *testing.T) {
	for _, page := range []struct {
		path, head string
		in         func(words) string
	}{
		{"../../docs/errors.md", "# Errors of the gateway\n\n[中文](errors.zh-CN.md)\n\n" +
			"Every error of the HTTP API is a problem of RFC 9457, `application/problem+json`: `code` is one of the numbers below, `errors` names " +
			"each wrong field with its limit and what was given, and `hint` says what to do, in Chinese with `Accept-Language: zh`. " +
			"A running gateway has this page at `/docs/errors`.\n", func(w words) string { return w.en }},
		{"../../docs/errors.zh-CN.md", "# 网关错误码\n\n[English](errors.md)\n\n" +
			"HTTP API 的错误均为 RFC 9457 格式（`application/problem+json`）：`code` 是下列编号之一，`errors` 逐一指出有误的字段、上限和实际值，" +
			"`hint` 说明如何处理，请求头 `Accept-Language: zh` 时为中文。运行中的网关在 `/docs/errors` 提供此页。\n", func(w words) string { return w.zh }},
	} {
		var text strings.Builder
		text.WriteString(page.head)
		status := 0
		for _, k := range catalogue {
			if k.status() != status {
				status = k.status()
				fmt.Fprintf(&text, "\n## HTTP %d %s\n", status, http.StatusText(status))
			}
			fmt.Fprintf(&text, "\n<a id=\"%d\"></a>\n### %[1]d %s\n\n%s\n", k.code, page.in(k.title), page.in(k.hint))
			if k.retryAfter > 0 {
				fmt.Fprintf(&text, "\n`Retry-After: %d`\n", k.retryAfter)
			}
		}
		if *update {
			if err := os.WriteFile(page.path, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if on, err := os.ReadFile(page.path); err != nil || string(on) != text.String() {
			t.Errorf("%s is not current (%v): go generate ./internal/httpapi", page.path, err)
		}
	}
}

// checked is the document, which is valid OpenAPI 3.1, and what answers are checked with.
func checked(t *testing.T, w *world) validator.Validator {
	t.Helper()
	got := w.call(t, "GET", openAPIPath, "")
	if got.header.Get("Content-Type") != "application/json" {
		t.Errorf("Content-Type is %q", got.header.Get("Content-Type"))
	}
	document, err := libopenapi.NewDocument([]byte(got.text))
	if err != nil {
		t.Fatal(err)
	}
	if version := document.GetVersion(); version != "3.1.0" {
		t.Errorf("OpenAPI %s", version)
	}
	check, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if valid, errs := check.ValidateDocument(); !valid {
		for _, err := range errs {
			t.Errorf("%s: %s", err.Message, err.Reason)
		}
	}
	return check
}

// The document is valid, and requests and answers are as it says.
func TestDocumentDescribesTheAnswers(t *testing.T) {
	w := newWorld(t)
	check := checked(t, w)
	key := w.key("", access.Send, access.Read, access.Manage)
	w.hooks.told(1, "crm", webhook.Pending)
	path := w.call(t, "POST", "/v1/messages", messageWith("labels", `{"a":"b"}`), "X-API-Key", key).header.Get("Location")
	w.change(1, func(d *delivery.Delivery) {
		d.Status, d.Reason, d.Attempts = delivery.Refused, delivery.Reason{Code: delivery.ReasonRefused}, 2
		d.Answer = delivery.Answer{MsgID: "m", InvalidUsers: []string{"x"}, Failure: &delivery.Failure{Code: 40058, Msg: "x"}}
	})
	w.attempts[1] = []delivery.AttemptRecord{{Attempt: 1, At: at(now)}}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/v1/messages", messageWith("delay", `"30m"`, "safe", "0", "to", `{"users":["a"],"parties":[1],"all":false}`), 202},
		{"POST", "/v1/messages", messageWith("app", "", "to", "", "robot", `"ops"`), 202},
		{"GET", path, "", 200},
		{"GET", "/v1/messages/msg_0000000000z", "", 404},
		{"GET", path + "/webhooks", "", 200},
		{"POST", path + "/webhooks/replay", "", 202},
		{"GET", "/v1/webhooks?status=pending&limit=1", "", 200},
		{"POST", "/v1/webhooks/replay", `{"since":"2026-03-01T08:00:00Z","dry_run":true}`, 202},
		{"GET", "/healthz", "", 200},
		{"GET", "/readyz", "", 200},
	} {
		r, err := http.NewRequest(c.method, w.url+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		if c.body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if valid, errs := check.ValidateHttpRequest(r); !valid {
			for _, err := range errs {
				t.Errorf("%s %s: %s: %s", c.method, c.path, err.Message, err.Reason)
			}
		}
		r.Body = io.NopCloser(strings.NewReader(c.body))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: HTTP %d", c.method, c.path, resp.StatusCode)
		}
		if valid, errs := check.ValidateHttpResponse(r, resp); !valid {
			for _, err := range errs {
				t.Errorf("%s %s: %s: %s", c.method, c.path, err.Message, err.Reason)
			}
		}
		resp.Body.Close()
	}
}

// What is not in the document does not exist, but for the document and the pages themselves.
func TestDocumentCoversEveryRoute(t *testing.T) {
	w := newWorld(t)
	documented := map[string]bool{openAPIPath: true, docsPath: true, errorsPath: true}
	for path, item := range w.api.huma.OpenAPI().Paths {
		documented[path] = true
		for _, method := range w.api.routes.methods[path] {
			if method == "GET" && item.Get == nil || method == "POST" && item.Post == nil {
				t.Errorf("%s %s is not in the document", method, path)
			}
		}
	}
	if routes := slices.Sorted(maps.Keys(w.api.routes.methods)); !slices.Equal(routes, slices.Sorted(maps.Keys(documented))) {
		t.Errorf("routes %v", routes)
	}
}

// The pages need nothing from elsewhere, and their links lead somewhere.
func TestPagesWorkOffline(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{docsPath, errorsPath} {
		got := w.call(t, "GET", path, "")
		if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Fatalf("%s: %d %s", path, got.status, got.header.Get("Content-Type"))
		}
		if !strings.HasPrefix(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s may load things: %q", path, got.header.Get("Content-Security-Policy"))
		}
		if loads := regexp.MustCompile(`(?i)<(script|link|img|iframe)|\bsrc=|@import|url\(`).FindString(got.text); loads != "" {
			t.Errorf("%s loads something: %s", path, loads)
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(got.text, -1) {
			switch anchor, here := strings.CutPrefix(link[1], "#"); {
			case here && (anchor == "" || !strings.Contains(got.text, `id="`+anchor+`"`)):
				t.Errorf("%s: nothing has the id of the link %q", path, link[1])
			case strings.HasPrefix(link[1], "/"):
				if to := w.call(t, "GET", link[1], ""); to.status != 200 {
					t.Errorf("%s: %s answers %d", path, link[1], to.status)
				}
			}
		}
	}
	docs := w.call(t, "GET", docsPath, "").text
	for _, f := range messageFields {
		if !strings.Contains(docs, "<code>"+f.name+"</code>") {
			t.Errorf("%s is not on the page", f.name)
		}
	}
	errors := w.call(t, "GET", errorsPath, "").text
	for _, k := range catalogue {
		if !strings.Contains(errors, fmt.Sprintf(`id="%d"`, k.code)) {
			t.Errorf("%d is not on the page", k.code)
		}
	}
}
