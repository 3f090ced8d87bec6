package httpapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

func TestWhatBecameOfIt(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send, access.Read)
	started, settled := at("2026-03-01T08:00:01Z"), at("2026-03-01T08:00:02.5Z")
	untrusted := delivery.Failure{Op: "message/send", Code: 60020, Msg: "not allow to access from your ip", HintID: "1772", CallerIP: "203.0.113.7"}
	for name, c := range map[string]struct {
		change   func(d *delivery.Delivery)
		attempts []delivery.AttemptRecord
		rest     *delivery.Rest
		slowed   bool
		want     Delivery
	}{
		"sent": {
			change: func(d *delivery.Delivery) {
				d.Status, d.Attempts, d.Started, d.Settled, d.Answer.MsgID = delivery.Sent, 1, started, settled, "m1"
				d.Doubt = started
			},
			want: Delivery{Status: "sent", Attempts: 1, Started: "2026-03-01T08:00:01.000Z", Settled: "2026-03-01T08:00:02.500Z", Receipt: &Receipt{MsgID: "m1"}},
		},
		"sent in part": {
			change: func(d *delivery.Delivery) {
				d.Status, d.Reason = delivery.PartlySent, delivery.Reason{Code: delivery.ReasonSomeReceivers, Detail: "2 of 3"}
				d.MaybeTwice = true
				d.Answer = delivery.Answer{MsgID: "m1", ResponseCode: "r1", InvalidUsers: []string{"x"}, InvalidParties: []int{1}, InvalidTags: []int{2}, UnlicensedUsers: []string{"y"}}
			},
			want: Delivery{
				Status: "partly_sent", Reason: &Reason{"some_receivers", "2 of 3", "", reasons["some_receivers"].zh}, MayBeSeenTwice: true,
				Receipt: &Receipt{"m1", "r1", false, []string{"x"}, []int{1}, []int{2}, []string{"y"}},
			},
		},
		"refused": {
			change: func(d *delivery.Delivery) {
				d.Status, d.Reason = delivery.Refused, delivery.Reason{Code: delivery.ReasonRefused}
				d.Answer.Failure = &delivery.Failure{Op: "message/send", Code: 40058, Msg: "invalid"}
			},
			attempts: []delivery.AttemptRecord{{Attempt: 1, At: started, Took: 15 * time.Second, Reason: delivery.Reason{Code: delivery.ReasonNoAnswer},
				Answer: delivery.Answer{Failure: &delivery.Failure{Op: "message/send", Msg: "time ran out", Status: 502}}}},
			want: Delivery{
				Status: "refused", Reason: &Reason{Code: "refused", Hint: reasons["refused"].zh},
				Failure: &Failure{Op: "message/send", ErrCode: 40058, ErrMsg: "invalid"},
				Earlier: []Attempt{{1, "2026-03-01T08:00:01.000Z", 15000, &Reason{Code: "no_answer", Hint: reasons["no_answer"].zh}, &Failure{Op: "message/send", ErrMsg: "time ran out", HTTPStatus: 502}}},
			},
		},
		"waits again": {
			change: func(d *delivery.Delivery) {
				d.Reason, d.Due, d.Doubt = delivery.Reason{Code: delivery.ReasonNoAnswer}, settled, started
			},
			want: Delivery{Status: "queued", Reason: &Reason{Code: "no_answer", Hint: reasons["no_answer"].zh}, Next: "2026-03-01T08:00:02.500Z", MayHaveArrived: true},
		},
		"waits for another": {
			change: func(d *delivery.Delivery) { d.Waiting, d.Reason = true, delivery.Reason{Code: delivery.ReasonOrder} },
			rest:   &delivery.Rest{Until: settled, Reason: delivery.Reason{Code: delivery.ReasonMisconfigured}},
			want:   Delivery{Status: "queued", Reason: &Reason{Code: "in_order", Hint: reasons["in_order"].zh}},
		},
		"its sender rests": {
			change: func(d *delivery.Delivery) {},
			rest:   &delivery.Rest{Until: settled, Reason: delivery.Reason{Code: delivery.ReasonMisconfigured, Detail: "60020"}, Failure: untrusted},
			want: Delivery{
				Status: "queued", Reason: &Reason{"misconfigured", "60020", "", reasons["misconfigured"].zh}, Next: "2026-03-01T08:00:02.500Z",
				Failure: &Failure{Op: "message/send", ErrCode: 60020, ErrMsg: "not allow to access from your ip", HintID: "1772", CallerIP: "203.0.113.7"},
			},
		},
		"its sender is slowed": {
			change: func(d *delivery.Delivery) {},
			slowed: true,
			want:   Delivery{Status: "queued", Reason: &Reason{"rate", "2 a second", "", reasons["rate"].zh}, Next: "2026-03-01T08:00:02.500Z"},
		},
		"it waits for itself while its sender is slowed": {
			change: func(d *delivery.Delivery) {
				d.Reason, d.Due = delivery.Reason{Code: delivery.ReasonMemberPaced}, started
			},
			slowed: true,
			want:   Delivery{Status: "queued", Reason: &Reason{Code: "member_paced", Hint: reasons["member_paced"].zh}, Next: "2026-03-01T08:00:01.000Z"},
		},
		"sent while its sender rests": {
			change: func(d *delivery.Delivery) { d.Status = delivery.Sent },
			rest:   &delivery.Rest{Until: settled, Reason: delivery.Reason{Code: delivery.ReasonMisconfigured}},
			want:   Delivery{Status: "sent"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.rests, w.slowed = map[delivery.Sender]delivery.Rest{}, nil
			sent := w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key)
			id, err := delivery.ParseMessageID(sent.message(t, 202).ID)
			if err != nil {
				t.Fatal(err)
			}
			w.change(id, c.change)
			w.attempts[id] = c.attempts
			if c.rest != nil {
				w.rests["crm"] = *c.rest
			}
			if c.slowed {
				w.slowed = map[delivery.Sender]delivery.Rest{"crm": {Until: settled, Reason: delivery.Reason{Code: delivery.ReasonRate, Detail: "2 a second"}}}
			}
			got := w.call(t, "GET", sent.header.Get("Location"), "", "X-API-Key", key, "Accept-Language", "zh-CN")
			if strings.Contains(got.text, "hello") {
				t.Error("what the message says is in the answer")
			}
			m := got.message(t, 200)
			d := m.Deliveries[0]
			if f := d.Failure; f != nil {
				if !strings.ContainsAny(f.Hint, "请企") || f.CallerIP != "" && !strings.Contains(f.Hint, f.CallerIP) {
					t.Errorf("hint: %q", f.Hint)
				}
				f.Hint = ""
			}
			c.want.Part, c.want.MsgType, c.want.To = 1, "text", &Receivers{Users: []string{"zhangsan"}}
			if diff := cmp.Diff(c.want, d); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if m.Status != c.want.Status {
				t.Errorf("the message is %s", m.Status)
			}
		})
	}
}

