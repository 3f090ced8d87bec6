// Package tokenmodel holds every token store against a model of the protocol between processes:
// tokens, leases, fences, crashes, late answers and revocations, in any order. It stands beside the
// SDK because the SDK's own tests use the standard library alone.
package tokenmodel

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
)

func TestMemoryStore(t *testing.T) {
	check(t, func() wecom.TokenStore { return wecom.NewMemoryStore() })
}

func TestFileStore(t *testing.T) {
	dir := t.TempDir()
	check(t, func() wecom.TokenStore { return wecom.NewFileStore(dir) })
}

func TestRedisStore(t *testing.T) {
	store, err := redisstore.New(startRedis(t), redisstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	check(t, func() wecom.TokenStore { return store })
}

// The leases of the model: one that is over at once, as of a holder that was frozen, and one that
// lasts as long as a run.
const (
	over = time.Nanosecond
	long = time.Hour
)

// process is one of those that share a token.
type process struct {
	fence int64 // of the lease it believes to hold; 0 for none
	token string
	its   int64 // fence of that token
}

// model is what the store must be in.
type model struct {
	store wecom.TokenStore
	key   string

	processes []*process
	revoked   int   // how often WeCom killed the token: names the one that gettoken gives now
	last      int64 // newest fence that was handed out
	live      bool  // its lease runs
	saved     wecom.StoredToken
	failed    int64 // fence of the failure that is remembered
}

var runs int

func check(t *testing.T, open func() wecom.TokenStore) {
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		m := &model{store: open(), key: fmt.Sprintf("ww1:model-%d-%d", os.Getpid(), runs)}
		for range 2 { // enough for every order of two, and few enough to meet it
			m.processes = append(m.processes, &process{})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"acquire": m.acquire,
			"save":    m.save,
			"fail":    m.fail,
			"drop":    m.drop,
			"crash":   func(rt *rapid.T) { *m.any(rt) = process{} },
			"revoke":  func(*rapid.T) { m.revoked++ },
			"":        m.invariant,
		})
		m.faultsStop(rt)
	})
}

func (m *model) any(rt *rapid.T) *process {
	return m.processes[rapid.IntRange(0, len(m.processes)-1).Draw(rt, "process")]
}

func (m *model) now() string { return fmt.Sprintf("token-%d", m.revoked) }

func (m *model) acquire(rt *rapid.T) {
	p := m.any(rt)
	var want wecom.Want
	switch rapid.SampledFrom([]string{"any", "refused", "newer", "waited"}).Draw(rt, "want") {
	case "refused":
		want.Not, want.NotFence = p.token, p.its
	case "newer":
		want.AfterFence = p.its
	case "waited":
		want.WaitedFor = m.last
	}
	lease := rapid.SampledFrom([]time.Duration{over, long}).Draw(rt, "lease")
	claim, err := m.store.Acquire(context.Background(), m.key, want, lease)
	if err != nil {
		rt.Fatalf("Acquire: %v", err)
	}
	good := want.SatisfiedBy(m.saved, time.Now())
	switch {
	case claim.Token.Value != "":
		if !good || claim.Token.Value != m.saved.Value || claim.Token.Fence != m.saved.Fence {
			rt.Fatalf("given fence %d, stored is %d, good enough: %v", claim.Token.Fence, m.saved.Fence, good)
		}
		p.token, p.its = claim.Token.Value, claim.Token.Fence
	case good:
		rt.Fatalf("a token that will do was not given: %+v", claim)
	case claim.Failure != nil:
		if m.failed == 0 || want.WaitedFor != m.failed {
			rt.Fatalf("told of a failure of %d, waited for %d", m.failed, want.WaitedFor)
		}
	case claim.Granted:
		if m.live {
			rt.Fatalf("two leases at once: %d and %d", m.last, claim.Fence)
		}
		if claim.Fence <= m.last {
			rt.Fatalf("fence %d after %d", claim.Fence, m.last)
		}
		m.last, m.live = claim.Fence, lease == long
		p.fence = claim.Fence
	default:
		if !m.live || claim.Fence != m.last || claim.Wait <= 0 || claim.Wait > long {
			rt.Fatalf("told to wait for %d, the newest is %d, running: %v", claim.Fence, m.last, m.live)
		}
	}
}

