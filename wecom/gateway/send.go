package gateway

import (
	"context"
	"crypto/rand"
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
func (c *Client) Message(ctx context.Context, id string) (*Message, error) {
	m := &Message{}
	_, err := c.call(ctx, &request{op: "message", method: http.MethodGet, path: onePath(id)}, m)
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

// The pauses between two looks at a message.
const (
	firstLook   = 200 * time.Millisecond
	longestLook = 2 * time.Second
)

// waitUntil looks at a message again and again until it has come to its end, or it is end (the zero
// time: never), or ctx ends; then it returns it as it is.
func (c *Client) waitUntil(ctx context.Context, m *Message, end time.Time) (*Message, error) {
	if !end.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	for pause := firstLook; !m.Status.Final(); pause = min(2*pause, longestLook) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return m, nil
		}
		next, err := c.Message(ctx, m.ID)
		if err != nil && ctx.Err() != nil {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		next.Replayed = m.Replayed
		m = next
	}
	return m, nil
}
