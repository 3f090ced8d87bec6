package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// gatewayURL is the address of a gateway; here of one that takes everything.
var gatewayURL = newFake(nil).URL

func ExampleClient_Send() {
	client, err := gateway.New(gateway.Config{URL: gatewayURL, Key: "hy_dev", App: "crm"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	receipt, err := client.Send(ctx, wecom.Message{
		To:   wecom.To{Users: []string{"zhangsan"}},
		Body: wecom.Text{Content: "磁盘已满"},
	})
	var (
		waits   *gateway.UnfinishedError
		refused *wecom.Error
	)
	switch {
	case err == nil:
		fmt.Println("sent, id", receipt.MsgID)
	case errors.As(err, &waits): // nothing is lost: the gateway goes on with it
		fmt.Println("on its way:", waits.ID(), waits.Hint(wecom.Chinese))
	case errors.As(err, &refused): // as without a gateway
		fmt.Println(refused.Code, refused.Hint(wecom.Chinese))
	default:
		fmt.Println(err)
	}
	// Output: sent, id msg_1
}

func ExampleClient_Submit() {
	client, err := gateway.New(gateway.Config{URL: gatewayURL, Key: "hy_dev", App: "crm"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	m, err := client.Submit(ctx, wecom.Message{
		To:   wecom.To{Users: []string{"zhangsan"}},
		Body: wecom.Text{Content: "您的订单 4711 已发货"},
	}, gateway.Options{
		Key:    "order-4711-shipped", // however often this runs, it is sent once
		Labels: map[string]string{"order": "4711"},
		TTL:    2 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("stored as", m.ID)
	if m, err = client.Wait(ctx, m.ID); err == nil {
		fmt.Println(m.Status)
	}
	// Output:
	// stored as msg_1
	// sent
}
