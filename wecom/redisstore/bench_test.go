package redisstore_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// BenchmarkCachedToken is what a send pays for its token with Redis behind, and what it would pay if
// it asked Redis each time, as the well-known tutorial does.
func BenchmarkCachedToken(b *testing.B) {
	r, sim := startRedis(b), wecomtest.NewServer(b)
	store, err := redisstore.New(r.url(), redisstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(store.Close)
	config := sim.Config()
	config.Tokens = store
	client := sim.ClientOf(config)
	ctx := b.Context()
	if _, err := client.Token(ctx, ""); err != nil {
		b.Fatal(err)
	}
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = client.Token(ctx, "")
		}
	})
	plain := plainClient(b, r)
	r.ask("SET", "wx_access_token", "t")
	b.Run("a GET each time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := plain.Do(ctx, plain.B().Get().Key("wx_access_token").Build()).ToString(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLease compares a whole lease, from the double check to the fenced write, with the usual
// lock: SET NX PX, and a script that stores the token and deletes the lock if it is still one's own.
// They take turns, so that a machine that grows slow slows both; "x" is the ratio of the medians.
func BenchmarkLease(b *testing.B) {
	r := startRedis(b)
	store, err := redisstore.New(r.url(), redisstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(store.Close)
	ctx := b.Context()
	value := strings.Repeat("t", 200)
	token := wecom.StoredToken{Value: value, ExpiresAt: time.Now().Add(time.Hour), FetchedAt: time.Now()}
	ours := func() {
		claim, err := store.Acquire(ctx, "bench", wecom.Want{AfterFence: token.Fence}, time.Minute)
		if err != nil || !claim.Granted {
			b.Fatal(claim, err)
		}
		token.Fence = claim.Fence
		if saved, err := store.Save(ctx, "bench", token); err != nil || !saved {
			b.Fatal(saved, err)
		}
	}
	plain := plainClient(b, r)
	unlock := rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  return redis.call('DEL', KEYS[1])
end
return 0`)
	owner := 0
	theirs := func() {
		owner++
		me := strconv.Itoa(owner)
		within, cancel := context.WithTimeout(ctx, time.Second) // as every careful caller does
		defer cancel()
		if err := plain.Do(within, plain.B().Set().Key("{bench}lock").Value(me).Nx().PxMilliseconds(60000).Build()).Error(); err != nil {
			b.Fatal(err)
		}
		if err := unlock.Exec(within, plain, []string{"{bench}lock", "{bench}token"}, []string{me, value, "3600000"}).Error(); err != nil {
			b.Fatal(err)
		}
	}
	var a, o []time.Duration
	timed := func(list *[]time.Duration, run func()) {
		began := time.Now()
		run()
		*list = append(*list, time.Since(began))
	}
	for b.Loop() {
		timed(&a, ours)
		timed(&o, theirs)
	}
	slices.Sort(a)
	slices.Sort(o)
	x, y := a[len(a)/2], o[len(o)/2]
	b.ReportMetric(float64(x.Nanoseconds()), "ours-ns")
	b.ReportMetric(float64(y.Nanoseconds()), "plain-ns")
	b.ReportMetric(float64(x)/float64(y), "x")
}

// plainClient is the same library with the same settings, so that only the protocol differs.
func plainClient(b *testing.B, r *redisServer) rueidis.Client {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{r.addr}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	_ = client.Do(context.Background(), client.B().Ping().Build()).Error()
	return client
}
