package apps

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

const robotKey = "00000000-0000-0000-0000-000000000001"

// settings are those of the default world's two apps and its robot.
func settings(url string) *config.Config {
	queue := config.Queue{Workers: 8, Weight: 1}
	return &config.Config{
		WeCom: config.WeCom{BaseURL: url},
		Apps: []config.App{
			{Name: "crm", CorpID: wecomtest.CorpID, AgentID: wecomtest.AgentID, Secret: wecomtest.Secret, Queue: queue, AccountCap: 500},
			{Name: "ops", CorpID: wecomtest.CorpID, AgentID: 1000003, Secret: "sim-secret-1000003", Queue: queue},
		},
		Robots: []config.Robot{{Name: "ops", Key: robotKey, Queue: queue}},
	}
}

func open(t *testing.T, c *config.Config) *Apps {
	t.Helper()
	a, err := New(c, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func text(words string) delivery.Content {
	return delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: words}}}
}

func TestEachSenderSendsAsItself(t *testing.T) {
	already := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, already) })
	sim := wecomtest.NewServer(t)
	a := open(t, settings(sim.URL))
	if got, want := a.Names(), []delivery.Sender{"crm", "ops", "robot:ops"}; !slices.Equal(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
	for sender, agent := range map[delivery.Sender]int{"crm": 1000002, "ops": 1000003} {
		receipt, err := a.Send(t.Context(), sender, text("by "+string(sender)))
		if err != nil || receipt.MsgID == "" {
			t.Errorf("%s: %+v %v", sender, receipt, err)
		}
		if last := sim.Inbox("zhangsan").Last(); last.AgentID != agent || last.Text() != "by "+string(sender) {
			t.Errorf("%s: arrived %+v", sender, last)
		}
	}
	client, ok := a.Client("crm")
	if !ok {
		t.Fatal("crm has no client")
	}
	chat, err := client.CreateChat(t.Context(), wecom.Chat{Name: "on call", Owner: "zhangsan", Users: []string{"zhangsan", "lisi"}})
	if err != nil {
		t.Fatal(err)
	}
	for sender, c := range map[delivery.Sender]delivery.Content{
		"crm":       {Chat: &wecom.ChatMessage{ChatID: chat, Body: wecom.Text{Content: "to the chat"}}},
		"robot:ops": {Robot: &wecom.RobotMessage{Body: wecom.Text{Content: "by the robot"}}},
	} {
		if _, err := a.Send(t.Context(), sender, c); err != nil {
			t.Errorf("%s: %v", sender, err)
		}
	}
	if got := a.Settings("crm"); got.Workers != 8 || got.AccountCap != 500 || got.AgentID != 1000002 {
		t.Errorf("settings %+v", got)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	sim := wecomtest.NewServer(t)
	a := open(t, settings(sim.URL))
	if _, err := a.Send(t.Context(), "shop", text("x")); !errors.Is(err, delivery.ErrUnknownSender) || a.Knows("shop") || a.Settings("shop") != (Settings{}) {
		t.Errorf("shop: %v", err)
	}
	if _, err := a.Send(t.Context(), "robot:ops", text("x")); err == nil {
		t.Error("a robot sent what is an app's")
	}
	if _, ok := a.Client("robot:ops"); ok {
		t.Error("a robot has a client")
	}
	c := settings("ftp://nowhere")
	if _, err := New(c, nil, nil); err == nil || !strings.Contains(err.Error(), "BaseURL") {
		t.Error(err)
	}
}

// TestReload: another secret takes effect for the next message, and one under way is not disturbed.
func TestReload(t *testing.T) {
	already := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, already) })
	sim := wecomtest.NewServer(t)
	wrong := settings(sim.URL)
	wrong.Apps[0].Secret = "wrong"
	a := open(t, wrong)
	var refused *wecom.Error
	if _, err := a.Send(t.Context(), "crm", text("x")); !errors.As(err, &refused) || refused.Code != 40001 {
		t.Fatalf("with the wrong secret: %v", err)
	}
	ops, _ := a.Client("ops")
	if err := a.Reload(settings(sim.URL)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), "crm", text("right")); err != nil {
		t.Error(err)
	}
	if same, _ := a.Client("ops"); same != ops {
		t.Error("ops did not change, and has another client")
	}
	// What cannot be taken up changes nothing.
	bad := settings("ftp://nowhere")
	if err := a.Reload(bad); err == nil {
		t.Error("a reload with a bad address")
	}
	elsewhere := settings(sim.URL)
	elsewhere.Redis = "redis://127.0.0.1:1"
	if err := a.Reload(elsewhere); !errors.Is(err, ErrRedisChanged) {
		t.Error(err)
	}
	if !a.Knows("robot:ops") {
		t.Error("the robot is gone")
	}
}

// TestReloadDuringACall: a sender that is gone finishes what it is at.
func TestReloadDuringACall(t *testing.T) {
	already := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, already) })
	arrived, goOn := make(chan struct{}), make(chan struct{})
	sim := simulator.New()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "message/send") {
			close(arrived)
			<-goOn
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	a := open(t, settings(server.URL))
	sent := make(chan error, 1)
	go func() {
		_, err := a.Send(context.Background(), "crm", text("slow"))
		sent <- err
	}()
	<-arrived
	without := settings(server.URL)
	without.Apps, without.Robots = without.Apps[1:], nil
	if err := a.Reload(without); err != nil {
		t.Fatal(err)
	}
	if a.Knows("crm") || a.Knows("robot:ops") {
		t.Error("what the configuration dropped is still known")
	}
	close(goOn)
	if err := <-sent; err != nil || sim.Inbox("zhangsan").Last().Text() != "slow" {
		t.Errorf("the message that was under way: %v", err)
	}
}

// TestTokensAreShared: a token is fetched once for each app, whoever sends, and another client of the
// same app finds it.
func TestTokensAreShared(t *testing.T) {
	sim := wecomtest.NewServer(t)
	a := open(t, settings(sim.URL))
	for i := range 10 {
		for _, s := range a.Names()[:2] {
			if _, err := a.Send(t.Context(), s, text(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	changed := settings(sim.URL)
	changed.Apps[0].Workers = 9
	if err := a.Reload(changed); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), "crm", text("again")); err != nil {
		t.Fatal(err)
	}
	if n := sim.Stats().Calls["gettoken"]; n != 2 {
		t.Errorf("%d gettoken, want 2", n)
	}
}
