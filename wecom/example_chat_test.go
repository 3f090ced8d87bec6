package wecom_test

import (
	"context"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// A chat for an incident, with those who are on duty.
func ExampleClient_CreateChat() {
	client, sim := newClient()
	defer sim.Close()

	id, err := client.CreateChat(context.Background(), wecom.Chat{
		ID:    "inc4471", // chosen here, so that a second attempt finds it taken (86215)
		Name:  "故障 4471",
		Owner: "lisi",
		Users: []string{"lisi", "zhangsan", "wangwu"},
	})
	fmt.Println(id, err)
	// Output: inc4471 <nil>
}

// A message to the chat, with a call for attention.
func ExampleClient_SendChat() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	id, err := client.CreateChat(ctx, wecom.Chat{Name: "故障 4471", Users: []string{"lisi", "zhangsan"}})
	check(err)
	check(client.SendChat(ctx, wecom.ChatMessage{
		ChatID: id,
		Body:   wecom.Text{Content: "支付已恢复，请 <@zhangsan> 复查", Mentioned: []string{"zhangsan"}},
	}))
	message := sim.Inbox("lisi").Last()
	fmt.Println(message.Chat+":", message.Text())
	// Output: 故障 4471: 支付已恢复，请 <@zhangsan> 复查
}

// What is not named stays as it is.
func ExampleClient_UpdateChat() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	id, err := client.CreateChat(ctx, wecom.Chat{ID: "inc4471", Name: "故障 4471", Users: []string{"lisi", "zhangsan"}})
	check(err)
	check(client.UpdateChat(ctx, wecom.ChatUpdate{ID: id, Name: "故障 4471（已恢复）", Add: []string{"sunqi"}, Remove: []string{"zhangsan"}}))
	chat, err := client.GetChat(ctx, id)
	check(err)
	fmt.Println(chat.Name, chat.Users)
	// Output: 故障 4471（已恢复） [lisi sunqi]
}

// Only chats that this app made can be read.
func ExampleClient_GetChat() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	_, err := client.CreateChat(ctx, wecom.Chat{ID: "inc4471", Owner: "lisi", Users: []string{"lisi", "zhangsan"}})
	check(err)
	chat, err := client.GetChat(ctx, "inc4471")
	check(err)
	fmt.Println(chat.Owner, "of", chat.Users)
	// Output: lisi of [lisi zhangsan]
}
