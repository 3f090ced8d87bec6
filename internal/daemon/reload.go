package daemon

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Reload takes up another configuration while the gateway runs: apps, robots and how their messages
// are sent, the address of WeCom, and the level of the log. With an error nothing has changed. What
// needs a restart stays as it was, and the log says so.
//
// Calls that are under way end as they began. A sender at rest gets another try at once. Messages of a
// sender that is gone wait until they expire, or it is there again.
func (d *Daemon) Reload(c *config.Config) error {
	d.reload.Lock()
	defer d.reload.Unlock()
	if d.stopped {
		return errStopping
	}
	before := d.conf.Load()
	next := *c
	fixed := d.fixed(before, &next)
	if err := d.senders.Reload(&next); err != nil {
		return err
	}
	d.conf.Store(&next)
	if d.Level != nil {
		_ = d.Level.UnmarshalText([]byte(next.Log.Level)) // the configuration was checked
	}
	d.dispatcher.Refresh()
	d.Log.Info("configuration reloaded", "changes", strings.Join(changes(before, &next), ", "))
	if len(fixed) > 0 {
		d.Log.Warn("some settings need a restart, and are as before", "settings", strings.Join(fixed, ", "))
	}
	return nil
}

// fixed keeps what needs a restart as it was, and names it.
func (d *Daemon) fixed(before, next *config.Config) (names []string) {
	keep := func(name string, same bool, restore func()) {
		if !same {
			restore()
			names = append(names, name)
		}
	}
	keep("listen", before.Listen == next.Listen, func() { next.Listen = before.Listen })
	keep("database", before.DatabaseFile() == next.DatabaseFile(), func() { next.Database = "sqlite:" + before.DatabaseFile() })
	keep("redis", before.Redis == next.Redis, func() { next.Redis = before.Redis })
	keep("webhooks", before.Webhooks == next.Webhooks, func() { next.Webhooks = before.Webhooks })
	keep("retention", before.Retention == next.Retention, func() { next.Retention = before.Retention })
	keep("log.format", before.Log.Format == next.Log.Format, func() { next.Log.Format = before.Log.Format })
	if d.Level == nil {
		keep("log.level", before.Log.Level == next.Log.Level, func() { next.Log.Level = before.Log.Level })
	}
	// What was sent today is counted at the start, where there is a cap at all.
	capped := func(c *config.Config) bool {
		return slices.ContainsFunc(c.Apps, func(a config.App) bool { return a.AccountCap > 0 })
	}
	keep("account_cap", capped(d.Config) || !capped(next), func() {
		next.Apps = slices.Clone(next.Apps)
		for i := range next.Apps {
			next.Apps[i].AccountCap = 0
		}
	})
	return names
}

// changes says what another configuration changed, by names alone.
func changes(before, next *config.Config) (all []string) {
	was, is := byName(before), byName(next)
	add := func(what string, names []delivery.Sender) {
		for _, s := range names {
			all = append(all, fmt.Sprintf("%s %s", s, what))
		}
	}
	var added, changed, gone []delivery.Sender
	for _, s := range slices.Sorted(maps.Keys(is)) {
		switch old, ok := was[s]; {
		case !ok:
			added = append(added, s)
		case old != is[s]:
			changed = append(changed, s)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[s]; !ok {
			gone = append(gone, s)
		}
	}
	add("added", added)
	add("changed", changed)
	add("removed", gone)
	if before.WeCom != next.WeCom {
		all = append(all, "wecom changed")
	}
	if before.Log.Level != next.Log.Level {
		all = append(all, "log level "+next.Log.Level)
	}
	if all == nil {
		all = append(all, "none")
	}
	return all
}

// byName is what a configuration says of each sender, to be compared.
func byName(c *config.Config) map[delivery.Sender]any {
	of := map[delivery.Sender]any{}
	for _, a := range c.Apps {
		of[delivery.App(a.Name)] = a
	}
	for _, r := range c.Robots {
		of[delivery.Robot(r.Name)] = r
	}
	return of
}

// Failed logs that a configuration could not be taken up.
func (d *Daemon) Failed(err error) {
	d.Log.Error("configuration not reloaded: everything is as before", slog.Any("error", err))
}