// save brings the answer of a gettoken, perhaps long after the lease.
func (m *model) save(rt *rapid.T) {
	p := m.any(rt)
	if p.fence == 0 {
		rt.Skip("it has no lease")
	}
	now := time.Now()
	t := wecom.StoredToken{Value: m.now(), Fence: p.fence, FetchedAt: now, ExpiresAt: now.Add(2 * time.Hour)}
	saved, err := m.store.Save(context.Background(), m.key, t)
	if err != nil {
		rt.Fatalf("Save: %v", err)
	}
	if saved != (p.fence == m.last) {
		rt.Fatalf("saved %v under fence %d, the newest is %d", saved, p.fence, m.last)
	}
	if saved {
		m.saved, m.live, m.failed = t, false, 0
		p.token, p.its = t.Value, t.Fence
	}
	p.fence = 0
}

func (m *model) fail(rt *rapid.T) {
	p := m.any(rt)
	if p.fence == 0 {
		rt.Skip("it has no lease")
	}
	if err := m.store.Fail(context.Background(), m.key, p.fence, wecom.TokenFailure{Code: wecom.CodeBusy}); err != nil {
		rt.Fatalf("Fail: %v", err)
	}
	if p.fence == m.last {
		m.failed, m.live = p.fence, false
	}
	p.fence = 0
}

// drop is what a process does whose token was refused.
func (m *model) drop(rt *rapid.T) {
	p := m.any(rt)
	if p.token == "" {
		rt.Skip("it has no token")
	}
	if err := m.store.Drop(context.Background(), m.key, p.token, p.its); err != nil {
		rt.Fatalf("Drop: %v", err)
	}
	if m.saved.Value == p.token && m.saved.Fence <= p.its {
		m.saved = wecom.StoredToken{}
	}
}

// invariant: what is stored is what was saved under the newest fence that saved.
func (m *model) invariant(rt *rapid.T) {
	deadline := time.Now().Add(5 * time.Second)
	for {
		t, err := m.store.Load(context.Background(), m.key)
		if err != nil {
			rt.Fatalf("Load: %v", err)
		}
		if t.Value == m.saved.Value && t.Fence == m.saved.Fence {
			return
		}
		if time.Now().After(deadline) { // Load may lag behind by a moment
			rt.Fatalf("stored is fence %d, saved was %d", t.Fence, m.saved.Fence)
		}
	}
}

// faultsStop: once the lease that runs is over, whoever comes gets a token that WeCom takes, and so do
// all others.
func (m *model) faultsStop(rt *rapid.T) {
	for range 3 {
		if m.live { // its holder comes back, or the model could not know when it ends
			if err := m.store.Fail(context.Background(), m.key, m.last, wecom.TokenFailure{Code: wecom.CodeBusy}); err != nil {
				rt.Fatal(err)
			}
			m.live = false
		}
		want := wecom.Want{}
		if m.saved.Value != m.now() {
			want = wecom.Want{Not: m.saved.Value, NotFence: m.saved.Fence}
		}
		claim, err := m.store.Acquire(context.Background(), m.key, want, long)
		if err != nil {
			rt.Fatal(err)
		}
		if claim.Token.Value == m.now() {
			return
		}
		if !claim.Granted {
			rt.Fatalf("neither a token nor the lease: %+v", claim)
		}
		m.last, m.live = claim.Fence, true
		m.processes[0].fence = claim.Fence
		now := time.Now()
		m.saved = wecom.StoredToken{Value: m.now(), Fence: claim.Fence, FetchedAt: now, ExpiresAt: now.Add(2 * time.Hour)}
		if saved, err := m.store.Save(context.Background(), m.key, m.saved); err != nil || !saved {
			rt.Fatalf("the only holder may not save: %v, %v", saved, err)
		}
		m.live = false
	}
	rt.Fatal("no token after the faults stopped")
}

// startRedis starts a redis-server of its own and returns its URL.
func startRedis(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		const missing = `no redis-server: install it with "make deps"`
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() {
				for lines.Scan() {
				}
			}()
			return "redis://" + addr
		}
	}
	t.Fatal("redis-server did not start")
	return ""
}
