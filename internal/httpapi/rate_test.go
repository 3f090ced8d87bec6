package httpapi

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/access"
)

// timed gives the API a clock that the test moves.
func (w *world) timed() (advance func(time.Duration)) {
	clock := at(now)
	var mu sync.Mutex
	w.api.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
	return func(d time.Duration) { mu.Lock(); defer mu.Unlock(); clock = clock.Add(d) }
}

// ratedKey makes a key with a rate for all senders.
func (w *world) ratedKey(t *testing.T, rate string, scopes ...access.Scope) string {
	t.Helper()
	secret := w.key("", scopes...)
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.keys[access.HashSecret(secret)]
	var err error
	if k.Rate, err = access.ParseRate(rate); err != nil {
		t.Fatal(err)
	}
	return secret
}

func batchOf(n int) string {
	return `{"messages":[` + strings.TrimSuffix(strings.Repeat(hello+",", n), ",") + `]}`
}

func TestRate(t *testing.T) {
	w := newWorld(t)
	advance := w.timed()
	key, free := w.ratedKey(t, "3/m", access.Send, access.Read), w.key("", access.Send)
	send := func(key string) answer { return w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key) }
	for range 3 {
		send(key).message(t, 202)
	}
	over := func(key, retryAfter, says string) {
		t.Helper()
		got := send(key)
		if p := got.problem(t, 42901); got.header.Get("Retry-After") != retryAfter || !strings.Contains(p.Detail, says) {
			t.Errorf("Retry-After %s: %s\nwant %s, %q", got.header.Get("Retry-After"), p.Detail, retryAfter, says)
		}
	}
	over(key, "20", "the rate of the key is 3/m, the next request is taken in 20 s, at 2026-03-01T08:00:20.000Z")
	over(key, "20", "3/m") // what is refused costs nothing
	send(free).message(t, 202)
	w.call(t, "GET", "/v1/messages/msg_00000000001", "", "X-API-Key", key).problem(t, 42901)
	w.call(t, "GET", "/v1/apps", "", "X-API-Key", key).problem(t, 42901)
	if p := w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key, "Accept-Language", "zh").problem(t, 42901); p.Title != problemRate.title.zh || p.Hint != problemRate.hint.zh {
		t.Errorf("Chinese: %+v", p)
	}
	advance(19500 * time.Millisecond)
	over(key, "1", "in 1 s")
	advance(500 * time.Millisecond)
	send(key).message(t, 202)
	over(key, "20", "in 20 s")
	// What the key may not do counts as well: guessing is not free.
	advance(20 * time.Second)
	w.call(t, "POST", "/v1/messages/msg_00000000001/cancel", "", "X-API-Key", key).problem(t, 40301)
	over(key, "20", "3/m")
	// A period later the bucket is full, and no more than that.
	advance(time.Hour)
	for range 3 {
		send(key).message(t, 202)
	}
	over(key, "20", "3/m")
	if n := len(w.messages); n != 8 {
		t.Errorf("%d messages were stored, want 8", n)
	}
}

// A key that is made anew begins anew, and one that is revoked is refused as such.
func TestRateOfAKeyThatIsMadeAnew(t *testing.T) {
	w := newWorld(t)
	w.timed()
	send := func(key string) answer { return w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key) }
	key := w.ratedKey(t, "1/h", access.Send)
	send(key).message(t, 202)
	send(key).problem(t, 42901)
	fresh := w.ratedKey(t, "2/h", access.Send)
	w.mu.Lock()
	old := w.keys[access.HashSecret(key)]
	w.keys[access.HashSecret(fresh)].Name = old.Name
	delete(w.keys, access.HashSecret(key))
	w.mu.Unlock()
	send(key).problem(t, 40102)
	send(fresh).message(t, 202)
	send(fresh).message(t, 202)
	send(fresh).problem(t, 42901)
}

