package wecom_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// A robot is known by the address that its group shows, or by the key in it.
func ExampleNewRobot() {
	robot, err := wecom.NewRobot(wecom.RobotConfig{
		Key: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000001",
	})
	fmt.Println(robot, err)
	// Output: wecom.Robot{ID:"2cc45eb0d306", Host:"https://qyapi.weixin.qq.com"} <nil>
}

// Text calls for attention by user id or by phone number.
func ExampleRobot_Send() {
	robot, sim := newRobot()
	defer sim.Close()

	check(robot.Send(context.Background(), wecom.RobotMessage{
		Body: wecom.Text{Content: "夜间构建失败 3 项", Mentioned: []string{"lisi"}, MentionedMobiles: []string{"13800000002"}},
	}))
	message := sim.Inbox("wangwu").Last()
	fmt.Println(message.Robot, "in", message.Chat+":", message.Text())
	// Output: 值班机器人 in 值班群: 夜间构建失败 3 项
}

// Of what an app can send a robot takes a part, and more markdown. A picture goes in the message
// itself, a file is uploaded first.
func ExampleRobot_Send_bodies() {
	robot, sim := newRobot()
	defer sim.Close()

	for _, body := range []wecom.Body{
		wecom.MarkdownV2{Content: "| 主机 | 负载 |\n| :-- | --: |\n| db-3 | 9.1 |"},
		wecom.ImageBytes("load.png", examplePNG),
		wecom.FileBytes("report.csv", []byte("host,load\ndb-3,9.1\n")),
		wecom.News{Articles: []wecom.Article{{Title: "夜间构建", URL: "https://ci.example.com/n"}}},
		wecom.TextNotice{MainTitle: wecom.MainTitle{Title: "夜间构建"}, CardAction: wecom.LinkTo("https://ci.example.com/n")},
	} {
		check(robot.Send(context.Background(), wecom.RobotMessage{Body: body}))
		fmt.Println(sim.Inbox("lisi").Last().MsgType)
	}
	// Output:
	// markdown_v2
	// image
	// file
	// news
	// template_card
}

// The 21st message of a minute is refused: the limit is the caller's to keep.
func ExampleRobot_Send_limit() {
	robot, sim := newRobot()
	defer sim.Close()

	sent := 0
	var err error
	for err == nil {
		if err = robot.Send(context.Background(), wecom.RobotMessage{Body: wecom.Text{Content: "ping"}}); err == nil {
			sent++
		}
	}
	fmt.Println(sent, errors.Is(err, &wecom.Error{Code: wecom.CodeRateLimited}))
	// Output: 20 true
}

// What a robot uploaded is good for its own messages, for 3 days.
func ExampleRobot_Upload() {
	robot, sim := newRobot()
	defer sim.Close()
	ctx := context.Background()

	report, err := robot.Upload(ctx, wecom.MediaFile, "report.csv", strings.NewReader("host,load\ndb-3,9.1\n"))
	check(err)
	check(robot.Send(ctx, wecom.RobotMessage{Body: wecom.File{MediaID: report.MediaID}}))
	file, _ := sim.Media("ww0000000000000001", report.MediaID)
	fmt.Println(file.Name, len(file.Data), "bytes")
	// Output: report.csv 19 bytes
}

func ExampleRobot_CloseIdleConnections() {
	robot, sim := newRobot()
	defer sim.Close()
	defer robot.CloseIdleConnections() // at the end of the program

	fmt.Println(robot.Send(context.Background(), wecom.RobotMessage{Body: wecom.Markdown{Content: "**夜间构建**通过"}}))
	// Output: <nil>
}
