package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// A whole exchange: a token, a message, and a look into the member's inbox.
func Example() {
	sim := simulator.New()
	server := httptest.NewServer(sim)
	defer server.Close()

	answer, err := http.Get(server.URL + "/cgi-bin/gettoken?corpid=ww0000000000000001&corpsecret=sim-secret-1000002")
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil {
		panic(err)
	}
	sent, err := http.Post(server.URL+"/cgi-bin/message/send?access_token="+token.AccessToken, "application/json",
		strings.NewReader(`{"touser":"zhangsan","msgtype":"text","agentid":1000002,"text":{"content":"磁盘已满"}}`))
	if err != nil {
		panic(err)
	}
	sent.Body.Close()

	fmt.Println(sim.Inbox("zhangsan").Last().Text())
	// Output: 磁盘已满
}

// Faults are counted: the next two sends meet the rate limit, the third does not.
func ExampleWeCom_Fail() {
	sim := simulator.New()
	sim.Fail("message/send", 45009).Times(2).For(1000002)
	for _, f := range sim.Faults() {
		fmt.Println(f.Call, f.ErrCode, f.Times)
	}
	// Output: message/send 45009 2
}

// Cards are pressed as a member would press them: the app is told, encrypted, at its callback URL. The
// app of the default world has none, and its events are recorded.
func ExampleWeCom_Click() {
	sim := simulator.New()
	server := httptest.NewServer(sim)
	defer server.Close()
	call := func(path, body string) (answer struct {
		AccessToken string `json:"access_token"`
		MsgID       string `json:"msgid"`
	}) {
		got, err := http.Post(server.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		defer got.Body.Close()
		json.NewDecoder(got.Body).Decode(&answer)
		return answer
	}
	token := call("/cgi-bin/gettoken?corpid=ww0000000000000001&corpsecret=sim-secret-1000002", "").AccessToken
	sent := call("/cgi-bin/message/send?access_token="+token, `{"touser":"lisi","msgtype":"template_card","agentid":1000002,
		"template_card":{"card_type":"button_interaction","task_id":"deploy-1","main_title":{"title":"上线？"},
		"button_list":[{"text":"批准","key":"approve"},{"text":"拒绝","key":"decline"}]}}`)

	event, err := sim.Click(simulator.Click{MsgID: sent.MsgID, User: "lisi", Key: "approve"})
	if err != nil {
		panic(err)
	}
	fmt.Println(event.Event, event.TaskID, event.EventKey)
	fmt.Println(len(sim.Callbacks()))
	// Output:
	// template_card_event deploy-1 approve
	// 1
}

// Time is the simulator's own: a token can expire while the test waits for nothing.
func ExampleWeCom_Advance() {
	sim := simulator.New()
	sim.SetNow(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	sim.Advance(2 * time.Hour)
	fmt.Println(sim.Now().Format("2006-01-02 15:04 -0700"))
	// Output: 2026-01-02 13:04 +0800
}
