package redisstore

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// connection is a client that may not be there yet, and what is known of the other side.
type connection struct {
	client atomic.Pointer[rueidis.Client]
	log    *slog.Logger
	away   atomic.Bool

	stop context.CancelFunc // of the goroutine that connects and listens; nil for a caller's own client
	done chan struct{}
}

// errAway says that there is no connection to Redis yet.
var errAway = errors.New("redisstore: no connection to Redis")

// reconnectPause is how long to wait between two attempts to reach a Redis that was away from the start.
const reconnectPause = 500 * time.Millisecond

// connect returns a connection for the option. If Redis is not there, it goes on trying.
func connect(option rueidis.ClientOption, prefix string, opts Options) *connection {
	ctx, stop := context.WithCancel(context.Background())
	c := &connection{log: opts.Logger, stop: stop, done: make(chan struct{})}
	tracking, err := c.dial(option)
	go func() {
		defer close(c.done)
		for err != nil {
			c.note(err)
			select {
			case <-time.After(reconnectPause):
			case <-ctx.Done():
				return
			}
			tracking, err = c.dial(option)
		}
		if !tracking {
			c.listen(ctx, prefix, opts.Hints)
		}
	}()
	return c
}

// dial makes the client, with tracking if Redis has it.
func (c *connection) dial(option rueidis.ClientOption) (tracking bool, err error) {
	tracking = true
	client, err := rueidis.NewClient(option)
	if errors.Is(err, rueidis.ErrNoCache) {
		tracking, option.DisableCache = false, true
		client, err = rueidis.NewClient(option)
	}
	if err == nil {
		c.client.Store(&client)
	}
	return tracking, err
}

// listen hears of changes by a channel, where Redis does not track keys: behind some proxies.
func (c *connection) listen(ctx context.Context, prefix string, hints *Hints) {
	client := *c.client.Load()
	for ctx.Err() == nil {
		_ = client.Receive(ctx, client.B().Subscribe().Channel(channel(prefix)).Build(), func(m rueidis.PubSubMessage) {
			hints.one(m.Message)
		})
		hints.all() // whatever was missed
		select {
		case <-time.After(reconnectPause):
		case <-ctx.Done():
		}
	}
}

func (c *connection) close() {
	if c.stop == nil {
		return
	}
	c.stop()
	<-c.done
	if client := c.client.Load(); client != nil {
		(*client).Close()
	}
}

// do asks Redis, for at most timeout, and notes whether it answered.
func (c *connection) do(ctx context.Context, timeout time.Duration, ask func(context.Context, rueidis.Client) error) error {
	client := c.client.Load()
	if client == nil {
		return errAway
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := ask(ctx, *client)
	c.note(err)
	return err
}

// note tells the log when Redis goes away and when it is back, each once.
func (c *connection) note(err error) {
	if c.away.Swap(err != nil) == (err != nil) || c.log == nil {
		return
	}
	if err != nil {
		c.log.Warn("redis does not answer; tokens are fetched by each process for itself", "error", err)
	} else {
		c.log.Info("redis answers again; tokens are shared")
	}
}

// tokenKey returns the key of the token that another key of the same token belongs to.
func tokenKey(key string) string {
	if i := strings.LastIndexByte(key, '}'); i >= 0 {
		return key[:i+1] + ":token"
	}
	return key
}
