package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/apps"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/directory"
	"github.com/hongyan-im/hongyan/internal/events"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// real is the API over HTTP on what it stands on in the gateway: the outbox in a file, the dispatcher,
// the limits, and the SDK's clients, which speak to a simulated WeCom over HTTP. Its keys are those of
// the world in memory.
type real struct {
	*world
	t       testing.TB
	sim     *wecomtest.Server
	outbox  *sqlite.Outbox
	way     *delivery.Dispatcher
	skew    atomic.Int64 // of the gateway's clock
	library *media.Library
	admin   string // a key for everything
}

func newReal(t testing.TB) *real {
	t.Helper()
	r := &real{t: t, sim: wecomtest.NewServer(t), world: &world{
		keys: map[access.Hash]*access.Key{}, used: map[int64]time.Time{}, stream: events.New(), stopping: make(chan struct{}), hooks: &hooks{},
	}}
	r.operator = &fakeOperator{world: r.world}
	close(r.stopping)
	queue := config.Queue{Workers: 8, Weight: 1}
	senders, err := apps.New(&config.Config{
		WeCom: config.WeCom{BaseURL: r.sim.URL},
		Apps: []config.App{
			{Name: "crm", CorpID: wecomtest.CorpID, AgentID: wecomtest.AgentID, Secret: wecomtest.Secret, Queue: queue},
			{Name: "shop", CorpID: wecomtest.CorpID, AgentID: 1000003, Secret: "sim-secret-1000003", Queue: queue},
		},
		Robots: []config.Robot{{Name: "ops", Key: "00000000-0000-0000-0000-000000000001", Queue: queue}},
	}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.outbox, err = sqlite.Open(filepath.Join(t.TempDir(), "hongyan.db"), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return time.Now().Add(time.Duration(r.skew.Load())) }
	library, err := media.Open(media.Config{Dir: filepath.Join(t.TempDir(), "media"), Store: r.outbox, Unused: 30 * 24 * time.Hour, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	r.library, senders.Media = library, library
	hub := delivery.NewHub(r.outbox)
	limits := limit.New(limit.Config{Now: clock})
	members := directory.New(directory.Config{Store: r.outbox.Aliases(), Caller: senders, Now: clock, Account: func(s delivery.Sender) directory.Account {
		return directory.Account{Corp: wecomtest.CorpID, Agent: senders.Settings(s).AgentID, Cap: 500}
	}})
	r.way = delivery.NewDispatcher(delivery.DispatcherConfig{Outbox: r.outbox, Senders: senders, Limits: limits, Hub: hub, Directory: members, Now: clock})
	if err := r.way.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	intake := delivery.NewIntake(r.outbox, senders, limits, r.way, clock)
	intake.Files = library
	r.api = New(Config{
		Intake: intake, Media: library, Messages: r.outbox, Changes: r.way, Waiter: hub, Rests: r.way, Keys: r.world,
		// Those who listen to events are let go at once; apps and webhooks are those of the world in memory.
		Events: r.stream, Ends: r.outbox, Stopping: r.stopping, Operator: r.operator, Webhooks: r.hooks,
		Ready: r.outbox.Ready, Log: slog.New(slog.NewTextHandler(&r.log, nil)), Version: "test", Now: clock,
	})
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(r.api)
	server.Start()
	r.url = server.URL
	t.Cleanup(func() {
		server.Close()
		r.way.Stop(context.Background())
		senders.Close()
		if err := r.outbox.Close(); err != nil {
			t.Error(err)
		}
	})
	r.admin = r.key("", access.Scopes...)
	return r
}

// ask makes a request with the key for everything, wants the status, and reads the answer.
func ask[A any](r *real, status int, method, path, body string, headers ...string) (got A) {
	r.t.Helper()
	a := r.call(r.t, method, path, body, append([]string{"X-API-Key", r.admin}, headers...)...)
	if a.status != status {
		r.t.Fatalf("%s %s: HTTP %d, want %d: %s", method, path, a.status, status, a.text)
	}
	if err := json.Unmarshal([]byte(a.text), &got); err != nil {
		r.t.Fatal(err)
	}
	return got
}

// send sends a text and waits for its end.
func (r *real) send(app, text string, users ...string) Message {
	r.t.Helper()
	list, _ := json.Marshal(users)
	return ask[Message](r, 200, "POST", "/v1/messages?wait=30s", fmt.Sprintf(`{"app":%q,"to":{"users":%s},"msgtype":"text","text":{"content":%q}}`, app, list, text))
}

// until asks for a message until it has the status.
func (r *real) until(id, status string) Message {
	r.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		m := ask[Message](r, 200, "GET", "/v1/messages/"+id, "")
		if m.Status == status {
			return m
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s is %s, want %s", id, m.Status, status)
		}
	}
}

// list finds messages, on one page.
func (r *real) list(query string) (ids []string) {
	r.t.Helper()
	for _, m := range ask[MessageList](r, 200, "GET", "/v1/messages?"+query, "").Messages {
		ids = append(ids, m.ID)
	}
	return ids
}

// later sets the gateway's clock forward, and ends what ran out, which the dispatcher would do within a
// minute.
func (r *real) later(d time.Duration) {
	r.t.Helper()
	now := time.Now().Add(time.Duration(r.skew.Add(int64(d))))
	if _, _, _, err := r.outbox.Expire(r.t.Context(), now, 1000); err != nil {
		r.t.Fatal(err)
	}
	r.way.Refresh()
}

// told reports whether a member got a text.
func (r *real) told(user, text string) (n int) {
	for _, m := range r.sim.Inbox(user) {
		if strings.Contains(m.Text(), text) {
			n++
		}
	}
	return n
}
