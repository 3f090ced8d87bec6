package gateway

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Filter says which messages are looked for: those with a delivery for which all holds that is set. The
// zero value finds all that the key may see.
type Filter struct {
	App, Robot string   // who sends: one of the two
	Statuses   []Status // one of them
	// Reasons: one of them, such as misconfigured, is why it waits or ended, or what it waited for when
	// it ended.
	Reasons []string

	User string // a member that the message names; whom departments and tags hold is not known to the gateway
	// Mobile and Email are what it names members by, as it was given; spaces and hyphens in a number, and
	// the case of an address make no difference.
	Mobile, Email string
	Party, Tag    int  // 0 means any
	All           bool // it went to everybody

	Labels map[string]string // all of them
	Text   string            // part of what the message says

	Since, Until time.Time // when it was accepted: from Since, and before Until
}

// members are what of the filter is set, by the names of the API.
func (f Filter) members() map[string]any {
	in := map[string]any{}
	for name, text := range map[string]string{
		"app": f.App, "robot": f.Robot, "status": joined(f.Statuses), "reason": joined(f.Reasons), "user": f.User, "mobile": f.Mobile, "email": f.Email, "text": f.Text,
		"since": stamp(f.Since), "until": stamp(f.Until),
	} {
		if text != "" {
			in[name] = text
		}
	}
	for name, id := range map[string]int{"party": f.Party, "tag": f.Tag} {
		if id != 0 {
			in[name] = id
		}
	}
	if f.All {
		in["all"] = true
	}
	if len(f.Labels) > 0 {
		in["label"] = labelTexts(f.Labels)
	}
	return in
}

func (f Filter) query() url.Values {
	q := url.Values{}
	for name, value := range f.members() {
		if labels, ok := value.([]string); ok {
			q[name] = labels
		} else {
			q.Set(name, fmt.Sprint(value))
		}
	}
	return q
}

func joined[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ",")
}

func labelTexts(labels map[string]string) []string {
	texts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		texts = append(texts, name+":"+labels[name])
	}
	return texts
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// pageSize is how many messages a page has: as many as the gateway gives.
const pageSize = 200

// List finds messages, the latest first, page by page as the loop goes on. New ones that come
// meanwhile are not among them. An error is the last pair. Text alone is slow to find: what the other
// fields leave is looked through.
func (c *Client) List(ctx context.Context, f Filter) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		query := f.query()
		query.Set("limit", strconv.Itoa(pageSize))
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
