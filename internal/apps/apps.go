// Package apps makes the calls of WeCom for the gateway: it has a client for each app and each robot
// of the configuration, and one store for their tokens.
package apps

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
)

// Apps are the senders of a configuration. It implements [delivery.Senders].
type Apps struct {
	// Media are the files that messages may name by an id of the gateway. nil means none. It is set before
	// the first call.
	Media Media

	redis   config.Secret
	tokens  wecom.TokenStore
	observe func(delivery.Sender) wecom.Observer
	close   func()

	reload  sync.Mutex
	current atomic.Pointer[senders]
}

var _ delivery.Senders = (*Apps)(nil)

// New returns the senders of a configuration. It asks nobody: a wrong secret shows at the first
// message. A Redis that is not there is no error, and the log is told. observe says who is told of a
// sender's calls; nil means nobody.
func New(c *config.Config, log *slog.Logger, observe func(delivery.Sender) wecom.Observer) (*Apps, error) {
	if observe == nil {
		observe = func(delivery.Sender) wecom.Observer { return nil }
	}
	a := &Apps{redis: c.Redis, observe: observe, close: func() {}}
	if c.Redis == "" {
		a.tokens = wecom.NewMemoryStore()
	} else {
		store, err := redisstore.New(string(c.Redis), redisstore.Options{Logger: log})
		if err != nil {
			return nil, err
		}
		a.tokens, a.close = store, store.Close
	}
	a.current.Store(&senders{})
	if err := a.Reload(c); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// ErrRedisChanged says that another Redis needs another process.
var ErrRedisChanged = errors.New("apps: redis was changed, which needs a restart")

// Reload takes up another configuration, all of it or, with an error, nothing. Calls that are under
// way end as they began; senders that are as before keep their connections.
func (a *Apps) Reload(c *config.Config) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	if c.Redis != a.redis {
		return ErrRedisChanged
	}
	before := a.current.Load()
	now, err := before.successor(c, a)
	if err != nil {
		return err
	}
	a.current.Store(now)
	before.retire(now)
	return nil
}

// Close ends the connections that are not in use, and the store of the tokens.
func (a *Apps) Close() {
	a.current.Load().retire(&senders{})
	a.close()
}

// Knows implements [delivery.Senders].
func (a *Apps) Knows(s delivery.Sender) bool { return a.current.Load().find(s) != nil }

// Names lists the senders: apps first, each kind in the order of the configuration.
func (a *Apps) Names() []delivery.Sender { return a.current.Load().names }

// Settings is what the configuration says about a sender, without its secret.
type Settings struct {
	config.Queue
	CorpID     string // "" for a robot
	AgentID    int
	AccountCap int
}

// Settings returns those of a sender; they are zero for one that is not known.
func (a *Apps) Settings(s delivery.Sender) Settings {
	if x := a.current.Load().find(s); x != nil {
		return x.settings
	}
	return Settings{}
}

// Client returns the client of an app.
func (a *Apps) Client(name string) (*wecom.Client, bool) {
	if x := a.current.Load().find(delivery.App(name)); x != nil && x.client != nil {
		return x.client, true
	}
	return nil, false
}

// Token returns the access token of an app, and when it dies at the latest, or zero if that is not
// known. stale is the one that WeCom just refused, or "".
func (a *Apps) Token(ctx context.Context, s delivery.Sender, stale string) (token string, expires time.Time, err error) {
	now := a.current.Load()
	x := now.find(s)
	if x == nil || x.client == nil {
		return "", time.Time{}, delivery.ErrUnknownSender
	}
	if token, err = x.client.Token(ctx, stale); err != nil {
		return "", time.Time{}, err
	}
	key := wecom.TokenKey(now.wecom.BaseURL, x.app.CorpID, string(x.app.Secret))
	if kept, err := a.tokens.Load(ctx, key); err == nil && kept.Value == token {
		expires = kept.ExpiresAt
	}
	return token, expires, nil
}

// Send implements [delivery.Senders].
func (a *Apps) Send(ctx context.Context, s delivery.Sender, c delivery.Content) (wecom.Receipt, error) {
	x := a.current.Load().find(s)
	if x == nil {
		return wecom.Receipt{}, delivery.ErrUnknownSender
	}
	x.begin()
	defer x.end()
	if c.NamesMedia() {
		return a.sendWithMedia(ctx, x, s, c)
	}
	return x.send(ctx, s, c)
}

func (x *sender) send(ctx context.Context, s delivery.Sender, c delivery.Content) (wecom.Receipt, error) {
	switch {
	case x.robot != nil && c.Robot != nil:
		return wecom.Receipt{}, x.robot.Send(ctx, *c.Robot)
	case x.client != nil && c.App != nil:
		return x.client.Send(ctx, *c.App)
	case x.client != nil && c.Chat != nil:
		return wecom.Receipt{}, x.client.SendChat(ctx, *c.Chat)
	}
	return wecom.Receipt{}, fmt.Errorf("apps: %s cannot send what is of kind %d", s, c.Kind())
}

// UserIDByMobile returns the user id of the member with a phone number, as the app sees it.
func (a *Apps) UserIDByMobile(ctx context.Context, s delivery.Sender, mobile string) (string, error) {
	x, err := a.app(s)
	if err != nil {
		return "", err
	}
	x.begin()
	defer x.end()
	return x.client.UserIDByMobile(ctx, mobile)
}

// UserIDByEmail returns the user id of the member with an address, likewise.
func (a *Apps) UserIDByEmail(ctx context.Context, s delivery.Sender, email string, kind wecom.EmailKind) (string, error) {
	x, err := a.app(s)
	if err != nil {
		return "", err
	}
	x.begin()
	defer x.end()
	return x.client.UserIDByEmail(ctx, email, kind)
}

var _ delivery.Changer = (*Apps)(nil)

// Recall implements [delivery.Changer].
func (a *Apps) Recall(ctx context.Context, s delivery.Sender, msgID string) error {
	x, err := a.app(s)
	if err != nil {
		return err
	}
	x.begin()
	defer x.end()
	return x.client.Recall(ctx, msgID)
}

// UpdateCard implements [delivery.Changer].
func (a *Apps) UpdateCard(ctx context.Context, s delivery.Sender, u wecom.CardUpdate) (notReached []string, err error) {
	x, err := a.app(s)
	if err != nil {
		return nil, err
	}
	x.begin()
	defer x.end()
	if u.Card, err = a.cardMedia(ctx, x, u.Card); err != nil {
		return nil, err
	}
	return x.client.UpdateCard(ctx, u)
}

func (a *Apps) app(s delivery.Sender) (*sender, error) {
	x := a.current.Load().find(s)
	switch {
	case x == nil:
		return nil, delivery.ErrUnknownSender
	case x.client == nil:
		return nil, fmt.Errorf("apps: %s is no app", s)
	}
	return x, nil
}
