package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// hooks are webhooks in memory: the latest first, as a store lists them.
type hooks struct {
	webhook.Guard
	jobs     []webhook.Job
	replayed []webhook.Filter
}

func (h *hooks) matching(f webhook.Filter) (found []webhook.Job) {
	for _, j := range h.jobs {
		if (f.Senders == nil || slices.Contains(f.Senders, j.Sender)) && (f.Status == 0 || f.Status == j.Status) && !j.Created.Before(f.Since) {
			found = append(found, j)
		}
	}
	return found
}

func (h *hooks) OfMessage(_ context.Context, id delivery.MessageID) (found []webhook.Job, err error) {
	for _, j := range h.jobs {
		if j.ID.Message == id {
			found = append(found, j)
		}
	}
	return found, nil
}

func (h *hooks) List(_ context.Context, f webhook.Filter, after webhook.Position, n int) ([]webhook.Job, error) {
	found := h.matching(f)
	if after != (webhook.Position{}) {
		at := slices.IndexFunc(found, func(j webhook.Job) bool { return j.ID == after.ID && j.Created.Equal(after.Created) })
		found = found[at+1:]
	}
	return found[:min(n, len(found))], nil
}

func (h *hooks) ReplayMessage(ctx context.Context, id delivery.MessageID) (int, error) {
	jobs, _ := h.OfMessage(ctx, id)
	return len(jobs), nil
}

func (h *hooks) Replay(_ context.Context, f webhook.Filter, dryRun bool) (int, error) {
	if !dryRun {
		h.replayed = append(h.replayed, f)
	}
	return len(h.matching(f)), nil
}

// told adds a job of a message.
func (h *hooks) told(id delivery.MessageID, sender delivery.Sender, status webhook.Status) {
	j := webhook.Job{
		ID: webhook.ID{Message: id, Event: 1}, Sender: sender, URL: "https://example.com/hook?token=hunter2", Created: at(now).Add(time.Duration(id) * time.Minute),
		Status: status, Attempts: 2,
		History: []webhook.Try{{At: at(now), TookMS: 12, Code: 500, Error: "the receiver answered HTTP 500"}},
	}
	if status == webhook.Pending {
		j.Due = at(now).Add(time.Hour)
	} else {
		j.Settled = at(now)
	}
	h.jobs = append([]webhook.Job{j}, h.jobs...)
}

func TestCallbackURL(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	send := func(url string) (answer, string) {
		body := strings.TrimSuffix(hello, "}")
		if url != "" {
			body += fmt.Sprintf(`,"callback_url":%q`, url)
		}
		got := w.call(t, "POST", messagesPath, body+"}", keyHeader, key)
		if len(w.requests) == 0 {
			return got, ""
		}
		return got, w.requests[len(w.requests)-1].CallbackURL
	}
	for _, bad := range []string{"http://127.0.0.1:8080/", "http://169.254.169.254/latest", "ftp://example.com", "https://user:hunter2@example.com/", "x"} {
		got, _ := send(bad)
		if got.status != 422 || !strings.Contains(got.text, `"field":"callback_url"`) || strings.Contains(got.text, "hunter2") {
			t.Errorf("%s: %d %s", bad, got.status, got.text)
		}
	}
	if len(w.requests) != 0 {
		t.Fatal("a message with a bad callback_url was accepted")
	}
	if got, url := send("https://example.com/hook"); got.status != 202 || url != "https://example.com/hook" {
		t.Errorf("%d %q", got.status, url)
	}
	if got, url := send(""); got.status != 202 || url != "" {
		t.Errorf("%d %q", got.status, url)
	}
	w.keys[access.HashSecret(key)].CallbackURL = "https://example.com/of-key"
	if _, url := send(""); url != "https://example.com/of-key" {
		t.Errorf("with one of the key: %q", url)
	}
	w.call(t, "POST", messagesPath+"/batch", `{"messages":[`+hello+`,`+strings.TrimSuffix(hello, "}")+`,"callback_url":"http://10.0.0.1/"}]}`, keyHeader, key)
	if url := w.requests[len(w.requests)-1].CallbackURL; url != "https://example.com/of-key" {
		t.Errorf("in a batch: %q", url)
	}
	if _, url := send("https://example.com/own"); url != "https://example.com/own" {
		t.Errorf("with its own: %q", url)
	}
}

