package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Secrets finds what signs: part of access.Keys.
type Secrets interface {
	WebhookSecrets(ctx context.Context, name string, now time.Time) ([]access.WebhookSecret, error)
}

// Config is what a [Teller] works with. Store, Secrets and Message are required.
type Config struct {
	Store   Store
	Secrets Secrets
	// Message returns the JSON of a message as it is now, or delivery.ErrNotFound.
	Message func(ctx context.Context, id delivery.MessageID) ([]byte, error)

	Guard Guard
	// Proxy is what all requests go through; nil means none. Which hosts it reaches is its own affair.
	Proxy    *url.URL
	Resolver *net.Resolver // nil means the usual one
	// Timeout is how long an attempt takes at most. 0 means 10 s; it is shorter than 20 s.
	Timeout time.Duration

	Log    *slog.Logger     // nil means none
	Now    func() time.Time // nil means time.Now
	Jitter func() float64   // at least 0, below 1; nil means by chance
	// Transport makes the requests instead of one with the Guard, in tests.
	Transport http.RoundTripper
}

// Teller tells what there is to tell. In memory it has one entry for each receiver for whom something
// waits, however much that is.
type Teller struct {
	Config
	courier *courier

	mu    sync.Mutex
	lanes map[Receiver]*lane
	busy  int           // attempts under way
	freed chan struct{} // one of them ended

	told, failed, attempts atomic.Uint64
}

// Bounds of what is under way.
const (
	maxBusy     = 64
	perReceiver = 8 // one while it fails, and until it has taken the first
	// lease is how long nobody else tries a job: longer than an attempt with its two writes.
	lease = 30 * time.Second
	// grace is how long Run lets attempts end that are under way.
	grace = 5 * time.Second
	// afterTrouble is how long it waits when the storage does not work.
	afterTrouble = time.Second
	// maxSleep is how long it sleeps at most while something waits, so that a clock that is set forward
	// is noticed.
	maxSleep = time.Minute
	batch    = 200 // jobs of one write that gives up
)

// New returns a teller that does nothing before Run.
func New(c Config) *Teller {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Timeout == 0 {
		c.Timeout = usualTimeout
	}
	t := &Teller{Config: c, lanes: map[Receiver]*lane{}, freed: make(chan struct{}, 1)}
	if t.Transport == nil {
		t.Transport = newTransport(&t.Guard, c.Proxy, c.Resolver)
	}
	t.courier = newCourier(&t.Config)
	return t
}

// Stats is what was done since the start.
type Stats struct {
	Told     uint64 // jobs
	GivenUp  uint64 // jobs
	Attempts uint64
	UnderWay int // attempts
}

// Stats reads counters; it costs nothing.
func (t *Teller) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{t.told.Load(), t.failed.Load(), t.attempts.Load(), t.busy}
}

// Run tells until ctx ends, and returns when nothing is under way: soon after. What had no answer by
// then is told again after the next start.
func (t *Teller) Run(ctx context.Context) {
	calls, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, abandon) })()
	defer t.closeIdle()
	var underWay sync.WaitGroup
	defer underWay.Wait()
	giveUp := t.Now()
	for known := false; ctx.Err() == nil; {
		now := t.Now()
		if !known {
			// What was in the store before: of what comes later, Fresh knows.
			queues, err := t.Store.Queues(ctx)
			if known = err == nil; !known {
				t.trouble(ctx, "looking for what is to be told", err)
				continue
			}
			t.note(queues)
		}
		t.note(t.Store.Fresh())
		if !giveUp.IsZero() && !now.Before(giveUp) {
			n, next, err := t.Store.GiveUp(ctx, now, batch)
			if err != nil {
				t.trouble(ctx, "giving up what cannot be told", err)
				continue
			}
			t.gaveUp(n)
			if giveUp = next; n == batch {
				giveUp = now
			}
		}
		wants, next := t.wants(now)
		if len(wants) == 0 {
			if giveUp.IsZero() && !next.IsZero() {
				giveUp = now.Add(GiveUpAfter)
			}
			t.sleep(ctx, now, earlier(next, giveUp))
			continue
		}
		claimed, err := t.Store.Claim(context.WithoutCancel(ctx), now, now.Add(lease), wants)
		if err != nil {
			t.restore(wants, now)
			t.trouble(ctx, "claiming what is to be told", err)
			continue
		}
		for _, j := range t.begin(wants, claimed) {
			underWay.Go(func() { t.tell(calls, &j) })
		}
	}
}

