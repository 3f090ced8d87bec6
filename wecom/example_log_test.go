package wecom_test

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/hongyan-im/hongyan/wecom"
)

// withoutTime makes what is logged the same at any time.
var withoutTime = &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}

func ExampleClient_String() {
	client, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "not to be seen"})
	check(err)
	fmt.Println(client.String())
	// Output: wecom.Client{CorpID:"ww0000000000000001", AgentID:1000002, Host:"https://qyapi.weixin.qq.com"}
}

// No verb prints the secret, however deep it looks.
func ExampleClient_Format() {
	client, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "not to be seen"})
	check(err)
	fmt.Printf("%+v\n", struct{ Sender *wecom.Client }{client})
	fmt.Printf("%#v\n", client)
	// Output:
	// {Sender:wecom.Client{CorpID:"ww0000000000000001", AgentID:1000002, Host:"https://qyapi.weixin.qq.com"}}
	// wecom.Client{CorpID:"ww0000000000000001", AgentID:1000002, Host:"https://qyapi.weixin.qq.com"}
}

// Nor does a log.
func ExampleClient_LogValue() {
	client, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "not to be seen"})
	check(err)
	slog.New(slog.NewJSONHandler(os.Stdout, withoutTime)).Info("started", "sender", client)
	// Output: {"level":"INFO","msg":"started","sender":"wecom.Client{CorpID:\"ww0000000000000001\", AgentID:1000002, Host:\"https://qyapi.weixin.qq.com\"}"}
}

// A robot is named by a hash of its key, which tells robots apart and does not give them away.
func ExampleRobot_String() {
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: robotKey})
	check(err)
	fmt.Println(robot.String())
	// Output: wecom.Robot{ID:"2cc45eb0d306", Host:"https://qyapi.weixin.qq.com"}
}

func ExampleRobot_Format() {
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: robotKey})
	check(err)
	fmt.Printf("%+v\n", struct{ Sender *wecom.Robot }{robot})
	// Output: {Sender:wecom.Robot{ID:"2cc45eb0d306", Host:"https://qyapi.weixin.qq.com"}}
}

func ExampleRobot_LogValue() {
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: robotKey})
	check(err)
	slog.New(slog.NewJSONHandler(os.Stdout, withoutTime)).Info("started", "sender", robot)
	// Output: {"level":"INFO","msg":"started","sender":"wecom.Robot{ID:\"2cc45eb0d306\", Host:\"https://qyapi.weixin.qq.com\"}"}
}
