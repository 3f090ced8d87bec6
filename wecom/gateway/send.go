package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

const messagesPath = "/v1/messages"

// Send hands a message of the app to the gateway, and waits until it has come to its end: as long as
// the context and Config.Wait allow. The receipt is as of package wecom, but that its MsgID is the
// gateway's id, which [Client.Recall] takes; of a message that went in parts it holds for all of them.
//
// The errors are *[EndedError] (it ended without being sent; where WeCom refused it, with the
// *[wecom.Error] in it), *[UnfinishedError] (it is stored, and goes on), *[Problem] (the gateway does
// not take it), *[wecom.ValidationError] (of a file that it brings along) and *[wecom.TransportError] (no answer of the gateway). [NeverSent] tells whether sending again can
// repeat the message.
//
// A file that the body brings along, as by [wecom.ImageFile], goes to the gateway first, each time; to
// send one often, [Client.Upload] it once.
//
// AgentID and TruncateOK of the message say nothing to a gateway: it knows the app by name, and sends
// what is too long in parts.
func (c *Client) Send(ctx context.Context, m wecom.Message) (wecom.Receipt, error) {
	return c.sendAndWait(ctx, m)
}

// Notify tells one member something: see Notify of package wecom.
func (c *Client) Notify(ctx context.Context, user, title, text, url string) (wecom.Receipt, error) {
	return c.Send(ctx, wecom.Message{
		To:   wecom.To{Users: []string{user}},
		Body: wecom.TextCard{Title: title, Description: text, URL: url},
	})
}

// SendChat is Send for a message to a group chat of the app.
func (c *Client) SendChat(ctx context.Context, m wecom.ChatMessage) error {
	_, err := c.sendAndWait(ctx, m)
	return err
}

// SendRobot is Send for a message by the robot of Config.Robot.
func (c *Client) SendRobot(ctx context.Context, m wecom.RobotMessage) error {
	_, err := c.sendAndWait(ctx, m)
	return err
}

func (c *Client) sendAndWait(ctx context.Context, l Letter) (wecom.Receipt, error) {
	m, err := c.Submit(ctx, l, Options{Wait: c.wait})
	if err != nil {
		return wecom.Receipt{}, err
	}
	return m.Receipt(), m.Err()
}

// Submit hands a message to the gateway: a [wecom.Message], [wecom.ChatMessage] or
// [wecom.RobotMessage]. It returns when the message is stored, or if options say so when it has come
// to its end or the time is over. The errors are those of [Client.Send] that say that it is not
// stored; what became of it the message says, in its Status and by [Message.Err].
func (c *Client) Submit(ctx context.Context, l Letter, options Options) (*Message, error) {
	l, err := c.attached(ctx, l, nil)
	if err != nil {
		return nil, err
	}
	body, err := c.encode(l, options)
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(options.Wait)
	if deadline, ok := ctx.Deadline(); ok {
		// The rest is for the answer, so that its id is known when time is up.
		left := time.Until(deadline)
		end = earlier(end, time.Now().Add(left-min(left/4, time.Second)))
	}
	r := &request{
		op: opOf(l), method: http.MethodPost, path: messagesPath, body: body,
		key: orDefault(options.Key, rand.Text()), wait: min(max(time.Until(end), 0), maxWait), ask: true,
	}
	m := &Message{}
	header, err := c.call(ctx, r, m)
	if err != nil {
		return nil, err
	}
	m.Replayed = header.Get("Idempotent-Replayed") == "true"
	if !m.Status.Final() && time.Until(end) > 0 && options.Wait > 0 {
		return c.waitUntil(ctx, m, end)
	}
	return m, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Message tells what became of a message.
func (c *Client) Message(ctx context.Context, id string) (*Message, error) { return c.look(ctx, id, 0) }

// look tells what became of a message. The gateway may hold the answer back for so long, until the
// message has come to its end.
func (c *Client) look(ctx context.Context, id string, hold time.Duration) (*Message, error) {
	m := &Message{}
	_, err := c.call(ctx, &request{op: "message", method: http.MethodGet, path: onePath(id), wait: hold, ask: true}, m)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func onePath(id string) string { return messagesPath + "/" + url.PathEscape(id) }

// Wait returns a message once it has come to its end. If ctx ends before, it returns the message as
// it was last seen, with an *[UnfinishedError].
func (c *Client) Wait(ctx context.Context, id string) (*Message, error) {
	m, err := c.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err = c.waitUntil(ctx, m, time.Time{})
	if err == nil && !m.Status.Final() {
		err = &UnfinishedError{m}
	}
	return m, err
}

// The pauses between two looks at a message, where the gateway does not hold the answer back.
const (
	firstLook   = 200 * time.Millisecond
	longestLook = 2 * time.Second
	// longestHold is how long an answer is to be held back at most: many proxies give up after a minute.
	longestHold = 30 * time.Second
)

// waitUntil returns a message when it has come to its end, or as it is when it is end (the zero time:
// never) or ctx ends. The gateway holds its answers back meanwhile.
func (c *Client) waitUntil(ctx context.Context, m *Message, end time.Time) (*Message, error) {
	if !end.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	pause, holds := time.Duration(0), true
	for !m.Status.Final() {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return m, nil
		}
		began := time.Now()
		next, err := c.lookLong(ctx, m.ID, holds)
		switch {
		case err != nil && ctx.Err() != nil:
			return m, nil
		case err != nil && holds && knowsNoWait(err):
			holds, pause = false, firstLook
			continue
		case err != nil:
			return m, err
		}
		next.Replayed = m.Replayed
		m = next
		if time.Since(began) >= firstLook {
			pause = 0 // it was held back
		} else {
			pause = min(max(2*pause, firstLook), longestLook)
		}
	}
	return m, nil
}

// lookLong is a look whose answer is held back, if that may be, for as long as ctx allows. Answers that
// are held back take no more than half of the connections, so that those who wait do not keep the others
// from sending.
func (c *Client) lookLong(ctx context.Context, id string, hold bool) (*Message, error) {
	if !hold {
		return c.look(ctx, id, 0)
	}
	select {
	case c.holds <- struct{}{}:
	default:
		return c.look(ctx, id, 0)
	}
	defer func() { <-c.holds }()
	longest := longestHold
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		longest = min(longest, max(left-min(left/4, time.Second), 0)) // the rest is for the answer
	}
	return c.look(ctx, id, longest)
}

// knowsNoWait reports whether a gateway said that it does not hold answers about messages back: it is of
// an older version.
func knowsNoWait(err error) bool {
	var problem *Problem
	return errors.As(err, &problem) && problem.Code == CodeInvalid && len(problem.Fields) == 1 && problem.Fields[0].Field == "wait"
}