func (t *Teller) trouble(ctx context.Context, doing string, err error) {
	if ctx.Err() != nil || errors.Is(err, delivery.ErrClosed) {
		return
	}
	t.Log.ErrorContext(ctx, doing, "error", err)
	timer := time.NewTimer(afterTrouble)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// sleep returns at a time, if it is not zero, when there is news, when an attempt ended, or when ctx ends.
func (t *Teller) sleep(ctx context.Context, now, until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(min(max(until.Sub(now), 0), maxSleep))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-alarm:
	case <-t.Store.News():
	case <-t.freed:
	case <-ctx.Done():
	}
}

// event is the body of a request.
type event struct {
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// tell is one attempt.
func (t *Teller) tell(ctx context.Context, j *Job) {
	began, steady := t.Now(), time.Now()
	r, err := t.attempt(ctx, j, began)
	took, now := time.Since(steady), t.Now()
	if err != nil || r.code == 0 && ctx.Err() != nil {
		// It is nobody's fault outside of the gateway; so it does not count.
		due := now
		if ctx.Err() == nil {
			t.Log.Error("what is to be told cannot be read", "webhook", j.ID.String(), "error", err)
			due = now.Add(lease)
		}
		t.release(j, nil, began, now)
		t.settle(j, Settlement{ID: j.ID, Attempt: j.Attempts, Status: Pending, Due: due, Step: j.Step, At: now, History: j.History})
		return
	}
	t.attempts.Add(1)
	history := append(j.History, Try{At: began.UTC().Truncate(time.Millisecond), TookMS: took.Milliseconds(), Code: r.code, Error: r.failure})
	s := Settlement{ID: j.ID, Attempt: j.Attempts, At: now, History: history[max(len(history)-MaxHistory, 0):]}
	s.Status, s.Due, s.Step = judge(j, r, now, t.Jitter())
	t.release(j, r, began, now)
	t.settle(j, s)
	t.record(j, r, s, took)
}

// record counts and logs how an attempt ended.
func (t *Teller) record(j *Job, r *result, s Settlement, took time.Duration) {
	level := slog.LevelDebug
	switch s.Status {
	case Delivered:
		t.told.Add(1)
	case Failed:
		t.failed.Add(1)
		level = slog.LevelWarn
	}
	t.Log.Log(context.Background(), level, "webhook", "webhook", j.ID.String(), "origin", j.Receiver.Origin, "status", s.Status.String(),
		"attempts", j.Attempts, "http_status", r.code, "failure", r.failure, "took", took)
}

// attempt makes the request. An error says that it was not made.
func (t *Teller) attempt(ctx context.Context, j *Job, now time.Time) (*result, error) {
	message, err := t.Message(ctx, j.ID.Message)
	if errors.Is(err, delivery.ErrNotFound) {
		return &result{final: true, failure: "the message was forgotten"}, nil
	}
	if err != nil {
		return nil, err
	}
	secrets, err := t.Secrets.WebhookSecrets(ctx, j.Receiver.Producer, now)
	if errors.Is(err, access.ErrNoKey) {
		return &result{final: true, failure: "there is no API key of the name, so nothing to sign with"}, nil
	}
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(event{TypeSettled, j.Created.UTC().Format("2006-01-02T15:04:05.000Z"), message})
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	sign(header, j.ID.String(), now, body, secrets)
	r := t.courier.post(ctx, j.URL, header, body)
	return &r, nil
}

// settle records how an attempt ended. If that fails, the job is tried again when its lease is over.
func (t *Teller) settle(j *Job, s Settlement) {
	due := s.Due
	if err := t.Store.Settle(context.Background(), s); err != nil {
		if !errors.Is(err, delivery.ErrClosed) {
			t.Log.Error("what was told cannot be recorded", "webhook", j.ID.String(), "error", err)
		}
		due = j.Due
	}
	if !due.IsZero() {
		t.note([]Queue{{Receiver: j.Receiver, Due: due}})
		poke(t.freed)
	}
}

func (t *Teller) gaveUp(n int) {
	if n == 0 {
		return
	}
	t.failed.Add(uint64(n))
	t.Log.Warn("webhooks given up, since their receivers did not take them in time", "webhooks", n)
}

func (t *Teller) closeIdle() {
	if transport, ok := t.Transport.(interface{ CloseIdleConnections() }); ok {
		transport.CloseIdleConnections()
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
