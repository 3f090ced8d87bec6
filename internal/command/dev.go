package command

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

const devHelp = `Start here: a simulated WeCom on this machine, and three messages sent to it with the SDK over HTTP.

The first line names the address; open it to see what each member's phone shows. No WeCom account is
needed, and nothing leaves this machine. Ctrl-C ends it, and nothing is kept.`

func (c *cli) devCommand() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "dev [flags]",
		Short: "Try it all: a simulated WeCom with three messages in it",
		Long:  devHelp,
		Example: `  hongyan dev
  hongyan dev --sim-listen 127.0.0.1:0`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.dev(cmd.Context(), addr) },
	}
	cmd.Flags().StringVar(&addr, "sim-listen", defaultSimAddr, "`HOST:PORT` of the simulator; port 0 takes a free one")
	return cmd
}

func (c *cli) dev(ctx context.Context, addr string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	world := simulator.DefaultWorld()
	server, err := c.listen(ctx, "sim-listen", addr, simulator.New(simulator.WithWorld(world)))
	if err != nil {
		return err
	}
	fmt.Fprint(c.std.Out, simulatorLine(server), "\n")
	app, user, _ := firstApp(server.url, world)
	if err := c.sendSamples(ctx, app); err != nil {
		cancel()
		_ = server.wait(ctx)
		return err
	}
	fmt.Fprintf(c.std.Out, `see them 查看
  %[1]s/?user=zhangsan
  %[1]s/?user=ChenPengWei

send one more 再发一条
  %[2]s \
    %[3]s send --to %[4]s "磁盘已满"

Ctrl-C stops it. 按 Ctrl-C 结束。
`, server.url, strings.Join(app.environment(), " "), c.std.Program, user)
	return server.wait(ctx)
}

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
func (c *cli) sendSamples(ctx context.Context, app credentials) error {
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
	for i, s := range samples(app.url + "/") {
		receipt, err := s.send(ctx, client)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.std.Out, "%d  %s  %s\n   %s\n   WeCom answered: errcode 0 ok, msgid %.12s…\n\n", i+1, s.what, s.chinese, s.shows, receipt.MsgID)
	}
	return nil
}
