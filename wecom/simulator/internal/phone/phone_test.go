package phone

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := world()
	for _, target := range []string{"/", "/_phone/phone.css", "/nothing", "/_phone/nothing"} {
		head := ask(f, "GET", target).Header()
		if got := head.Get("Content-Security-Policy"); got != policy {
			t.Errorf("%s: policy %q", target, got)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", target, head)
		}
	}
	for _, need := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, need) {
			t.Errorf("the policy lacks %s", need)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy is open: %s", policy)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	f := world()
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"POST", "/", 405},
		{"GET", "/other", 404},
		{"GET", "/_phone/", 404},
		{"GET", "/_phone/phone.js", 200},
		{"GET", "/_phone/page.html", 404},
		{"GET", "/_phone/../phone.go", 307},
		{"POST", "/_phone/events", 405},
		{"HEAD", "/_phone/events", 200},
	} {
		if w := ask(f, c.method, c.target); w.Code != c.status && !(c.status == 307 && w.Code/100 == 3) {
			t.Errorf("%s %s: %d, want %d", c.method, c.target, w.Code, c.status)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	f := world()
	page := get(t, f, "/")
	for name, a := range assets {
		contains(t, page, `"`+assetURL(name)+`"`)
		w := ask(f, "GET", "/"+assetURL(name))
		if w.Body.String() != string(a.content) || w.Header().Get("Content-Type") != a.kind {
			t.Errorf("%s: %v", name, w.Header())
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s with its version: Cache-Control %q", name, got)
		}
		if got := ask(f, "GET", "/_phone/"+name).Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s without version: Cache-Control %q", name, got)
		}
		if w := ask(f, "GET", "/_phone/"+name, `If-None-Match: "`+a.version+`"`); w.Code != http.StatusNotModified {
			t.Errorf("%s asked for again: %d", name, w.Code)
		}
	}
}

// anyControl is what can be pressed or filled in.
var anyControl = regexp.MustCompile(`<(?:button|input|select)[^>]*>`)

var loaded = regexp.MustCompile(`(?:src|srcset|poster|action|data)="([^"]*)"`)

var address = regexp.MustCompile(`(?:href|src|data-events)="([^"]*)"`)

// TestNothingFromOutside walks over every address of the page: all are
// relative, so it works under a prefix and loads from nowhere else.
func TestNothingFromOutside(t *testing.T) {
	t.Parallel()
	f := world()
	for range 250 {
		f.deliver(text("hi", "zhangsan"))
	}
	for _, target := range []string{"/", "/?user=zhangsan", "/?user=lisi&lang=zh"} {
		for _, m := range address.FindAllStringSubmatch(get(t, f, target), -1) {
			if !strings.HasPrefix(m[1], "?") && !strings.HasPrefix(m[1], "_phone/") && m[1] != "./" && m[1] != "#thread" {
				t.Errorf("%s links to %q", target, m[1])
			}
		}
	}
	for name, a := range assets {
		if strings.Contains(strings.ReplaceAll(string(a.content), "http://www.w3.org/2000/svg", ""), "//www") ||
			strings.Contains(string(a.content), "@import") || strings.Contains(string(a.content), "url(") {
			t.Errorf("%s loads something", name)
		}
	}
	lacks(t, get(t, f, "/"), "<style", " style=", "onclick", "<script>")
}

func TestUnderPrefix(t *testing.T) {
	t.Parallel()
	h := http.StripPrefix("/tools/sim", Handler(world()))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/tools/sim?user=lisi", nil))
	if w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "./sim/?user=lisi" {
		t.Errorf("without slash: %d to %q", w.Code, w.Header().Get("Location"))
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/tools/sim/?user=lisi", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("with slash: %d", w.Code)
	}
	contains(t, w.Body.String(), "http://example.com/tools/sim/cgi-bin/gettoken?")
}
