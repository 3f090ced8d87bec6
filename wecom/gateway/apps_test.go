package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

func TestApps(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.EscapedPath() {
		case "GET /v1/apps":
			fmt.Fprint(w, `{"apps":[{"name":"crm","kind":"app","state":"resting","queued":3,"oldest_queued":"2026-03-01T08:00:00.000Z",
				"rest":{"since":"2026-03-01T08:00:00.000Z","next":"2026-03-01T08:10:00.000Z","failures":2,"failure":{"errcode":60020}}},{"name":"robot:ops","kind":"robot","state":"ok"}]}`)
		case "POST /v1/apps/robot:ops/check":
			fmt.Fprint(w, `{"app":"robot:ops","level":"red","findings":[{"subject":"app crm","check":"secret","level":"red","text":"t","hint":"h","errcode":40001}]}`)
		case "GET /v1/apps/crm/token":
			fmt.Fprintf(w, `{"access_token":"token after %s"}`, r.Header.Get("X-Stale-Token"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	c, err := gateway.New(gateway.Config{URL: server.URL, Key: "k", App: "crm"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	apps, err := c.Apps(t.Context())
	if err != nil || len(apps) != 2 || apps[0].Rest.Failure.ErrCode != wecom.CodeUntrustedIP || apps[0].Queued != 3 || apps[1].Rest != nil || !apps[1].Oldest.IsZero() {
		t.Errorf("%+v, %v", apps, err)
	}
	if check, err := c.CheckApp(t.Context(), "robot:ops"); err != nil || check.Level != "red" || check.Findings[0].Hint != "h" {
		t.Errorf("%+v, %v", check, err)
	}
	var source wecom.TokenSource = c
	if token, err := source.Token(t.Context(), "dead"); err != nil || token != "token after dead" {
		t.Errorf("%s, %v", token, err)
	}
}
