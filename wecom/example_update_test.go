package wecom_test

import (
	"context"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// click presses something on the last card of a member, as the simulated phone does, and returns what
// the app's callback URL is told.
func click(sim exampleServer, user, key string, chosen map[string][]string) simulator.CallbackEvent {
	event, err := sim.Click(simulator.Click{MsgID: sim.Inbox(user).Last().MsgID, User: user, Key: key, OptionIDs: chosen})
	check(err)
	fmt.Println(event.EventKey, event.Chosen)
	return event
}

// When one of several has decided, everybody's card says so. The code comes from the event of the
// click; package callback opens it.
func ExampleClient_UpdateCard() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	_, err := client.Send(ctx, wecom.Message{
		To: wecom.To{Users: []string{"zhangsan", "lisi"}},
		Body: wecom.ButtonInteraction{
			MainTitle: wecom.MainTitle{Title: "2.9 上线？"},
			Buttons:   []wecom.Button{{Text: "批准", Key: "approve"}, {Text: "拒绝", Key: "decline", Style: wecom.StyleNegative}},
			TaskID:    "deploy-4471",
		},
	})
	check(err)
	event := click(sim, "lisi", "approve", nil)

	notReached, err := client.UpdateCard(ctx, wecom.CardUpdate{
		All:          true,
		ResponseCode: event.ResponseCode,
		Card: wecom.TextNotice{
			MainTitle:  wecom.MainTitle{Title: "2.9 已由李四批准"},
			CardAction: wecom.LinkTo("https://ci.example.com/4471"),
		},
	})
	fmt.Println(notReached, err)
	fmt.Println(sim.Inbox("zhangsan").Last().Text())
	// Output:
	// approve map[]
	// [] <nil>
	// 2.9 已由李四批准
}

// The buttons become one that is grey.
func ExampleClient_UpdateCard_button() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	receipt, err := client.Send(ctx, wecom.Message{
		To: wecom.To{Users: []string{"lisi"}},
		Body: wecom.ButtonInteraction{
			MainTitle: wecom.MainTitle{Title: "2.9 上线？"},
			Buttons:   []wecom.Button{{Text: "批准", Key: "approve"}},
			TaskID:    "deploy-4471",
		},
	})
	check(err)
	update := wecom.CardUpdate{Users: []string{"lisi"}, ResponseCode: receipt.ResponseCode, ReplaceName: "已过期"}
	_, err = client.UpdateCard(ctx, update)
	check(err)
	_, err = client.UpdateCard(ctx, update) // a code works once
	fmt.Println(err != nil)
	// Output: true
}