// Every word of a reason is explained, in both languages.
func TestReasonsAreExplained(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../delivery/delivery.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") || spec.Names[0].Name == "ReasonNone" {
			return true
		}
		word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if reasons[word].en == "" || reasons[word].zh == "" {
			t.Errorf("%s is not explained", word)
		}
		return true
	})
	if found != len(reasons) || found == 0 {
		t.Errorf("%d reasons, %d explanations", found, len(reasons))
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := w.call(t, "GET", path, ""); got.status != 200 || strings.TrimSpace(got.text) != `{"status":"ok"}` {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	for _, c := range []struct {
		err    error
		code   int
		detail string
	}{
		{storageFull{}, 50301, "disk full"},
		{delivery.ErrClosed, 50302, ""},
		{errorText("migrating, with a secret"), 50303, ""},
	} {
		w.notReady = c.err
		if got := w.call(t, "GET", "/readyz", "").problem(t, c.code); got.Detail != c.detail {
			t.Errorf("detail is %q", got.Detail)
		}
		if got := w.call(t, "GET", "/healthz", ""); got.status != 200 {
			t.Errorf("healthz: %d", got.status)
		}
	}
}

type storageFull struct{}

func (storageFull) Error() string { return "disk full" }
func (storageFull) Unwrap() error { return delivery.ErrStorage }

type errorText string

func (e errorText) Error() string { return string(e) }
