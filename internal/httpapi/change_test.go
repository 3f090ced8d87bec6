package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func item(text string, more ...string) string {
	return fmt.Sprintf(`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":%q}%s}`, text, strings.Join(more, ""))
}

func TestBatch(t *testing.T) {
	r := newReal(t)
	body := `{"messages":[` + strings.Join([]string{
		item("one", `,"key":"k1"`), `{"app":"crm"}`, item("two"), item("three", `,"key":"k1"`), item("one", `,"key":"k1"`),
		`{"app":"nobody","to":{"users":["a"]},"msgtype":"text","text":{"content":"x"}}`, `[]`, item("x", `,"key":"no spaces"`),
		`{"robot":"ops","msgtype":"text","text":{"content":"by the robot"}}`,
	}, ",") + `]}`
	got := ask[BatchAnswer](r, 202, "POST", "/v1/messages/batch", body)
	if got.Accepted != 4 || got.Refused != 5 {
		t.Errorf("%+v", got)
	}
	for i, code := range []int{0, 42201, 0, 42203, 0, 42202, 42201, 42201, 0} {
		result := got.Results[i]
		if given := result.Problem; (given == nil) != (code == 0) || given != nil && given.Code != code || (result.ID == "") != (code != 0) {
			t.Errorf("%d: %+v", i, result)
		}
	}
	if got.Results[4].ID != got.Results[0].ID || !got.Results[4].Replayed || got.Results[0].Replayed {
		t.Errorf("the same key: %+v and %+v", got.Results[0], got.Results[4])
	}
	for _, i := range []int{0, 2, 8} {
		r.until(got.Results[i].ID, "sent")
	}
	if r.told("zhangsan", "one") != 1 || r.told("zhangsan", "two") != 1 || r.told("zhangsan", "three") != 0 {
		t.Error("what arrived is not what was accepted")
	}
	// A key of a batch is one of a single message.
	again := ask[Message](r, 202, "POST", "/v1/messages", item("one"), "Idempotency-Key", "k1")
	if again.ID != got.Results[0].ID {
		t.Errorf("the key made %s of %s", again.ID, got.Results[0].ID)
	}
}

func TestBatchOfAThousand(t *testing.T) {
	r := newReal(t)
	before := r.outbox.Stats()
	var items []string
	for i := range 1000 {
		items = append(items, fmt.Sprintf(`{"app":"crm","to":{"users":["u%d"]},"msgtype":"text","text":{"content":"x"},"delay":"1h"}`, i))
	}
	got := ask[BatchAnswer](r, 202, "POST", "/v1/messages/batch", `{"messages":[`+strings.Join(items, ",")+`]}`)
	after := r.outbox.Stats()
	if got.Accepted != 1000 || after.Operations-before.Operations > 3 { // others are the dispatcher's
		t.Errorf("%d accepted in %d operations", got.Accepted, after.Operations-before.Operations)
	}
	for i := 1; i < len(got.Results); i++ {
		if got.Results[i].ID <= got.Results[i-1].ID {
			t.Fatalf("%d: %s after %s", i, got.Results[i].ID, got.Results[i-1].ID)
		}
	}
	p := r.call(t, "POST", "/v1/messages/batch", `{"messages":[`+strings.Join(append(items, "{}"), ",")+`]}`, "X-API-Key", r.admin).problem(t, 42201)
	if p.Errors[0].Field != "messages" || *p.Errors[0].Limit != 1000 {
		t.Errorf("%+v", p)
	}
	for _, body := range []string{`{}`, `{"messages":[]}`, `{"messages":{}}`, `{"messages":[{}],"x":1}`, `{"message":[]}`} {
		r.call(t, "POST", "/v1/messages/batch", body, "X-API-Key", r.admin).problem(t, 42201)
	}
}

