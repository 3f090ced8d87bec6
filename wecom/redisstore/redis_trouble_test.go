package redisstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

func logged(opts redisstore.Options) (redisstore.Options, *lockedBuffer) {
	log := &lockedBuffer{}
	opts.Logger = slog.New(slog.NewTextHandler(log, nil))
	return opts, log
}

// A Redis that answers and refuses: no storm, and few lines in the log.
func TestRefusingRedisIsNotAway(t *testing.T) {
	for name, refuse := range map[string]func(r *redisServer){
		"read-only": func(r *redisServer) { r.ask("REPLICAOF", "127.0.0.1", "1") },
		"no EVAL":   func(r *redisServer) { r.ask("ACL", "SETUSER", "default", "-eval", "-evalsha") },
		"full":      func(r *redisServer) { r.ask("CONFIG", "SET", "maxmemory", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			r, sim := startRedis(t), wecomtest.NewServer(t)
			opts, log := logged(redisstore.Options{})
			store := open(t, r, opts)
			const clients = 20
			var all []*wecom.Client
			for range clients {
				config := sim.Config()
				config.Tokens = store
				all = append(all, sim.ClientOf(config))
			}
			if _, err := all[0].Token(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			before := runtime.NumGoroutine()
			refuse(r)
			if err := sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, 40014); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, clients)
			for _, client := range all {
				go func() {
					var err error
					for range 3 {
						if _, err = client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "磁盘已满"}}); err != nil {
							break
						}
					}
					done <- err
				}()
			}
			most, ended := 0, 0
			again := time.NewTicker(5 * time.Millisecond)
			defer again.Stop()
			for ended < clients {
				select {
				case err := <-done:
					ended++
					if err != nil {
						t.Error(err)
					}
				case <-again.C:
					most = max(most, runtime.NumGoroutine())
				}
			}
			if most > before+30*clients { // a flight, a watch and connections to the simulator for each
				t.Errorf("%d goroutines, %d before", most, before)
			}
			lines := log.String()
			if n := strings.Count(lines, "\n"); n == 0 || n > 3 || strings.Contains(lines, "does not answer") || !strings.Contains(lines, "redis refuses") {
				t.Errorf("%d lines in the log:\n%s", n, lines)
			}
		})
	}
}

// The lease is over with the token or the failure that was saved, also when that is gone.
func TestLeaseIsOverForGood(t *testing.T) {
	r := startRedis(t)
	s := open(t, r, redisstore.Options{})
	const lease = time.Minute
	for name, end := range map[string]func(key string, fence int64) error{
		"a token of a short life": func(key string, fence int64) error {
			now := time.Now()
			_, err := s.Save(t.Context(), key, wecom.StoredToken{Value: "t", Fence: fence, FetchedAt: now, ExpiresAt: now.Add(30 * time.Millisecond)})
			return err
		},
		"a dead token": func(key string, fence int64) error {
			saved, err := s.Save(t.Context(), key, wecom.StoredToken{Value: "t", Fence: fence, FetchedAt: time.Now(), ExpiresAt: time.Now()})
			if !saved {
				t.Error("not saved, though nobody else has the lease")
			}
			return err
		},
		"a token that is evicted": func(key string, fence int64) error {
			_, err := s.Save(t.Context(), key, wecom.StoredToken{Value: "t", Fence: fence, FetchedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)})
			r.ask("DEL", "hongyan:{"+key+"}:token")
			return err
		},
		"a failure that is evicted": func(key string, fence int64) error {
			err := s.Fail(t.Context(), key, fence, wecom.TokenFailure{Msg: "x"})
			r.ask("DEL", "hongyan:{"+key+"}:failure")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-")
			first, err := s.Acquire(t.Context(), key, wecom.Want{}, lease)
			if err != nil || !first.Granted {
				t.Fatal(first, err)
			}
			if err := end(key, first.Fence); err != nil {
				t.Fatal(err)
			}
			var next wecom.Claim
			waitUntil(t, "the token is gone", func() bool {
				next, err = s.Acquire(t.Context(), key, wecom.Want{}, lease)
				return err != nil || next.Token.Value == ""
			})
			if err != nil || !next.Granted || next.Fence <= first.Fence {
				t.Errorf("%+v, %v; want a lease after %d", next, err, first.Fence)
			}
		})
	}
}

// A Redis that hangs is away also for callers less patient than the store; a client of the caller's own
// is looked after as well.
func TestHangIsNoticed(t *testing.T) {
	for _, own := range []bool{false, true} {
		t.Run(fmt.Sprintf("own client %v", own), func(t *testing.T) {
			r := startRedis(t)
			opts, log := logged(redisstore.Options{})
			var store *redisstore.Store
			if own {
				opts.Hints = redisstore.NewHints()
				client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{r.addr}, OnInvalidations: opts.Hints.Invalidated})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(client.Close)
				if store, err = redisstore.NewWithClient(client, opts); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					store.Close()
					if err := client.Do(context.Background(), client.B().Ping().Build()).Error(); err != nil {
						t.Errorf("Close closed the caller's client: %v", err)
					}
				})
			} else {
				store = open(t, r, opts)
			}
			if _, err := store.Load(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
			woken := make(chan struct{}, 100)
			store.Watch("k", func() { woken <- struct{}{} })
			left, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := store.Acquire(left, "k", wecom.Want{}, time.Second); err == nil || log.String() != "" {
				t.Errorf("error %v; the log says %q", err, log.String())
			}
			r.pause()
			defer r.resume()
			short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := store.Acquire(short, "k", wecom.Want{}, time.Second); err == nil {
				t.Error("no error")
			}
			if !strings.Contains(log.String(), "does not answer") {
				t.Errorf("the log says %q", log.String())
			}
			// What this process has a copy of says nothing of Redis.
			_, _ = store.Load(t.Context(), "k")
			if strings.Contains(log.String(), "answers again") {
				t.Error("a copy is taken for an answer")
			}
			r.resume()
			waitUntil(t, "it is back", func() bool { return strings.Contains(log.String(), "answers again") })
			select {
			case <-woken:
			case <-time.After(10 * time.Second):
				t.Error("who watches was not woken")
			}
			if got := log.String(); strings.Count(got, "\n") != 2 {
				t.Errorf("the log says:\n%s", got)
			}
		})
	}
}