func TestWebhooksOfMessage(t *testing.T) {
	w := newWorld(t)
	key := w.key("crm", access.Send, access.Read, access.Manage)
	id := w.call(t, "POST", messagesPath, hello, keyHeader, key).message(t, 202).ID
	parsed, _ := delivery.ParseMessageID(id)
	w.hooks.told(parsed, "crm", webhook.Pending)
	path := messagesPath + "/" + id + "/webhooks"
	got := w.call(t, "GET", path, "", keyHeader, key)
	var list WebhookList
	if err := json.Unmarshal([]byte(got.text), &list); err != nil || got.status != 200 || len(list.Webhooks) != 1 {
		t.Fatalf("%d %s %v", got.status, got.text, err)
	}
	want := Webhook{
		ID: "evt_" + strings.TrimPrefix(id, "msg_") + "_1", Message: id, Type: "message.settled", App: "crm", URL: "https://example.com/hook?…", Status: "pending",
		Created: "2026-03-01T08:01:00.000Z", Next: "2026-03-01T09:00:00.000Z", Attempts: 2,
		Last: []WebhookTry{{At: now, TookMS: 12, HTTPStatus: 500, Error: "the receiver answered HTTP 500"}},
	}
	if diff := fmt.Sprintf("%+v", list.Webhooks[0]); diff != fmt.Sprintf("%+v", want) {
		t.Errorf("got %s\nwant %+v", diff, want)
	}
	if got := w.call(t, "POST", path+"/replay", "", keyHeader, key); got.status != 202 || strings.TrimSpace(got.text) != `{"replayed":1}` {
		t.Errorf("%d %s", got.status, got.text)
	}
	// Who may not see the message, or may only read, is told no more than of other messages.
	foreign, reader := w.key("ops", access.Scopes...), w.key("crm", access.Read)
	for _, c := range []struct {
		method, path, key string
		code              int
	}{
		{"GET", path, foreign, 40402}, {"POST", path + "/replay", foreign, 40402}, {"POST", path + "/replay", reader, 40301},
		{"GET", messagesPath + "/msg_x/webhooks", key, 40402}, {"GET", messagesPath + "/msg_00000000009/webhooks", key, 40402},
	} {
		w.call(t, c.method, c.path, "", keyHeader, c.key).problem(t, c.code)
	}
}

