package wecom_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/hongyan-im/hongyan/wecom"
)

// Clients of the same app share its token by a store: one process by this one, a fleet by Redis
// (package redisstore). Without it each would fetch its own.
func ExampleMemoryStore() {
	sim := newServer()
	defer sim.Close()

	config := sim.config()
	config.Tokens = wecom.NewMemoryStore()
	for range 3 {
		client, err := wecom.New(config)
		check(err)
		_, err = client.Notify(context.Background(), "lisi", "备份完成", "耗时 41 分钟", "https://backup.example.com")
		check(err)
	}
	calls := sim.Stats().Calls
	fmt.Println(calls["message/send"], "messages,", calls["gettoken"], "token")
	// Output: 3 messages, 1 token
}

// The token, for a program that cannot fetch it. If WeCom refused it, say which.
func ExampleClient_Token() {
	client, sim := newClient()
	defer sim.Close()
	ctx := context.Background()

	token, err := client.Token(ctx, "")
	check(err)
	same, err := client.Token(ctx, "")
	check(err)
	fmt.Println("kept:", same == token)

	check(sim.Revoke("ww0000000000000001", 1000002, 42001))
	another, err := client.Token(ctx, token)
	check(err)
	fmt.Println("replaced:", another != token)
	// Output:
	// kept: true
	// replaced: true
}

// A call that has no method here, with the token and the errors of those that have.
func ExampleClient_Do() {
	client, sim := newClient()
	defer sim.Close()

	var answer struct {
		Apps []struct {
			ID   int    `json:"agentid"`
			Name string `json:"name"`
		} `json:"agentlist"`
	}
	err := client.Do(context.Background(), http.MethodGet, "agent/list", nil, nil, &answer)
	fmt.Println(answer.Apps, err)

	err = client.Do(context.Background(), http.MethodGet, "tag/get", url.Values{"tagid": {"77"}}, nil, nil)
	fmt.Println(err != nil)
	// Output:
	// [{1000002 鸿雁}] <nil>
	// true
}

func ExampleClient_CloseIdleConnections() {
	client, sim := newClient()
	defer sim.Close()
	defer client.CloseIdleConnections() // at the end of the program

	_, err := client.Notify(context.Background(), "lisi", "备份完成", "耗时 41 分钟", "https://backup.example.com")
	fmt.Println(err)
	// Output: <nil>
}
