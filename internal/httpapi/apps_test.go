package httpapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/doctor"
	"github.com/hongyan-im/hongyan/wecom"
)

// fakeOperator has the apps crm and ops, and a robot.
type fakeOperator struct {
	*world
	mu      sync.Mutex
	checked int
	refuses error
}

func (o *fakeOperator) Senders(context.Context) ([]Sender, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuses != nil {
		return nil, o.refuses
	}
	return []Sender{
		{Sender: "crm", CorpID: "ww1", AgentID: 1000002, State: delivery.State{
			Workers: 64, InFlight: 3, Resting: true,
			Rest: delivery.Rest{
				Until: at("2026-03-01T08:01:00Z"), Since: at("2026-03-01T07:00:00Z"), Failures: 9,
				Reason:  delivery.Reason{Code: delivery.ReasonMisconfigured},
				Failure: delivery.Failure{Op: "message/send", Code: 60020, Msg: "not allow to access from your ip", CallerIP: "203.0.113.7"},
			},
		}, Backlog: delivery.Backlog{Queued: 12, Scheduled: 2, Oldest: at("2026-03-01T07:00:00Z")}},
		{Sender: "ops", CorpID: "ww1", AgentID: 1000003, State: delivery.State{Workers: 8}},
		{Sender: "robot:ops", State: delivery.State{Workers: 1}},
		{Sender: "gone", Unknown: true, Backlog: delivery.Backlog{Queued: 1, Oldest: at("2026-03-01T07:59:00Z")}},
	}, nil
}

func (o *fakeOperator) Check(_ context.Context, s delivery.Sender) (doctor.Report, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.checked++
	if s != "crm" {
		return doctor.Report{}, delivery.ErrUnknownSender
	}
	return doctor.Report{Findings: []doctor.Finding{{
		Subject: "app crm", Check: doctor.CheckTrustedIP, Level: doctor.Red, ErrCode: 60020, CallerIP: "203.0.113.7",
		Text: doctor.Text{EN: "not trusted", ZH: "不可信"}, Hint: doctor.Text{EN: "trust it", ZH: "请加入可信IP"},
	}}}, nil
}

func (o *fakeOperator) Token(_ context.Context, s delivery.Sender, stale string) (string, time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.refuses != nil:
		return "", time.Time{}, o.refuses
	case s != "crm":
		return "", time.Time{}, delivery.ErrUnknownSender
	}
	return "token-4711" + stale, at("2026-03-01T10:00:00Z"), nil
}

func TestApps(t *testing.T) {
	w := newWorld(t)
	all := w.key("", access.Read, access.Manage, access.Token)
	answer := w.call(t, http.MethodGet, "/v1/apps", "", "Authorization", "Bearer "+all)
	for _, want := range []string{
		`{"name":"crm","kind":"app","corp_id":"ww1","agent_id":1000002,"state":"resting","rest":{"reason":{"code":"misconfigured"`,
		`"since":"2026-03-01T07:00:00.000Z","next":"2026-03-01T08:01:00.000Z","failures":9,"failure":{"op":"message/send","errcode":60020,`,
		`"caller_ip":"203.0.113.7","hint":"WeCom saw the call come from 203.0.113.7`,
		`"workers":64,"in_flight":3,"queued":12,"scheduled":2,"oldest_queued":"2026-03-01T07:00:00.000Z","oldest_queued_seconds":3600}`,
		`{"name":"robot:ops","kind":"robot","state":"ok","workers":1,"in_flight":0,"queued":0,"scheduled":0}`,
		`{"name":"gone","kind":"app","state":"unknown_sender"`,
	} {
		if !strings.Contains(answer.text, want) {
			t.Errorf("no %s in\n%s", want, answer.text)
		}
	}
	zh := w.call(t, http.MethodGet, "/v1/apps", "", "Authorization", "Bearer "+all, "Accept-Language", "zh-CN")
	if !strings.Contains(zh.text, "企业微信看到的来源地址是 203.0.113.7") {
		t.Errorf("in Chinese: %s", zh.text)
	}
	// A key sees its own senders and no others.
	own := w.key("ops", access.Read, access.Manage, access.Token)
	if got := w.call(t, http.MethodGet, "/v1/apps", "", "Authorization", "Bearer "+own); strings.Contains(got.text, "crm") || strings.Contains(got.text, "gone") || !strings.Contains(got.text, `"ops"`) {
		t.Errorf("a key for ops sees %s", got.text)
	}
	for _, path := range []string{"POST /v1/apps/crm/check", "GET /v1/apps/crm/token", "GET /v1/apps/nowhere/token"} {
		method, path, _ := strings.Cut(path, " ")
		if got := w.call(t, method, path, "", "Authorization", "Bearer "+own); got.status != http.StatusForbidden || strings.Contains(got.text, "token-4711") {
			t.Errorf("%s with a key for ops: %d %s", path, got.status, got.text)
		}
	}
	if w.operator.checked != 0 {
		t.Error("a key for ops had crm checked")
	}
}

