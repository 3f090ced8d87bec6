package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

const devHelp = `Start here: a simulated WeCom on this machine, and three messages sent to it with the SDK over HTTP.

The first line names the address; open it to see what each member's phone shows. No WeCom account is
needed, and nothing leaves this machine. Ctrl-C ends it, and nothing is kept.

--all-types sends one message of every kind as well, to zhangsan, to a group chat that zhangsan is
in, and by a robot. Pictures, recordings and files are made on the spot. A video is not among them.`

func (c *cli) devCommand() *cobra.Command {
	var (
		addr     string
		allTypes bool
	)
	cmd := &cobra.Command{
		Use:   "dev [flags]",
		Short: "Try it all: a simulated WeCom with three messages in it",
		Long:  devHelp,
		Example: `  hongyan dev
  hongyan dev --all-types
  hongyan dev --sim-listen 127.0.0.1:0`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkListen(cmd, "sim-listen", addr); err != nil {
				return err
			}
			return c.dev(cmd.Context(), addr, allTypes)
		},
	}
	cmd.Flags().StringVar(&addr, "sim-listen", defaultSimAddr, "`HOST:PORT` of the simulator; port 0 takes a free one")
	cmd.Flags().BoolVar(&allTypes, "all-types", false, "send one message of every kind too")
	return cmd
}

func (c *cli) dev(ctx context.Context, addr string, allTypes bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	world := simulator.DefaultWorld()
	server, err := c.listen(ctx, "sim-listen", addr, simulator.New(simulator.WithWorld(world)))
	if err != nil {
		return err
	}
	fmt.Fprint(c.std.Out, simulatorLine(server), "\n")
	app, user, _ := firstApp(server.url, world)
	if err := c.sendSamples(ctx, app, allTypes); err != nil {
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
