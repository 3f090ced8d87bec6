package wecomtest_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

var hello = wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "磁盘已满"}}

func TestSendAndLook(t *testing.T) {
	sim := wecomtest.NewServer(t)
	receipt, err := sim.Client().Send(t.Context(), hello)
	if err != nil || receipt.MsgID == "" || !receipt.ReachedAll() {
		t.Fatalf("receipt %+v, error %v", receipt, err)
	}
	last := sim.Inbox("zhangsan").Last()
	if last.Text() != "磁盘已满" || last.MsgID != receipt.MsgID {
		t.Errorf("inbox has %+v", last)
	}
	if got := len(sim.Inbox("lisi")); got != 0 {
		t.Errorf("lisi got %d messages", got)
	}
}

// The three tests of every tutorial: a token, a text to one member, a card to everybody.
func TestTutorial(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	if token, err := client.Token(t.Context(), ""); err != nil || len(token) < 100 {
		t.Fatalf("token of %d characters, error %v", len(token), err)
	}
	if _, err := client.Send(t.Context(), wecom.Message{
		To: wecom.To{Users: []string{"ChenPengWei"}}, Body: wecom.Text{Content: "你好"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{All: true}, Body: wecom.TextCard{
		Title: "领奖通知", Description: `<div class="gray">2016年9月26日</div>`, URL: "https://work.weixin.qq.com", ButtonText: "更多",
	}}); err != nil {
		t.Fatal(err)
	}
	if got := len(sim.Inbox("ChenPengWei")); got != 2 {
		t.Errorf("ChenPengWei has %d messages", got)
	}
	if got := len(sim.Inbox("zhangsan")); got != 1 {
		t.Errorf("zhangsan has %d messages", got)
	}
	if n := sim.Stats().Calls["gettoken"]; n != 1 {
		t.Errorf("%d gettoken", n)
	}
}

func TestPartlySent(t *testing.T) {
	sim := wecomtest.NewServer(t)
	m := hello
	m.To = wecom.To{Users: []string{"zhangsan", "Ghost01", "sim-unlicensed"}, Parties: []int{99}, Tags: []int{77}}
	receipt, err := sim.Client().Send(t.Context(), m)
	if err != nil || receipt.ReachedAll() {
		t.Fatalf("receipt %+v, error %v", receipt, err)
	}
	if receipt.InvalidUsers[0] != "ghost01" || receipt.UnlicensedUsers[0] != "sim-unlicensed" || receipt.InvalidParties[0] != 99 || receipt.InvalidTags[0] != 77 {
		t.Errorf("receipt %+v", receipt)
	}
	m.To = wecom.To{Users: []string{"Ghost01"}}
	receipt, err = sim.Client().Send(t.Context(), m)
	if !errors.Is(err, &wecom.Error{Code: wecom.CodeNoReceiver}) || len(receipt.InvalidUsers) != 1 {
		t.Errorf("receipt %+v, error %v", receipt, err)
	}
}

func TestFaultsAreCounted(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	sim.Fail("message/send", 45009).Times(2)
	for range 2 {
		if _, err := client.Send(t.Context(), hello); !errors.Is(err, &wecom.Error{Code: wecom.CodeRateLimited}) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := client.Send(t.Context(), hello); err != nil {
		t.Error(err)
	}
}

// A dropped connection: before the message took effect or after, the sender cannot know.
func TestDroppedConnection(t *testing.T) {
	for action, delivered := range map[simulator.Action]int{simulator.DropBefore: 0, simulator.DropAfter: 1} {
		sim := wecomtest.NewServer(t)
		client := sim.Client()
		if err := sim.SetFaults([]simulator.Fault{{Call: "message/send", Action: action, Times: 1}}); err != nil {
			t.Fatal(err)
		}
		_, err := client.Send(t.Context(), hello)
		if err == nil || wecom.NeverSent(err) {
			t.Errorf("%s: error %v, NeverSent %v", action, err, wecom.NeverSent(err))
		}
		if got := len(sim.Inbox("zhangsan")); got != delivered {
			t.Errorf("%s: %d messages delivered", action, got)
		}
	}
}

// The token is killed under 64 callers, once a round: one gettoken each time, no failed send.
func TestRevokedUnderLoad(t *testing.T) {
	for _, code := range []int{42001, 40014} {
		sim := wecomtest.NewServer(t)
		client := sim.Client()
		const rounds, callers, each = 4, 64, 10
		for range rounds {
			var sent atomic.Int64
			var wg sync.WaitGroup
			for range callers {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for range each {
						if _, err := client.Send(t.Context(), hello); err != nil {
							t.Error(err)
						}
						if sent.Add(1) == callers*each/2 {
							if err := sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, code); err != nil {
								t.Error(err)
							}
						}
					}
				}()
			}
			wg.Wait()
		}
		if n := sim.Stats().Calls["gettoken"]; n != rounds+1 {
			t.Errorf("%d: %d gettoken for %d kills", code, n, rounds)
		}
	}
}

// The token's life ends by the simulator's clock, which the client does not see: it is refused, and
// replaced without the caller noticing.
func TestTokenDiesUnseen(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	for range 3 {
		if _, err := client.Send(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
		sim.Advance(2*time.Hour + time.Second)
	}
	if n := sim.Stats().Calls["gettoken"]; n != 3 {
		t.Errorf("%d gettoken", n)
	}
}

func TestWrongSecretIsAskedOnce(t *testing.T) {
	sim := wecomtest.NewServer(t)
	config := sim.Config()
	config.Secret = "not-the-secret"
	client := sim.ClientOf(config)
	for range 5 {
		_, err := client.Send(t.Context(), hello)
		var refused *wecom.Error
		if !errors.As(err, &refused) || refused.Code != wecom.CodeBadSecret || refused.Op != "gettoken" || refused.Kind() != wecom.Misconfigured {
			t.Fatalf("error %v", err)
		}
	}
	if n := sim.Stats().Calls["gettoken"]; n != 1 {
		t.Errorf("a wrong secret was tried %d times", n)
	}
}

func TestUntrustedIP(t *testing.T) {
	world := simulator.DefaultWorld()
	world.Corps[0].Apps[0].TrustedIPs = []string{"203.0.113.9"}
	sim := wecomtest.NewServer(t, simulator.WithWorld(world))
	_, err := sim.Client().Send(t.Context(), hello)
	var refused *wecom.Error
	if !errors.As(err, &refused) || refused.Code != wecom.CodeUntrustedIP || refused.CallerIP != "127.0.0.1" || refused.HintID == "" {
		t.Errorf("error %#v", err)
	}
}

func TestMemoryStore(t *testing.T) {
	wecomtest.TestTokenStore(t, func(*testing.T) wecom.TokenStore { return wecom.NewMemoryStore() })
}
