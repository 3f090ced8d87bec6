// Package redisstore keeps the tokens of package wecom in Redis, so that all processes that send
// for an app share one: whoever needs it first fetches it, the others wait for that one, and a
// token that one of them replaced is known to all within a round trip.
//
//	store, err := redisstore.New("redis://127.0.0.1:6379", redisstore.Options{})
//	client, err := wecom.New(wecom.Config{…, Tokens: store})
//
// It works with a single Redis 6 or newer, with Sentinel and with Cluster. When Redis is away,
// processes go on with the tokens they have and fetch for themselves.
package redisstore

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/hongyan-im/hongyan/wecom"
)

// Options change what a store does. The zero value is useful.
type Options struct {
	// Prefix begins every key. "" means "hongyan:".
	Prefix string
	// EncryptionKey encrypts the tokens in Redis with AES-GCM: 16, 24 or 32 bytes, the same in all
	// processes. nil means that whoever can read Redis can read tokens.
	EncryptionKey []byte
	// Timeout bounds one question to Redis. When it is over the process goes on without Redis. 0
	// means 1 s.
	Timeout time.Duration
	// Logger is told once when Redis goes away and once when it is back, and at most once a minute for
	// each kind of trouble with a Redis that is there. nil means nobody is.
	Logger *slog.Logger
	// Interop shares tokens with another program's way of keeping them. nil means there is none.
	Interop *Interop
	// Hints are those of a client that was made by the caller; see NewWithClient.
	Hints *Hints
}

// Store is a [wecom.TokenStore] on Redis. It is safe for concurrent use by any number of clients
// and apps.
type Store struct {
	redis   *connection
	prefix  string
	seal    cipher.AEAD // nil: tokens in clear
	timeout time.Duration
	hints   *Hints
	interop *Interop // or nil

	skew    atomic.Int64 // Redis's clock minus ours, in nanoseconds; by it one record means the same to all
	skewSet atomic.Bool
}

var (
	_ wecom.TokenStore   = (*Store)(nil)
	_ wecom.TokenWatcher = (*Store)(nil)
)

// New returns a store on the Redis of a URL:
//
//	redis://user:password@127.0.0.1:6379/0
//	rediss://…                                    over TLS
//	redis://10.0.0.1:6379?addr=10.0.0.2:6379      a cluster
//	redis://10.0.0.1:26379?master_set=mymaster    Sentinel
//
// New waits for one attempt to connect, up to some seconds if an address does not answer at all. An
// unreachable Redis is no error: the store connects when it is there. Close ends it.
func New(url string, opts Options) (*Store, error) {
	option, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redisstore: not the URL of a Redis, such as redis://127.0.0.1:6379") // the URL itself may hold a password
	}
	if opts.Hints != nil {
		return nil, errors.New("redisstore: Options.Hints belong to NewWithClient")
	}
	opts.Hints = NewHints()
	option.OnInvalidations = opts.Hints.Invalidated
	option.Dialer.Timeout = 2 * time.Second
	option.ConnWriteTimeout = 5 * time.Second // a connection that hangs longer is given up
	option.DisableRetry = true                // how long to wait is for the token's cache to say
	option.CacheSizeEachConn = 1 << 20        // a token is some hundred bytes
	s, err := newStore(opts)
	if err != nil {
		return nil, err
	}
	s.redis = connect(option, s.prefix, opts)
	return s, nil
}

// NewWithClient returns a store on a client that the caller has made, and closes after the store. To
// be woken by Redis rather than by a timer, make it with OnInvalidations: hints.Invalidated of the same
// [Hints] that stand in opts.
func NewWithClient(client rueidis.Client, opts Options) (*Store, error) {
	s, err := newStore(opts)
	if err != nil {
		return nil, err
	}
	opts.Hints = s.hints
	s.redis = newConnection(opts)
	s.redis.lent = true
	s.redis.client.Store(&client)
	return s, nil
}

func newStore(opts Options) (*Store, error) {
	s := &Store{prefix: cmp.Or(opts.Prefix, "hongyan:"), timeout: cmp.Or(opts.Timeout, time.Second), hints: opts.Hints, interop: opts.Interop}
	if strings.ContainsAny(s.prefix, "{}") {
		return nil, errors.New("redisstore: Options.Prefix must have no braces: they decide where a cluster keeps a key")
	}
	if s.timeout < 0 {
		return nil, fmt.Errorf("redisstore: Options.Timeout is %v", s.timeout)
	}
	if s.interop != nil && s.interop.Key == nil {
		return nil, errors.New("redisstore: Options.Interop.Key is not set")
	}
	if s.hints == nil {
		s.hints = NewHints()
	}
	if opts.EncryptionKey != nil {
		block, err := aes.NewCipher(opts.EncryptionKey)
		if err != nil {
			return nil, fmt.Errorf("redisstore: Options.EncryptionKey has %d bytes, it must have 16, 24 or 32", len(opts.EncryptionKey))
		}
		if s.seal, err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("redisstore: %w", err)
		}
	}
	return s, nil
}

// Close ends what the store itself has begun: its connections, not a client of the caller's.
func (s *Store) Close() { s.redis.close() }

// keys of one token. The hash tag keeps them in one place of a cluster, where a script needs them.
func (s *Store) keys(key string) []string {
	base := s.prefix + "{" + key + "}"
	return []string{base + ":token", base + ":lease", base + ":failure"}
}

