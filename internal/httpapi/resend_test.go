package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

func TestResend(t *testing.T) {
	r := newReal(t)
	r.sim.Fail("message/send", 40058)
	m := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", item("磁盘已满", `,"labels":{"order":"4711"},"ttl":"2h","priority":"low"`))
	if m.Status != "refused" {
		t.Fatalf("%+v", m)
	}
	path := "/v1/messages/" + m.ID + "/resend"
	again := ask[Message](r, 202, "POST", path, "")
	if again.ID == m.ID || again.ResendOf != m.ID || again.Labels["order"] != "4711" || again.Priority != "low" {
		t.Errorf("%+v", again)
	}
	r.until(again.ID, "sent")
	if n := r.told("zhangsan", "磁盘已满"); n != 1 {
		t.Errorf("zhangsan was told %d times", n)
	}
	if old := ask[Message](r, 200, "GET", "/v1/messages/"+m.ID, ""); old.ResentAs != again.ID {
		t.Errorf("resent as %q", old.ResentAs)
	}
	// Once is enough, for every key, until somebody says otherwise.
	other := r.key("crm", access.Send)
	repeated := r.call(t, "POST", path, "", "X-API-Key", other)
	if got := repeated.message(t, 202); got.ID != again.ID || repeated.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated as %s", got.ID)
	}
	third := ask[Message](r, 202, "POST", path, "", "Idempotency-Key", "third")
	r.until(third.ID, "sent")
	if third.ID == again.ID || ask[Message](r, 202, "POST", path, "", "Idempotency-Key", "third").ID != third.ID || r.told("zhangsan", "磁盘已满") != 2 {
		t.Errorf("the third is %+v", third)
	}
	r.call(t, "POST", path+"?all=true", "", "X-API-Key", r.admin, "Idempotency-Key", "third").problem(t, 42203)

	sent := r.send("crm", "all well", "zhangsan")
	r.call(t, "POST", "/v1/messages/"+sent.ID+"/resend", "", "X-API-Key", r.admin).problem(t, 40902)
	r.until(ask[Message](r, 202, "POST", "/v1/messages/"+sent.ID+"/resend?all=true", "").ID, "sent")
	waiting := ask[Message](r, 202, "POST", "/v1/messages", item("later", `,"delay":"1h"`))
	r.call(t, "POST", "/v1/messages/"+waiting.ID+"/resend", "", "X-API-Key", r.admin).problem(t, 40901)
	for _, query := range []string{"all=true&missed=true", "ttl=8d", "ttl=x", "ttl=0s", "all=x", "x=1"} {
		r.call(t, "POST", path+"?"+query, "", "X-API-Key", r.admin).problem(t, 42201)
	}
}

func TestResendToThoseWhoMissedIt(t *testing.T) {
	r := newReal(t)
	m := r.send("crm", "hello", "zhangsan", "NewCome", "sim-unlicensed")
	world := r.sim.World()
	world.Corps[0].Users = append(world.Corps[0].Users, simulator.User{UserID: "NewCome", Name: "New", Parties: []int{1}})
	if err := r.sim.SetWorld(world); err != nil {
		t.Fatal(err)
	}
	before := r.told("zhangsan", "hello")
	again := ask[Message](r, 202, "POST", "/v1/messages/"+m.ID+"/resend?missed=true", "")
	if got := again.Deliveries[0].To.Users; !slices.Equal(got, []string{"NewCome", "sim-unlicensed"}) {
		t.Errorf("sent again to %v", got)
	}
	r.until(again.ID, "partly_sent")
	if r.told("newcome", "hello") != 1 || r.told("zhangsan", "hello") != before {
		t.Error("it did not go to those alone who missed it")
	}
}

