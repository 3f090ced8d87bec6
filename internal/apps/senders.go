package apps

import (
	"fmt"
	"sync/atomic"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// senders are those of one configuration. They do not change.
type senders struct {
	names []delivery.Sender
	of    map[delivery.Sender]*sender
	wecom config.WeCom
}

// sender is an app with its client, or a robot.
type sender struct {
	app      config.App // what it was made of, to see whether that changed
	itsRobot config.Robot

	settings Settings
	owner    string        // of what it uploads, at WeCom
	client   *wecom.Client // nil for a robot
	robot    *wecom.Robot  // nil for an app

	calls   atomic.Int64 // under way
	retired atomic.Bool
}

func (x *senders) find(s delivery.Sender) *sender { return x.of[s] }

// successor is what follows x with another configuration. What did not change is taken over.
func (x *senders) successor(c *config.Config, a *Apps) (*senders, error) {
	next := &senders{of: make(map[delivery.Sender]*sender, len(c.Apps)+len(c.Robots)), wecom: c.WeCom}
	sameWeCom := c.WeCom == x.wecom
	add := func(s delivery.Sender, made *sender, err error) error {
		if err != nil {
			return fmt.Errorf("apps: %s: %w", s, err)
		}
		next.names = append(next.names, s)
		next.of[s] = made
		return nil
	}
	for _, app := range c.Apps {
		s := delivery.App(app.Name)
		made, err := x.of[s], error(nil)
		if made == nil || !sameWeCom || made.app != app {
			made, err = newApp(app, c.WeCom, a.tokens, a.observe(s))
		}
		if err := add(s, made, err); err != nil {
			return nil, err
		}
	}
	for _, robot := range c.Robots {
		s := delivery.Robot(robot.Name)
		made, err := x.of[s], error(nil)
		if made == nil || !sameWeCom || made.itsRobot != robot {
			made, err = newRobot(robot, c.WeCom, a.observe(s))
		}
		if err := add(s, made, err); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// retire gives up those that next has not taken over.
func (x *senders) retire(next *senders) {
	for s, old := range x.of {
		if next.of[s] != old {
			old.retired.Store(true)
			old.closeIdle()
		}
	}
}

// spareConns are for other calls than those of the workers, such as a check.
const spareConns = 4

func newApp(app config.App, w config.WeCom, tokens wecom.TokenStore, o wecom.Observer) (*sender, error) {
	client, err := wecom.New(wecom.Config{
		CorpID: app.CorpID, AgentID: app.AgentID, Secret: string(app.Secret),
		BaseURL: w.BaseURL, Proxy: string(w.Proxy), MaxConns: app.Workers + spareConns, Tokens: tokens, Observer: o,
	})
	return &sender{
		app: app, client: client, owner: corpAt(w, app.CorpID),
		settings: Settings{Queue: app.Queue, CorpID: app.CorpID, AgentID: app.AgentID, AccountCap: app.AccountCap},
	}, err
}

func newRobot(robot config.Robot, w config.WeCom, o wecom.Observer) (*sender, error) {
	made, err := wecom.NewRobot(wecom.RobotConfig{
		Key: string(robot.Key), BaseURL: w.BaseURL, Proxy: string(w.Proxy), MaxConns: robot.Workers + spareConns, Observer: o,
	})
	if err != nil {
		return nil, err
	}
	return &sender{itsRobot: robot, robot: made, owner: made.String(), settings: Settings{Queue: robot.Queue}}, nil
}

// corpAt names a corp as the owner of media: all apps of a corp share theirs (path/90253), and another
// WeCom knows nothing of them. What a robot uploads is its own.
func corpAt(w config.WeCom, corpID string) string {
	if w.BaseURL == "" || w.BaseURL == wecom.DefaultBaseURL {
		return corpID
	}
	return corpID + " at " + w.BaseURL
}

func (x *sender) begin() { x.calls.Add(1) }

// end closes the connections of a sender that was replaced while it was at work: nobody else would.
func (x *sender) end() {
	if x.calls.Add(-1) == 0 && x.retired.Load() {
		x.closeIdle()
	}
}

func (x *sender) closeIdle() {
	if x.robot != nil {
		x.robot.CloseIdleConnections()
		return
	}
	x.client.CloseIdleConnections()
}
