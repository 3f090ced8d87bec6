// Package bench measures hongyan against what a good engineer would write by hand, and against the
// limits of the machine. docs/benchmarks.md has the figures and how to get them again.
package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Careful is the opponent of the SDK: the client that someone who knows net/http well writes for
// one message type in an afternoon. Its token is given and never dies; it keeps its connections,
// reads every answer to the end, has a time-out, and looks at errcode.
type Careful struct {
	http  *http.Client
	url   string
	agent int
}

// NewCareful returns one that sends for an app with a token that is known already.
func NewCareful(baseURL, token string, agent int) *Careful {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = 100, 100, 100
	return &Careful{
		http:  &http.Client{Transport: transport, Timeout: 15 * time.Second},
		url:   baseURL + "/cgi-bin/message/send?access_token=" + url.QueryEscape(token),
		agent: agent,
	}
}

// Close closes the connections.
func (c *Careful) Close() { c.http.CloseIdleConnections() }

type carefulText struct {
	ToUser  string `json:"touser"`
	MsgType string `json:"msgtype"`
	AgentID int    `json:"agentid"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
}

type carefulAnswer struct {
	ErrCode     int    `json:"errcode"`
	ErrMsg      string `json:"errmsg"`
	InvalidUser string `json:"invaliduser"`
	MsgID       string `json:"msgid"`
}

// Send sends a text to one member and returns its msgid.
func (c *Careful) Send(ctx context.Context, user, content string) (string, error) {
	m := carefulText{ToUser: user, MsgType: "text", AgentID: c.agent}
	m.Text.Content = content
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	var a carefulAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return "", err
	}
	if a.ErrCode != 0 {
		return "", fmt.Errorf("errcode %d: %s", a.ErrCode, a.ErrMsg)
	}
	return a.MsgID, nil
}

// UseTransport sends through another transport.
func (c *Careful) UseTransport(t *http.Transport) { c.http.Transport = t }
