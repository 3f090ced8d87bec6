package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// contract is every metric with its labels: dashboards and alerts stand on it. Adding a label
// multiplies the series; none may be a user, a message or a secret.
var contract = map[string]string{
	"hongyan_info":                        "version",
	"hongyan_messages_accepted_total":     "sender",
	"hongyan_deliveries_settled_total":    "sender status reason",
	"hongyan_delivery_attempts_total":     "sender result",
	"hongyan_deliveries_paced_total":      "sender reason",
	"hongyan_sender_rests_total":          "sender reason",
	"hongyan_member_lookups_total":        "sender result",
	"hongyan_sender_resting":              "sender",
	"hongyan_deliveries_waiting":          "sender status",
	"hongyan_oldest_queued_seconds":       "sender",
	"hongyan_calls_in_flight":             "sender",
	"hongyan_workers":                     "sender",
	"hongyan_wecom_call_seconds_bucket":   "op outcome le",
	"hongyan_wecom_call_seconds_sum":      "op outcome",
	"hongyan_wecom_call_seconds_count":    "op outcome",
	"hongyan_token_refreshes_total":       "sender cause origin",
	"hongyan_http_request_seconds_bucket": "route status le",
	"hongyan_http_request_seconds_sum":    "route status",
	"hongyan_http_request_seconds_count":  "route status",
	"hongyan_store_commits_total":         "",
	"hongyan_store_operations_total":      "",
	"hongyan_store_failures_total":        "",
	"hongyan_store_commit_seconds_total":  "",
	"hongyan_webhooks_told_total":         "",
	"hongyan_webhooks_failed_total":       "",
	"hongyan_webhook_attempts_total":      "",
	"hongyan_webhooks_in_flight":          "",
	"hongyan_event_clients":               "",
	"hongyan_event_clients_dropped_total": "",
}

const secret = "hunter2"

// everything tells the metrics of all that can happen, with n users and messages, and a secret wherever
// there is room for one.
func everything(m *Metrics, n int) {
	c := m.Calls("crm")
	for i := range n {
		id := delivery.ID{Message: delivery.MessageID(i + 1)}
		user := fmt.Sprintf("user-%d", i)
		m.Accepted(&delivery.Message{ID: id.Message, Sender: "crm", Labels: map[string]string{"order": user}, Producer: secret})
		failure := &delivery.Failure{Op: "message/send", Code: 60020, Msg: secret, CallerIP: "203.0.113.7"}
		reason := delivery.Reason{Code: delivery.ReasonNoReceiver, Detail: user}
		m.Attempted("crm", delivery.Outcome{Status: delivery.Refused, Reason: reason, Answer: delivery.Answer{Failure: failure, InvalidUsers: []string{user}}}, time.Second)
		m.Attempted("crm", delivery.Outcome{Status: delivery.Sent}, time.Second)
		m.Changed(delivery.Event{ID: id, Sender: "crm", Status: delivery.Refused, Reason: reason})
		m.Changed(delivery.Event{ID: id, Sender: "crm", Status: delivery.Queued, Reason: reason})
		m.Paced("crm", delivery.ReasonMemberPaced, 1)
		m.Rested("crm", delivery.Rest{Until: time.Now(), Reason: delivery.Reason{Code: delivery.ReasonMisconfigured, Detail: secret}, Failure: *failure})
		m.Rested("crm", delivery.Rest{})
		m.LookedUp("crm", "unknown")
		m.Request("GET /v1/messages/{id}", 200, time.Millisecond)
		c.ObserveToken(wecom.TokenEvent{Cause: wecom.CauseRefused, Origin: wecom.OriginFetched})
		c.ObserveToken(wecom.TokenEvent{Cause: wecom.CauseMissing, Err: errors.New(secret)})
		for _, op := range []string{"message/send", "user/get/" + user} {
			c.ObserveCall(wecom.CallEvent{Op: op, Took: time.Millisecond})
			c.ObserveCall(wecom.CallEvent{Op: op, Err: &wecom.Error{Op: op, Code: wecom.Code(100_000 + i), Msg: secret}})
			c.ObserveCall(wecom.CallEvent{Op: op, Err: &wecom.TransportError{Op: op, Err: context.DeadlineExceeded}})
			c.ObserveCall(wecom.CallEvent{Op: op, Err: &wecom.TransportError{Op: op, Status: 502, Err: errors.New(secret)}})
			c.ObserveCall(wecom.CallEvent{Op: op, Err: &wecom.TransportError{Op: op, Err: errors.New(secret)}})
		}
	}
}

