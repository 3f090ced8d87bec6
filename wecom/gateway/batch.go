package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/hongyan-im/hongyan/wecom"
)

// MaxBatch is how many messages one call of the gateway takes.
const MaxBatch = 1000

// maxBatchBytes keeps a call below what the gateway takes.
const maxBatchBytes = 6 << 20

// Item is one message of a batch. Its Options.Wait is not looked at.
type Item struct {
	Letter  Letter
	Options Options
}

// Result is what became of one item: the id of a message, or an error as of [Client.Submit].
type Result struct {
	ID       string
	Status   Status
	Replayed bool // the gateway had it before, with the same key
	Err      error
}

// Batch hands over many messages, in calls of at most [MaxBatch], each of which is stored in one go.
// What is wrong with one message is told in its place, and does not keep the others out. An error
// says that a call failed: the results are then those of the calls before it, and the rest is not
// known to be stored. A file that several messages bring along in the same body is uploaded once. With keys of its own in the options, a batch can be repeated as it is.
func (c *Client) Batch(ctx context.Context, items []Item) ([]Result, error) {
	results := make([]Result, 0, len(items))
	known := map[wecom.Attachment]string{}
	for from := 0; from < len(items); {
		call := newBatchCall()
		to := from
		for to < len(items) && call.add(ctx, c, items[to], known) {
			to++
		}
		if err := c.batch(ctx, call); err != nil {
			return results, err
		}
		results = append(results, call.results...)
		from = to
	}
	return results, nil
}

// batchCall is one call. Items that have no form in JSON have their result already, and are not in it.
type batchCall struct {
	body    bytes.Buffer
	places  []int // in results, of the messages in the body
	results []Result
}

func newBatchCall() *batchCall {
	b := &batchCall{}
	b.body.WriteString(`{"messages":[`)
	return b
}

// add puts an item into the call, unless it is full.
func (b *batchCall) add(ctx context.Context, c *Client, item Item, known map[wecom.Attachment]string) bool {
	var data []byte
	letter, err := c.attached(ctx, item.Letter, known)
	if err == nil {
		data, err = c.encode(letter, item.Options)
	}
	if err != nil {
		b.results = append(b.results, Result{Err: err})
		return true
	}
	key, err := json.Marshal(orDefault(item.Options.Key, rand.Text()))
	if err != nil {
		b.results = append(b.results, Result{Err: err})
		return true
	}
	if n := len(b.places); n == MaxBatch || n > 0 && b.body.Len()+len(data)+len(key) > maxBatchBytes {
		return false
	}
	if len(b.places) > 0 {
		b.body.WriteByte(',')
	}
	b.body.WriteString(`{"key":`)
	b.body.Write(key)
	b.body.WriteByte(',')
	b.body.Write(data[1:])
	b.places = append(b.places, len(b.results))
	b.results = append(b.results, Result{})
	return true
}

// batch makes the call, and fills the results in.
func (c *Client) batch(ctx context.Context, b *batchCall) error {
	if len(b.places) == 0 {
		return nil
	}
	b.body.WriteString("]}")
	var answer struct {
		Results []struct {
			ID       string   `json:"id"`
			Status   Status   `json:"status"`
			Replayed bool     `json:"replayed"`
			Problem  *Problem `json:"problem"`
		} `json:"results"`
	}
	r := &request{op: "message/send", method: http.MethodPost, path: messagesPath + "/batch", body: b.body.Bytes()}
	if _, err := c.call(ctx, r, &answer); err != nil {
		return err
	}
	if len(answer.Results) != len(b.places) {
		return c.broken(r, http.StatusOK, true, errors.New("the answer has not one result for each message"))
	}
	for i, one := range answer.Results {
		result := &b.results[b.places[i]]
		switch {
		case one.Problem != nil:
			result.Err = one.Problem
		case one.ID != "":
			result.ID, result.Status, result.Replayed = one.ID, one.Status, one.Replayed
		default:
			result.Err = c.broken(r, http.StatusOK, true, errors.New("a result is neither a message nor a problem"))
		}
	}
	return nil
}
