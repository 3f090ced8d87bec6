// Package daemon puts the gateway together, and starts and stops it.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/apps"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/directory"
	"github.com/hongyan-im/hongyan/internal/events"
	"github.com/hongyan-im/hongyan/internal/httpapi"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/internal/metrics"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// Options is what a [Daemon] is made of. Config is required.
type Options struct {
	Config  *config.Config
	Log     *slog.Logger     // nil means none
	Level   *slog.LevelVar   // of Log, for Reload; nil means that it cannot be changed
	Version string           // of the program, for the OpenAPI document
	Now     func() time.Time // nil means time.Now
	// Patience is how long Stop lets requests to WeCom end that are under way. 0 means 30 s.
	Patience time.Duration
}

// Daemon is a gateway. It is started once and stopped once.
type Daemon struct {
	Options
	conf    atomic.Pointer[config.Config] // as of the last reload
	reload  sync.Mutex                    // held by the one that reloads
	stopped bool                          // under reload
	metrics *metrics.Metrics

	senders    *apps.Apps
	media      *media.Library
	outbox     *sqlite.Outbox
	dispatcher *delivery.Dispatcher
	webhooks   *webhook.Teller
	listener   net.Listener
	server     *http.Server

	waits    context.Context // of those who wait for a message to end: ends when Stop begins
	stopping context.CancelFunc
	beside   sync.WaitGroup // what runs beside, until endBeside
	endWork  context.CancelFunc
	ended    chan error // of the server, if it ends by itself
}

// New returns a gateway that does nothing before Start.
func New(o Options) *Daemon {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Daemon{Options: o, metrics: metrics.New(o.Version), ended: make(chan error, 1)}
	d.conf.Store(o.Config)
	return d
}

// ListenError says that the gateway's address cannot be had.
type ListenError struct {
	Addr string
	Err  error
}

// Error names the address.
func (e *ListenError) Error() string { return fmt.Sprintf("cannot listen on %s: %v", e.Addr, e.Err) }

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// Start opens the database, takes up what is waiting in it, and accepts requests. If it returns an
// error, nothing runs and nothing is open: that of the database says what to do, a taken address is a
// *[ListenError].
func (d *Daemon) Start(ctx context.Context) (err error) {
	var undo []func()
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			undo[i]()
		}
	}()
	if d.senders, err = apps.New(d.Config, d.Log, d.metrics.Calls); err != nil {
		return err
	}
	undo = append(undo, d.senders.Close)
	if d.outbox, err = sqlite.Open(d.Config.DatabaseFile(), sqlite.Options{}); err != nil {
		return err
	}
	undo = append(undo, func() { _ = d.outbox.Close() })
	if d.media, err = media.Open(media.Config{
		Dir: d.Config.MediaDir(), Store: d.outbox, Unused: time.Duration(d.Config.Retention.Media) * 24 * time.Hour, Now: d.Now, Log: d.Log,
	}); err != nil {
		return err
	}
	d.senders.Media = d.media
	// A port that is taken is told before anything is sent.
	var listen net.ListenConfig
	if d.listener, err = listen.Listen(ctx, "tcp", d.Config.Listen); err != nil {
		return &ListenError{d.Config.Listen, err}
	}
	undo = append(undo, func() { _ = d.listener.Close() })
	stream := events.New()
	hub := delivery.NewHub(d.outbox, d.metrics, stream)
	limits := limit.New(d.limits())
	d.dispatcher = delivery.NewDispatcher(delivery.DispatcherConfig{
		Outbox: d.outbox, Senders: d.senders, Limits: limits, Hub: hub, Directory: d.directory(), Lane: d.lane, Observer: d.metrics,
		Log: d.Log, Now: d.Now, Patience: d.Patience,
	})
	if err := d.dispatcher.Start(ctx); err != nil {
		return err
	}
	d.waits, d.stopping = context.WithCancel(context.Background())
	waiting := &backlogs{count: d.outbox.Backlogs}
	var api *httpapi.API
	d.webhooks = d.newTeller(func(ctx context.Context, id delivery.MessageID) ([]byte, error) { return api.Settled(ctx, id) })
	intake := delivery.NewIntake(d.outbox, d.senders, limits, d.dispatcher, d.Now)
	intake.Files = d.media
	api = httpapi.New(httpapi.Config{
		Intake: intake, Media: d.media,
		Messages: d.outbox, Changes: d.dispatcher, Waiter: waiter{hub, d.waits}, Rests: d.dispatcher, Keys: d.outbox,
		Events: stream, Ends: d.outbox, Webhooks: d.webhooks, Operator: operator{d, waiting}, Metrics: d.metrics.Handler(),
		Observe: d.metrics.Request, Stopping: d.waits.Done(), Ready: d.ready, Log: d.Log, Version: d.Version, Now: d.Now,
	})
	d.metrics.Collect(d.sources(waiting, api.Listeners))
	work, endWork := context.WithCancel(context.Background())
	d.endWork = endWork
	d.beside.Go(func() { api.Run(work) })
	d.beside.Go(func() { stream.Run(work) })
	d.beside.Go(func() { d.webhooks.Run(work) })
	d.beside.Go(func() { (&retention{d.outbox, d.Config.Retention, d.Now, d.Log}).run(work) })
	d.beside.Go(func() {
		forget(work, d.Log, "media", func() (int, error) { return d.media.Prune(work, pruneBatch) })
	})
	d.server = httpapi.NewServer(api)
	d.beside.Go(func() {
		if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
			d.ended <- err
		}
	})
	d.Log.Info("gateway started", "listen", d.Addr().String(), "database", d.Config.DatabaseFile(), "senders", len(d.senders.Names()))
	return nil
}