func TestListWebhooks(t *testing.T) {
	w := newWorld(t)
	for id := range delivery.MessageID(7) {
		status := webhook.Delivered
		if id%2 == 0 {
			status = webhook.Failed
		}
		w.hooks.told(id+1, []delivery.Sender{"crm", "robot:ops"}[id%2], status)
	}
	read := func(key, query string) (ids []string) {
		for next := ""; ; {
			got := w.call(t, "GET", webhooksPath+"?limit=2"+query+next, "", keyHeader, key)
			var list WebhookList
			if err := json.Unmarshal([]byte(got.text), &list); err != nil || got.status != 200 || len(list.Webhooks) > 2 {
				t.Fatalf("%s: %d %s %v", query, got.status, got.text, err)
			}
			if strings.Contains(got.text, "hunter2") {
				t.Fatalf("the query of the URL is shown: %s", got.text)
			}
			for _, h := range list.Webhooks {
				ids = append(ids, strings.TrimPrefix(h.Message, "msg_0000000000"))
			}
			if list.Next == "" {
				return ids
			}
			next = "&cursor=" + list.Next
		}
	}
	all, ops := w.key("", access.Read), w.key("robot:ops", access.Read)
	for _, c := range []struct {
		key, query, want string
	}{
		{all, "", "7 6 5 4 3 2 1"}, {all, "&status=failed", "7 5 3 1"}, {all, "&status=pending", ""},
		{all, "&since=2026-03-01T08:05:00Z", "7 6 5"}, {ops, "", "6 4 2"}, {ops, "&status=failed", ""},
	} {
		if got := strings.Join(read(c.key, c.query), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
	for _, bad := range []string{"status=lost", "since=yesterday", "limit=0", "limit=201", "limit=x", "cursor=x", "cursor=MS4y", "cursor=MS4yLjN4"} {
		if p := w.call(t, "GET", webhooksPath+"?"+bad, "", keyHeader, all).problem(t, 42201); len(p.Errors) != 1 {
			t.Errorf("%s: %+v", bad, p)
		}
	}
	w.call(t, "GET", webhooksPath, "", keyHeader, w.key("", access.Send)).problem(t, 40301)
}

func TestReplayWebhooks(t *testing.T) {
	w := newWorld(t)
	w.hooks.told(1, "crm", webhook.Failed)
	w.hooks.told(2, "ops", webhook.Failed)
	key := w.key("crm", access.Manage)
	replay := func(body string) answer { return w.call(t, "POST", webhooksPath+"/replay", body, keyHeader, key) }
	if got := replay(`{"since":"2026-03-01T08:00:00Z","dry_run":true}`); got.status != 202 || strings.TrimSpace(got.text) != `{"replayed":1,"dry_run":true}` {
		t.Errorf("%d %s", got.status, got.text)
	}
	if len(w.hooks.replayed) != 0 {
		t.Fatalf("a dry run replayed %+v", w.hooks.replayed)
	}
	if got := replay(`{"since":"2026-03-01T08:00:00Z"}`); got.status != 202 || strings.TrimSpace(got.text) != `{"replayed":1}` {
		t.Errorf("%d %s", got.status, got.text)
	}
	f := w.hooks.replayed[0]
	if len(f.Senders) != 1 || f.Senders[0] != "crm" || f.Status != webhook.Failed || !f.Since.Equal(at(now)) {
		t.Errorf("replayed %+v", f)
	}
	for body, field := range map[string]string{
		`{}`: "since", `{"since":"x"}`: "since", `{"since":3}`: "since", `{"since":"2026-03-01T08:00:00Z","status":"pending"}`: "status",
		`{"since":"2026-03-01T08:00:00Z","dryrun":true}`: "dryrun", `{"since":"2026-03-01T08:00:00Z","dry_run":"yes"}`: "dry_run",
	} {
		if p := replay(body).problem(t, 42201); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", body, p)
		}
	}
	replay(`[]`).problem(t, 40001)
	if len(w.hooks.replayed) != 1 {
		t.Errorf("replayed %+v", w.hooks.replayed)
	}
	w.call(t, "POST", webhooksPath+"/replay", `{"since":"2026-03-01T08:00:00Z"}`, keyHeader, w.key("crm", access.Read)).problem(t, 40301)
}

// What is told is what GET answers, and has nothing of the message's body in it.
func TestSettledIsWhatGetAnswers(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send, access.Read)
	body := strings.Replace(hello, `"hello"`, `"hunter2"`, 1)
	id := w.call(t, "POST", messagesPath, body, keyHeader, key).message(t, 202).ID
	parsed, _ := delivery.ParseMessageID(id)
	w.change(parsed, func(d *delivery.Delivery) { d.Status, d.Settled = delivery.Sent, at(now) })
	told, err := w.api.Settled(t.Context(), parsed)
	if err != nil {
		t.Fatal(err)
	}
	got := w.call(t, "GET", messagesPath+"/"+id, "", keyHeader, key)
	if got.status != http.StatusOK || strings.TrimSpace(got.text) != string(told) || strings.Contains(string(told), "hunter2") {
		t.Errorf("told %s, GET answers %s", told, got.text)
	}
	if _, err := w.api.Settled(t.Context(), parsed+1); err != delivery.ErrNotFound {
		t.Error(err)
	}
}
