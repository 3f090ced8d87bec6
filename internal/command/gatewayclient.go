package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/hongyan-im/hongyan/wecom"
)

// gatewayClient hands messages to a gateway, as any program would.
type gatewayClient struct {
	url, key string
	http     http.Client
}

// accepted is what a gateway answers about a message.
type accepted struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Deliveries []struct {
		Attempts int `json:"attempts"`
		Receipt  struct {
			MsgID string `json:"msgid"`
		} `json:"receipt"`
		Failure struct {
			ErrMsg string `json:"errmsg"`
		} `json:"failure"`
	} `json:"deliveries"`
}

const maxGatewayAnswer = 1 << 20

// send hands over a letter of an app or robot of the gateway, and waits for its end.
func (g *gatewayClient) send(ctx context.Context, sender string, l letter) (accepted, error) {
	body, err := gatewayJSON(sender, l)
	if err != nil {
		return accepted{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/v1/messages?wait=15s", bytes.NewReader(body))
	if err != nil {
		return accepted{}, err
	}
	req.Header.Set("Authorization", "Bearer "+g.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := g.http.Do(req)
	if err != nil {
		return accepted{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxGatewayAnswer))
	if err != nil {
		return accepted{}, err
	}
	if resp.StatusCode >= 300 {
		var problem struct{ Title, Detail string }
		_ = json.Unmarshal(data, &problem)
		return accepted{}, fmt.Errorf("the gateway answered %s: %s: %s", resp.Status, problem.Title, problem.Detail)
	}
	var a accepted
	err = json.Unmarshal(data, &a)
	return a, err
}

// gatewayJSON is a letter in the form of the gateway's API: WeCom's own, but for who sends it to whom.
func gatewayJSON(sender string, l letter) ([]byte, error) {
	data, err := l.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var in map[string]any
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	for _, name := range []string{"touser", "toparty", "totag", "chatid", "agentid"} {
		delete(in, name)
	}
	in["app"] = sender
	switch m := l.(type) {
	case wecom.Message:
		to := map[string]any{"users": m.To.Users, "parties": m.To.Parties, "tags": m.To.Tags}
		if m.To.All {
			to = map[string]any{"all": true}
		}
		in["to"] = to
	case wecom.ChatMessage:
		in["to"] = map[string]any{"chat": m.ChatID}
	case wecom.RobotMessage:
		delete(in, "app")
		in["robot"] = sender
	}
	return json.Marshal(in)
}