// TestCheck: many who ask at once are given one check.
func TestCheck(t *testing.T) {
	w := newWorld(t)
	key := "Bearer " + w.key("", access.Manage)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			got := w.call(t, http.MethodPost, "/v1/apps/crm/check", "", "Authorization", key)
			for _, want := range []string{`"app":"crm","level":"red","checked":"` + now + `"`, `"check":"trusted_ip","level":"red","text":"not trusted","hint":"trust it","errcode":60020,"caller_ip":"203.0.113.7"`} {
				if got.status != http.StatusOK || !strings.Contains(got.text, want) {
					t.Errorf("%d %s", got.status, got.text)
				}
			}
		})
	}
	all.Wait()
	if w.operator.checked != 1 {
		t.Errorf("WeCom was asked %d times", w.operator.checked)
	}
	if got := w.call(t, http.MethodPost, "/v1/apps/crm/check", "", "Authorization", key, "Accept-Language", "zh"); !strings.Contains(got.text, "请加入可信IP") {
		t.Errorf("in Chinese: %s", got.text)
	}
	if got := w.call(t, http.MethodPost, "/v1/apps/shop/check", "", "Authorization", key); got.status != http.StatusNotFound || !strings.Contains(got.text, `"code":40410`) {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := w.call(t, http.MethodPost, "/v1/apps/crm/check", "", "Authorization", "Bearer "+w.key("", access.Read, access.Send, access.Token)); got.status != http.StatusForbidden {
		t.Errorf("without the scope manage: %d", got.status)
	}
}

// TestToken: only the scope gets it, the log says who got it, and never what.
func TestToken(t *testing.T) {
	w := newWorld(t)
	key := "Bearer " + w.key("crm", access.Token)
	got := w.call(t, http.MethodGet, "/v1/apps/crm/token", "", "Authorization", key)
	if got.status != http.StatusOK || !strings.Contains(got.text, `"access_token":"token-4711","expires":"2026-03-01T10:00:00.000Z"`) || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", got.status, got.header, got.text)
	}
	if got := w.call(t, http.MethodGet, "/v1/apps/crm/token", "", "Authorization", key, "X-Stale-Token", "-again"); !strings.Contains(got.text, "token-4711-again") {
		t.Errorf("%s", got.text)
	}
	log := w.log.String()
	if !strings.Contains(log, `msg="access token handed out" sender="app crm" key=key-1 was_stale=false`) || strings.Contains(log, "4711") || strings.Contains(log, "-again") {
		t.Errorf("the log: %s", log)
	}
	for _, scopes := range [][]access.Scope{{access.Read, access.Send, access.Manage}, {}} {
		if got := w.call(t, http.MethodGet, "/v1/apps/crm/token", "", "Authorization", "Bearer "+w.key("", scopes...)); got.status != http.StatusForbidden || strings.Contains(got.text, "4711") {
			t.Errorf("with %v: %d %s", scopes, got.status, got.text)
		}
	}
	w.operator.refuses = &wecom.Error{Op: "gettoken", Code: 40001, Msg: "invalid credential"}
	got = w.call(t, http.MethodGet, "/v1/apps/crm/token", "", "Authorization", key)
	if got.status != http.StatusBadGateway || !strings.Contains(got.text, `"code":50201`) || !strings.Contains(got.text, "gettoken: 40001") || !strings.Contains(got.text, "copy corpid and Secret again") {
		t.Errorf("%d %s", got.status, got.text)
	}
}
