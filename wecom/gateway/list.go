package gateway

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Filter says which messages are looked for: those with a delivery for which all holds that is set. The
// zero value finds all that the key may see.
type Filter struct {
	Apps, Robots []string // one of them sends
	Statuses     []Status // one of them
	Reasons      []string // one of them, such as member_paced, is why it waits or ended

	User       string // a member that the message names; whom departments and tags hold is not known to the gateway
	Party, Tag int    // 0 means any
	All        bool   // it went to everybody

	Labels map[string]string // all of them
	Text   string            // part of what the message says

	Since, Until time.Time // when it was accepted: from Since, and before Until
}

func (f Filter) query() url.Values {
	q := url.Values{}
	add := func(name string, values ...string) {
		for _, value := range values {
			if value != "" {
				q.Add(name, value)
			}
		}
	}
	add("app", f.Apps...)
	add("robot", f.Robots...)
	for _, status := range f.Statuses {
		add("status", string(status))
	}
	add("reason", f.Reasons...)
	add("user", f.User)
	for name, id := range map[string]int{"party": f.Party, "tag": f.Tag} {
		if id != 0 {
			add(name, strconv.Itoa(id))
		}
	}
	if f.All {
		add("all", "true")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Labels)) {
		add("label", name+":"+f.Labels[name])
	}
	add("text", f.Text)
	for name, at := range map[string]time.Time{"since": f.Since, "until": f.Until} {
		if !at.IsZero() {
			add(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	return q
}

// List finds messages, the latest first, page by page as the loop goes on. New ones that come
// meanwhile are not among them. An error is the last pair.
func (c *Client) List(ctx context.Context, f Filter) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		query := f.query()
		for {
			var page struct {
				Messages []*Message `json:"messages"`
				Next     string     `json:"next"`
			}
			if _, err := c.call(ctx, &request{op: "messages", method: http.MethodGet, path: messagesPath, query: query}, &page); err != nil {
				yield(nil, err)
				return
			}
			for _, m := range page.Messages {
				if !yield(m, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("cursor", page.Next)
		}
	}
}
