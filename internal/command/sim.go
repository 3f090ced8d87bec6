package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

const simHelp = `Run a WeCom on this machine: the real paths, checks and error texts, and none of the real people.

Whatever sends through WeCom sends to it, once its base URL is the address printed first. Open that
address to see what each member's phone shows. The world in it, a corp with apps, members,
departments and tags, is printed as settings to copy. Nothing is kept when it ends.

  /            the inbox: pick a member, watch messages arrive
  /cgi-bin/    WeCom's API
  /_sim/       for tests: messages (GET, DELETE), stats, faults, clock, world (GET, PUT), reset
  sim-invalid, sim-unlicensed and sim-slow are members that make a send go wrong, from any language

--world takes a file in the form of GET /_sim/world, as JSON or YAML. Names that are not known are
errors.`

const simExamples = `  hongyan sim
  hongyan sim --listen 127.0.0.1:0
  curl -s http://127.0.0.1:9480/_sim/world > world.json
  hongyan sim --world world.json
  curl -s http://127.0.0.1:9480/_sim/messages?user=zhangsan
  curl -s -X PUT http://127.0.0.1:9480/_sim/faults -d '{"faults":[{"call":"message/send","errcode":45009,"times":2}]}'`

const (
	defaultSimAddr = "127.0.0.1:9480"
	maxMessages    = 10_000
)

func (c *cli) simCommand() *cobra.Command {
	var (
		addr, worldFile string
		most            int
	)
	cmd := &cobra.Command{
		Use:     "sim [flags]",
		Short:   "Run a simulated WeCom",
		Long:    simHelp,
		Example: simExamples,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if most < 1 {
				return usage(cmd, "--max-messages %d: the least is 1", most)
			}
			if err := checkListen(cmd, "listen", addr); err != nil {
				return err
			}
			return c.sim(cmd, addr, worldFile, most)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&addr, "listen", defaultSimAddr, "`HOST:PORT` to listen on; port 0 takes a free one")
	flags.StringVar(&worldFile, "world", "", "`FILE` with the world to simulate, in JSON or YAML")
	flags.IntVar(&most, "max-messages", maxMessages, "keep the last `N` messages")
	_ = cmd.MarkFlagFilename("world", "json", "yaml", "yml")
	return cmd
}

func (c *cli) sim(cmd *cobra.Command, addr, worldFile string, most int) error {
	world := simulator.DefaultWorld()
	if worldFile != "" {
		var err error
		if world, err = loadWorld(worldFile); err != nil {
			return err
		}
	}
	ctx := cmd.Context()
	sim := simulator.New(simulator.WithWorld(world), simulator.WithMaxMessages(most))
	server, err := c.listen(ctx, "listen", addr, sim)
	if err != nil {
		return err
	}
	fmt.Fprint(c.std.Out, simulatorLine(server), "\n", describeWorld(world), "\n",
		shellExamples(c.std.Program, server.url, world), "Ctrl-C stops it. 按 Ctrl-C 结束。\n")
	return server.wait(ctx)
}
