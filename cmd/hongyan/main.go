// Command hongyan sends WeCom (企业微信) messages, and is a WeCom to try them on: see hongyan --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/hongyan-im/hongyan/internal/command"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	return command.Run(ctx, os.Args[1:], command.Std{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Environ: os.Environ, Program: command.Program(),
		Hangups: hangups,
	})
}

// hangups tells of each SIGHUP.
func hangups(ctx context.Context) <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	context.AfterFunc(ctx, func() { signal.Stop(c) })
	return c
}
