package wecom_test

import (
	"context"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// A client is one app of a corp. It is made once, and asks nobody before the first call.
func ExampleNew() {
	client, err := wecom.New(wecom.Config{
		CorpID:  "ww0000000000000001",
		AgentID: 1000002,
		Secret:  "sim-secret-1000002", // from a secret store
	})
	fmt.Println(client, err)

	_, err = wecom.New(wecom.Config{CorpID: "ww0000000000000001", Secret: "sim-secret-1000002\n"})
	fmt.Println(err)
	// Output:
	// wecom.Client{CorpID:"ww0000000000000001", AgentID:1000002, Host:"https://qyapi.weixin.qq.com"} <nil>
	// wecom: Config.Secret begins or ends with white space, perhaps the line break of a file
}

// A message to some wrong receivers is a success: the receipt says who did not get it.
func ExampleClient_Send() {
	client, sim := newClient()
	defer sim.Close()

	receipt, err := client.Send(context.Background(), wecom.Message{
		To:   wecom.To{Users: []string{"zhangsan", "Ghost"}, Parties: []int{3}},
		Body: wecom.Text{Content: "磁盘已满：db-3，见<a href=\"https://mon.example.com/db-3\">监控</a>"},
	})
	check(err)
	if !receipt.ReachedAll() {
		fmt.Println("not reached:", receipt.InvalidUsers, receipt.InvalidParties)
	}
	fmt.Println(sim.Inbox("zhangsan").Last().Text())
	// Output:
	// not reached: [ghost] []
	// 磁盘已满：db-3，见<a href="https://mon.example.com/db-3">监控</a>
}

// One line for the most common case: a card that opens a page.
func ExampleClient_Notify() {
	client, sim := newClient()
	defer sim.Close()

	_, err := client.Notify(context.Background(), "lisi", "请假申请已批准", "3 月 4 日至 6 日", "https://oa.example.com/leave/4471")
	check(err)
	fmt.Printf("%s\n", sim.Inbox("lisi").Last().Body)
	// Output: {"title":"请假申请已批准","description":"3 月 4 日至 6 日","url":"https://oa.example.com/leave/4471"}
}

// A long text in parts, and many receivers in lists that one message takes.
func ExampleClient_Send_long() {
	client, sim := newClient()
	defer sim.Close()

	log := ""
	for i := range 100 {
		log += fmt.Sprintf("03:%02d:%02d 订单 %04d 支付超时，重试\n", i/60, i%60, i)
	}
	to := wecom.To{Users: []string{"zhangsan"}}
	for _, receivers := range to.Chunks() {
		for _, part := range wecom.SplitText(log, wecom.SplitOptions{Numbered: true}) {
			_, err := client.Send(context.Background(), wecom.Message{To: receivers, Body: wecom.Text{Content: part}})
			check(err)
		}
	}
	for _, message := range sim.Inbox("zhangsan") {
		fmt.Printf("%.5s, %d bytes\n", message.Text(), len(message.Text()))
	}
	// Output:
	// (1/3), 2027 bytes
	// (2/3), 2027 bytes
	// (3/3), 264 bytes
}
