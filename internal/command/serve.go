package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/daemon"
)

const serveHelp = `Run the gateway: programs hand it messages over HTTP, and it gets each of them to WeCom once, within
WeCom's limits, or says why not.

What it accepted is on disk and survives the end of the process and of the machine. It waits out
limits and faults, and shows what became of every message (GET /v1/messages/{id}). The description of
the API is at /docs. Programs need a key: "hongyan key create".

SIGHUP has it read the configuration again: apps, robots, how their messages are sent, and the level
of the log. A file with a mistake changes nothing, and the log says why. No message is lost.

Ctrl-C or SIGTERM stops it: it takes no more requests, and calls of WeCom that are under way may take
30 seconds to end. What has not left waits for the next start. The log goes to standard error.
` + configHelp

func (c *cli) serveCommand() *cobra.Command {
	var (
		file    configFile
		addr    string
		example bool
	)
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Run the gateway",
		Long:  serveHelp,
		Example: `  hongyan serve --example > hongyan.yaml
  hongyan serve -c hongyan.yaml
  hongyan serve --listen 127.0.0.1:0`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if example {
				return c.print(config.Example)
			}
			return c.serve(cmd, &file, addr)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	file.addFlags(flags)
	flags.StringVar(&addr, "listen", "", "`HOST:PORT` to listen on, whatever the configuration says; port 0 takes a free one")
	flags.BoolVar(&example, "example", false, "print a configuration with every key, explained, and do nothing else")
	return cmd
}

// print writes what was asked for to standard output.
func (c *cli) print(text string) error {
	if _, err := fmt.Fprint(c.std.Out, text); err != nil {
		return failed("standard output: %w", err)
	}
	return nil
}

func (c *cli) serve(cmd *cobra.Command, file *configFile, addr string) error {
	if given(cmd, "listen") != "" {
		if err := checkListen(cmd, "listen", addr); err != nil {
			return err
		}
	}
	conf, err := file.load(cmd, c.std, true)
	if err != nil {
		return err
	}
	if addr != "" {
		conf.Listen = addr
	}
	log, level := daemon.NewLog(c.std.Err, conf.Log)
	d := daemon.New(daemon.Options{Config: conf, Log: log, Level: level, Version: versionOnly()})
	var reloads sync.WaitGroup
	defer reloads.Wait()
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	var hangups <-chan os.Signal // from now on, so that none ends the process while it starts
	if c.std.Hangups != nil {
		hangups = c.std.Hangups(ctx)
	}
	err = d.Run(ctx, func() error {
		reloads.Go(func() { c.reloads(ctx, hangups, cmd, d, file, addr) })
		hint, err := c.keyHint(cmd.Context(), d.Keys(), conf, file)
		if err != nil {
			return err
		}
		return c.print(gatewayLine(d) + describeGateway(conf) + hint + "\nCtrl-C stops it. 按 Ctrl-C 结束。\n")
	})
	return explainStart(err, "listen")
}

// reloads takes up the configuration anew whenever the process is told to, until ctx ends.
func (c *cli) reloads(ctx context.Context, hangups <-chan os.Signal, cmd *cobra.Command, d *daemon.Daemon, file *configFile, addr string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		conf, err := file.load(cmd, c.std, true)
		if err == nil {
			if addr != "" {
				conf.Listen = addr
			}
			err = d.Reload(conf)
		}
		if err != nil {
			d.Failed(err)
		}
	}
}

// explainStart says what to do about a gateway that cannot run.
func explainStart(err error, flag string) error {
	var taken *daemon.ListenError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &taken):
		return cannotListen(taken.Addr, taken.Err, flag)
	}
	return failed("%w", err)
}

// gatewayLine is the first line a gateway prints: scripts read the address from it.
func gatewayLine(d *daemon.Daemon) string {
	url, exposed := address(d.Addr())
	line := "gateway    " + url + "/   (API under /v1/, its description at /docs)\n"
	if exposed {
		line += "           other machines can reach it, without TLS. 其他机器也能访问，且未加密。\n"
	}
	return line
}

func describeGateway(conf *config.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "database   %s\n", conf.DatabaseFile())
	apps, robots := conf.Names()
	for _, of := range []struct {
		label string
		names []string
	}{{"apps", apps}, {"robots", robots}} {
		if len(of.names) > 0 {
			fmt.Fprintf(&b, "%-10s %s\n", of.label, strings.Join(of.names, " "))
		}
	}
	return b.String()
}

// keyHint says how to make a key, where there is none.
func (c *cli) keyHint(ctx context.Context, keys access.Keys, conf *config.Config, file *configFile) (string, error) {
	list, err := keys.List(ctx)
	if err != nil || slices.ContainsFunc(list, func(k access.Key) bool { return k.Revoked.IsZero() }) {
		return "", err
	}
	apps, robots := conf.Names()
	for_ := " --robot "
	if len(apps) > 0 {
		for_ = " --app "
	}
	name := append(apps, robots...)[0]
	return fmt.Sprintf("\nno API key yet; make the first one 还没有 API key，请先创建：\n  %s key create --name %s%s%s%s\n",
		c.std.Program, name, for_, name, file.flag()), nil
}
