package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Which says what of a message is sent again. "" is ResendFailed.
type Which string

// What can be sent again.
const (
	ResendFailed Which = "failed" // the deliveries that did not arrive, or of which that is not known
	ResendMissed Which = "missed" // these, and of those that were sent in part, for the receivers that WeCom named
	ResendAll    Which = "all"    // everything, to everybody
)

func (w Which) check() error {
	if w != "" && w != ResendFailed && w != ResendMissed && w != ResendAll {
		return invalid("which", wecom.NotKnown, "it is "+strings.Join([]string{string(ResendFailed), string(ResendMissed), string(ResendAll)}, ", "))
	}
	return nil
}

// ResendOptions says how messages are sent again. The zero value is the usual.
type ResendOptions struct {
	Which Which
	TTL   time.Duration // they are of no use after this long; 0 means as long as they had
	// Key is the idempotency key, of Resend alone. Without one a message is sent again once: the same
	// call later answers the message of then.
	Key string
	// DryRun, of ResendAll alone, sends nothing.
	DryRun bool
	// Progress, of ResendAll alone, is told how far it is.
	Progress func(Resends)
}

// Resend sends again what did not arrive of a message, as a message of its own, which it returns; with
// Replayed if that was sent before. A message that has not come to its end, or of which nothing is to
// be sent, is a *[Problem] of status 409. The key needs the scope send.
func (c *Client) Resend(ctx context.Context, id string, o ResendOptions) (*Message, error) {
	if err := o.Which.check(); err != nil {
		return nil, err
	}
	query := url.Values{}
	if o.Which != "" && o.Which != ResendFailed {
		query.Set(string(o.Which), "true")
	}
	if o.TTL != 0 {
		query.Set("ttl", o.TTL.String())
	}
	m := &Message{}
	r := &request{op: "message/send", method: http.MethodPost, path: onePath(id) + "/resend", query: query, key: o.Key}
	header, err := c.call(ctx, r, m)
	if err != nil {
		return nil, err
	}
	m.Replayed = header.Get("Idempotent-Replayed") == "true"
	return m, nil
}

// Resends is what became of messages that were to be sent again.
type Resends struct {
	Count   int      // messages that were sent again; with DryRun, that would be
	Refused int      // messages that cannot be sent again
	Skipped int      // messages that were sent again before, or have not come to their end
	Results []Resent // the latest first
}

// Resent is what became of one of them.
type Resent struct {
	ID      string   `json:"id"`
	New     string   `json:"new,omitempty"` // the message that repeats it
	Problem *Problem `json:"problem,omitempty"`
}

// ResendAll sends again all that a filter finds; without Statuses, what did not arrive. The filter
// must name something beside Statuses. What was sent again before is left alone, so a call that
// failed half-way, with what it did until then and an error, can be repeated. The key needs the
// scope manage.
func (c *Client) ResendAll(ctx context.Context, f Filter, o ResendOptions) (Resends, error) {
	var all Resends
	if err := o.Which.check(); err != nil {
		return all, err
	}
	in := map[string]any{"filter": f.members(), "dry_run": o.DryRun, "limit": pageSize}
	if o.Which != "" && o.Which != ResendFailed {
		in[string(o.Which)] = true
	}
	if o.TTL != 0 {
		in["ttl"] = o.TTL.String()
	}
	for {
		body, err := json.Marshal(in)
		if err != nil {
			return all, err
		}
		var page struct {
			Count   int      `json:"count"`
			Refused int      `json:"refused"`
			Skipped int      `json:"skipped"`
			Results []Resent `json:"results"`
			Next    string   `json:"next"`
		}
		r := &request{op: "message/send", method: http.MethodPost, path: messagesPath + "/resend", body: body}
		if _, err := c.call(ctx, r, &page); err != nil {
			return all, err
		}
		all.Count, all.Refused, all.Skipped = all.Count+page.Count, all.Refused+page.Refused, all.Skipped+page.Skipped
		all.Results = append(all.Results, page.Results...)
		if o.Progress != nil {
			o.Progress(all)
		}
		if page.Next == "" {
			return all, nil
		}
		in["cursor"] = page.Next
	}
}
