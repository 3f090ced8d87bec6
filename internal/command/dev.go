package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/daemon"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

const devHelp = `Start here: a simulated WeCom and a gateway in front of it, on this machine, and three messages sent
through both over HTTP.

The first lines name the two addresses; open that of the simulator to see what each member's phone
shows. An API key for the gateway, and commands to copy, are printed. No WeCom account is needed, and
nothing leaves this machine. Ctrl-C ends it, and nothing is kept.

--all-types sends one message of every kind as well, to zhangsan, to a group chat that zhangsan is
in, and by a robot. Pictures, recordings and files are made on the spot. A video is not among them.`

// devFlags is what a run of dev is told.
type devFlags struct {
	addr, simAddr string
	allTypes      bool
}

func (c *cli) devCommand() *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use:   "dev [flags]",
		Short: "Try it all: a simulated WeCom, a gateway, and three messages through them",
		Long:  devHelp,
		Example: `  hongyan dev
  hongyan dev --all-types
  hongyan dev --listen 127.0.0.1:0 --sim-listen 127.0.0.1:0`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkListen(cmd, "listen", f.addr); err != nil {
				return err
			}
			if err := checkListen(cmd, "sim-listen", f.simAddr); err != nil {
				return err
			}
			return c.dev(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.addr, "listen", config.DefaultListen, "`HOST:PORT` of the gateway; port 0 takes a free one")
	flags.StringVar(&f.simAddr, "sim-listen", defaultSimAddr, "`HOST:PORT` of the simulator; port 0 takes a free one")
	flags.BoolVar(&f.allTypes, "all-types", false, "send one message of every kind too")
	return cmd
}

// devKey is the API key of dev, which opens nothing but a gateway to a simulator: it is always the
// same, like the secrets of that, so that what was copied once goes on working.
const devKey = "hy_dev"

// dev runs both, and stops the gateway first: what it has under way goes to the simulator.
func (c *cli) dev(ctx context.Context, f devFlags) (err error) {
	simCtx, endSim := context.WithCancel(context.WithoutCancel(ctx))
	world := simulator.DefaultWorld()
	sim, err := c.listen(simCtx, "sim-listen", f.simAddr, simulator.New(simulator.WithWorld(world)))
	if err != nil {
		endSim()
		return err
	}
	defer func() {
		endSim()
		err = errors.Join(err, sim.wait(simCtx))
	}()
	dir, err := os.MkdirTemp("", "hongyan-dev-")
	if err != nil {
		return failed("a folder for the database: %w", err)
	}
	defer os.RemoveAll(dir)
	conf := devConfig(world, sim.url, f.addr, filepath.Join(dir, "hongyan.db"))
	log, _ := daemon.NewLog(c.std.Err, conf.Log)
	d := daemon.New(daemon.Options{
		Config: conf, Log: log, Version: versionOnly(), Patience: 2 * time.Second,
	})
	err = d.Run(ctx, func() error { return c.tryAll(ctx, d, sim, world, f.allTypes) })
	if errors.Is(err, context.Canceled) && ctx.Err() != nil { // Ctrl-C while the samples were sent
		err = nil
	}
	return explainStart(err, "listen")
}

// devConfig is the gateway to the simulator's world, with the names that the manual uses.
func devConfig(world simulator.World, url, addr, database string) *config.Config {
	queue := config.Queue{Workers: config.DefaultWorkers, Weight: config.DefaultWeight}
	conf := &config.Config{
		Listen: addr, Database: "sqlite:" + database, WeCom: config.WeCom{BaseURL: url},
		Webhooks: config.Webhooks{Allow: "127.0.0.0/8, ::1"}, // receivers are on this machine too
		Log:      config.Log{Level: "warn", Format: "text"},
	}
	corp := world.Corps[0]
	for i, name := range []string{"crm", "ops"} {
		app := corp.Apps[i]
		conf.Apps = append(conf.Apps, config.App{
			Name: name, CorpID: corp.CorpID, AgentID: app.AgentID, Secret: config.Secret(app.Secret), Queue: queue,
		})
	}
	conf.Robots = []config.Robot{{Name: "ops", Key: config.Secret(corp.Robots[0].Key), Queue: queue}}
	return conf
}

// tryAll tells where everything is, and sends the samples.
func (c *cli) tryAll(ctx context.Context, d *daemon.Daemon, sim *server, world simulator.World, allTypes bool) error {
	key := access.Key{Name: "dev", Scopes: access.Scopes, Created: time.Now()}
	if err := d.Keys().Create(ctx, &key, access.HashSecret(devKey)); err != nil {
		return err
	}
	url, _ := address(d.Addr())
	if err := c.print(simulatorLine(sim) + gatewayLine(d) + "API key    " + devKey + "   (for all its apps: crm, ops; robot ops)\n\n"); err != nil {
		return err
	}
	app, user, _ := firstApp(sim.url, world)
	last, err := c.sendSamples(ctx, app, url, allTypes)
	if err != nil {
		return err
	}
	return c.print(fmt.Sprintf(`see them 查看
  %[1]s/?user=%[5]s
  %[1]s/?user=ChenPengWei

send one more through the gateway 通过网关再发一条
  curl -s %[6]s/v1/messages -H "Authorization: Bearer %[7]s" -H "Content-Type: application/json" \
    -d '{"app":"crm","to":{"users":["%[5]s"]},"msgtype":"text","text":{"content":"磁盘已满"}}'

the same, and what became of it 命令行发送并查看结果
  export HONGYAN_URL=%[6]s HONGYAN_KEY=%[7]s HONGYAN_APP=crm
  %[3]s send --wait 10s --to %[4]s "磁盘已满"
  %[3]s list --user %[4]s

what became of a message 查看结果
  curl -s %[6]s/v1/messages/%[8]s -H "Authorization: Bearer %[7]s"

or without the gateway 或不经网关直接发送
  %[2]s \
    %[3]s send --to %[4]s "磁盘已满"

Ctrl-C stops it. 按 Ctrl-C 结束。
`, sim.url, strings.Join(app.environment(), " "), c.std.Program, user, user, url, devKey, last))
}
