package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/directory"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

const crm, erp, ops = delivery.Sender("crm"), delivery.Sender("erp"), delivery.Sender("robot:ops")

// world is a gateway without its HTTP side, and a simulated WeCom that it reaches over HTTP, on
// connections in memory, so that time passes only when everybody waits.
type world struct {
	t       *testing.T
	sim     *simulator.WeCom
	down    atomic.Bool // WeCom cannot be reached
	file    string
	outbox  *sqlite.Outbox
	way     *delivery.Dispatcher
	intake  *delivery.Intake
	hub     *delivery.Hub
	lanes   map[delivery.Sender]delivery.Lane
	senders *senders
	cap     int          // of accounts, as the configuration has it
	skew    atomic.Int64 // of the gateway's clock
}

// inWorld runs a test in a world of its own, in a bubble of time.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		test(t, w)
	})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	everything := simulator.DefaultWorld()
	w := &world{t: t, sim: simulator.New(simulator.WithWorld(everything)), file: filepath.Join(t.TempDir(), "hongyan.db"), lanes: map[delivery.Sender]delivery.Lane{}}
	pipes := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: w.sim}
	served := make(chan error, 1)
	go func() { served <- server.Serve(pipes) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if w.down.Load() {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
		return pipes.dial(ctx)
	}, MaxIdleConnsPerHost: 100, DisableKeepAlives: false}
	w.senders = &senders{t: t, http: &http.Client{Transport: transport}, all: map[delivery.Sender]func(context.Context, delivery.Content) (wecom.Receipt, error){}, apps: map[delivery.Sender]*wecom.Client{}}
	w.senders.app(crm, 1000002, "sim-secret-1000002")
	w.senders.app(erp, 1000003, "sim-secret-1000003")
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: "00000000-0000-0000-0000-000000000001", BaseURL: "http://wecom.test", HTTPClient: w.senders.http})
	if err != nil {
		t.Fatal(err)
	}
	w.senders.all[ops] = func(ctx context.Context, c delivery.Content) (wecom.Receipt, error) {
		return wecom.Receipt{}, robot.Send(ctx, *c.Robot)
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
		synctest.Wait()
	})
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

