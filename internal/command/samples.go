package command

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hongyan-im/hongyan/wecom"
)

// sample is one of the messages to begin with.
type sample struct {
	what, chinese, shows string
	send                 func(context.Context, *wecom.Client) (wecom.Receipt, error)
}

// samples are the three ways to send that every program begins with.
func samples(inbox string) []sample {
	text := wecom.Text{Content: "你好，鹏伟！这是鸿雁的第一条消息。"}
	card := wecom.TextCard{
		Title: "领奖通知",
		Description: `<div class="gray">2016年9月26日</div>` +
			`<div class="normal">恭喜你抽中 iPhone 7 一台，领奖码：520258</div>` +
			`<div class="highlight">请于2016年10月10日前联系行政同事领取</div>`,
		URL:        inbox,
		ButtonText: "更多",
	}
	const title, content = "磁盘已满", "db-1 的 /data 已使用 97%，请尽快清理。"
	return []sample{
		{"a text to ChenPengWei", "文本消息", text.Content, func(ctx context.Context, client *wecom.Client) (wecom.Receipt, error) {
			return client.Send(ctx, wecom.Message{To: wecom.To{Users: []string{"ChenPengWei"}}, Body: text})
		}},
		{"a text card to @all", "文本卡片，发给所有人", card.Title, func(ctx context.Context, client *wecom.Client) (wecom.Receipt, error) {
			return client.Send(ctx, wecom.Message{To: wecom.To{All: true}, Body: card})
		}},
		{"client.Notify(zhangsan, …)", "一次调用，通知一人", title, func(ctx context.Context, client *wecom.Client) (wecom.Receipt, error) {
			return client.Notify(ctx, "zhangsan", title, content, inbox)
		}},
	}
}

// sendSamples sends them as any program would: over HTTP, as the app.
func (c *cli) sendSamples(ctx context.Context, app credentials, allTypes bool) error {
	// A proxy of the environment is for the way out, and this way does not lead out.
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client, err := wecom.New(wecom.Config{
		CorpID: app.corpID, AgentID: app.agentID, Secret: app.secret,
		BaseURL: app.url, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		return err
	}
	list := samples(app.url + "/")
	if allTypes {
		more, err := everyType(ctx, client, app.url+"/", transport)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	for i, s := range list {
		receipt, err := s.send(ctx, client)
		if err != nil {
			return err
		}
		answer := "errcode 0 ok"
		if receipt.MsgID != "" {
			answer += fmt.Sprintf(", msgid %.12s…", receipt.MsgID)
		}
		fmt.Fprintf(c.std.Out, "%d  %s  %s\n   %s\n   WeCom answered: %s\n\n", i+1, s.what, s.chinese, s.shows, answer)
	}
	return nil
}
