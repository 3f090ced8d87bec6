package httpapi

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// message reads an answer that must have this status.
func (a answer) message(t testing.TB, status int) Message {
	t.Helper()
	if a.status != status {
		t.Fatalf("HTTP %d, want %d: %s", a.status, status, a.text)
	}
	var m Message
	if err := json.Unmarshal([]byte(a.text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSendAndLookUp(t *testing.T) {
	w := newWorld(t)
	key := w.key("crm", access.Send, access.Read)
	sent := w.call(t, "POST", "/v1/messages", hello, "Authorization", "Bearer "+key)
	m := sent.message(t, 202)
	want := Message{
		ID: delivery.MessageID(1).String(), Status: "queued", App: "crm", Priority: "normal",
		Accepted: now, Expires: "2026-03-02T08:00:00.000Z",
		Deliveries: []Delivery{{Part: 1, Status: "queued", MsgType: "text", To: &Receivers{Users: []string{"zhangsan"}}, Next: now}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	want.Recipients = &Recipients{
		Total: 1, States: map[string]int{"waiting": 1}, Members: []Recipient{{User: "zhangsan", State: "waiting", Part: 1, Next: now}},
	}
	found := w.call(t, "GET", sent.header.Get("Location"), "", "X-API-Key", key).message(t, 200)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("looked up (-want +got):\n%s", diff)
	}
}

func TestEveryFieldArrives(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	w.call(t, "POST", "/v1/messages", `{
		"app": "crm", "to": {"users": ["zhangsan", "lisi"], "parties": [1, 2], "tags": [3], "chat": null},
		"msgtype": "text", "text": {"content": "\u4f60好"}, "markdown": {}, "safe": "1", "enable_id_trans": 1,
		"enable_duplicate_check": 1, "duplicate_check_interval": 600,
		"delay": "1d12h", "ttl": "90s", "priority": "high", "labels": {"order": "4711"}, "order_key": "k",
		"split": false, "if_unknown": "hold", "callback_url": ""}`, "Authorization", "bearer "+key).message(t, 202)
	want := delivery.Request{
		Sender: "crm", Content: delivery.Content{App: &wecom.Message{
			To: wecom.To{Users: []string{"zhangsan", "lisi"}, Parties: []int{1, 2}, Tags: []int{3}}, Body: wecom.Text{Content: "你好"},
			Safe: 1, TranslateIDs: true, DuplicateCheck: true, DuplicateCheckInterval: 10 * time.Minute,
		}},
		Delay: 36 * time.Hour, TTL: 90 * time.Second, Priority: delivery.High, OrderKey: "k", NoSplit: true,
		IfUnknown: delivery.Hold, OwnCheck: true, Labels: map[string]string{"order": "4711"}, Producer: "key-1",
	}
	if diff := cmp.Diff(want, w.requests[0], cmpopts.IgnoreUnexported(delivery.Content{})); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestChatsAndRobots(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	chat := w.call(t, "POST", "/v1/messages", `{"app":"crm","to":{"chat":"c1"},"msgtype":"markdown","markdown":{"content":"# hi"}}`, "X-API-Key", key).message(t, 202)
	if to := chat.Deliveries[0].To; to == nil || to.Chat != "c1" {
		t.Errorf("chat: to is %+v", to)
	}
	robot := w.call(t, "POST", "/v1/messages", `{"robot":"ops","msgtype":"markdown_v2","markdown_v2":{"content":"# hi"}}`, "X-API-Key", key).message(t, 202)
	if robot.Robot != "ops" || robot.App != "" || robot.Deliveries[0].To != nil {
		t.Errorf("robot: %+v", robot)
	}
	if got := w.requests[1].Sender; got != delivery.Robot("ops") {
		t.Errorf("sender is %q", got)
	}
}