// limits says which quotas are kept. A cap of the day is looked for only where one is configured,
// since counting what was sent today takes time at the start.
func (d *Daemon) limits() limit.Config {
	began := time.Now()
	c := limit.Config{Now: d.Now, Elapsed: func() time.Duration { return time.Since(began) }}
	for _, app := range d.Config.Apps {
		if app.AccountCap > 0 {
			c.AccountCap = func(s delivery.Sender) int { return d.senders.Settings(s).AccountCap }
		}
	}
	return c
}

// directory finds members by phone number and email address.
func (d *Daemon) directory() *directory.Directory {
	return directory.New(directory.Config{
		Store: d.outbox.Aliases(), Caller: d.senders, Observe: d.metrics.LookedUp, Log: d.Log, Now: d.Now,
		Account: func(s delivery.Sender) directory.Account {
			of := d.senders.Settings(s)
			return directory.Account{Corp: of.CorpID, Agent: of.AgentID, Cap: of.AccountCap}
		},
	})
}

// lane says how much of a sender's may be under way.
func (d *Daemon) lane(s delivery.Sender) delivery.Lane {
	queue := d.senders.Settings(s).Queue
	return delivery.Lane{Workers: queue.Workers, Rate: queue.Rate, Weight: queue.Weight}
}

// Addr is where requests are accepted, once it is started.
func (d *Daemon) Addr() net.Addr { return d.listener.Addr() }

// Keys are the API keys, while it runs.
func (d *Daemon) Keys() access.Keys { return d.outbox }

var errStopping = errors.New("the gateway is stopping")

// ready is why messages cannot be taken just now, or nil.
func (d *Daemon) ready(ctx context.Context) error {
	if d.waits.Err() != nil {
		return errStopping
	}
	return d.outbox.Ready(ctx)
}

// requestsEnd is how long requests may take to end once the gateway stops. None of them waits for
// more than the disk.
const requestsEnd = 5 * time.Second

// Stop ends it in order: no new requests, no new claims; what is under way to WeCom ends, within
// Patience and ctx; then the database is closed, and its lock is free. What has not left waits in it
// for the next start.
func (d *Daemon) Stop(ctx context.Context) error {
	d.Log.Info("gateway stops")
	d.reload.Lock()
	d.stopped = true
	d.reload.Unlock()
	d.stopping()
	var requests sync.WaitGroup
	requests.Go(func() { d.endRequests(ctx) })
	d.dispatcher.Stop(ctx)
	requests.Wait()
	d.endWork()
	d.beside.Wait()
	err := d.outbox.Close()
	d.senders.Close()
	d.Log.Info("gateway stopped")
	return err
}

func (d *Daemon) endRequests(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, requestsEnd)
	defer cancel()
	if d.server.Shutdown(ctx) != nil {
		_ = d.server.Close()
	}
}

// Run starts it, calls started, and stops it when ctx ends, which is no error, or when it cannot go
// on. An error of started stops it too.
func (d *Daemon) Run(ctx context.Context, started func() error) error {
	if err := d.Start(ctx); err != nil {
		return err
	}
	err := started()
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-d.ended:
			err = fmt.Errorf("the API stopped: %w", err)
		}
	}
	return errors.Join(err, d.Stop(context.WithoutCancel(ctx)))
}

// waiter lets nobody wait longer than the gateway runs.
type waiter struct {
	*delivery.Hub
	running context.Context
}

func (w waiter) Wait(ctx context.Context, id delivery.MessageID) (*delivery.Message, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.running, cancel)()
	return w.Hub.Wait(ctx, id)
}
