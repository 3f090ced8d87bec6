package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// An error of WeCom says what to do about it, in the language of whoever reads it.
func ExampleError_Hint() {
	world := simulator.DefaultWorld()
	world.Corps[0].Apps[0].TrustedIPs = []string{"203.0.113.9"}
	client, sim := newClient(simulator.WithWorld(world))
	defer sim.Close()

	_, err := client.Notify(context.Background(), "lisi", "备份完成", "耗时 41 分钟", "https://backup.example.com")
	var refused *wecom.Error
	if errors.As(err, &refused) {
		fmt.Println(int(refused.Code), refused.Code.Meaning(wecom.Chinese))
		fmt.Println(refused.Hint(wecom.Chinese))
	}
	// Output:
	// 60020 来源 IP 不在可信 IP 内
	// 企业微信看到的来源地址是 127.0.0.1，它不在该应用的企业可信IP中。请在管理后台（work.weixin.qq.com）打开「应用管理」→ 该应用 →「企业可信IP」，填入 127.0.0.1，约 1 分钟后生效。填写之前，该应用必须先设置「可信域名」（网页授权及JS-SDK）或「接收消息服务器URL」之一，否则后台不让保存。若出口地址常变，请改走固定出口的代理或网关
}

// After an error, whether sending again can show the message twice.
func ExampleNeverSent() {
	client, sim := newClient()
	defer sim.Close()
	hello := wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "磁盘已满"}}

	sim.Fail("message/send", 45009) // a rate limit: WeCom refused, so it did not send
	_, err := client.Send(context.Background(), hello)
	fmt.Println("refused:", wecom.NeverSent(err))

	check(sim.SetFaults([]simulator.Fault{{Call: "message/send", Action: simulator.DropAfter, Times: 1}}))
	_, err = client.Send(context.Background(), hello)
	fmt.Println("no answer:", wecom.NeverSent(err), "and it was sent", len(sim.Inbox("zhangsan")), "time")
	// Output:
	// refused: true
	// no answer: false and it was sent 1 time
}

// What to do after an error depends on its kind, not on each of some hundred codes.
func ExampleError_Kind() {
	client, sim := newClient()
	defer sim.Close()
	sim.Fail("message/send", 45009)

	_, err := client.Notify(context.Background(), "lisi", "备份完成", "耗时 41 分钟", "https://backup.example.com")
	var refused *wecom.Error
	switch {
	case !errors.As(err, &refused):
		fmt.Println(err)
	case refused.Kind() == wecom.Limited:
		fmt.Println("later")
	default:
		fmt.Println("give up:", refused)
	}
	// Output: later
}

// Without an answer of WeCom the error is of another type.
func ExampleTransportError() {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<title>502 Bad Gateway</title>", http.StatusBadGateway)
	}))
	defer proxy.Close()
	client, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "s", BaseURL: proxy.URL})
	check(err)

	_, err = client.Notify(context.Background(), "lisi", "备份完成", "耗时 41 分钟", "https://backup.example.com")
	var lost *wecom.TransportError
	if errors.As(err, &lost) {
		fmt.Println(lost.Op, lost.Status, wecom.NeverSent(err))
	}
	// Output: gettoken 502 true
}
