package gateway_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

func TestMobileAndEmail(t *testing.T) {
	users := []string{gateway.Mobile("+86 138"), "zhangsan", gateway.Email("a@b.c"), gateway.Mobile("13911111111")}
	data, err := gateway.Encode(wecom.Message{To: wecom.To{Users: users, Tags: []int{1}}, Body: wecom.Text{Content: "x"}}, gateway.Options{App: "crm"})
	const want = `{"app":"crm","msgtype":"text","text":{"content":"x"},"to":{"users":["zhangsan"],"mobiles":["+86 138","13911111111"],"emails":["a@b.c"],"tags":[1]}}`
	if err != nil || string(data) != want {
		t.Errorf("%s %v", data, err)
	}
	for answer, want := range map[string][]string{
		`"status":"partly_sent","to":{"users":["u"],"mobiles":["1","2"],"emails":["a@b.c","d@e.f"],"found":{"1":"zhangsan","d@e.f":"lisi"}},"receipt":{"invalid_users":["lisi"]}`: {"mobile:2", "email:a@b.c", "lisi"},
		`"status":"sent","to":{"mobiles":["1"],"found":{"1":"zhangsan"}}`: nil,
		`"status":"queued","to":{"mobiles":["1"]}`:                        nil,
		`"status":"refused","to":{"mobiles":["1"]}`:                       nil,
	} {
		var m gateway.Message
		if err := json.Unmarshal([]byte(`{"id":"msg_1","status":"partly_sent","deliveries":[{"part":1,`+answer+`}]}`), &m); err != nil {
			t.Fatal(err)
		}
		if got := m.Receipt().InvalidUsers; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
}