func sources() Sources {
	now := time.Now()
	return Sources{
		Senders: func() []delivery.Sender { return []delivery.Sender{"crm", "robot:ops"} },
		State: func(s delivery.Sender) delivery.State {
			return delivery.State{Workers: 8, InFlight: 3, Resting: s == "crm"}
		},
		Backlog: func(context.Context) ([]delivery.Backlog, error) {
			return []delivery.Backlog{{Sender: "crm", Queued: 7, Scheduled: 2, Oldest: now.Add(-90 * time.Second)}, {Sender: "gone", Queued: 1, Oldest: now.Add(time.Hour)}}, nil
		},
		Commits: func() Commits { return Commits{5, 50, 1, 2 * time.Second} },
		Events:  func() Events { return Events{2, 1} },
		Tells:   func() Tells { return Tells{4, 1, 9, 2} },
		Now:     func() time.Time { return now },
	}
}

func scrape(t testing.TB, m *Metrics) string {
	t.Helper()
	out := httptest.NewRecorder()
	m.Handler().ServeHTTP(out, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(out.Body)
	if err != nil || out.Code != 200 {
		t.Fatalf("%d %v", out.Code, err)
	}
	return string(body)
}

var (
	sample = regexp.MustCompile(`^(hongyan_[a-z_]+)(?:\{(.*)\})? \S+$`)
	label  = regexp.MustCompile(`([a-z]+)="`)
)

// series lists the product's own, and what labels each metric has.
func series(t *testing.T, text string) (count int, labels map[string]string) {
	labels = map[string]string{}
	for line := range strings.Lines(text) {
		found := sample.FindStringSubmatch(strings.TrimSpace(line))
		if found == nil {
			continue
		}
		count++
		var names []string
		for _, l := range label.FindAllStringSubmatch(found[2], -1) {
			names = append(names, l[1])
		}
		slices.Sort(names)
		joined := strings.Join(names, " ")
		if before, ok := labels[found[1]]; ok && before != joined {
			t.Errorf("%s has the labels %q and %q", found[1], before, joined)
		}
		labels[found[1]] = joined
	}
	return count, labels
}

// TestContract holds names and labels, and that there are no more series for a thousand users than for
// one; nothing of a user, message or secret is anywhere.
func TestContract(t *testing.T) {
	m := New("test")
	m.Collect(sources())
	everything(m, 1)
	first := scrape(t, m)
	few, labels := series(t, first)
	for name, want := range contract {
		words := strings.Fields(want)
		slices.Sort(words)
		if got, ok := labels[name]; !ok || got != strings.Join(words, " ") {
			t.Errorf("%s: labels %q, want %q", name, got, words)
		}
		delete(labels, name)
	}
	for name := range labels {
		t.Errorf("%s is not in the contract", name)
	}
	everything(m, 1000)
	text := scrape(t, m)
	if many, _ := series(t, text); many != few {
		t.Errorf("%d series for one user, %d for a thousand", few, many)
	}
	for _, word := range []string{secret, "user-0", "user-7", "203.0.113.7", "4711"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is in the metrics", word)
		}
	}
	if !strings.Contains(text, "go_goroutines ") || !strings.Contains(text, "process_open_fds ") {
		t.Error("the runtime is not there")
	}
}