// A record that cannot be read is replaced at once, and that is told once.
func TestUnreadableRecordIsReplaced(t *testing.T) {
	r := startRedis(t)
	before := open(t, r, redisstore.Options{EncryptionKey: []byte("0123456789abcdef")})
	opts, log := logged(redisstore.Options{EncryptionKey: []byte("another key 3456")})
	after := open(t, r, opts)
	for _, key := range []string{"a", "b"} {
		claim, err := before.Acquire(t.Context(), key, wecom.Want{}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		old := wecom.StoredToken{Value: "old", Fence: claim.Fence, FetchedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		if saved, err := before.Save(t.Context(), key, old); err != nil || !saved {
			t.Fatal(saved, err)
		}
		claim, err = after.Acquire(t.Context(), key, wecom.Want{}, time.Minute)
		if err != nil || !claim.Granted || claim.Fence <= old.Fence {
			t.Fatalf("%+v, %v", claim, err)
		}
		old.Value, old.Fence = "new", claim.Fence
		if saved, err := after.Save(t.Context(), key, old); err != nil || !saved {
			t.Fatal(saved, err)
		}
		if claim, err = after.Acquire(t.Context(), key, wecom.Want{}, time.Minute); err != nil || claim.Token.Value != "new" {
			t.Fatalf("%+v, %v", claim, err)
		}
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "cannot be read") {
		t.Errorf("the log says:\n%s", got)
	}
}

// After a failover the store may have a token from before the refused one.
func TestOlderThanTheRefused(t *testing.T) {
	s := open(t, startRedis(t), redisstore.Options{})
	claim, err := s.Acquire(t.Context(), "k", wecom.Want{}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	fence := claim.Fence
	if _, err := s.Save(t.Context(), "k", wecom.StoredToken{Value: "old", Fence: fence, FetchedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []wecom.Want{
		{Not: "refused"}, {Not: "refused", NotFence: 1}, {Not: "refused", NotFence: fence}, {Not: "refused", NotFence: 1<<63 - 1},
	} {
		if claim, err := s.Acquire(t.Context(), "k", want, time.Minute); err != nil || claim.Token.Value != "old" {
			t.Errorf("%v: %+v, %v", want, claim, err)
		}
	}
	later := fence + 1e9 // of a Redis whose clock was ahead
	if claim, err := s.Acquire(t.Context(), "k", wecom.Want{Not: "refused", NotFence: later}, time.Minute); err != nil || !claim.Granted || claim.Fence <= later {
		t.Errorf("%+v, %v; want a lease after %d", claim, err, later)
	}
}

// The encryption key and the URL's password are in nothing that is printed.
func TestOptionsDoNotTell(t *testing.T) {
	const secret = "0123456789abcdef"
	opts := redisstore.Options{Prefix: "p:", EncryptionKey: []byte(secret)}
	store, err := redisstore.New("redis://user:"+secret+"@127.0.0.1:1", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	var log lockedBuffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "opts", opts, "pointer", &opts, "store", store)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "opts", opts, "pointer", &opts)
	data, err := json.Marshal(opts)
	if err != nil {
		t.Fatal(err)
	}
	text := log.String() + string(data)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		text += fmt.Sprintf(verb+verb+verb, opts, &opts, store)
	}
	for _, form := range []string{secret, "MDEyMzQ1", "48 49 50", "0x30, 0x31", "30313233"} {
		if strings.Contains(text, form) {
			t.Errorf("%q is in %s", form, text)
		}
	}
	if !strings.Contains(text, "[redacted]") {
		t.Error("nothing tells that there is a key")
	}
}

// A Redis that ends the connections and takes no others: who watches does not keep trying.
func TestNoRoomForClients(t *testing.T) {
	r := startRedis(t)
	opts, log := logged(redisstore.Options{})
	store := open(t, r, opts)
	var loads atomic.Int64
	for i := range 20 {
		key := fmt.Sprint(i)
		load := func() {
			loads.Add(1)
			_, _ = store.Load(t.Context(), key)
		}
		load()
		store.Watch(key, load)
	}
	last, err := net.Dial("tcp", r.addr) // takes the only place there is
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	before := loads.Load()
	if _, err := fmt.Fprint(last, "CONFIG SET maxclients 1\r\nCLIENT KILL TYPE normal SKIPME yes\r\n"); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "it is away", func() bool { return strings.Contains(log.String(), "does not answer") })
	<-time.After(2 * time.Second) // what is measured is how often it is asked in that time
	if n := loads.Load() - before; n > 100 {
		t.Errorf("%d loads by 20 watchers of a Redis without room", n)
	}
	if _, err := fmt.Fprint(last, "CONFIG SET maxclients 100\r\n"); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "it is back", func() bool { return strings.Contains(log.String(), "answers again") })
	if got := log.String(); strings.Count(got, "\n") != 2 {
		t.Errorf("the log says:\n%s", got)
	}
}
