package delivery

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hongyan-im/hongyan/wecom"
)

// split makes of a content what goes to WeCom in one call each. Parts of one text stand together, in
// their order; after says of each content whether it waits for the one before it.
func split(c Content, whole bool) (contents []Content, after []bool, err error) {
	bodies := []wecom.Body{c.Body()}
	if !whole {
		bodies = splitBody(c)
	}
	receivers := []wecom.To{c.To()}
	if !whole && c.App != nil {
		receivers = c.App.To.Chunks()
	}
	if len(receivers) > 1 && hasTaskID(c.Body()) {
		return nil, nil, &RequestError{"to", fmt.Sprintf("a card with task_id goes to at most %d members, %d departments and %d tags, "+
			"since WeCom takes a task_id once: send several, each with its own", wecom.MaxUsers, wecom.MaxParties, wecom.MaxTags)}
	}
	if n := len(receivers) * len(bodies); n > MaxParts/2 {
		return nil, nil, &RequestError{"to", fmt.Sprintf("it would take %d calls of WeCom, the limit is %d: send it in several messages", n, MaxParts/2)}
	}
	for _, to := range receivers {
		for i, body := range bodies {
			part := c.with(to, body, i)
			if err := part.validate(); err != nil {
				return nil, nil, err
			}
			contents, after = append(contents, part), append(after, i > 0)
		}
	}
	return contents, after, nil
}

// with is the same content for these receivers, with this body.
func (c Content) with(to wecom.To, body wecom.Body, part int) Content {
	if text, ok := body.(wecom.Text); ok && part > 0 {
		text.Mentioned, text.MentionedMobiles = nil, nil // to be called once is enough
		body = text
	}
	c = c.WithBody(body)
	if c.App != nil {
		c.App.To = to
	}
	return c
}

// validate reports what the SDK would refuse to send, as it would.
func (c Content) validate() error {
	switch {
	case c.App != nil:
		if c.Unresolved() {
			return withPlaceholders(c.App).Validate()
		}
		return c.App.Validate()
	case c.Chat != nil:
		return c.Chat.Validate()
	case c.Robot != nil:
		if image, ok := c.Robot.Body.(wecom.Image); ok && ours(image.MediaID) {
			return nil // the picture itself takes its place before it is sent
		}
		return c.Robot.Validate()
	}
	return errors.New("delivery: no content")
}

// splitBody cuts a long text into numbered parts.
func splitBody(c Content) []wecom.Body {
	numbered := wecom.SplitOptions{Numbered: true}
	var bodies []wecom.Body
	switch body := c.Body().(type) {
	case wecom.Text:
		for _, part := range wecom.SplitText(body.Content, numbered) {
			body.Content = part
			bodies = append(bodies, body)
		}
	case wecom.Markdown:
		dialect := wecom.DialectApp
		switch {
		case c.Robot != nil:
			dialect = wecom.DialectGroup
		case c.Chat != nil:
			dialect, numbered.Limit = wecom.DialectGroup, 2048
		}
		for _, part := range wecom.SplitMarkdown(body.Content, dialect, numbered) {
			body.Content = part
			bodies = append(bodies, body)
		}
	case wecom.MarkdownV2:
		for _, part := range wecom.SplitMarkdown(body.Content, wecom.DialectV2, numbered) {
			body.Content = part
			bodies = append(bodies, body)
		}
	default:
		return []wecom.Body{body}
	}
	return bodies
}

// hasTaskID reports whether a body has a task_id, which WeCom takes only once from an app.
func hasTaskID(body wecom.Body) bool {
	data, err := json.Marshal(body)
	if err != nil {
		return false
	}
	var card struct {
		TaskID string `json:"task_id"`
	}
	return json.Unmarshal(data, &card) == nil && card.TaskID != ""
}
