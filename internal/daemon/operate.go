package daemon

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/doctor"
	"github.com/hongyan-im/hongyan/internal/httpapi"
	"github.com/hongyan-im/hongyan/internal/metrics"
)

// operator implements httpapi.Operator.
type operator struct {
	*Daemon
	backlogs *backlogs
}

// Senders implements httpapi.Operator.
func (o operator) Senders(ctx context.Context) ([]httpapi.Sender, error) {
	waiting, err := o.backlogs.get(ctx)
	if err != nil {
		return nil, err
	}
	of := map[delivery.Sender]delivery.Backlog{}
	for _, b := range waiting {
		of[b.Sender] = b
	}
	names := slices.Clone(o.senders.Names())
	known := len(names)
	for _, b := range waiting {
		if !slices.Contains(names[:known], b.Sender) {
			names = append(names, b.Sender)
		}
	}
	all := make([]httpapi.Sender, len(names))
	for i, s := range names {
		settings := o.senders.Settings(s)
		all[i] = httpapi.Sender{
			Sender: s, Unknown: i >= known, CorpID: settings.CorpID, AgentID: settings.AgentID,
			State: o.dispatcher.State(s), Backlog: of[s],
		}
	}
	return all, nil
}

// Check implements httpapi.Operator.
func (o operator) Check(ctx context.Context, s delivery.Sender) (doctor.Report, error) {
	c := o.conf.Load()
	p, err := patient(c, only(c.Apps, s, func(a config.App) delivery.Sender { return delivery.App(a.Name) }))
	if err != nil {
		return doctor.Report{}, err
	}
	defer closeIdle(p.Apps)
	for _, r := range only(c.Robots, s, func(r config.Robot) delivery.Sender { return delivery.Robot(r.Name) }) {
		p.Robots = append(p.Robots, doctor.Robot{Name: r.Name, Key: string(r.Key)})
	}
	if len(p.Apps)+len(p.Robots) == 0 {
		return doctor.Report{}, delivery.ErrUnknownSender
	}
	p.Now = o.Now
	report := doctor.Examine(ctx, p)
	if report.Level() != doctor.Red {
		o.dispatcher.Retry(s)
	}
	return report, nil
}

// only is the element that is the sender.
func only[T any](list []T, s delivery.Sender, name func(T) delivery.Sender) []T {
	i := slices.IndexFunc(list, func(t T) bool { return name(t) == s })
	if i < 0 {
		return nil
	}
	return list[i : i+1]
}

// Token implements httpapi.Operator.
func (o operator) Token(ctx context.Context, s delivery.Sender, stale string) (string, time.Time, error) {
	return o.senders.Token(ctx, s, stale)
}

// backlogs counts what waits. However many ask, it takes no more than a tenth of the time: to count a
// million takes a while, and a few takes none.
type backlogs struct {
	count func(context.Context) ([]delivery.Backlog, error)

	mu    sync.Mutex
	until time.Time // when what was counted is too old
	all   []delivery.Backlog
}

func (b *backlogs) get(ctx context.Context) ([]delivery.Backlog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	began := time.Now()
	if began.Before(b.until) {
		return b.all, nil
	}
	all, err := b.count(ctx)
	if err == nil {
		ended := time.Now()
		b.all, b.until = all, ended.Add(10*ended.Sub(began))
	}
	return all, err
}

// sources is where the metrics look.
func (d *Daemon) sources(b *backlogs, listeners func() (int, uint64)) metrics.Sources {
	return metrics.Sources{
		Senders: d.senders.Names, State: d.dispatcher.State, Backlog: b.get, Now: d.Now,
		Commits: func() metrics.Commits { return metrics.Commits(d.outbox.Stats()) },
		Tells: func() metrics.Tells {
			s := d.webhooks.Stats()
			return metrics.Tells{Told: s.Told, GivenUp: s.GivenUp, Attempts: s.Attempts, UnderWay: s.UnderWay}
		},
		Events: func() metrics.Events {
			clients, dropped := listeners()
			return metrics.Events{Clients: clients, Dropped: dropped}
		},
	}
}
