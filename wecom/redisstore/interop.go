package redisstore

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/redis/rueidis"

	"github.com/hongyan-im/hongyan/wecom"
)

// Interop shares a token with a program that keeps it in Redis in its own way: under a key of its
// own, in a form of its own. hongyan reads that key when it has no token itself, and writes what it
// fetches there; the other program goes on as it does.
//
// The other program does not know of leases and fences, so it may still fetch at the same moment.
// WeCom gives both the same token then. In a Cluster it works as well, but not in one step.
type Interop struct {
	// Key returns the other program's key for a token; token keys are those of [wecom.TokenKey].
	Key func(tokenKey string) string
	// Encode turns a token into what the other program reads. nil means the bare token.
	Encode func(token string) string
	// Decode turns what the other program wrote into a token, or reports that it is none. nil means
	// the bare token.
	Decode func(value string) (token string, ok bool)
	// Margin is how much earlier than the token's end the key ends; the other program probably counts
	// on it. 0 means 200 s: a token of 7200 s is kept for 7000.
	Margin time.Duration
}

const defaultMargin = 200 * time.Second

// foreignFence is older than any fence of ours: a token of the other program gives way to one that
// was fetched under a lease.
const foreignFence = 1

func (i *Interop) encode(token string) string {
	if i.Encode == nil {
		return token
	}
	return i.Encode(token)
}

func (i *Interop) decode(value string) (string, bool) {
	if i.Decode == nil {
		return value, value != ""
	}
	return i.Decode(value)
}

// loadForeign returns the token that the other program keeps, if there is one.
func (s *Store) loadForeign(ctx context.Context, key string) (t wecom.StoredToken, err error) {
	err = s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) error {
		foreign := s.interop.Key(key)
		answers := client.DoMulti(ctx, client.B().Get().Key(foreign).Build(), client.B().Pttl().Key(foreign).Build())
		value, err := answers[0].ToString()
		if rueidis.IsRedisNil(err) {
			return nil
		}
		left, err2 := answers[1].AsInt64()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		token, ok := s.interop.decode(value)
		if !ok || token == "" {
			return nil
		}
		life, ok := s.interop.life(left)
		if !ok {
			return nil
		}
		now := time.Now()
		t = wecom.StoredToken{Value: token, Fence: foreignFence, FetchedAt: now, ExpiresAt: now.Add(life)}
		return nil
	})
	return t, err
}

// life returns how long the other program's token still lives by what PTTL says of its key, or reports
// that the key is gone: it may end between two questions. The token outlives its key by the margin; to
// ask WeCom for another in between would only bring the same one.
func (i *Interop) life(pttl int64) (time.Duration, bool) {
	switch {
	case pttl == -1: // the key never ends: its owner does not know when the token will
		return 2 * time.Hour, true
	case pttl < 0:
		return 0, false
	}
	return time.Duration(pttl)*time.Millisecond + i.margin(), true
}

func (i *Interop) margin() time.Duration { return cmp.Or(i.Margin, defaultMargin) }

// saveForeign gives the other program a token.
func (s *Store) saveForeign(ctx context.Context, key string, t wecom.StoredToken) error {
	left := time.Until(t.ExpiresAt) - s.interop.margin()
	if left <= 0 {
		left = time.Until(t.ExpiresAt) / 2
	}
	if left < time.Millisecond {
		return nil
	}
	return s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) error {
		return client.Do(ctx, client.B().Set().Key(s.interop.Key(key)).Value(s.interop.encode(t.Value)).Px(left).Build()).Error()
	})
}

// dropForeign removes a refused token, if it is still the one the other program has.
func (s *Store) dropForeign(ctx context.Context, key, token string) error {
	return s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) error {
		foreign := s.interop.Key(key)
		value, err := client.Do(ctx, client.B().Get().Key(foreign).Build()).ToString()
		if rueidis.IsRedisNil(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if its, ok := s.interop.decode(value); !ok || its != token {
			return nil
		}
		return compareAndDelete.Exec(ctx, client, []string{foreign}, []string{value}).Error()
	})
}

var compareAndDelete = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
`)
