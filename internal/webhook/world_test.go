package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/internal/webhook"
	"github.com/hongyan-im/hongyan/wecom"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a teller on a database, and the programs that it tells.
type world struct {
	*testing.T
	path   string
	outbox *sqlite.Outbox
	store  *counting
	config webhook.Config
	teller *webhook.Teller
	stop   func()
	log    logBuffer
}

// counting counts the calls of the store.
type counting struct {
	webhook.Store
	calls atomic.Int64
}

func (c *counting) Claim(ctx context.Context, now, lease time.Time, wants []webhook.Want) ([]webhook.Claimed, error) {
	c.calls.Add(1)
	return c.Store.Claim(ctx, now, lease, wants)
}

func (c *counting) GiveUp(ctx context.Context, now time.Time, n int) (int, time.Time, error) {
	c.calls.Add(1)
	return c.Store.GiveUp(ctx, now, n)
}

func (c *counting) Queues(ctx context.Context) ([]webhook.Queue, error) {
	c.calls.Add(1)
	return c.Store.Queues(ctx)
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// newWorld opens a database with the key "shop". The teller does not run yet.
func newWorld(t *testing.T, c webhook.Config) *world {
	t.Helper()
	w := &world{T: t, path: filepath.Join(t.TempDir(), "hongyan.db"), config: c, stop: func() {}}
	w.open()
	key := access.Key{Name: "shop", Scopes: access.Scopes, Created: time.Now()}
	_, hash := access.NewSecret()
	w.ok(w.outbox.Create(t.Context(), &key, hash))
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.Helper()
	var err error
	w.outbox, err = sqlite.Open(w.path, sqlite.Options{})
	w.ok(err)
}

func (w *world) close() {
	w.stop()
	w.stop = func() {}
	w.ok(w.outbox.Close())
}

// run starts a teller.
func (w *world) run() {
	w.Helper()
	w.store = &counting{Store: w.outbox.Webhooks()}
	c := w.config
	c.Store, c.Secrets = w.store, w.outbox
	c.Log = slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Message = func(ctx context.Context, id delivery.MessageID) ([]byte, error) {
		m, err := w.outbox.Message(ctx, id)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]any{"id": m.ID.String(), "status": m.Status().String()})
	}
	w.teller = webhook.New(c)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.teller.Run(ctx) })
	w.stop = func() {
		cancel()
		running.Wait()
	}
}

// end brings n messages with a callback to their end.
func (w *world) end(url string, n int) (ids []delivery.MessageID) {
	w.Helper()
	var settlements []delivery.Settlement
	for range n {
		now := time.Now()
		m := &delivery.Message{
			Sender: "crm", Accepted: now, Expires: now.Add(time.Hour), Producer: "shop", CallbackURL: url,
			Deliveries: []delivery.Delivery{{
				Sender: "crm", Status: delivery.Sending, Attempts: 1, Started: now, Due: now, Accepted: now, Expires: now.Add(time.Hour),
				Content: delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "hunter2"}}},
			}},
		}
		_, err := w.outbox.Add(context.Background(), m)
		w.ok(err)
		settlements = append(settlements, delivery.Settlement{ID: m.Deliveries[0].ID, Attempt: 1, Status: delivery.Sent, At: now})
		ids = append(ids, m.ID)
	}
	_, err := w.outbox.Settle(context.Background(), settlements...)
	w.ok(err)
	return ids
}

func (w *world) job(id delivery.MessageID) webhook.Job {
	w.Helper()
	jobs, err := w.outbox.Webhooks().OfMessage(context.Background(), id)
	w.ok(err)
	if len(jobs) != 1 {
		w.Fatalf("%d jobs", len(jobs))
	}
	return jobs[0]
}

// until waits until the job of a message has been tried so often, or is at its end, and returns it.
func (w *world) until(id delivery.MessageID, tries int) webhook.Job {
	w.Helper()
	var j webhook.Job
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if j = w.job(id); len(j.History) >= tries || j.Status != webhook.Pending {
			return j
		}
	}
	w.Fatalf("still %+v", j)
	return j
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) secrets() (revealed []string) {
	w.Helper()
	secrets, err := w.outbox.WebhookSecrets(context.Background(), "shop", time.Now())
	w.ok(err)
	for _, s := range secrets {
		revealed = append(revealed, s.Reveal())
	}
	return revealed
}

// answers makes the requests in memory, so that time can be that of the test.
type answers func(r *http.Request) (code int, header http.Header)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	code, header := a(r)
	if code == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: code, Header: header, Body: http.NoBody, Request: r}, nil
}

// logBuffer takes lines from many goroutines.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func tries(j webhook.Job) string {
	var text []string
	for _, try := range j.History {
		text = append(text, fmt.Sprintf("%d %s", try.Code, try.Error))
	}
	return strings.Join(text, "; ")
}