func TestCancelAndRecall(t *testing.T) {
	r := newReal(t)
	waiting := ask[Message](r, 202, "POST", "/v1/messages", item("later", `,"delay":"1h"`))
	if got := ask[Cancelled](r, 200, "POST", "/v1/messages/"+waiting.ID+"/cancel", ""); got.Cancelled != 1 || got.TooLate != 0 || got.Message.Status != "cancelled" {
		t.Errorf("%+v", got)
	}
	sent := r.send("crm", "oops", "zhangsan")
	if got := ask[Cancelled](r, 200, "POST", "/v1/messages/"+sent.ID+"/cancel", ""); got.Cancelled != 0 || got.TooLate != 1 || got.Message.Status != "sent" {
		t.Errorf("%+v", got)
	}
	got := ask[Changed](r, 200, "POST", "/v1/messages/"+sent.ID+"/recall", "{}")
	if got.Done != 1 || got.Message.Status != "recalled" || !got.Results[0].Done {
		t.Errorf("%+v", got)
	}
	if last := r.sim.Inbox("zhangsan").Last(); !last.Recalled {
		t.Errorf("zhangsan still sees %q", last.Text())
	}
	if state := r.until(sent.ID, "recalled").Recipients.Members[0].State; state != "recalled" {
		t.Errorf("the member's state is %s", state)
	}
	robot := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", `{"robot":"ops","msgtype":"text","text":{"content":"x"}}`)
	old := r.send("crm", "old", "zhangsan")
	refused := r.send("crm", "refused", "zhangsan")
	r.sim.Fail("message/recall", 40058)
	for id, why := range map[string]string{sent.ID: "recalled", waiting.ID: "not_sent", robot.ID: "impossible", refused.ID: "failed"} {
		got := ask[Changed](r, 200, "POST", "/v1/messages/"+id+"/recall", "", "Accept-Language", "zh")
		if got.Done != 0 || got.Results[0].Why != why || got.Results[0].Hint == "" || (got.Results[0].Failure != nil) != (why == "failed") {
			t.Errorf("%s: %+v", why, got.Results[0])
		}
	}
	r.later(25 * time.Hour)
	if got := ask[Changed](r, 200, "POST", "/v1/messages/"+old.ID+"/recall", ""); got.Results[0].Why != "too_late" {
		t.Errorf("%+v", got)
	}
}

const buttons = `{"app":"crm","to":{"users":["zhangsan","lisi"]},"msgtype":"template_card","template_card":{
	"card_type":"button_interaction","main_title":{"title":"Disk full"},"task_id":"TASK","button_list":[{"text":"Ack","style":1,"key":"ack"}]}}`

func TestUpdateCard(t *testing.T) {
	r := newReal(t)
	send := func(task string) string {
		m := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", strings.Replace(buttons, "TASK", task, 1))
		if m.Status != "sent" || m.Deliveries[0].Receipt.ResponseCode == "" {
			t.Fatalf("%+v", m)
		}
		return "/v1/messages/" + m.ID + "/card"
	}
	card := send("t1")
	for _, body := range []string{`{}`, `{"replace_name":"x","template_card":{"card_type":"text_notice"}}`, `{"replace_name":1}`, `{"button":"x"}`, `{"to":{"chat":"x"},"replace_name":"x"}`} {
		if p := r.call(t, "POST", card, body, "X-API-Key", r.admin).anyProblem(t); p.Code != 42201 || len(p.Errors) == 0 {
			t.Errorf("%s: %+v", body, p)
		}
	}
	// What was wrong did not use the code up.
	if got := ask[Changed](r, 200, "POST", card, `{"replace_name":"已处理"}`); got.Done != 1 || !got.Message.Deliveries[0].Receipt.CodeSpent {
		t.Errorf("%+v", got)
	}
	if got := ask[Changed](r, 200, "POST", card, `{"replace_name":"again"}`); got.Done != 0 || got.Results[0].Why != "spent" {
		t.Errorf("%+v", got)
	}
	whole := `{"to":{"users":["lisi"]},"template_card":{"card_type":"text_notice","main_title":{"title":"Done"},"card_action":{"type":1,"url":"https://example.com"}}}`
	if got := ask[Changed](r, 200, "POST", send("t2"), whole); got.Done != 1 {
		t.Errorf("%+v", got)
	}
	if got := ask[Changed](r, 200, "POST", send("t3"), `{"to":{"users":["wangwu"]},"replace_name":"x"}`); got.Results[0].Why != "not_theirs" {
		t.Errorf("%+v", got)
	}
	text := r.send("crm", "no card", "zhangsan")
	if got := ask[Changed](r, 200, "POST", "/v1/messages/"+text.ID+"/card", `{"replace_name":"x"}`); got.Results[0].Why != "impossible" {
		t.Errorf("%+v", got)
	}
	// A refusal that is not about the code leaves it good; so does a call that never left.
	card = send("t4")
	r.sim.Fail("message/update_template_card", 48002)
	if got := ask[Changed](r, 200, "POST", card, `{"replace_name":"x"}`); got.Results[0].Why != "failed" || got.Results[0].Failure.ErrCode != 48002 {
		t.Errorf("%+v", got)
	}
	if got := ask[Changed](r, 200, "POST", card, `{"replace_name":"x"}`); got.Done != 1 {
		t.Errorf("%+v", got)
	}
	card = send("t5")
	r.later(73 * time.Hour)
	if got := ask[Changed](r, 200, "POST", card, `{"replace_name":"x"}`); got.Results[0].Why != "too_late" {
		t.Errorf("%+v", got)
	}
}
