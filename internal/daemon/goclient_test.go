package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/wecom"
	through "github.com/hongyan-im/hongyan/wecom/gateway"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// sender is what a program needs of either client.
type sender interface {
	Send(context.Context, wecom.Message) (wecom.Receipt, error)
	Notify(ctx context.Context, user, title, text, url string) (wecom.Receipt, error)
	Recall(ctx context.Context, msgID string) error
}

func (g *gateway) program(url string) *through.Client {
	g.t.Helper()
	c, err := through.New(through.Config{URL: url, Key: "secret", App: "crm"})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(c.CloseIdleConnections)
	return c
}

// openUpstream is a simulated WeCom that lets everything through, with these members too.
func openUpstream(t *testing.T, more int) (sim *simulator.WeCom, url string) {
	world := simulator.DefaultWorld()
	for i := range more {
		world.Corps[0].Users = append(world.Corps[0].Users, simulator.User{UserID: fmt.Sprintf("u%d", i), Name: "x", Parties: []int{1}})
	}
	sim = simulator.New(simulator.WithWorld(world))
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, server.URL
}

// TestSameProgram: a program that changes its constructor gets the same receipts and errors.
func TestSameProgram(t *testing.T) {
	sim, upstream := openUpstream(t, 0)
	g := run(t, Options{Config: settings(t, upstream)})
	defer g.stop()
	direct, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "sim-secret-1000002", BaseURL: upstream})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(direct.CloseIdleConnections)
	for name, way := range map[string]sender{"direct": direct, "gateway": g.program("http://" + g.Addr().String())} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			receipt, err := way.Notify(ctx, "lisi", "title", "text "+name, "https://example.com")
			if err != nil || receipt.MsgID == "" || !receipt.ReachedAll() {
				t.Errorf("%+v, %v", receipt, err)
			}
			if err := way.Recall(ctx, receipt.MsgID); err != nil {
				t.Errorf("recall: %v", err)
			}
			to := func(users ...string) wecom.Message {
				return wecom.Message{To: wecom.To{Users: users}, Body: wecom.Text{Content: "hello from " + name}}
			}
			if receipt, err = way.Send(ctx, to("lisi", "nosuch", "sim-unlicensed")); err != nil || !slices.Equal(receipt.InvalidUsers, []string{"nosuch"}) || !slices.Equal(receipt.UnlicensedUsers, []string{"sim-unlicensed"}) {
				t.Errorf("partly: %+v, %v", receipt, err)
			}
			receipt, err = way.Send(ctx, to("nosuch"))
			var refused *wecom.Error
			if !errors.As(err, &refused) || refused.Code != wecom.CodeNoReceiver || refused.Op != "message/send" || !wecom.NeverSent(err) || !slices.Equal(receipt.InvalidUsers, []string{"nosuch"}) {
				t.Errorf("refused: %+v, %v", receipt, err)
			}
			if hint := err.(interface{ Hint(wecom.Lang) string }).Hint(wecom.Chinese); !strings.Contains(hint, "可见范围") {
				t.Errorf("hint %q", hint)
			}
			button := wecom.ButtonInteraction{MainTitle: wecom.MainTitle{Title: "t"}, TaskID: "task-" + name, Buttons: []wecom.Button{{Text: "a", Key: "b"}}}
			if receipt, err = way.Send(ctx, wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: button}); err != nil || receipt.ResponseCode == "" {
				t.Errorf("card: %+v, %v", receipt, err)
			}
			picture := wecom.ImageBytes("plan.png", []byte("\x89PNG\r\n\x1a\n of "+name))
			if receipt, err = way.Send(ctx, wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: picture}); err != nil || receipt.MsgID == "" {
				t.Errorf("picture: %+v, %v", receipt, err)
			}
			if arrived := upstreamOf(t, sim, "lisi"); string(arrived.Data) != "\x89PNG\r\n\x1a\n of "+name {
				t.Errorf("the picture arrived as %q", arrived.Data)
			}
			if err := way.Recall(ctx, "no such id"); err == nil {
				t.Error("a message that is not there was recalled")
			}
		})
	}
}

// upstreamOf is the file in the last message of a member.
func upstreamOf(t *testing.T, sim *simulator.WeCom, user string) simulator.Medium {
	t.Helper()
	var body struct {
		MediaID string `json:"media_id"`
	}
	if err := json.Unmarshal(sim.Inbox(user).Last().Body, &body); err != nil {
		t.Fatal(err)
	}
	m, ok := sim.Media("ww0000000000000001", body.MediaID)
	if !ok {
		t.Errorf("WeCom has no %q", body.MediaID)
	}
	return m
}

