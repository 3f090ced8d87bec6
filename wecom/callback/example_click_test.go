package callback_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/callback"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// What the console of the app has under 接收消息 → 设置API接收.
const (
	callbackToken = "QDG6eK"
	callbackKey   = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	corpID        = "ww0000000000000001"
)

// approvals answers the clicks on cards: it opens each event, and puts a dead button on the card of
// whoever clicked.
func approvals(crypto *callback.Crypto) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			return
		}
		message, err := crypto.Open(r.URL.Query(), body)
		if err != nil {
			http.Error(w, "not from WeCom", http.StatusForbidden)
			return
		}
		var click struct {
			ToUserName, FromUserName, Event, EventKey string
		}
		if xml.Unmarshal(message, &click) != nil || click.Event != "template_card_event" {
			return // 200 and nothing else: WeCom does not ask again
		}
		fmt.Println(click.FromUserName, "pressed", click.EventKey)
		reply, err := callback.Reply{
			ToUserName: click.FromUserName, FromUserName: click.ToUserName, CreateTime: time.Now(),
			Body: callback.UpdateButton{ReplaceName: "已批准"},
		}.XML()
		if err == nil {
			w.Write(crypto.Seal(reply, r.URL.Query().Get("timestamp"), r.URL.Query().Get("nonce")))
		}
	}
}

// A card with a button goes out, a member presses it, and the app's answer changes the card. The
// simulator plays WeCom and the member.
func Example_click() {
	crypto, err := callback.New(callbackToken, callbackKey, corpID)
	check(err)
	app := httptest.NewServer(approvals(crypto))
	defer app.Close()

	world := simulator.DefaultWorld()
	world.Corps[0].Apps[0].Callback = &simulator.Callback{URL: app.URL, Token: callbackToken, AESKey: callbackKey}
	sim := simulator.New(simulator.WithWorld(world))
	server := httptest.NewServer(sim)
	defer server.Close()

	client, err := wecom.New(wecom.Config{CorpID: corpID, AgentID: 1000002, Secret: "sim-secret-1000002", BaseURL: server.URL})
	check(err)
	receipt, err := client.Send(context.Background(), wecom.Message{
		To: wecom.To{Users: []string{"lisi"}},
		Body: wecom.ButtonInteraction{
			MainTitle: wecom.MainTitle{Title: "2.9 上线？"},
			Buttons:   []wecom.Button{{Text: "批准", Key: "approve"}},
			TaskID:    "deploy-4471",
		},
	})
	check(err)
	event, err := sim.Click(simulator.Click{MsgID: receipt.MsgID, User: "lisi", Key: "approve"})
	check(err)
	fmt.Println("delivered:", event.Delivered)
	fmt.Printf("%s\n", sim.Inbox("lisi").Last().Body)
	// Output:
	// lisi pressed approve
	// delivered: true
	// {"card_type":"button_interaction","main_title":{"title":"2.9 上线？"},"button_list":[{"text":"批准","style":1,"key":"approve"}],"task_id":"deploy-4471","replace_text":"已批准"}
}

// check ends an example that went wrong.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
