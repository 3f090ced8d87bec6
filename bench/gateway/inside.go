package main

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
)

// inside is a gateway without its HTTP side, put together as the daemon does it, with probes in it.
type inside struct {
	outbox *sqlite.Outbox
	way    *delivery.Dispatcher
	intake *delivery.Intake
	hub    *delivery.Hub
	apps   senders
	probe  *probe
}

type insideConfig struct {
	Database string
	WeCom    string
	Rate     float64 // of the app slow
	Workers  int     // of the app crm; 0 means as many as usual
}

func runInside() {
	told := hear[insideConfig]()
	began := time.Now()
	x := newInside(told)
	took := time.Since(began)
	http.HandleFunc("/deliver", func(w http.ResponseWriter, r *http.Request) { answer(w, x.deliver(intOf(r, "n"))) })
	http.HandleFunc("/pickup", func(w http.ResponseWriter, r *http.Request) {
		answer(w, x.pickup(intOf(r, "n"), time.Duration(intOf(r, "delay"))))
	})
	present(about{Took: took})
	x.way.Stop(context.Background())
	check(x.outbox.Close())
}

func intOf(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.FormValue(name))
	check(err)
	return n
}

func newInside(told insideConfig) *inside {
	outbox, err := sqlite.Open(told.Database, sqlite.Options{})
	check(err)
	began := time.Now()
	limits := limit.New(limit.Config{Elapsed: func() time.Duration { return time.Since(began) }})
	x := &inside{outbox: outbox, hub: delivery.NewHub(outbox), probe: &probe{left: make(chan time.Time, 1)}}
	x.apps = senders{"crm": newClient(told.WeCom, agentA, secretA, x.probe), "slow": newClient(told.WeCom, agentB, secretB, nil)}
	stored := &storing{Outbox: outbox, probe: x.probe}
	x.way = delivery.NewDispatcher(delivery.DispatcherConfig{
		Outbox: stored, Senders: x.apps, Limits: limits, Hub: x.hub,
		Lane: func(s delivery.Sender) delivery.Lane {
			if s == "slow" {
				return delivery.Lane{Rate: told.Rate}
			}
			return delivery.Lane{Workers: told.Workers}
		},
	})
	x.intake = delivery.NewIntake(stored, x.apps, limits, x.way, time.Now)
	check(x.way.Start(context.Background()))
	return x
}

type senders map[delivery.Sender]*wecom.Client

func (s senders) Knows(name delivery.Sender) bool { return s[name] != nil }

func (s senders) Send(ctx context.Context, name delivery.Sender, c delivery.Content) (wecom.Receipt, error) {
	return s[name].Send(ctx, *c.App)
}

const maxConns = 260 // for as many workers as any row has, and a few

func newClient(url string, agent int, secret string, p *probe) *wecom.Client {
	c := wecom.Config{CorpID: corp, AgentID: agent, Secret: secret, BaseURL: url}
	if p != nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = maxConns, maxConns
		c.HTTPClient = &http.Client{Transport: &leaving{transport, p}}
	}
	client, err := wecom.New(c)
	check(err)
	return client
}

// probe takes the times of one message, while there is only one of the app crm at a time.
type probe struct {
	on     atomic.Bool
	stored atomic.Pointer[time.Time]
	left   chan time.Time
}

// storing notes when a commit was made.
type storing struct {
	delivery.Outbox
	probe *probe
}

func (o *storing) Add(ctx context.Context, m *delivery.Message) (delivery.MessageID, error) {
	earlier, err := o.Outbox.Add(ctx, m)
	if m.Sender == "crm" && o.probe.on.Load() {
		now := time.Now()
		o.probe.stored.Store(&now)
	}
	return earlier, err
}

// leaving notes when a request was written.
type leaving struct {
	next  *http.Transport
	probe *probe
}

func (l *leaving) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.probe.on.Load() && r.Method == http.MethodPost {
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { l.probe.left <- time.Now() },
		}))
	}
	return l.next.RoundTrip(r)
}

func text(sender delivery.Sender, n int64) delivery.Request {
	return delivery.Request{Sender: sender, Producer: "bench", Content: delivery.Content{
		App: &wecom.Message{To: wecom.To{Users: []string{member(n)}}, Body: wecom.Text{Content: words(n)}},
	}}
}

// deliver accepts n messages from 64 callers, and returns how long it took until all were settled.
func (x *inside) deliver(n int) time.Duration {
	began := time.Now()
	first := began.UnixNano() // no twin of an earlier round's
	eachOf(n, 64, func(i int) {
		_, _, err := x.intake.Accept(context.Background(), text("crm", first+int64(i)))
		check(err)
	})
	for {
		depth, err := x.outbox.Depth(context.Background())
		check(err)
		open := depth[delivery.Queued] + depth[delivery.Sending]
		if open == 0 {
			return time.Since(began)
		}
		time.Sleep(max(time.Millisecond, time.Duration(open)*10*time.Microsecond))
	}
}

// eachOf calls do for 0 to n-1 from so many callers.
func eachOf(n, callers int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	wg.Wait()
}

// pickup sends n messages of the app crm one by one, with pauses, and returns how long after its
// commit each request left; with a delay, how long after it was due.
func (x *inside) pickup(n int, delay time.Duration) []time.Duration {
	ctx := context.Background()
	// The first makes the connection and fetches the token.
	m, _, err := x.intake.Accept(ctx, text("crm", time.Now().UnixNano()))
	check(err)
	_, err = x.hub.Wait(ctx, m.ID)
	check(err)
	x.probe.on.Store(true)
	defer x.probe.on.Store(false)
	times := make([]time.Duration, n)
	for i := range times {
		time.Sleep(3 * time.Millisecond)
		r := text("crm", time.Now().UnixNano())
		r.Delay = delay
		m, _, err := x.intake.Accept(ctx, r)
		check(err)
		from := *x.probe.stored.Load()
		if delay > 0 {
			from = m.Deliveries[0].Due
		}
		times[i] = (<-x.probe.left).Sub(from)
		if m, err = x.hub.Wait(ctx, m.ID); err != nil || m.Status() != delivery.Sent {
			giveUp("%v %v", m.Status(), err)
		}
	}
	return times
}
