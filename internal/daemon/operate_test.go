package daemon

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// text asks the API for something, and returns the answer as it is.
func (g *gateway) text(method, path, lang string) string {
	g.t.Helper()
	_, text, err := g.exchange("secret", lang, method, path, "")
	if err != nil {
		g.t.Fatal(err)
	}
	return text
}

func (g *gateway) has(text string, words ...string) {
	g.t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			g.t.Errorf("no %s in\n%s", w, text)
		}
	}
}

// TestUntrusted is an operator's bad morning: the address is not trusted any more. The app says so, its
// messages wait, the check names the address; once it is trusted, a check gets them going.
func TestUntrusted(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	u.open()
	trust := func(ip string) {
		world := u.World()
		world.Corps[0].Apps[0].TrustedIPs = []string{ip}
		if err := u.SetWorld(world); err != nil {
			t.Fatal(err)
		}
	}
	trust("203.0.113.1")
	g := run(t, Options{Config: settings(t, u.url)})
	defer g.stop()
	a := g.send("", "waits")
	g.resting("crm")
	g.status(a.ID, "queued")
	apps := ""
	for !strings.Contains(apps, `"queued":1`) && t.Context().Err() == nil {
		apps = g.text(http.MethodGet, "/v1/apps", "zh")
	}
	g.has(apps, `"errcode":60020`, `"caller_ip":"127.0.0.1"`, "企业微信看到的来源地址是 127.0.0.1", `"queued":1`, `"oldest_queued":"`, `"reason":{"code":"misconfigured"`)
	check := g.text(http.MethodPost, "/v1/apps/crm/check", "")
	g.has(check, `"app":"crm","level":"red"`, `"check":"secret","level":"green"`, `"check":"trusted_ip","level":"red"`, `"caller_ip":"127.0.0.1"`, `"check":"agent_id","level":"skipped"`)
	metrics := g.text(http.MethodGet, "/metrics", "")
	g.has(metrics, `hongyan_sender_resting{sender="crm"} 1`, `hongyan_deliveries_waiting{sender="crm",status="queued"} 1`,
		`hongyan_messages_accepted_total{sender="crm"} 1`, `hongyan_delivery_attempts_total{result="misconfigured",sender="crm"} 1`,
		`hongyan_token_refreshes_total{cause="missing",origin="fetched",sender="crm"} 1`, `hongyan_wecom_call_seconds_count{op="gettoken",outcome="ok"} 1`,
		`route="POST /v1/apps/{name}/check",status="200"`)
	for _, secret := range []string{"sim-secret", "waits", a.ID, "zhangsan", "Bearer"} {
		if strings.Contains(metrics, secret) {
			t.Errorf("%s is in the metrics", secret)
		}
	}
	trust("127.0.0.1")
	tick := time.NewTicker(100 * time.Millisecond) // the same check is answered for some seconds
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		if check = g.text(http.MethodPost, "/v1/apps/crm/check", ""); strings.Contains(check, `"app":"crm","level":"green"`) {
			break
		}
	}
	g.has(check, `"app":"crm","level":"green"`)
	g.status(a.ID, "sent") // the rest would have lasted for a minute
	if got := u.Messages(simulator.Filter{User: "zhangsan"}); len(got) != 1 {
		t.Errorf("%d messages arrived", len(got))
	}
	token := g.text(http.MethodGet, "/v1/apps/crm/token", "")
	g.has(token, `"access_token":"`, `"expires":"`)
	g.has(g.log.String(), `msg="access token handed out" sender="app crm" key=test`, `caller_ip=127.0.0.1 hint="WeCom saw the call come from 127.0.0.1`)
	if n := strings.Count(g.log.String(), "sender rests"); n != 1 {
		t.Errorf("the log tells %d times that it rests", n)
	}
	g.has(g.text(http.MethodPost, "/v1/apps/robot:nowhere/check", ""), `"code":40410`)
}
