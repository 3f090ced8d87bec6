package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hongyan-im/hongyan/wecom"
)

// Cancellation is what a cancellation did.
type Cancellation struct {
	Cancelled int      `json:"cancelled"` // deliveries that will not be sent
	TooLate   int      `json:"too_late"`  // deliveries that were on their way or at their end already
	Message   *Message `json:"message"`   // as it is now
}

// Cancel ends what has not left of a message. What has left [Client.Recall] takes back. The key needs
// the scope manage, as for all that changes messages.
func (c *Client) Cancel(ctx context.Context, id string) (*Cancellation, error) {
	answer := &Cancellation{}
	if _, err := c.call(ctx, &request{op: "message/cancel", method: http.MethodPost, path: onePath(id) + "/cancel"}, answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// Change is what became of one delivery that was to be recalled, or whose card was to be updated.
type Change struct {
	Part int  `json:"part"` // from 1
	Done bool `json:"done"`
	// Why it was not done: not_sent, recalled, impossible, too_late, spent, not_theirs, sender_rests,
	// failed or not_tried.
	Why        string   `json:"why"`
	Hint       string   `json:"hint"`        // in the language of Config.Lang
	Failure    *Failure `json:"failure"`     // what WeCom answered; or nil
	NotReached []string `json:"not_reached"` // members whose card did not change
}

type changed struct {
	Done    int      `json:"done"`
	Results []Change `json:"results"`
	Message *Message `json:"message"`
}

// ChangeError says that a message, or a part of it, was not recalled or updated. Where WeCom refused,
// errors.As finds its *[wecom.Error] in it.
type ChangeError struct {
	ID      string
	Changes []Change // of each delivery, those that were done included
}

// Error names the message, and why the first part was not changed.
func (e *ChangeError) Error() string {
	first, missed := e.missed()
	text := fmt.Sprintf("gateway: message %s was not changed: %s", e.ID, first.Why)
	if missed < len(e.Changes) {
		text = fmt.Sprintf("gateway: %d of %d parts of message %s were not changed, part %d: %s", missed, len(e.Changes), e.ID, first.Part, first.Why)
	}
	if f := first.Failure; f != nil && f.ErrCode != 0 {
		text += ": " + f.err().Error()
	} else if f != nil {
		text += ": " + f.ErrMsg
	}
	return text
}

// missed is the first change that was not done, and how many were not.
func (e *ChangeError) missed() (first *Change, n int) {
	for i := range e.Changes {
		if c := &e.Changes[i]; !c.made() {
			if n++; first == nil {
				first = c
			}
		}
	}
	return first, n
}

// made says that the delivery is as it was to be.
func (c *Change) made() bool { return c.Done || c.Why == "recalled" }

// Hint says what to do about it.
func (e *ChangeError) Hint(lang wecom.Lang) string {
	first, _ := e.missed()
	if f := first.Failure; f != nil && f.ErrCode != 0 {
		return f.err().Hint(lang)
	}
	return first.Hint
}

// Unwrap returns what WeCom answered, if it did.
func (e *ChangeError) Unwrap() error {
	if first, _ := e.missed(); first.Failure != nil && first.Failure.ErrCode != 0 {
		return first.Failure.err()
	}
	return nil
}

// err is nil if all that there is was changed.
func (c *changed) err(id string) error {
	e := &ChangeError{id, c.Results}
	if _, missed := e.missed(); missed > 0 {
		return e
	}
	return nil
}

// Recall takes a message back, within 24 hours: all that was sent of it, to members. What has not left
// is to be cancelled. Its id is the MsgID of a receipt of this package. The error of a message that
// was not taken back as a whole is a *[ChangeError].
func (c *Client) Recall(ctx context.Context, id string) error {
	var answer changed
	r := &request{op: "message/recall", method: http.MethodPost, path: onePath(id) + "/recall", wait: maxWait}
	if _, err := c.call(ctx, r, &answer); err != nil {
		return err
	}
	return answer.err(id)
}

// UpdateCard changes a card that was sent through the gateway, once, within 72 hours: the update is as
// of package wecom, but that the gateway knows the ResponseCode. Without receivers it is for all. It
// tells of each part of the message; the error of one that was not changed as a whole is a
// *[ChangeError].
func (c *Client) UpdateCard(ctx context.Context, id string, u wecom.CardUpdate) ([]Change, error) {
	in := map[string]any{}
	if to := (Receivers{Users: u.Users, Parties: u.Parties, Tags: u.Tags, All: u.All}); to.All || len(to.Users)+len(to.Parties)+len(to.Tags) > 0 {
		in["to"] = to
	}
	if u.ReplaceName != "" {
		in["replace_name"] = u.ReplaceName
	}
	if u.Card != nil {
		in["template_card"] = u.Card
	}
	if u.TranslateIDs {
		in["enable_id_trans"] = 1
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var answer changed
	// WeCom takes one update for a card: a repetition would be told that it was updated before.
	r := &request{op: "message/update_template_card", method: http.MethodPost, path: onePath(id) + "/card", body: body, wait: maxWait, once: true}
	if _, err := c.call(ctx, r, &answer); err != nil {
		return nil, err
	}
	return answer.Results, answer.err(id)
}
