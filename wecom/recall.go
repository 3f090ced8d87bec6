package wecom

import "context"

const opRecall = "message/recall"

// Recall takes back a message (path/94867): for all its receivers, within 24 hours of sending
// (42052), and only by the app that sent it (40058). msgID is that of the [Receipt]. In the WeChat
// plugin (微工作台) it stays. Messages of group chats and robots have no msgid and cannot be recalled.
func (c *Client) Recall(ctx context.Context, msgID string) error {
	check := checker{of: "recall"}
	check.text("msgid", msgID, true, 0, Bytes, TooLong)
	if err := check.err(); err != nil {
		return err
	}
	var a status
	return c.postJSON(ctx, opRecall, map[string]string{"msgid": msgID}, &a)
}

// AppCount is how much one app sent in a day.
type AppCount struct {
	AgentID int    `json:"agentid"`
	Name    string `json:"app_name"`
	Count   int    `json:"count"` // members reached; one message to ten members counts ten
}

// Statistics returns what the apps of the corp have sent today, or did yesterday (path/92369).
// WeCom's menu no longer lists the call.
func (c *Client) Statistics(ctx context.Context, yesterday bool) ([]AppCount, error) {
	var a struct {
		status
		Statistics []AppCount `json:"statistics"`
	}
	err := c.postJSON(ctx, "message/get_statistics", map[string]int{"time_type": bit(yesterday)}, &a)
	return a.Statistics, err
}
