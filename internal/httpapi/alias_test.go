package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// toBody is a message with these receivers.
func toBody(to string) string {
	return `{"app":"crm","to":` + to + `,"msgtype":"text","text":{"content":"by name"}}`
}

func TestMobilesAndEmails(t *testing.T) {
	r := newReal(t)
	m := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", toBody(`{"emails":["LiSi@example.com"," ghost@example.com"],"users":["wangwu"],"mobiles":["138-0000 0002","13911111111"]}`))
	want := Receivers{
		Users: []string{"wangwu"}, Mobiles: []string{"13800000002", "13911111111"}, Emails: []string{"lisi@example.com", "ghost@example.com"},
		Found: map[string]string{"13800000002": "zhangsan", "lisi@example.com": "lisi"},
	}
	if m.Status != "partly_sent" || fmt.Sprint(*m.Deliveries[0].To) != fmt.Sprint(want) {
		t.Errorf("%s, to %+v", m.Status, *m.Deliveries[0].To)
	}
	got := ask[Message](r, 200, "GET", "/v1/messages/"+m.ID, "", "Accept-Language", "zh").Recipients
	var lines []string
	for _, one := range got.Members {
		lines = append(lines, strings.Join([]string{one.User, one.Mobile, one.Email, one.State}, ","))
		if (one.State == "unknown") != (one.Hint == unknownHint.zh) {
			t.Errorf("%+v", one)
		}
	}
	wanted := []string{",,ghost@example.com,unknown", "lisi,,lisi@example.com,reached", ",13911111111,,unknown", "wangwu,,,reached", "zhangsan,13800000002,,reached"}
	if !slices.Equal(lines, wanted) || got.States["unknown"] != 2 || got.States["reached"] != 3 {
		t.Errorf("%q %v", lines, got.States)
	}
	// Each is a place to go on from.
	for i, after := range []string{"email:ghost@example.com", "LISI", "mobile:13911111111", "wangwu"} {
		page := ask[Message](r, 200, "GET", "/v1/messages/"+m.ID+"?recipients="+after, "").Recipients
		if len(page.Members) != len(wanted)-1-i || page.Members[0].State != got.Members[i+1].State {
			t.Errorf("after %s: %+v", after, page.Members)
		}
	}
	nobody := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", toBody(`{"mobiles":["13911111111"]}`))
	d := nobody.Deliveries[0]
	if nobody.Status != "refused" || d.Reason.Code != "no_receiver" || d.Reason.Detail == "" || d.To.Mobiles[0] != "13911111111" || d.To.Users != nil {
		t.Errorf("%s %+v to %+v", nobody.Status, d.Reason, d.To)
	}
	all := ask[Message](r, 200, "GET", "/v1/messages/"+nobody.ID, "").Recipients
	if all.Total != 1 || all.Members[0].State != "unknown" || all.Members[0].Mobile != "13911111111" || all.Members[0].Hint != unknownHint.en {
		t.Errorf("%+v", all)
	}
	for query, want := range map[string][]string{
		"mobile=138 0000-0002": {m.ID}, "mobile=13911111111": {nobody.ID, m.ID}, "email=LISI@example.com": {m.ID}, "user=zhangsan": {m.ID},
		"mobile=13911111111&email=lisi@example.com&user=ZhangSan": {m.ID}, "mobile=13911111111&status=refused": {nobody.ID}, "email=x@example.com": nil,
	} {
		ids := r.list(strings.ReplaceAll(query, " ", "%20"))
		if !slices.Equal(ids, want) {
			t.Errorf("%s finds %v, want %v", query, ids, want)
		}
	}
	bulk := ask[BulkAnswer](r, 200, "POST", "/v1/messages/resend", `{"filter":{"mobile":"13911111111"},"missed":true,"dry_run":true}`)
	if bulk.Count != 2 || bulk.Refused != 0 {
		t.Errorf("%+v", bulk)
	}
	again := ask[Message](r, 202, "POST", "/v1/messages/"+m.ID+"/resend?missed=true", "")
	if to := again.Deliveries[0].To; fmt.Sprint(*to) != fmt.Sprint(Receivers{Mobiles: []string{"13911111111"}, Emails: []string{"ghost@example.com"}}) {
		t.Errorf("sent again to %+v", *to)
	}
}

