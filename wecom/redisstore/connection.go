package redisstore

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// connection is a client that may not be there yet, and what is known of the other side.
type connection struct {
	client atomic.Pointer[rueidis.Client]
	log    *slog.Logger
	away   atomic.Bool

	hints *Hints

	ctx  context.Context // ends with the store; nil for a caller's own client
	stop context.CancelFunc

	mu     sync.Mutex
	closed bool
	busy   sync.WaitGroup // goroutines that connect, listen or look whether Redis is back
}

// spawn starts a goroutine that ends with the store; none for a caller's own client, or after the end.
func (c *connection) spawn(run func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.ctx == nil {
		return
	}
	c.busy.Add(1)
	go func() {
		defer c.busy.Done()
		run()
	}()
}

// errAway says that there is no connection to Redis yet.
var errAway = errors.New("redisstore: no connection to Redis")

// reconnectPause is how long to wait between two attempts to reach a Redis that was away from the start.
const reconnectPause = 500 * time.Millisecond

// connect returns a connection for the option. If Redis is not there, it goes on trying.
func connect(option rueidis.ClientOption, prefix string, opts Options) *connection {
	c := &connection{log: opts.Logger, hints: opts.Hints}
	c.ctx, c.stop = context.WithCancel(context.Background())
	tracking, err := c.dial(option)
	c.spawn(func() {
		for err != nil {
			c.tell(err)
			if !c.pause() {
				return
			}
			tracking, err = c.dial(option)
		}
		c.tell(nil)
		c.hints.all() // those who have waited all the while
		if !tracking {
			c.listen(prefix)
		}
	})
	return c
}

// pause waits a little, or reports false because the store was closed.
func (c *connection) pause() bool {
	select {
	case <-time.After(reconnectPause):
		return true
	case <-c.ctx.Done():
		return false
	}
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
func (c *connection) listen(prefix string) {
	client := *c.client.Load()
	for c.ctx.Err() == nil {
		_ = client.Receive(c.ctx, client.B().Subscribe().Channel(channel(prefix)).Build(), func(m rueidis.PubSubMessage) {
			c.hints.one(m.Message)
		})
		c.hints.all() // whatever was missed
		c.pause()
	}
}

func (c *connection) close() {
	if c.stop == nil {
		return
	}
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.busy.Wait()
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
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := ask(within, *client)
	if err == nil || ctx.Err() == nil { // else it is the caller who left
		if c.tell(err) && err != nil {
			c.spawn(func() { c.lookForIt(*client, timeout) })
		}
	}
	return err
}

// lookForIt asks until Redis answers again, since what it has to tell of changes comes only over
// connections on which it was asked; then it wakes everybody.
func (c *connection) lookForIt(client rueidis.Client, timeout time.Duration) {
	for c.pause() {
		ctx, cancel := context.WithTimeout(c.ctx, timeout)
		err := client.Do(ctx, client.B().Ping().Build()).Error()
		cancel()
		if err == nil {
			c.tell(nil)
			c.hints.all()
			return
		}
	}
}

// tell notes whether Redis answers, and reports whether that is news. The log is told of it once.
func (c *connection) tell(err error) (news bool) {
	if c.away.Swap(err != nil) == (err != nil) {
		return false
	}
	switch {
	case c.log == nil:
	case err != nil:
		c.log.Warn("redis does not answer; each process fetches tokens for itself", "error", err)
	default:
		c.log.Info("redis answers again; tokens are shared")
	}
	return true
}

// tokenKey returns the key of the token that another key of the same token belongs to.
func tokenKey(key string) string {
	if i := strings.LastIndexByte(key, '}'); i >= 0 {
		return key[:i+1] + ":token"
	}
	return key
}
