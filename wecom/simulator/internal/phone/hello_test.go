package phone

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHello(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "http://127.0.0.1:9480/?user=zhangsan", nil)
	h := helloTo(r, english, testCorp, "zhangsan")
	contains(t, h.Curl, `curl -s 'http://127.0.0.1:9480/cgi-bin/gettoken?corpid=ww0000000000000001&corpsecret=sim-secret-1000002'`,
		`"http://127.0.0.1:9480/cgi-bin/message/send?access_token=$TOKEN"`, `"touser": "zhangsan"`, `"agentid": 1000002`, `"content": "Hello from my laptop"`)
	contains(t, h.CLI, "HONGYAN_SECRET=sim-secret-1000002 hongyan send", "--base-url http://127.0.0.1:9480 --corp-id ww0000000000000001 --agent-id 1000002", "--to zhangsan")
	if h.Own {
		t.Error("the default app needs nothing filled in")
	}
	if other := helloTo(r, english, "wwother", "nina"); !other.Own || !strings.Contains(other.Curl, "corpid=wwother&corpsecret=SECRET") {
		t.Errorf("another corp: %+v", other)
	}
}

// TestHelloCannotBePoisoned: people paste the commands into a shell.
func TestHelloCannotBePoisoned(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/a'$(id)/", nil)
	r.Host = "evil'; rm -rf $HOME #"
	h := helloTo(r, english, `ww'$(id)`, "`id`\"")
	for _, command := range []string{h.Curl, h.CLI} {
		for _, bad := range []string{"rm -rf", "$(id)", "`", "evil"} {
			if strings.Contains(command, bad) {
				t.Errorf("%q in %s", bad, command)
			}
		}
		contains(t, command, "http://127.0.0.1:9480", defaultCorp, "@all")
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "http://[::1]:9480/tools/sim/?lang=zh", nil)
	if got := baseURL(r); got != "http://[::1]:9480/tools/sim" {
		t.Error(got)
	}
	r.TLS = &tls.ConnectionState{}
	if got := baseURL(r); got != "https://[::1]:9480/tools/sim" {
		t.Error(got)
	}
	r = httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	if got := baseURL(r); got != "https://example.com" {
		t.Error(got)
	}
}