func TestRateOfBatches(t *testing.T) {
	w := newWorld(t)
	advance := w.timed()
	key := w.ratedKey(t, "10/s", access.Send)
	batch := func(n int) answer { return w.call(t, "POST", "/v1/messages/batch", batchOf(n), "X-API-Key", key) }
	good := func(n int) {
		t.Helper()
		if got := batch(n); got.status != 202 || !strings.Contains(got.text, fmt.Sprintf(`"accepted":%d`, n)) {
			t.Fatalf("batch of %d: %d %s", n, got.status, got.text)
		}
	}
	good(4)
	good(6)
	got := batch(1)
	if got.problem(t, 42901); got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %s", got.header.Get("Retry-After"))
	}
	// One that is larger than the bucket is taken whole, and made up for.
	advance(time.Second)
	good(1000)
	got = batch(1)
	if got.problem(t, 42901); got.header.Get("Retry-After") != "100" { // 990 owed, and 1 for the request
		t.Errorf("Retry-After is %s", got.header.Get("Retry-After"))
	}
	advance(99 * time.Second)
	batch(1).problem(t, 42901)
	advance(100 * time.Millisecond)
	good(1)
	batch(1).problem(t, 42901)
	// With something left it is taken as well: others who ask for little cannot keep it out.
	advance(100 * time.Millisecond)
	good(1000)
	// The messages that are wrong count, and what is no batch counts as a request.
	advance(time.Hour)
	if got := w.call(t, "POST", "/v1/messages/batch", `{"messages":[1,2,3,4,5,6,7,8,9]}`, "X-API-Key", key); got.status != 202 || !strings.Contains(got.text, `"refused":9`) {
		t.Errorf("%d %s", got.status, got.text)
	}
	w.call(t, "POST", "/v1/messages/batch", `{"messages":[]}`, "X-API-Key", key).problem(t, 42201)
	batch(1).problem(t, 42901)
}

// Of batches that come at once, one overdraws.
func TestRateOfBatchesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.timed()
	key := w.ratedKey(t, "50/h", access.Send)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got := w.call(t, "POST", "/v1/messages/batch", batchOf(100), "X-API-Key", key); got.status != 202 {
				got.problem(t, 42901)
			}
		})
	}
	wg.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.messages); n != 100 {
		t.Errorf("%d messages were stored, want those of one batch", n)
	}
}

// At any moment no more was taken than a bucket, what flowed in, and one batch; and who waits as long
// as he is told is let through.
func TestRateIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := access.Rate{N: rapid.IntRange(1, 2000).Draw(t, "n"), Per: rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(t, "per")}
		perSecond := float64(r.N) / r.Per.Seconds()
		key := &access.Key{ID: 1, Rate: r}
		all := rates{buckets: map[int64]*bucket{}}
		begin := at(now)
		clock, taken := begin, 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			clock = clock.Add(rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Float64Range(0, 1.5).Draw(t, "share") * float64(r.Per))
			}).Draw(t, "pause"))
			if rapid.Bool().Draw(t, "forget") {
				all.forget(clock)
			}
			n := rapid.SampledFrom([]int{1, 1, 1, 2, 10, 1000}).Draw(t, "messages")
			b := all.of(key)
			wait, ok := b.take(clock, 1, 1)
			if !ok {
				if wait <= 0 {
					t.Fatalf("refused, and told to wait for %v", wait)
				}
				clock = clock.Add(wait + time.Microsecond)
				if again, ok := b.take(clock, 1, 1); !ok {
					t.Fatalf("after the %v that it was told to wait it is told %v", wait, again)
				}
			}
			if _, ok := b.take(clock, n-1, 0); !ok {
				t.Fatal("a batch alone is refused after its request was let through")
			}
			taken += n
			if most := float64(r.N) + perSecond*clock.Sub(begin).Seconds() + 1000; float64(taken) > math.Ceil(most) {
				t.Fatalf("%d were taken after %v, with %v", taken, clock.Sub(begin), r)
			}
		}
	})
}

// What is remembered of rates is as large as the keys that were used lately.
func TestRatesAreForgotten(t *testing.T) {
	w := newWorld(t)
	advance := w.timed()
	fast, slow := w.ratedKey(t, "5/s", access.Send), w.ratedKey(t, "1/h", access.Send)
	none := w.key("", access.Send)
	for _, key := range []string{fast, slow, none} {
		w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key).message(t, 202)
	}
	count := func() int {
		w.api.rates.mu.Lock()
		defer w.api.rates.mu.Unlock()
		return len(w.api.rates.buckets)
	}
	if n := count(); n != 2 {
		t.Errorf("%d buckets for two keys with a rate", n)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.api.Run(ctx); close(done) }()
		for _, want := range []int{2, 1, 0} {
			time.Sleep(usageInterval)
			synctest.Wait()
			if n := count(); n != want {
				t.Errorf("%d buckets, want %d", n, want)
			}
			advance(time.Duration(2-want)*time.Hour + time.Second)
		}
		cancel()
		<-done
	})
}

// The log names the key, once a minute however much is refused.
func TestRateIsLogged(t *testing.T) {
	w := newWorld(t)
	advance := w.timed()
	key := w.ratedKey(t, "1/h", access.Send)
	for range 4 {
		w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key)
	}
	advance(time.Minute)
	w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key)
	log := w.log.String()
	if n := strings.Count(log, "over its rate"); n != 2 || !strings.Contains(log, "key=key-1 rate=1/h refused=1\n") || !strings.Contains(log, "refused=3\n") {
		t.Errorf("%d lines:\n%s", n, log)
	}
}