// start opens the outbox and begins to send.
func (w *world) start() {
	w.t.Helper()
	var err error
	if w.outbox, err = sqlite.Open(w.file, sqlite.Options{}); err != nil {
		w.t.Fatal(err)
	}
	began := time.Now()
	limits := limit.New(limit.Config{Now: w.now, Elapsed: func() time.Duration { return time.Since(began) }})
	w.hub = delivery.NewHub(w.outbox)
	w.way = delivery.NewDispatcher(delivery.DispatcherConfig{
		Outbox: &calm{Outbox: w.outbox, t: w.t}, Senders: w.senders, Limits: limits, Hub: w.hub, Now: w.now,
		Directory: directory.New(directory.Config{
			Store: w.outbox.Aliases(), Caller: w.senders, Now: w.now,
			Account: func(s delivery.Sender) directory.Account {
				return directory.Account{Corp: "ww0000000000000001", Agent: map[delivery.Sender]int{crm: 1000002, erp: 1000003}[s], Cap: w.cap}
			},
		}),
		Lane: func(s delivery.Sender) delivery.Lane { return w.lanes[s] },
	})
	w.intake = delivery.NewIntake(w.outbox, w.senders, limits, w.way, w.now)
	if err := w.way.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// stop ends the gateway in good order.
func (w *world) stop() {
	w.way.Stop(context.Background())
	if err := w.outbox.Close(); err != nil {
		w.t.Error(err)
	}
}

// accept hands a message over.
func (w *world) accept(r delivery.Request) *delivery.Message {
	w.t.Helper()
	m, _, err := w.intake.Accept(context.Background(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// text is a request to tell members something.
func text(content string, users ...string) delivery.Request {
	return delivery.Request{Sender: crm, Content: delivery.Content{App: &wecom.Message{To: wecom.To{Users: users}, Body: wecom.Text{Content: content}}}}
}

func from(s delivery.Sender, r delivery.Request) delivery.Request {
	r.Sender = s
	return r
}

// look returns a message as it is.
func (w *world) look(id delivery.MessageID) *delivery.Message {
	w.t.Helper()
	m, err := w.outbox.Message(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// ends waits until nothing more happens to the message, for at most a day.
func (w *world) ends(id delivery.MessageID) *delivery.Message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 8*24*time.Hour)
	defer cancel()
	m, err := w.hub.Wait(ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	if !m.Status().Final() {
		w.t.Fatalf("%v is still %v (%+v)", id, m.Status(), m.Deliveries[0].Reason)
	}
	return m
}

// wantEnd waits for the message, and checks how it ended.
func (w *world) wantEnd(m *delivery.Message, want delivery.Status) *delivery.Message {
	w.t.Helper()
	m = w.ends(m.ID)
	if got := m.Status(); got != want {
		w.t.Errorf("%v is %v, want %v; %+v", m.ID, got, want, m.Deliveries[0])
	}
	return m
}

// got lists what a member was told, in order.
func (w *world) got(user string) []string {
	var texts []string
	for _, m := range w.sim.Inbox(user) {
		texts = append(texts, m.Text())
	}
	return texts
}

func (w *world) wantGot(user string, want ...string) {
	w.t.Helper()
	if got := w.got(user); !slices.Equal(got, want) {
		w.t.Errorf("%s was told %q, want %q", user, got, want)
	}
}

// calls is how often WeCom was called.
func (w *world) calls(name string) int { return int(w.sim.Stats().Calls[name]) }

// since is how long something took, in whole seconds.
func since(began time.Time) time.Duration { return time.Since(began).Round(time.Second) }

// calm fails the test if the dispatcher keeps claiming without time passing: it would never sleep.
type calm struct {
	delivery.Outbox
	t    *testing.T
	last time.Time
	n    int
}

func (c *calm) Claim(ctx context.Context, now time.Time, wants []delivery.Want, decide func([]*delivery.Delivery) []delivery.Decision) ([]delivery.Claimed, error) {
	if now.Equal(c.last) {
		c.n++
	} else {
		c.last, c.n = now, 0
	}
	if c.n == 1000 {
		c.t.Errorf("claimed a thousand times at %v, now for %v", now, wants)
		time.Sleep(time.Second)
	}
	return c.Outbox.Claim(ctx, now, wants, decide)
}

// senders is the way to WeCom; tests change what stands behind a name.
type senders struct {
	t    *testing.T
	http *http.Client
	mu   sync.Mutex
	all  map[delivery.Sender]func(context.Context, delivery.Content) (wecom.Receipt, error)
	apps map[delivery.Sender]*wecom.Client
}

func (s *senders) app(name delivery.Sender, agent int, secret string) {
	client, err := wecom.New(wecom.Config{
		CorpID: "ww0000000000000001", AgentID: agent, Secret: secret, BaseURL: "http://wecom.test", HTTPClient: s.http,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[name] = client
	s.all[name] = func(ctx context.Context, c delivery.Content) (wecom.Receipt, error) {
		if c.Chat != nil {
			return wecom.Receipt{}, client.SendChat(ctx, *c.Chat)
		}
		return client.Send(ctx, *c.App)
	}
}

func (s *senders) get(name delivery.Sender) func(context.Context, delivery.Content) (wecom.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name]
}

func (s *senders) set(name delivery.Sender, send func(context.Context, delivery.Content) (wecom.Receipt, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[name] = send
}

func (s *senders) client(name delivery.Sender) *wecom.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[name]
}

func (s *senders) UserIDByMobile(ctx context.Context, name delivery.Sender, mobile string) (string, error) {
	return s.client(name).UserIDByMobile(ctx, mobile)
}

func (s *senders) UserIDByEmail(ctx context.Context, name delivery.Sender, email string, kind wecom.EmailKind) (string, error) {
	return s.client(name).UserIDByEmail(ctx, email, kind)
}

func (s *senders) Knows(name delivery.Sender) bool { return s.get(name) != nil }

func (s *senders) Send(ctx context.Context, name delivery.Sender, c delivery.Content) (wecom.Receipt, error) {
	send := s.get(name)
	if send == nil {
		return wecom.Receipt{}, delivery.ErrUnknownSender
	}
	return send(ctx, c)
}

// pipes is a listener whose connections are in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "127.0.0.1:1" }

// numbered are n texts that differ.
func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("%s %d", strings.Repeat("第", 1), i)
	}
	return texts
}
