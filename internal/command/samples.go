package command

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// sample is one of the messages to begin with.
type sample struct {
	what, chinese, shows string
	// letter makes it. What it needs of WeCom beforehand, such as the id of a picture, the client asks.
	letter func(context.Context, *wecom.Client) (letter, error)
}

// ready is a letter that needs nothing.
func ready(l letter) func(context.Context, *wecom.Client) (letter, error) {
	return func(context.Context, *wecom.Client) (letter, error) { return l, nil }
}

// samples are the three messages that every program begins with.
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
	notice := wecom.TextCard{Title: "磁盘已满", Description: "db-1 的 /data 已使用 97%，请尽快清理。", URL: inbox}
	return []sample{
		{"a text to ChenPengWei", "文本消息", text.Content, ready(wecom.Message{To: wecom.To{Users: []string{"ChenPengWei"}}, Body: text})},
		{"a text card to @all", "文本卡片，发给所有人", card.Title, ready(wecom.Message{To: wecom.To{All: true}, Body: card})},
		{"a notice to zhangsan", "通知一人", notice.Title, ready(wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: notice})},
	}
}

// sendSamples sends them as any program would: over HTTP, through the gateway. It returns the id of
// the last message.
func (c *cli) sendSamples(ctx context.Context, app credentials, url string, allTypes bool) (last string, err error) {
	// A proxy of the environment is for the way out, and this way does not lead out.
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	way, err := gateway.New(gateway.Config{URL: url, Key: devKey, App: "crm", Robot: "ops", HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return "", err
	}
	client, err := wecom.New(wecom.Config{
		CorpID: app.corpID, AgentID: app.agentID, Secret: app.secret,
		BaseURL: app.url, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		return "", err
	}
	list := samples(app.url + "/")
	if allTypes {
		more, err := everyType(ctx, client, app.url+"/")
		if err != nil {
			return "", err
		}
		list = append(list, more...)
	}
	for i, s := range list {
		l, err := s.letter(ctx, client)
		if err != nil {
			return "", err
		}
		answer, err := way.Submit(ctx, l, gateway.Options{Wait: 15 * time.Second})
		if err != nil {
			return "", err
		}
		if err := c.print(fmt.Sprintf("%d  %s  %s\n   %s\n   the gateway answered: %s\n\n", i+1, s.what, s.chinese, s.shows, answered(answer))); err != nil {
			return "", err
		}
		last = answer.ID
	}
	return last, nil
}

// answered tells what became of a message.
func answered(m *gateway.Message) string {
	text := string(m.Status) + ", id " + m.ID
	if len(m.Deliveries) == 0 {
		return text
	}
	d := m.Deliveries[0]
	if d.Receipt != nil && d.Receipt.MsgID != "" {
		text += fmt.Sprintf(", WeCom's msgid %.12s…", d.Receipt.MsgID)
	}
	if d.Failure != nil && d.Failure.ErrMsg != "" {
		text += ": " + d.Failure.ErrMsg
	}
	return text
}
