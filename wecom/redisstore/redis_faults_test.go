package redisstore_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// sendThrough sends some messages with a new client on the store.
func sendThrough(t *testing.T, sim *wecomtest.Server, store wecom.TokenStore, n int) {
	t.Helper()
	config := sim.Config()
	config.Tokens = store
	client := sim.ClientOf(config)
	for range n {
		_, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "磁盘已满"}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tokenKeyOf is the key in Redis of the token that the simulator's app has.
func tokenKeyOf(sim *wecomtest.Server) string {
	return "hongyan:{" + wecom.TokenKey(sim.URL, wecomtest.CorpID, wecomtest.Secret) + "}:token"
}

// What stands at our key is not ours: messages are sent all the same.
func TestStrangeRecords(t *testing.T) {
	for name, prepare := range map[string]func(r *redisServer, key string){
		"garbage":           func(r *redisServer, key string) { r.ask("SET", key, "garbage") },
		"a bare token":      func(r *redisServer, key string) { r.ask("SET", key, strings.Repeat("t", 200)) },
		"numbers too large": func(r *redisServer, key string) { r.ask("SET", key, strings.Repeat("9", 60)+"|9|9|ff|x") },
		"another type":      func(r *redisServer, key string) { r.ask("LPUSH", key, "x") },
		"a read-only replica": func(r *redisServer, _ string) {
			r.ask("REPLICAOF", "127.0.0.1", "1")
		},
		"a full memory": func(r *redisServer, _ string) { r.ask("CONFIG", "SET", "maxmemory", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, sim := startRedis(t), wecomtest.NewServer(t)
			prepare(r, tokenKeyOf(sim))
			sendThrough(t, sim, open(t, r, redisstore.Options{}), 3)
			if n := sim.Stats().Calls["gettoken"]; n != 1 {
				t.Errorf("%d gettoken", n)
			}
		})
	}
}

// A record that another process has encrypted with another key is as good as none.
func TestWrongEncryptionKey(t *testing.T) {
	r, sim := startRedis(t), wecomtest.NewServer(t)
	right := redisstore.Options{EncryptionKey: []byte("0123456789abcdef")}
	sendThrough(t, sim, open(t, r, right), 1)
	sendThrough(t, sim, open(t, r, right), 1)
	if n := sim.Stats().Calls["gettoken"]; n != 1 {
		t.Errorf("%d gettoken with one key", n)
	}
	if got := r.askAll("GET", tokenKeyOf(sim)); strings.Contains(got, mustToken(t, sim)) || !strings.Contains(got, "|") {
		t.Error("the token stands in Redis in clear, or not at all")
	}
	sendThrough(t, sim, open(t, r, redisstore.Options{EncryptionKey: []byte("another key 3456")}), 1)
}

// mustToken asks WeCom for the token that everybody has.
func mustToken(t *testing.T, sim *wecomtest.Server) string {
	t.Helper()
	token, err := sim.Client().Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// fakeRedis answers everything with one error, as a Redis that is loading, or a node that has moved.
func fakeRedis(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				for lines := bufio.NewReader(conn); ; {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					if strings.HasPrefix(line, "*") {
						if _, err := io.WriteString(conn, "-"+answer+"\r\n"); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	return "redis://" + l.Addr().String()
}

func TestRedisRefuses(t *testing.T) {
	for _, answer := range []string{
		"LOADING Redis is loading the dataset in memory", "MOVED 3999 127.0.0.1:1", "CLUSTERDOWN The cluster is down",
		"NOAUTH Authentication required.", "ERR max number of clients reached",
	} {
		t.Run(strings.Fields(answer)[0], func(t *testing.T) {
			t.Parallel()
			sim := wecomtest.NewServer(t)
			store, err := redisstore.New(fakeRedis(t, answer), redisstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(store.Close)
			sendThrough(t, sim, store, 3)
			if n := sim.Stats().Calls["gettoken"]; n != 1 {
				t.Errorf("%d gettoken", n)
			}
		})
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// The log is told once when Redis goes away and once when it is back, however many ask meanwhile.
func TestOneLineForEachChange(t *testing.T) {
	r := startRedis(t)
	var log lockedBuffer
	store := open(t, r, redisstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if _, err := store.Load(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	r.kill()
	for range 20 {
		_, _ = store.Acquire(t.Context(), "k", wecom.Want{}, time.Second)
	}
	r.start()
	waitUntil(t, "it is back", func() bool { return strings.Contains(log.String(), "answers again") })
	if got := log.String(); strings.Count(got, "\n") != 2 || strings.Count(got, "does not answer") != 1 {
		t.Errorf("the log says:\n%s", got)
	}
}

// documentedACL is what docs/tokens.md says the user of Redis needs.
var documentedACL = regexp.MustCompile("The user of Redis needs `([^`]+)`")

// A user with just the rights that the documentation names has a store that works: in another database,
// with another program's key, and without tracking too.
func TestDocumentedACL(t *testing.T) {
	page, err := os.ReadFile("../../docs/tokens.md")
	if err != nil {
		t.Fatal(err)
	}
	found := documentedACL.FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/tokens.md does not say it")
	}
	for _, c := range []struct {
		name, database string
		more           []string
		opts           redisstore.Options
	}{
		{name: "database 0"},
		{name: "database 2", database: "/2"},
		{name: "interop", more: []string{"~wx_access_token"}, opts: wxAccessToken},
		{name: "no tracking", more: []string{"-client|tracking"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, sim := startRedis(t), wecomtest.NewServer(t)
			rights := []string{"ACL", "SETUSER", "hy", "on", ">pw", "~hongyan:*", "&hongyan:*", "-@all"}
			for _, command := range strings.Fields(string(found[1])) {
				rights = append(rights, "+"+strings.ToLower(command))
			}
			if got := r.ask(append(rights, c.more...)...); got != "+OK" {
				t.Fatalf("ACL: %s", got)
			}
			opts, log := logged(c.opts)
			restricted := func() *redisstore.Store {
				return openURL(t, "redis://hy:pw@"+r.addr+c.database, opts)
			}
			one, other := restricted(), restricted()
			if c.name == "no tracking" {
				waitUntil(t, "they listen", func() bool { return subscribers(r) == 2 })
			}
			hint := one.Changed("k")
			if _, err := one.Load(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
			claim, err := other.Acquire(t.Context(), "k", wecom.Want{}, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			token := wecom.StoredToken{Value: "t", Fence: claim.Fence, FetchedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
			if saved, err := other.Save(t.Context(), "k", token); err != nil || !saved {
				t.Fatal(saved, err)
			}
			select {
			case <-hint:
			case <-time.After(10 * time.Second):
				t.Error("no hint")
			}
			waitUntil(t, "the other finds the token", func() bool {
				got, err := one.Load(t.Context(), "k")
				return err == nil && got.Value == "t"
			})
			if err := one.Drop(t.Context(), "k", "t", claim.Fence); err != nil {
				t.Error(err)
			}
			if err := one.Fail(t.Context(), "k", claim.Fence, wecom.TokenFailure{Msg: "x"}); err != nil {
				t.Error(err)
			}
			sendThrough(t, sim, one, 2)
			sendThrough(t, sim, other, 2)
			if err := sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, 42001); err != nil {
				t.Fatal(err)
			}
			sendThrough(t, sim, one, 2)
			if n := sim.Stats().Calls["gettoken"]; n != 2 || log.String() != "" {
				t.Errorf("%d gettoken; the log says %q", n, log.String())
			}
			one.Close()
			other.Close()
			if got := r.askAll("ACL", "LOG"); !strings.HasPrefix(got, "*0") && c.name != "no tracking" {
				t.Errorf("Redis denied something: %s", got)
			}
		})
	}
}

// A password in the URL is in no error.
func TestURLIsNotQuoted(t *testing.T) {
	for _, url := range []string{"http://user:hidden@127.0.0.1", "redis://user:hidden@127.0.0.1:x", "redis://:hidden@127.0.0.1/x/y", "://hidden"} {
		if _, err := redisstore.New(url, redisstore.Options{}); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: error %v", url, err)
		}
	}
	for _, opts := range []redisstore.Options{{EncryptionKey: []byte("short")}, {Prefix: "{x}"}, {Timeout: -1}, {Hints: redisstore.NewHints()}} {
		if _, err := redisstore.New("redis://127.0.0.1:1", opts); err == nil {
			t.Errorf("no error with %+v", opts)
		}
	}
}

// A client of the caller's own, with and without hints.
func TestWithClient(t *testing.T) {
	r := startRedis(t)
	for _, tracked := range []bool{true, false} {
		hints := redisstore.NewHints()
		option := rueidis.ClientOption{InitAddress: []string{r.addr}}
		if tracked {
			option.OnInvalidations = hints.Invalidated
		} else {
			option.DisableCache = true
		}
		client, err := rueidis.NewClient(option)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		store, err := redisstore.NewWithClient(client, redisstore.Options{Hints: hints})
		if err != nil {
			t.Fatal(err)
		}
		sim := wecomtest.NewServer(t)
		r.ask("FLUSHALL")
		sendThrough(t, sim, store, 2)
		store.Close() // leaves the caller's client alone
		sendThrough(t, sim, store, 2)
		if n := sim.Stats().Calls["gettoken"]; n != 1 {
			t.Errorf("tracked %v: %d gettoken", tracked, n)
		}
	}
}