// TestFilesOfAProgram: a file is uploaded once, and asked for; a robot's picture is one of the gateway's.
func TestFilesOfAProgram(t *testing.T) {
	sim, upstream := openUpstream(t, 0)
	c := settings(t, upstream)
	c.Robots = []config.Robot{{Name: "ops", Key: "00000000-0000-0000-0000-000000000001", Queue: config.Queue{Workers: 1, Weight: 1}}}
	g := run(t, Options{Config: c})
	client, err := through.New(through.Config{URL: "http://" + g.Addr().String(), Key: "secret", App: "crm", Robot: "ops"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	m, err := client.Upload(t.Context(), "", "report.txt", strings.NewReader("the report of June"))
	if err != nil || m.Type != wecom.MediaFile || m.Name != "report.txt" || m.Size != 18 {
		t.Fatalf("%+v %v", m, err)
	}
	if again, err := client.Media(t.Context(), m.ID); err != nil || again != m {
		t.Errorf("%+v %v", again, err)
	}
	var problem *through.Problem
	if _, err := client.Media(t.Context(), "media_x"); !errors.As(err, &problem) || problem.Status != http.StatusNotFound {
		t.Errorf("%v", err)
	}
	for _, user := range []string{"lisi", "zhangsan"} {
		if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{user}}, Body: wecom.File{MediaID: m.ID}}); err != nil {
			t.Error(err)
		}
	}
	if got := upstreamOf(t, sim, "zhangsan"); got.Name != "report.txt" || string(got.Data) != "the report of June" || sim.Stats().Calls["media/upload"] != 1 {
		t.Errorf("%+v after %d uploads", got, sim.Stats().Calls["media/upload"])
	}
	if err := client.SendRobot(t.Context(), wecom.RobotMessage{Body: wecom.ImageBytes("plan.png", []byte("\x89PNG\r\n\x1a\n of a robot"))}); err != nil {
		t.Error(err)
	}
	// A gateway that was started again has it still.
	g.stop()
	g = run(t, Options{Config: c})
	again := g.program("http://" + g.Addr().String())
	if _, err := again.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"wangwu"}}, Body: wecom.File{MediaID: m.ID}}); err != nil {
		t.Error(err)
	}
	if n := sim.Stats().Calls["media/upload"]; n != 1 {
		t.Errorf("%d uploads after a restart", n)
	}
	g.stop()
}

// TestExactlyOnce: behind a proxy that loses requests and answers, each Send is one message.
func TestExactlyOnce(t *testing.T) {
	sim, upstream := openUpstream(t, 60)
	settings := settings(t, upstream)
	settings.Apps[0].Workers = 16
	g := run(t, Options{Config: settings})
	defer g.stop()
	target, err := url.Parse("http://" + g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport}
	var mu sync.Mutex
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		fate := chance.IntN(6)
		mu.Unlock()
		switch fate {
		case 0: // the request is lost
			panic(http.ErrAbortHandler)
		case 1: // the answer is lost
			onward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case 2: // so is half of it
			w.Header().Set("Content-Length", "5000")
			_, _ = w.Write([]byte(`{"id":"msg_`))
			onward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			onward.ServeHTTP(w, r)
		}
	}))
	defer proxy.Close()
	client := g.program(proxy.URL)
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			m := wecom.Message{To: wecom.To{Users: []string{fmt.Sprintf("u%d", i)}}, Body: wecom.Text{Content: "the same text for all"}}
			if receipt, err := client.Send(t.Context(), m); err != nil || receipt.MsgID == "" {
				t.Errorf("message %d: %+v, %v", i, receipt, err)
			}
		})
	}
	all.Wait()
	for i := range 60 {
		if got := sim.Messages(simulator.Filter{User: fmt.Sprintf("u%d", i)}); len(got) != 1 {
			t.Errorf("u%d got %d messages", i, len(got))
		}
	}
	n := 0
	for _, err := range g.program(target.String()).List(t.Context(), through.Filter{}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 60 {
		t.Errorf("the gateway has %d messages", n)
	}
}

// TestRestartUnderASend: a program does not see that the gateway was away for a moment.
func TestRestartUnderASend(t *testing.T) {
	sim, upstream := openUpstream(t, 0)
	settings := settings(t, upstream)
	g := run(t, Options{Config: settings})
	settings.Listen = g.Addr().String()
	client := g.program("http://" + settings.Listen)
	if _, err := client.Notify(t.Context(), "lisi", "t", "before", "https://example.com"); err != nil {
		t.Fatal(err)
	}
	g.stop()
	sent := make(chan error, 1)
	go func() {
		_, err := client.Notify(t.Context(), "lisi", "t", "meanwhile", "https://example.com")
		sent <- err
	}()
	g = run(t, Options{Config: settings})
	defer g.stop()
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if n := len(sim.Messages(simulator.Filter{User: "lisi"})); n != 2 {
		t.Errorf("lisi got %d messages", n)
	}
}

