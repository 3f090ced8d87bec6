package redisstore_test

import (
	"log"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
)

// All processes that send for the app share one token.
func Example() {
	store, err := redisstore.New("redis://127.0.0.1:6379", redisstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	client, err := wecom.New(wecom.Config{
		CorpID: "ww0123456789abcdef", AgentID: 1000002, Secret: "…",
		Tokens: store,
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = client
}

// A Java service keeps the bare token under wx_access_token for 7000 s; both use one token.
func ExampleInterop() {
	store, err := redisstore.New("redis://127.0.0.1:6379", redisstore.Options{
		Interop: &redisstore.Interop{Key: func(string) string { return "wx_access_token" }},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
}
