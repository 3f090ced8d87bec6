package httpapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/internal/access"
)

func TestFindMessages(t *testing.T) {
	r := newReal(t)
	a := r.send("crm", "磁盘已满", "zhangsan", "lisi").ID
	b := r.send("crm", "to nobody", "nobody").ID
	c := r.send("shop", "Disk is full", "ZhangSan").ID
	d := ask[Message](r, 200, "POST", "/v1/messages?wait=30s", `{"robot":"ops","msgtype":"text","text":{"content":"disk"},"labels":{"order":"4711","kind":"disk"}}`).ID
	e := ask[Message](r, 202, "POST", "/v1/messages", `{"app":"crm","to":{"parties":[1],"tags":[2]},"msgtype":"text","text":{"content":"later"},"delay":"1h"}`).ID
	f := ask[Message](r, 202, "POST", "/v1/messages", `{"app":"crm","to":{"all":true},"msgtype":"text","text":{"content":"later"},"delay":"1h"}`).ID
	for query, want := range map[string][]string{
		"":                                 {f, e, d, c, b, a},
		"app=crm":                          {f, e, b, a},
		"robot=ops":                        {d},
		"user=ZHANGSAN":                    {c, a},
		"user=zhangsan&app=shop":           {c},
		"party=1":                          {e},
		"tag=2":                            {e},
		"all=true":                         {f},
		"status=refused":                   {b},
		"status=scheduled,refused":         {f, e, b},
		"reason=no_receiver":               {b},
		"reason=delayed,no_receiver":       {f, e, b},
		"label=order:4711":                 {d},
		"label=order:4711&label=kind:disk": {d},
		"label=order:4711&label=kind:net":  nil,
		"text=DISK":                        {d, c},
		"text=" + url.QueryEscape("已满"):    {a},
		"text=zhangsan":                    nil,
		"since=1h":                         {f, e, d, c, b, a},
		"until=1h":                         nil,
		"since=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z": nil,
		"app=nowhere": nil,
	} {
		if got := r.list(query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	crm, shop := r.key("crm", access.Read), r.key("shop robot:ops", access.Read)
	for key, want := range map[string][]string{crm: {f, e, b, a}, shop: {d, c}} {
		if got := ids(ask[MessageList](r, 200, "GET", "/v1/messages", "", "X-API-Key", key)); !slices.Equal(got, want) {
			t.Errorf("a key of some senders sees %v, want %v", got, want)
		}
	}
	r.call(t, "GET", "/v1/messages?app=shop", "", "X-API-Key", crm).problem(t, 40302)
	r.call(t, "GET", "/v1/messages?robot=ops", "", "X-API-Key", crm).problem(t, 40302)
	r.call(t, "GET", "/v1/messages", "", "X-API-Key", r.key("", access.Send)).problem(t, 40301)
}

func ids(l MessageList) (ids []string) {
	for _, m := range l.Messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestPagesDoNotMove(t *testing.T) {
	r := newReal(t)
	var want []string
	batch := func(n int) {
		var items []string
		for i := range n {
			items = append(items, fmt.Sprintf(`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"%d of %d"},"delay":"1h"}`, i, len(want)))
		}
		for _, result := range ask[BatchAnswer](r, 202, "POST", "/v1/messages/batch", `{"messages":[`+strings.Join(items, ",")+`]}`).Results {
			want = append(want, result.ID)
		}
	}
	batch(25)
	var got []string
	cursor := ""
	for {
		page := ask[MessageList](r, 200, "GET", "/v1/messages?limit=10&user=zhangsan&cursor="+cursor, "")
		if got = append(got, ids(page)...); page.Next == "" {
			break
		}
		cursor = page.Next
		if len(want) == 25 {
			batch(7) // they arrive while somebody reads
		}
	}
	slices.Reverse(got)
	if !slices.Equal(got, want[:25]) {
		t.Errorf("%d messages on the pages, want the 25 that were there: %v", len(got), got)
	}
}

func TestWrongFilters(t *testing.T) {
	r := newReal(t)
	for query, field := range map[string]string{
		"status=gone": "status", "status=refusd": "status", "reason=because": "reason", "app=a&robot=b": "robot", "app=robot:ops": "app",
		"label=order": "label", "since=yesterday": "since", "until=-1h": "until", "limit=0": "limit", "limit=201": "limit", "limit=x": "limit",
		"cursor=x": "cursor", "cursor=AAAAAAAAAAA": "cursor", "cursor=__________8": "cursor", "party=x": "party", "party=-1": "party", "tag=0": "tag",
		"all=maybe": "all", "unknown=1": "unknown", "text=" + strings.Repeat("x", 201): "text",
	} {
		p := r.call(t, "GET", "/v1/messages?"+query, "", "X-API-Key", r.admin).problem(t, 42201)
		if len(p.Errors) == 0 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", query, p)
		}
	}
	if p := r.call(t, "GET", "/v1/messages?status=refusd", "", "X-API-Key", r.admin).problem(t, 42201); !strings.Contains(p.Detail, "did you mean refused?") {
		t.Errorf("detail %q", p.Detail)
	}
}

func TestRecipients(t *testing.T) {
	r := newReal(t)
	m := r.send("crm", "hello", "zhangsan", "Nobody", "sim-unlicensed", "lisi")
	got := ask[Message](r, 200, "GET", "/v1/messages/"+m.ID, "", "Accept-Language", "zh").Recipients
	states := map[string]string{}
	for _, one := range got.Members {
		states[one.User] = one.State
		if (one.Hint == "") != (one.State == "reached") {
			t.Errorf("%s: hint %q", one.User, one.Hint)
		}
		if one.State == "invalid" && one.Hint != invalidHint.zh {
			t.Errorf("hint %q", one.Hint)
		}
	}
	want := map[string]string{"zhangsan": "reached", "Nobody": "invalid", "sim-unlicensed": "unlicensed", "lisi": "reached"}
	if got.Total != 4 || got.States["reached"] != 2 || fmt.Sprint(states) != fmt.Sprint(want) {
		t.Errorf("%+v, want %v", got, want)
	}
	var users []string
	for i := range 2500 {
		users = append(users, fmt.Sprintf("u%04d", i))
	}
	m = ask[Message](r, 202, "POST", "/v1/messages", `{"app":"crm","delay":"1h","to":{"users":["`+strings.Join(users, `","`)+`"]},"msgtype":"text","text":{"content":"x"}}`)
	var all []string
	after := ""
	for pages := 0; ; pages++ {
		got := ask[Message](r, 200, "GET", "/v1/messages/"+m.ID+"?recipients="+after, "").Recipients
		if got.Total != 2500 || got.States["waiting"] != 2500 || len(got.Members) > 1000 {
			t.Fatalf("%d, %v, %d", got.Total, got.States, len(got.Members))
		}
		for _, one := range got.Members {
			all = append(all, one.User)
			if one.Next == "" || one.Reason != "delayed" || one.Hint == "" {
				t.Fatalf("%+v", one)
			}
		}
		if after = got.Next; after == "" {
			break
		}
	}
	if !slices.Equal(all, users) {
		t.Errorf("%d members on all pages", len(all))
	}
}
