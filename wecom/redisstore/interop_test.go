package redisstore_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// wxAccessToken is how a service of the well-known tutorial keeps its token: bare, under this key.
var wxAccessToken = redisstore.Options{Interop: &redisstore.Interop{
	Key: func(string) string { return "wx_access_token" },
}}

func bulk(answer string) string {
	_, rest, _ := strings.Cut(answer, "\r\n")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// A service that knows nothing of us keeps the bare token under wx_access_token: it finds ours, and
// we find its.
func TestInteropBareToken(t *testing.T) {
	r, sim := startRedis(t), wecomtest.NewServer(t)
	sendThrough(t, sim, open(t, r, wxAccessToken), 1)
	ours := mustToken(t, sim)
	if got := bulk(r.askAll("GET", "wx_access_token")); got != ours {
		t.Fatal("the other service does not find our token")
	}
	left, err := strconv.Atoi(strings.TrimPrefix(r.ask("TTL", "wx_access_token"), ":"))
	if err != nil || left < 6990 || left > 7000 {
		t.Errorf("kept for %d s, want 7000 of 7200", left)
	}
	// Nobody has a token but the other service.
	calls := sim.Stats().Calls["gettoken"]
	r.ask("FLUSHALL")
	r.ask("SET", "wx_access_token", ours, "EX", "7000")
	sendThrough(t, sim, open(t, r, wxAccessToken), 3)
	if n := sim.Stats().Calls["gettoken"] - calls; n != 0 {
		t.Errorf("%d gettoken, though the other service has a token", n)
	}
	// Its token dies: we drop it, fetch, and give it the new one.
	if err := sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, 40014); err != nil {
		t.Fatal(err)
	}
	sendThrough(t, sim, open(t, r, wxAccessToken), 3)
	if n := sim.Stats().Calls["gettoken"] - calls; n != 1 {
		t.Errorf("%d gettoken after the token died", n)
	}
	if got := bulk(r.askAll("GET", "wx_access_token")); got == ours || got != mustToken(t, sim) {
		t.Error("the other service still has the dead token")
	}
}

// The other service replaced a dead token already: ours is refused once, and gettoken is not called.
func TestInteropOtherWasFaster(t *testing.T) {
	r, sim := startRedis(t), wecomtest.NewServer(t)
	config := sim.Config()
	config.Tokens = open(t, r, wxAccessToken)
	client := sim.ClientOf(config)
	if _, err := client.Token(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if err := sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, 42001); err != nil {
		t.Fatal(err)
	}
	theirs := mustToken(t, sim)
	r.ask("SET", "wx_access_token", theirs, "EX", "7000")
	calls := sim.Stats().Calls["gettoken"]
	_, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "x"}})
	if n := sim.Stats().Calls["gettoken"] - calls; err != nil || n != 0 {
		t.Errorf("%d gettoken, error %v", n, err)
	}
}

// A service with a form of its own.
func TestInteropCodec(t *testing.T) {
	type record struct{ AccessToken string }
	opts := redisstore.Options{Prefix: "app:", Interop: &redisstore.Interop{
		Key: func(key string) string { return "token:" + strings.ReplaceAll(key, ":", "_") },
		Encode: func(token string) string {
			data, _ := json.Marshal(record{token})
			return string(data)
		},
		Decode: func(value string) (string, bool) {
			var r record
			err := json.Unmarshal([]byte(value), &r)
			return r.AccessToken, err == nil
		},
	}}
	r, sim := startRedis(t), wecomtest.NewServer(t)
	key := opts.Interop.Key(wecom.TokenKey(sim.URL, wecomtest.CorpID, wecomtest.Secret))
	r.ask("SET", key, "not-json")
	sendThrough(t, sim, open(t, r, opts), 2)
	if got, ok := opts.Interop.Decode(bulk(r.askAll("GET", key))); !ok || got != mustToken(t, sim) {
		t.Errorf("the other service finds %v", ok)
	}
	if _, err := redisstore.New(r.url(), redisstore.Options{Interop: &redisstore.Interop{}}); err == nil {
		t.Error("no error without a key")
	}
}