func TestValues(t *testing.T) {
	m := New("1.2.3")
	m.Collect(sources())
	everything(m, 3)
	text := scrape(t, m)
	for _, want := range []string{
		`hongyan_info{version="1.2.3"} 1`,
		`hongyan_messages_accepted_total{sender="crm"} 3`,
		`hongyan_deliveries_settled_total{reason="no_receiver",sender="crm",status="refused"} 3`,
		`hongyan_delivery_attempts_total{result="no_receiver",sender="crm"} 3`,
		`hongyan_delivery_attempts_total{result="ok",sender="crm"} 3`,
		`hongyan_sender_rests_total{reason="misconfigured",sender="crm"} 3`,
		`hongyan_sender_resting{sender="crm"} 1`,
		`hongyan_sender_resting{sender="robot:ops"} 0`,
		`hongyan_deliveries_waiting{sender="crm",status="queued"} 7`,
		`hongyan_deliveries_waiting{sender="gone",status="queued"} 1`,
		`hongyan_deliveries_waiting{sender="robot:ops",status="scheduled"} 0`,
		`hongyan_oldest_queued_seconds{sender="crm"} 90`,
		`hongyan_oldest_queued_seconds{sender="gone"} 0`,
		`hongyan_wecom_call_seconds_count{op="message/send",outcome="ok"} 3`,
		`hongyan_wecom_call_seconds_count{op="other",outcome="timeout"} 3`,
		`hongyan_wecom_call_seconds_count{op="message/send",outcome="http_error"} 3`,
		`hongyan_token_refreshes_total{cause="missing",origin="failed",sender="crm"} 3`,
		`hongyan_store_commit_seconds_total 2`,
		`hongyan_http_request_seconds_count{route="GET /v1/messages/{id}",status="200"} 3`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if m2 := New("x"); scrape(t, m2) == "" { // a registry of its own: two gateways in a process
		t.Error("nothing")
	}
	broken := sources()
	broken.Backlog = func(context.Context) ([]delivery.Backlog, error) { return nil, errors.New("the disk is gone") }
	m = New("x")
	m.Collect(broken)
	if text := scrape(t, m); !strings.Contains(text, "hongyan_calls_in_flight") || strings.Contains(text, "hongyan_deliveries_waiting{") {
		t.Error("a storage that does not answer hides the other metrics")
	}
}

// BenchmarkDelivery is what one delivered message costs.
func BenchmarkDelivery(b *testing.B) {
	m := New("x")
	c := m.Calls("crm")
	message := &delivery.Message{Sender: "crm"}
	event := delivery.Event{Sender: "crm", Status: delivery.Sent}
	b.ReportAllocs()
	for b.Loop() {
		m.Accepted(message)
		m.Attempted("crm", delivery.Outcome{Status: delivery.Sent}, 0)
		m.Changed(event)
		c.ObserveCall(wecom.CallEvent{Op: "message/send", Took: time.Millisecond})
		m.Request("POST /v1/messages", 202, time.Millisecond)
	}
}

// TestManual: both manuals have every metric, and no other.
func TestManual(t *testing.T) {
	for _, file := range []string{"../../docs/operating.md", "../../docs/operating.zh-CN.md"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]bool{}
		for _, found := range regexp.MustCompile("`(hongyan_[a-z_]+)`").FindAllStringSubmatch(string(data), -1) {
			told[found[1]] = true
		}
		is := map[string]bool{}
		for name := range contract {
			is[regexp.MustCompile("_seconds_(bucket|sum|count)$").ReplaceAllString(name, "_seconds")] = true
		}
		for name := range is {
			if !told[name] {
				t.Errorf("%s does not tell of %s", file, name)
			}
		}
		for name := range told {
			if !is[name] {
				t.Errorf("%s tells of %s, which is none", file, name)
			}
		}
	}
}