// TestManyAndAgain: a batch, found by its label; what a setting kept from arriving is sent again at once.
func TestManyAndAgain(t *testing.T) {
	sim, upstream := openUpstream(t, 30)
	settings := settings(t, upstream)
	settings.Apps[0].Workers = 16
	g := run(t, Options{Config: settings})
	defer g.stop()
	client := g.program("http://" + g.Addr().String())
	var items []through.Item
	for i := range 30 {
		user := fmt.Sprintf("u%d", i)
		if i == 7 {
			user = "nosuch"
		}
		items = append(items, through.Item{
			Letter:  wecom.Message{To: wecom.To{Users: []string{user}}, Body: wecom.Text{Content: "hello " + user}},
			Options: through.Options{Key: fmt.Sprintf("round-%d", i), Labels: map[string]string{"round": "1"}},
		})
	}
	for range 2 { // the second time nothing is new
		results, err := client.Batch(t.Context(), items)
		if err != nil || len(results) != len(items) {
			t.Fatalf("%d results, %v", len(results), err)
		}
		for _, r := range results {
			if m, err := client.Wait(t.Context(), r.ID); r.Err != nil || err != nil || !m.Status.Final() {
				t.Fatalf("%+v: %+v, %v", r, m, err)
			}
		}
	}
	count := func(f through.Filter) (n int) {
		for _, err := range client.List(t.Context(), f) {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	round := map[string]string{"round": "1"}
	if all, refused := count(through.Filter{Labels: round}), count(through.Filter{Labels: round, Statuses: []through.Status{through.Refused}}); all != 30 || refused != 1 {
		t.Errorf("%d messages, %d refused", all, refused)
	}
	would, err := client.ResendAll(t.Context(), through.Filter{Labels: round}, through.ResendOptions{DryRun: true})
	if err != nil || would.Count != 1 || count(through.Filter{}) != 30 {
		t.Errorf("a trial: %+v, %v", would, err)
	}
	if done, err := client.ResendAll(t.Context(), through.Filter{User: "NOSUCH"}, through.ResendOptions{}); err != nil || done.Count != 1 || done.Results[0].New == "" {
		t.Errorf("%+v, %v", done, err)
	}
	if done, err := client.ResendAll(t.Context(), through.Filter{User: "u3"}, through.ResendOptions{Which: through.ResendAll}); err != nil || done.Count != 1 {
		t.Errorf("%+v, %v", done, err)
	} else if m, err := client.Wait(t.Context(), done.Results[0].New); err != nil || m.Status != through.Sent || m.ResendOf != done.Results[0].ID {
		t.Errorf("%+v, %v", m, err)
	}
	if n := len(sim.Messages(simulator.Filter{User: "u3"})); n != 2 {
		t.Errorf("u3 got %d messages", n)
	}
	m, err := client.Submit(t.Context(), wecom.Message{To: wecom.To{Users: []string{"u4"}}, Body: wecom.Text{Content: "later"}}, through.Options{Delay: time.Hour})
	if err != nil || m.Status != through.Scheduled {
		t.Fatalf("%+v, %v", m, err)
	}
	if done, err := client.Cancel(t.Context(), m.ID); err != nil || done.Cancelled != 1 || done.Message.Status != through.Cancelled {
		t.Errorf("%+v, %v", done, err)
	}
	if m, err = client.Message(t.Context(), m.ID); err != nil || m.Recipients == nil || m.Recipients.Members[0].User != "u4" {
		t.Errorf("%+v, %v", m, err)
	}
	button := wecom.ButtonInteraction{MainTitle: wecom.MainTitle{Title: "t"}, TaskID: "y", Buttons: []wecom.Button{{Text: "a", Key: "b"}}}
	receipt, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"u5"}}, Body: button})
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := client.UpdateCard(t.Context(), receipt.MsgID, wecom.CardUpdate{ReplaceName: "done"}); err != nil || !changes[0].Done {
		t.Errorf("%+v, %v", changes, err)
	}
	var half *through.ChangeError
	if _, err := client.UpdateCard(t.Context(), receipt.MsgID, wecom.CardUpdate{ReplaceName: "done"}); !errors.As(err, &half) || half.Changes[0].Why != "spent" {
		t.Errorf("a second update: %v", err)
	}
}