func TestLongTextIsResentInOrder(t *testing.T) {
	r := newReal(t)
	r.sim.Fail("message/send", 40058)
	m := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", item(strings.Repeat("磁盘已满。", 300)))
	if m.Status != "refused" || len(m.Deliveries) < 3 {
		t.Fatalf("%s in %d parts", m.Status, len(m.Deliveries))
	}
	again := r.until(ask[Message](r, 202, "POST", "/v1/messages/"+m.ID+"/resend", "").ID, "sent")
	var got []string
	for _, one := range r.sim.Inbox("zhangsan") {
		got = append(got, one.Text()[:5])
	}
	var want []string
	for i := range again.Deliveries {
		want = append(want, fmt.Sprintf("(%d/%d)", i+1, len(m.Deliveries)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("arrived %q, want %q", got, want)
	}
}

// TestMendInBulk is what an operator does when messages did not go because of an untrusted IP: find one
// by its member, understand it, correct the setting, and send all again.
func TestMendInBulk(t *testing.T) {
	r := newReal(t)
	r.sim.Fail("message/send", 60020).Times(0).For(1000002)
	var lost []string
	for i := range 5 {
		lost = append(lost, ask[Message](r, 202, "POST", "/v1/messages", item(fmt.Sprintf("alarm %d", i), `,"ttl":"10m"`)).ID)
	}
	other := r.send("shop", "another app", "zhangsan").ID
	deadline := time.Now().Add(30 * time.Second)
	for len(r.list("user=zhangsan&reason=misconfigured&status=queued")) < 5 {
		if time.Now().After(deadline) {
			t.Fatal("they do not wait")
		}
	}
	m := ask[Message](r, 200, "GET", "/v1/messages/"+lost[4], "", "Accept-Language", "en")
	if one := m.Recipients.Members[0]; one.State != "waiting" || one.ErrCode != 60020 || !strings.Contains(one.Hint, "IP") {
		t.Errorf("while it waits: %+v", one)
	}
	r.later(time.Hour)
	slices.Reverse(lost)
	for _, id := range lost {
		r.until(id, "expired")
	}
	if got := r.list("user=zhangsan&reason=misconfigured"); !slices.Equal(got, lost) {
		t.Errorf("found %v, want %v", got, lost)
	}
	for _, id := range lost {
		m := ask[Message](r, 200, "GET", "/v1/messages/"+id, "")
		d := m.Deliveries[0]
		if d.Reason.Code != "expired" || d.Reason.Cause != "misconfigured" || d.Failure == nil || d.Failure.ErrCode != 60020 || d.Failure.Hint == "" {
			t.Errorf("understood as %+v %+v", d.Reason, d.Failure)
		}
	}
	if err := r.sim.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	r.later(time.Hour)
	bulk := func(more string) BulkAnswer {
		return ask[BulkAnswer](r, 200, "POST", "/v1/messages/resend", `{"filter":{"reason":"misconfigured","user":"zhangsan"}`+more+`}`)
	}
	if got := bulk(`,"dry_run":true`); got.Count != 5 || got.Results[0].ID != lost[0] || got.Results[0].New != "" || got.Next != "" {
		t.Errorf("dry run: %+v", got)
	}
	if n := r.told("zhangsan", "alarm"); n != 0 {
		t.Fatalf("%d arrived", n)
	}
	var done []string
	cursor := ""
	for {
		got := bulk(`,"limit":2,"cursor":"` + cursor + `"`)
		for _, one := range got.Results {
			done = append(done, one.ID)
			r.until(one.New, "sent")
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(done, lost) {
		t.Errorf("sent again %v, want %v", done, lost)
	}
	if got := bulk(""); got.Count != 0 || got.Skipped != 5 {
		t.Errorf("repeated: %+v", got)
	}
	if n := r.told("zhangsan", "alarm"); n != 5 {
		t.Errorf("%d arrived, want 5", n)
	}
	if m := ask[Message](r, 200, "GET", "/v1/messages/"+other, ""); m.ResentAs != "" {
		t.Error("another app's message was sent again")
	}
}

func TestWrongBulkResends(t *testing.T) {
	r := newReal(t)
	for body, field := range map[string]string{
		`{}`: "filter", `{"filter":{}}`: "filter", `{"filter":{"status":"refused"}}`: "filter", `{"filter":[]}`: "filter", `{"user":"x"}`: "user",
		`{"filter":{"usr":"x"}}`: "filter.usr", `{"filter":{"user":1}}`: "filter.user", `{"filter":{"status":"x","user":"a"}}`: "filter.status",
		`{"filter":{"user":"a"},"limit":0}`: "limit", `{"filter":{"user":"a"},"limit":201}`: "limit", `{"filter":{"user":"a"},"limit":1e9}`: "limit",
		`{"filter":{"user":"a"},"cursor":"x"}`: "cursor", `{"filter":{"user":"a"},"all":true,"missed":true}`: "missed", `{"filter":{"user":"a"},"ttl":"9d"}`: "ttl",
		`{"filter":{"party":0}}`: "filter.party", `{"filter":{"user":"a","user":"b"}}`: "filter.user", `{"filter":{"user":"a"},"dry_run":"yes"}`: "dry_run",
		`{"filter":{"label":"a:b"}}`: "filter.label", `{"filter":{"label":["ab"]}}`: "filter.label",
	} {
		p := r.call(t, "POST", "/v1/messages/resend", body, "X-API-Key", r.admin).problem(t, 42201)
		if len(p.Errors) == 0 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", body, p)
		}
	}
	r.call(t, "POST", "/v1/messages/resend", `{"filter":{"app":"shop"}}`, "X-API-Key", r.key("crm", access.Manage)).problem(t, 40302)
	r.call(t, "POST", "/v1/messages/resend", `{"filter":{"app":"crm"}}`, "X-API-Key", r.key("crm", access.Send)).problem(t, 40301)
}
