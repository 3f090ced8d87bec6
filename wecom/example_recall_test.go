package wecom_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// A message can be taken back within 24 hours, by what its receipt says.
func ExampleClient_Recall() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	receipt, err := client.Send(ctx, wecom.Message{To: wecom.To{All: true}, Body: wecom.Text{Content: "测试，请忽略"}})
	check(err)
	check(client.Recall(ctx, receipt.MsgID))
	fmt.Println("recalled:", sim.Inbox("lisi").Last().Recalled)

	sim.Advance(24 * time.Hour)
	fmt.Println("too late:", client.Recall(ctx, receipt.MsgID) != nil)
	// Output:
	// recalled: true
	// too late: true
}

// A message to ten members counts ten.
func ExampleClient_Statistics() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	_, err := client.Send(ctx, wecom.Message{To: wecom.To{Users: []string{"zhangsan", "lisi"}}, Body: wecom.Text{Content: "午餐到了"}})
	check(err)
	today, err := client.Statistics(ctx, false)
	check(err)
	for _, app := range today {
		fmt.Println(app.AgentID, app.Name, app.Count)
	}
	// Output: 1000002 鸿雁 2
}
