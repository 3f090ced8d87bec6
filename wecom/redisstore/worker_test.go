package redisstore_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// The faults of a fleet need processes that can be killed and frozen. A worker is this test binary,
// started again: it reads orders from its standard input, a line of JSON each, and answers each with
// a line.

const workerEnv = "HONGYAN_TEST_WORKER"

func TestMain(m *testing.M) {
	if setting := os.Getenv(workerEnv); setting != "" {
		runWorker(setting)
		return
	}
	os.Exit(m.Run())
}

// workerSetting is what a worker is started with.
type workerSetting struct {
	Redis, WeCom, Secret string
	AgentID              int
	Lease                time.Duration
}

type order struct {
	// "tokens": all callers want one at At, on a new client; "send": they send, on an old one;
	// "hold": take the lease and do nothing; "save": save a token under it.
	Do      string
	Callers int
	Each    int       // messages of each caller
	At      time.Time // begin at this moment
}

type outcome struct {
	Errors  []string       // the first few
	Failed  int            // how many
	Tokens  map[string]int // what the callers got, and how many of them
	Slowest time.Duration  // of a caller, from At
	Held    bool           // "hold": the lease was granted
	Saved   bool           // "save": the store took the token
}

func runWorker(setting string) {
	var w workerSetting
	if err := json.Unmarshal([]byte(setting), &w); err != nil {
		panic(err)
	}
	store, err := redisstore.New(w.Redis, redisstore.Options{})
	if err != nil {
		panic(err)
	}
	newClient := func() *wecom.Client {
		c, err := wecom.New(wecom.Config{
			CorpID: wecomtest.CorpID, AgentID: w.AgentID, Secret: w.Secret, BaseURL: w.WeCom,
			Tokens: store, TokenLease: w.Lease,
		})
		if err != nil {
			panic(err)
		}
		return c
	}
	kept := newClient()
	key := wecom.TokenKey(w.WeCom, wecomtest.CorpID, w.Secret)
	var claim wecom.Claim
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			panic(err)
		}
		switch o.Do {
		case "hold":
			claim, err = store.Acquire(context.Background(), key, wecom.Want{}, w.Lease)
			_ = answers.Encode(outcome{Held: err == nil && claim.Granted})
		case "save":
			saved, err := store.Save(context.Background(), key, wecom.StoredToken{
				Value: "of a late holder", ExpiresAt: time.Now().Add(time.Hour), FetchedAt: time.Now(), Fence: claim.Fence,
			})
			_ = answers.Encode(outcome{Saved: saved || err != nil})
		case "tokens":
			// Not before the moment: it would take over the token of the round before.
			_ = answers.Encode(carryOut(o, newClient))
		default:
			_ = answers.Encode(carryOut(o, func() *wecom.Client { return kept }))
		}
	}
}

func carryOut(o order, newClient func() *wecom.Client) outcome {
	var (
		mu  sync.Mutex
		out = outcome{Tokens: map[string]int{}}
		wg  sync.WaitGroup
	)
	note := func(token string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if out.Failed++; len(out.Errors) < 3 {
				out.Errors = append(out.Errors, err.Error())
			}
		} else if token != "" {
			out.Tokens[token]++
		}
		out.Slowest = max(out.Slowest, time.Since(o.At))
	}
	var client *wecom.Client
	begin := make(chan struct{})
	for range o.Callers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-begin
			if o.Do == "tokens" {
				token, err := client.Token(context.Background(), "")
				note(token, err)
				return
			}
			for range o.Each {
				_, err := client.Send(context.Background(), wecom.Message{
					To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "磁盘已满"},
				})
				note("", err)
			}
		}()
	}
	<-time.After(time.Until(o.At))
	client = newClient()
	close(begin)
	wg.Wait()
	return out
}

// worker is a process of the fleet, as the test sees it.
type worker struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   *json.Encoder
	out  *bufio.Scanner
	dead atomic.Bool
}

