package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// scripted answers the requests of a test, in order, each of which must be as it says.
func scripted(t *testing.T, exchanges ...[2]string) *gateway.Client {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := r.Method + " " + r.URL.String() + " " + string(body)
		if n >= len(exchanges) || strings.TrimSpace(got) != exchanges[n][0] {
			t.Errorf("request %d is\n%s", n, got)
			problem(w, 400, 40001, "not what the test expects")
			return
		}
		n++
		if answer := exchanges[n-1][1]; strings.HasPrefix(answer, "409 ") {
			problem(w, 409, 40902, "nothing of the message needs to be sent again")
		} else {
			_, _ = io.WriteString(w, answer)
		}
	}))
	t.Cleanup(func() {
		server.Close()
		if n != len(exchanges) {
			t.Errorf("%d of %d requests came", n, len(exchanges))
		}
	})
	c, err := gateway.New(gateway.Config{URL: server.URL, Key: "k", App: "crm"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestChanges(t *testing.T) {
	const message = `"message":{"id":"msg_1","status":"recalled"}`
	c := scripted(t,
		[2]string{"POST /v1/messages/msg_1/cancel", `{"cancelled":1,"too_late":2,` + message + `}`},
		[2]string{"POST /v1/messages/msg_1/recall", `{"done":1,"results":[{"part":1,"done":true},{"part":2,"why":"recalled"}],` + message + `}`},
		[2]string{"POST /v1/messages/msg_1/recall", `{"done":1,"results":[{"part":1,"done":true},{"part":2,"why":"failed","failure":{"op":"message/recall","errcode":42052,"errmsg":"late"}}],` + message + `}`},
		[2]string{"POST /v1/messages/msg_1/recall", `{"done":0,"results":[{"part":1,"why":"not_sent","hint":"cancel it"}],` + message + `}`},
		[2]string{`POST /v1/messages/msg_1/card {"replace_name":"已处理","to":{"users":["zhangsan"]}}`, `{"done":1,"results":[{"part":1,"done":true,"not_reached":["lisi"]}],` + message + `}`},
	)
	if done, err := c.Cancel(t.Context(), "msg_1"); err != nil || done.Cancelled != 1 || done.TooLate != 2 || done.Message.ID != "msg_1" {
		t.Errorf("%+v, %v", done, err)
	}
	if err := c.Recall(t.Context(), "msg_1"); err != nil {
		t.Error(err)
	}
	var half *gateway.ChangeError
	err := c.Recall(t.Context(), "msg_1")
	if !errors.As(err, &half) || !errors.Is(err, &wecom.Error{Code: wecom.CodeRecallTooLate}) || !strings.Contains(err.Error(), "1 of 2 parts of message msg_1 were not changed, part 2: failed: wecom: message/recall: 42052 late") {
		t.Errorf("half: %v", err)
	}
	if err = c.Recall(t.Context(), "msg_1"); !errors.As(err, &half) || half.Hint(wecom.English) != "cancel it" || err.Error() != "gateway: message msg_1 was not changed: not_sent" {
		t.Errorf("not sent: %v", err)
	}
	if changes, err := c.UpdateCard(t.Context(), "msg_1", wecom.CardUpdate{Users: []string{"zhangsan"}, ReplaceName: "已处理"}); err != nil || changes[0].NotReached[0] != "lisi" {
		t.Errorf("%+v, %v", changes, err)
	}
}

func TestList(t *testing.T) {
	c := scripted(t,
		[2]string{"GET /v1/messages?all=true&app=crm&email=a%40b.c&label=a%3Ab&label=c%3Ad&limit=200&mobile=138+0000&party=1&reason=misconfigured&since=2026-03-01T08%3A00%3A00Z&status=refused%2Cexpired&tag=2&text=disk&until=2026-03-02T08%3A00%3A00Z&user=zhangsan",
			`{"messages":[{"id":"msg_2"},{"id":"msg_1"}],"next":"n"}`},
		[2]string{"GET /v1/messages?all=true&app=crm&cursor=n&email=a%40b.c&label=a%3Ab&label=c%3Ad&limit=200&mobile=138+0000&party=1&reason=misconfigured&since=2026-03-01T08%3A00%3A00Z&status=refused%2Cexpired&tag=2&text=disk&until=2026-03-02T08%3A00%3A00Z&user=zhangsan",
			`{"messages":[],"next":"m"}`},
		[2]string{"GET /v1/messages?all=true&app=crm&cursor=m&email=a%40b.c&label=a%3Ab&label=c%3Ad&limit=200&mobile=138+0000&party=1&reason=misconfigured&since=2026-03-01T08%3A00%3A00Z&status=refused%2Cexpired&tag=2&text=disk&until=2026-03-02T08%3A00%3A00Z&user=zhangsan",
			`{"messages":[{"id":"msg_0"}]}`},
		[2]string{"GET /v1/messages?limit=200", `{"messages":[{"id":"msg_2"}],"next":"n"}`},
		[2]string{"GET /v1/messages?limit=200&robot=ops", `409 `},
	)
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	filter := gateway.Filter{
		App: "crm", Statuses: []gateway.Status{gateway.Refused, gateway.Expired}, Reasons: []string{"misconfigured"}, User: "zhangsan", Mobile: "138 0000", Email: "a@b.c", Party: 1, Tag: 2, All: true,
		Labels: map[string]string{"c": "d", "a": "b"}, Text: "disk", Since: at, Until: at.Add(24 * time.Hour),
	}
	var got []string
	for m, err := range c.List(t.Context(), filter) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.ID)
	}
	if fmt.Sprint(got) != "[msg_2 msg_1 msg_0]" {
		t.Errorf("got %v", got)
	}
	for range c.List(t.Context(), gateway.Filter{}) {
		break // and no other page is asked for
	}
	n := 0
	for m, err := range c.List(t.Context(), gateway.Filter{Robot: "ops"}) {
		if n++; m != nil || err == nil {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if n != 1 {
		t.Errorf("an error came %d times", n)
	}
}

func TestResend(t *testing.T) {
	c := scripted(t,
		[2]string{"POST /v1/messages/msg_1/resend", `{"id":"msg_2","status":"queued","resend_of":"msg_1"}`},
		[2]string{"POST /v1/messages/msg_1/resend?missed=true&ttl=1h0m0s", `409 `},
		[2]string{`POST /v1/messages/resend {"all":true,"dry_run":true,"filter":{"status":"refused","user":"zhangsan"},"limit":200}`, `{"count":1,"refused":1,"skipped":1,"results":[{"id":"msg_3"},{"id":"msg_2","problem":{"code":42202}}],"next":"n"}`},
		[2]string{`POST /v1/messages/resend {"all":true,"cursor":"n","dry_run":true,"filter":{"status":"refused","user":"zhangsan"},"limit":200}`, `{"count":1,"results":[{"id":"msg_1","new":"msg_9"}]}`},
	)
	if m, err := c.Resend(t.Context(), "msg_1", gateway.ResendOptions{}); err != nil || m.ResendOf != "msg_1" || m.Replayed {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := c.Resend(t.Context(), "msg_1", gateway.ResendOptions{Which: gateway.ResendMissed, TTL: time.Hour}); !errors.Is(err, &gateway.Problem{Code: 40902}) {
		t.Error(err)
	}
	if _, err := c.Resend(t.Context(), "msg_1", gateway.ResendOptions{Which: "some"}); !gateway.NeverSent(err) {
		t.Error(err)
	}
	steps := 0
	all, err := c.ResendAll(t.Context(), gateway.Filter{Statuses: []gateway.Status{gateway.Refused}, User: "zhangsan"},
		gateway.ResendOptions{Which: gateway.ResendAll, DryRun: true, Progress: func(gateway.Resends) { steps++ }})
	if err != nil || all.Count != 2 || all.Refused != 1 || all.Skipped != 1 || len(all.Results) != 3 || all.Results[1].Problem.Code != 42202 || all.Results[2].New != "msg_9" || steps != 2 {
		t.Errorf("%+v, %v, %d steps", all, err, steps)
	}
}

// TestBatch: many messages go in as few calls as they can, and each has its result in its place.
func TestBatch(t *testing.T) {
	calls, most := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Messages []struct {
				Key  string
				Text struct{ Content string }
			}
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil || r.URL.Path != "/v1/messages/batch" {
			t.Errorf("%s: %v", r.URL, err)
		}
		if calls++; calls == 2 {
			drop(w)
			return
		}
		most = max(most, len(in.Messages))
		results := []map[string]any{}
		for _, m := range in.Messages {
			if m.Text.Content == "bad" {
				results = append(results, map[string]any{"problem": map[string]any{"code": 42201, "title": "no"}})
			} else {
				results = append(results, map[string]any{"id": "msg_" + m.Key, "status": "queued", "replayed": m.Key == "k7"})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
	}))
	defer server.Close()
	c, err := gateway.New(gateway.Config{URL: server.URL, Key: "k", App: "crm"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	var items []gateway.Item
	for i := range 2500 {
		item := gateway.Item{Letter: text("good"), Options: gateway.Options{Key: fmt.Sprintf("k%d", i)}}
		switch {
		case i == 3:
			item.Letter = text("bad")
		case i == 4:
			item.Letter = wecom.Message{To: wecom.To{All: true}, Body: wecom.ImageFile("x.png")}
		case i > 2400:
			item.Letter = text(strings.Repeat("x", 1<<20)) // these fill a call by their size
		}
		items = append(items, item)
	}
	items = items[:2410]
	results, err := c.Batch(t.Context(), items)
	if err != nil || len(results) != len(items) {
		t.Fatalf("%d results, %v", len(results), err)
	}
	for i, r := range results {
		var invalid *wecom.ValidationError
		switch {
		case i == 3 && errors.Is(r.Err, &gateway.Problem{Code: 42201}), i == 4 && errors.As(r.Err, &invalid):
		case r.Err != nil || r.ID != fmt.Sprintf("msg_k%d", i) || r.Replayed != (i == 7) || r.Status != gateway.Queued:
			t.Fatalf("result %d: %+v", i, r)
		}
	}
	if most != gateway.MaxBatch || calls != 5 { // one of them was made again
		t.Errorf("%d calls, with up to %d messages", calls, most)
	}
	if results, err := c.Batch(t.Context(), nil); err != nil || len(results) != 0 {
		t.Errorf("nothing: %v, %v", results, err)
	}
}
