package gateway

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

const appsPath = "/v1/apps"

// App is an app or a robot of the gateway, and how it does.
type App struct {
	Name      string    `json:"name"` // of a robot "robot:NAME"
	Kind      string    `json:"kind"` // app or robot
	CorpID    string    `json:"corp_id"`
	AgentID   int       `json:"agent_id"`
	State     string    `json:"state"` // ok, resting or unknown_sender
	Rest      *Rest     `json:"rest"`  // why it rests; or nil
	Workers   int       `json:"workers"`
	InFlight  int       `json:"in_flight"`
	Queued    int       `json:"queued"`        // deliveries that wait for their turn, or for a quota
	Scheduled int       `json:"scheduled"`     // deliveries that wait for the time that was asked for
	Oldest    time.Time `json:"oldest_queued"` // when the oldest that is queued was accepted
}

// Rest is why an app sends nothing for a while. Its messages wait meanwhile.
type Rest struct {
	Reason   *Reason   `json:"reason"`
	Since    time.Time `json:"since"`
	Next     time.Time `json:"next"` // when one message is sent to see whether it works again
	Failures int       `json:"failures"`
	Failure  *Failure  `json:"failure"`
}

// Apps lists the apps and robots that the key is for.
func (c *Client) Apps(ctx context.Context) ([]App, error) {
	var answer struct {
		Apps []App `json:"apps"`
	}
	_, err := c.call(ctx, &request{op: "apps", method: http.MethodGet, path: appsPath}, &answer)
	return answer.Apps, err
}

// Check is what the gateway found out about an app, as WeCom sees it.
type Check struct {
	App      string    `json:"app"`
	Level    string    `json:"level"` // green, yellow or red: that of the worst finding
	Checked  time.Time `json:"checked"`
	Findings []Finding `json:"findings"`
}

// Finding is one thing that was looked at.
type Finding struct {
	Subject  string `json:"subject"` // such as "app crm"
	Check    string `json:"check"`   // such as trusted_ip
	Level    string `json:"level"`   // green, yellow, red, or skipped
	Text     string `json:"text"`    // in the language of Config.Lang
	Hint     string `json:"hint"`    // in the language of Config.Lang
	ErrCode  int    `json:"errcode"`
	CallerIP string `json:"caller_ip"` // the address from which WeCom saw the call come
}

// CheckApp asks WeCom for a token and for the settings of an app, and sends nothing. If it works, an
// app that rests gets another try at once. The key needs the scope manage.
func (c *Client) CheckApp(ctx context.Context, app string) (*Check, error) {
	check := &Check{}
	_, err := c.call(ctx, &request{
		op: "app check", method: http.MethodPost, path: appsPath + "/" + url.PathEscape(app) + "/check", wait: maxWait,
	}, check)
	if err != nil {
		return nil, err
	}
	return check, nil
}

// Token returns the access token of Config.App, so that the client is the TokenSource of a
// [wecom.Client] that calls WeCom itself and shares the token with the gateway; stale is the one that
// WeCom just refused, or "". The key needs the scope token.
func (c *Client) Token(ctx context.Context, stale string) (string, error) {
	var answer struct {
		Token string `json:"access_token"`
	}
	r := &request{op: "gettoken", method: http.MethodGet, path: appsPath + "/" + url.PathEscape(c.app) + "/token"}
	if stale != "" {
		r.header = http.Header{"X-Stale-Token": {stale}}
	}
	_, err := c.call(ctx, r, &answer)
	return answer.Token, err
}