func startWorker(t *testing.T, s workerSetting) *worker {
	t.Helper()
	setting, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(setting))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &worker{t: t, cmd: cmd, in: json.NewEncoder(in), out: bufio.NewScanner(out)}
	t.Cleanup(w.kill)
	return w
}

// kill ends it with -9.
func (w *worker) kill() {
	if w.dead.Swap(true) {
		return
	}
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

func (w *worker) freeze() { _ = w.cmd.Process.Signal(syscall.SIGSTOP) }
func (w *worker) thaw()   { _ = w.cmd.Process.Signal(syscall.SIGCONT) }

// give gives an order; take waits for what came of it.
func (w *worker) give(o order) {
	w.t.Helper()
	if err := w.in.Encode(o); err != nil {
		w.t.Fatalf("worker: %v", err)
	}
}

func (w *worker) take() outcome {
	var o outcome
	if !w.out.Scan() {
		w.t.Error("a worker ended early")
		return o
	}
	if err := json.Unmarshal(w.out.Bytes(), &o); err != nil {
		w.t.Error(err)
	}
	return o
}

// fleet is some workers, one Redis and one WeCom.
type fleet struct {
	t       *testing.T
	redis   *redisServer
	sim     *wecomtest.Server
	workers []*worker
}

func newFleet(t *testing.T, workers int, change func(*workerSetting)) *fleet {
	t.Helper()
	f := &fleet{t: t, redis: startRedis(t), sim: wecomtest.NewServer(t)}
	s := workerSetting{Redis: f.redis.url(), WeCom: f.sim.URL, Secret: wecomtest.Secret, AgentID: wecomtest.AgentID}
	if change != nil {
		change(&s)
	}
	for range workers {
		f.workers = append(f.workers, startWorker(t, s))
	}
	f.ready()
	return f
}

// ready waits until every worker has its connections: start-up is not what is measured.
func (f *fleet) ready() {
	f.all(order{Do: "send", Callers: 1, Each: 0})
}

// all gives one order to every worker, to be begun by all at one moment, and returns what came of it.
func (f *fleet) all(o order) []outcome {
	f.t.Helper()
	if o.At.IsZero() {
		o.At = time.Now().Add(50 * time.Millisecond)
	}
	for _, w := range f.workers {
		w.give(o)
	}
	return f.taken()
}

func (f *fleet) taken() []outcome {
	var all []outcome
	for _, w := range f.workers {
		all = append(all, w.take())
	}
	return all
}

func (f *fleet) gettokens() int64 { return f.sim.Stats().Calls["gettoken"] }

// forget makes the next round a cold start: no token in Redis, and a dead one at WeCom.
func (f *fleet) forget() {
	f.t.Helper()
	if err := f.sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, 42001); err != nil {
		f.t.Fatal(err)
	}
	if got := f.redis.ask("FLUSHALL"); got != "+OK" {
		f.t.Fatalf("FLUSHALL: %s", got)
	}
}

// one returns the one token that every caller got, and the slowest caller's time.
func one(t *testing.T, all []outcome) (token string, slowest time.Duration) {
	t.Helper()
	tokens := map[string]int{}
	for _, o := range all {
		if o.Failed > 0 {
			t.Errorf("%d callers failed: %v", o.Failed, o.Errors)
		}
		for tok, n := range o.Tokens {
			tokens[tok] += n
			token = tok
		}
		slowest = max(slowest, o.Slowest)
	}
	if len(tokens) != 1 {
		t.Errorf("%d different tokens in the fleet", len(tokens))
	}
	return token, slowest
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("waited in vain until ", what)
		}
	}
}

func noErrors(t *testing.T, all []outcome) {
	t.Helper()
	for i, o := range all {
		if o.Failed > 0 {
			t.Errorf("process %d: %d sends failed: %v", i, o.Failed, o.Errors)
		}
	}
}