func TestBadMobilesAndEmails(t *testing.T) {
	r := newReal(t)
	for to, field := range map[string]string{
		`{"mobiles":["13800000002","138x"]}`:               "to.mobiles[1]",
		`{"mobiles":"13800000002"}`:                        "to.mobiles",
		`{"mobiles":[13800000002]}`:                        "to.mobiles",
		`{"emails":["a@b","@"]}`:                           "to.emails[1]",
		`{"emails":["` + strings.Repeat("a", 65) + `@b"]}`: "to.emails[0]",
		`{"users":["lisi","mobile:13800000002"]}`:          "to.users[1]",
		`{"users":["a:b"]}`:                                "to.users[0]",
		`{"mobiles":["13800000002"],"all":true}`:           "to.users",
		`{"mobiles":["13800000002"],"chat":"c"}`:           "to.chat",
		`{"mobile":["13800000002"]}`:                       "to.mobile",
	} {
		p := r.call(t, "POST", "/v1/messages", toBody(to), "X-API-Key", r.admin).problem(t, 42201)
		if len(p.Errors) == 0 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v, want %s", to, p.Errors, field)
		}
	}
	robot := `{"robot":"ops","to":{"mobiles":["13800000002"]},"msgtype":"text","text":{"content":"x"}}`
	if p := r.call(t, "POST", "/v1/messages", robot, "X-API-Key", r.admin).problem(t, 42201); p.Errors[0].Field != "to" {
		t.Errorf("%+v", p.Errors)
	}
	for query, field := range map[string]string{"mobile=x": "mobile", "email=x": "email"} {
		if p := r.call(t, "GET", "/v1/messages?"+query, "", "X-API-Key", r.admin).problem(t, 42201); p.Errors[0].Field != field {
			t.Errorf("%s: %+v", query, p.Errors)
		}
	}
	if p := r.call(t, "POST", "/v1/messages/resend", `{"filter":{"email":"x"}}`, "X-API-Key", r.admin).problem(t, 42201); p.Errors[0].Field != "filter.email" {
		t.Errorf("%+v", p.Errors)
	}
	// More than ten wrong ones are not told one by one.
	many := strings.TrimSuffix(strings.Repeat(`"x",`, 100), ",")
	if p := r.call(t, "POST", "/v1/messages", toBody(`{"mobiles":[`+many+`]}`), "X-API-Key", r.admin).problem(t, 42201); len(p.Errors) > maxFaults {
		t.Errorf("%d errors", len(p.Errors))
	}
}

// Before they are known, members are shown as they were given.
func TestMembersNotYetLookedUp(t *testing.T) {
	w := newWorld(t)
	d := delivery.Delivery{
		Status: delivery.Queued, Reason: delivery.Reason{Code: delivery.ReasonDirectory, Detail: "why"}, Due: at(now),
		Content: delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{"wangwu", "mobile:13800000002", "email:a@b.c"}}, Body: wecom.Text{Content: "x"}}},
	}
	m := &delivery.Message{ID: 1, Sender: "crm", Deliveries: []delivery.Delivery{d}}
	to := *w.api.show(m, nil, wecom.English).Deliveries[0].To
	if fmt.Sprint(to) != fmt.Sprint(Receivers{Users: []string{"wangwu"}, Mobiles: []string{"13800000002"}, Emails: []string{"a@b.c"}}) {
		t.Errorf("to %+v", to)
	}
	got := w.api.showRecipients(m, "", wecom.English)
	if got.Total != 3 || got.States["waiting"] != 3 {
		t.Errorf("%+v", got)
	}
	for _, one := range got.Members {
		if one.Reason != delivery.ReasonDirectory || one.Hint != reasons[delivery.ReasonDirectory].en || one.Next != now {
			t.Errorf("%+v", one)
		}
	}
}
