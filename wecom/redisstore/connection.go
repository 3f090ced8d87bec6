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
	lent   bool         // the client is the caller's, and stays open
	log    *slog.Logger // or nil
	hints  *Hints

	// away is set by the first who gets no answer, and taken back by the one goroutine that is started
	// then to look for Redis. An answer to others says nothing: it may come from this process's copy.
	away atomic.Bool

	ctx  context.Context // ends with the store
	stop context.CancelFunc

	toldMu sync.Mutex
	told   map[string]time.Time // when the log was last told of a kind of trouble

	mu     sync.Mutex
	closed bool
	busy   sync.WaitGroup // goroutines that connect, listen or look whether Redis is back
}

func newConnection(opts Options) *connection {
	c := &connection{log: opts.Logger, hints: opts.Hints, told: make(map[string]time.Time)}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.hints.away.Store(&c.away)
	return c
}

// spawn starts a goroutine that ends with the store; none after the end.
func (c *connection) spawn(run func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
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
	c := newConnection(opts)
	tracking, err := c.dial(option)
	if err != nil {
		c.isAway(err)
	}
	c.spawn(func() {
		late := err != nil
		for err != nil {
			if !c.pause() {
				return
			}
			tracking, err = c.dial(option)
		}
		if late {
			c.isBack()
		}
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
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.busy.Wait()
	if client := c.client.Load(); client != nil && !c.lent {
		(*client).Close()
	}
}

// do asks Redis, for at most timeout, and notes what is wrong with it.
func (c *connection) do(ctx context.Context, timeout time.Duration, ask func(context.Context, rueidis.Client) error) error {
	client := c.client.Load()
	if client == nil {
		return errAway
	}
	if err := ctx.Err(); err != nil {
		return err // nothing was asked
	}
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := ask(within, *client)
	switch {
	case err == nil:
	case answered(err):
		c.warn(kindOf(err), "redis refuses; each process fetches tokens for itself where it must", plain(err))
	case errors.Is(ctx.Err(), context.Canceled): // the caller left
	case c.isAway(err):
		c.spawn(func() { c.lookForIt(*client, timeout) })
	}
	return err
}

// lookForIt asks until Redis answers again, since what it has to tell of changes comes only over
// connections on which it was asked.
func (c *connection) lookForIt(client rueidis.Client, timeout time.Duration) {
	for c.pause() {
		ctx, cancel := context.WithTimeout(c.ctx, timeout)
		err := client.Do(ctx, client.B().Ping().Build()).Error()
		cancel()
		if err == nil || answered(err) {
			c.isBack()
			return
		}
	}
}

// isAway notes that Redis does not answer, and reports whether that is news. Whoever gets true sees to
// it that isBack is called.
func (c *connection) isAway(err error) (news bool) {
	if !c.away.CompareAndSwap(false, true) {
		return false
	}
	if c.log != nil {
		c.log.Warn("redis does not answer; each process fetches tokens for itself", "error", plain(err))
	}
	return true
}

// isBack notes that Redis answers again, and wakes everybody: changes may have been missed.
func (c *connection) isBack() {
	if c.log != nil {
		c.log.Info("redis answers again; tokens are shared")
	}
	c.away.Store(false)
	c.hints.all()
}

// warnPause is how long the log is not told again of the same kind of trouble.
const warnPause = time.Minute

// warn tells the log of a kind of trouble that each question may meet, once in a while.
func (c *connection) warn(kind, text string, err error) {
	if c.log == nil {
		return
	}
	c.toldMu.Lock()
	now := time.Now()
	last, known := c.told[kind]
	due := !known || now.Sub(last) >= warnPause
	if due {
		c.told[kind] = now
	}
	c.toldMu.Unlock()
	if due {
		c.log.Warn(text, "error", err)
	}
}

// errAnswer says that Redis answered, but with something else than was asked for.
var errAnswer = errors.New("redisstore: an answer that makes no sense")

// answered reports whether an error is Redis's own word: it is there, and refuses this question. One
// that refuses all, PING too, is as good as away.
func answered(err error) bool {
	e, ok := rueidis.IsRedisErr(err)
	if !ok {
		return rueidis.IsParseErr(err) || errors.Is(err, errAnswer)
	}
	for _, all := range []string{"LOADING", "MASTERDOWN", "NOAUTH", "WRONGPASS", "ERR max number of clients"} {
		if strings.HasPrefix(e.Error(), all) {
			return false
		}
	}
	return true
}

// kindOf returns the code that an error of Redis begins with.
func kindOf(err error) string {
	if e, ok := rueidis.IsRedisErr(err); ok {
		kind, _, _ := strings.Cut(e.Error(), " ")
		return kind
	}
	return "answer"
}

// plain returns the error without the arguments that Redis quotes of a command it does not know: a
// token may be one.
func plain(err error) error {
	if text, _, quotes := strings.Cut(err.Error(), ", with args beginning with"); quotes {
		return errors.New(text)
	}
	return err
}

// tokenKey returns the key of the token that another key of the same token belongs to.
func tokenKey(key string) string {
	if i := strings.LastIndexByte(key, '}'); i >= 0 {
		return key[:i+1] + ":token"
	}
	return key
}