// Changed implements [wecom.TokenStore].
func (s *Store) Changed(key string) <-chan struct{} { return s.hints.changed(s.keys(key)[0]) }

// Watch implements [wecom.TokenWatcher].
func (s *Store) Watch(key string, changed func()) { s.hints.watch(s.keys(key)[0], changed) }

// Load implements [wecom.TokenStore]. Between changes it is answered from this process's own copy.
func (s *Store) Load(ctx context.Context, key string) (wecom.StoredToken, error) {
	if err := s.learnSkew(ctx); err != nil {
		return wecom.StoredToken{}, err
	}
	keys := s.keys(key)
	var record string
	err := s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) (err error) {
		// The failure is read as well, to be told of one: a holder that failed changes no token.
		answers := client.DoMultiCache(ctx,
			rueidis.CT(client.B().Get().Key(keys[0]).Cache(), cacheLife),
			rueidis.CT(client.B().Get().Key(keys[2]).Cache(), cacheLife))
		record, err = answers[0].ToString()
		if rueidis.IsRedisNil(err) {
			record, err = "", nil
		}
		return err
	})
	if err != nil {
		return wecom.StoredToken{}, err
	}
	if record != "" {
		if t, err := s.decode(keys[0], record); err == nil {
			return t, nil
		}
		// Garbage, or of another encryption key: as if it were not there.
	}
	if s.interop != nil {
		return s.loadForeign(ctx, key)
	}
	return wecom.StoredToken{}, nil
}

// cacheLife bounds how long a copy is trusted if its invalidation got lost.
const cacheLife = time.Minute

// Acquire implements [wecom.TokenStore]: the double check and the lock in one round trip.
func (s *Store) Acquire(ctx context.Context, key string, want wecom.Want, lease time.Duration) (wecom.Claim, error) {
	keys := s.keys(key)
	answer, err := s.acquire(ctx, keys, want, lease, "")
	if err != nil {
		return wecom.Claim{}, err
	}
	claim, err := s.claim(keys[0], answer)
	if errors.Is(err, errRecord) && len(answer) == 3 {
		s.redis.warn("record", "a token in Redis cannot be read: it was encrypted with another key, or is not of this package; it is replaced", err)
		record, _ := answer[1].ToString()
		if answer, err = s.acquire(ctx, keys, want, lease, record); err != nil {
			return wecom.Claim{}, err
		}
		return s.claim(keys[0], answer)
	}
	return claim, err
}

// acquire runs the script. unreadable is a record to be treated as if it were not there, or "".
func (s *Store) acquire(ctx context.Context, keys []string, want wecom.Want, lease time.Duration, unreadable string) (answer []rueidis.RedisMessage, err error) {
	err = s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) (err error) {
		answer, err = acquire.Exec(ctx, client, keys, []string{
			digest(want.Not), decimal(want.NotFence), decimal(oldest(want)), decimal(want.AfterFence), decimal(want.WaitedFor),
			decimal(lease.Milliseconds()), unreadable,
		}).ToArray()
		return err
	})
	return answer, err
}

// largestFence is the largest number that a script can add one to. Microseconds reach it in 2255; a
// caller that does not know a fence gives a larger one.
const largestFence = 1<<53 - 1

// oldest returns the fence before which no token will do in place of the one that was refused, or 0 if
// nobody knows what fence that one had.
func oldest(want wecom.Want) int64 {
	if want.Not == "" || want.NotFence > largestFence {
		return 0
	}
	return want.NotFence
}

// Save implements [wecom.TokenStore].
func (s *Store) Save(ctx context.Context, key string, t wecom.StoredToken) (bool, error) {
	left := time.Until(t.ExpiresAt)
	if left < time.Millisecond { // dead already: nothing that others could use
		return s.save(ctx, s.keys(key), t.Fence, "nothing", "", 0)
	}
	if err := s.learnSkew(ctx); err != nil {
		return false, err
	}
	keys := s.keys(key)
	record, err := s.encode(keys[0], t)
	if err != nil {
		return false, err
	}
	saved, err := s.save(ctx, keys, t.Fence, "token", record, left)
	if saved && s.interop != nil {
		_ = s.saveForeign(ctx, key, t) // the other program fetches for itself if this fails
	}
	return saved, err
}

// failureMemory is how long those who waited for a holder can find out that it failed.
const failureMemory = 10 * time.Second

// Fail implements [wecom.TokenStore].
func (s *Store) Fail(ctx context.Context, key string, fence int64, failure wecom.TokenFailure) error {
	if err := s.learnSkew(ctx); err != nil {
		return err
	}
	_, err := s.save(ctx, s.keys(key), fence, "failure", s.encodeFailure(fence, failure), max(time.Until(failure.Until), failureMemory))
	return err
}

func (s *Store) save(ctx context.Context, keys []string, fence int64, kind, record string, life time.Duration) (saved bool, err error) {
	err = s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) error {
		n, err := save.Exec(ctx, client, keys, []string{
			decimal(fence), kind, record, decimal(life.Milliseconds()), channel(s.prefix),
		}).AsInt64()
		saved = n == 1
		return err
	})
	return saved, err
}

// Drop implements [wecom.TokenStore].
func (s *Store) Drop(ctx context.Context, key, token string, fence int64) error {
	if s.interop != nil {
		if err := s.dropForeign(ctx, key, token); err != nil {
			return err
		}
	}
	return s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) error {
		return drop.Exec(ctx, client, s.keys(key)[:1], []string{digest(token), decimal(fence), channel(s.prefix)}).Error()
	})
}
