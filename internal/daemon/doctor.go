package daemon

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/doctor"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
)

// Examine looks at everything that a gateway with the configuration stands on, whether one is running
// or not. The error is about a setting that the configuration's own checks let through.
func Examine(ctx context.Context, c *config.Config, send bool) (doctor.Report, error) {
	p, err := patient(c, c.Apps)
	if err != nil {
		return doctor.Report{}, err
	}
	defer closeIdle(p.Apps)
	for _, r := range c.Robots {
		robot, err := wecom.NewRobot(wecom.RobotConfig{Key: string(r.Key), BaseURL: c.WeCom.BaseURL, Proxy: string(c.WeCom.Proxy)})
		if err != nil {
			return doctor.Report{}, err
		}
		defer robot.CloseIdleConnections()
		p.Robots = append(p.Robots, doctor.Robot{Name: r.Name, Key: string(r.Key), Robot: robot})
	}
	path := c.DatabaseFile()
	p.Send = send
	p.Database = func(ctx context.Context) (doctor.Database, error) {
		in, err := sqlite.Inspect(ctx, path)
		return doctor.Database{Path: path, Exists: in.Exists, Bytes: in.Bytes, Schema: in.Schema, Newest: in.Newest}, err
	}
	p.Disk = func() (doctor.Disk, error) { return doctor.DiskOf(filepath.Dir(path)) }
	if c.Redis != "" {
		p.Redis = func(ctx context.Context) error { return PingRedis(ctx, string(c.Redis)) }
	}
	return doctor.Examine(ctx, p), nil
}

// patient is apps of a configuration, and the WeCom that it names.
func patient(c *config.Config, apps []config.App) (doctor.Patient, error) {
	p := doctor.Patient{WeCom: doctor.WeCom{BaseURL: c.WeCom.BaseURL, Proxy: string(c.WeCom.Proxy)}}
	for _, app := range apps {
		client, err := wecom.New(wecom.Config{
			CorpID: app.CorpID, AgentID: app.AgentID, Secret: string(app.Secret),
			BaseURL: c.WeCom.BaseURL, Proxy: string(c.WeCom.Proxy), MaxConns: 1,
		})
		if err != nil {
			return doctor.Patient{}, err
		}
		p.Apps = append(p.Apps, doctor.App{Name: app.Name, Client: client, Callback: app.Callback.Token != ""})
	}
	return p, nil
}

func closeIdle(apps []doctor.App) {
	for _, app := range apps {
		app.Client.CloseIdleConnections()
	}
}

// redisPatience is how long a Redis may take to answer.
const redisPatience = 5 * time.Second

// PingRedis reports whether the Redis at the URL answers.
func PingRedis(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	var cause firstError
	store, err := redisstore.New(url, redisstore.Options{Logger: slog.New(&cause)})
	if err != nil {
		return err
	}
	_, err = store.Load(ctx, "hongyan-doctor") // which nobody keeps
	store.Close()
	if err != nil && cause.err != nil {
		return cause.err // why there is no connection, which the error itself does not say
	}
	return err
}

// firstError is a log that keeps the first error it is told.
type firstError struct {
	mu  sync.Mutex
	err error
}

func (f *firstError) Enabled(context.Context, slog.Level) bool { return true }

func (f *firstError) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.err == nil {
				f.err = err
			}
		}
		return true
	})
	return nil
}

func (f *firstError) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f *firstError) WithGroup(string) slog.Handler      { return f }
