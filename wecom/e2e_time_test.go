package wecom_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// tripwire calls trip, once, when somebody reads past the offset: for a file of some length that is
// while it is on its way.
type tripwire struct {
	*bytes.Reader
	offset int64
	trip   func()
}

func (w *tripwire) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if at, _ := w.Seek(0, io.SeekCurrent); at > w.offset && w.trip != nil {
		w.trip()
		w.trip = nil
	}
	return n, err
}

// WeCom kills the token while a file is being uploaded: before it has looked at the token, or after.
// The caller notices neither, and the whole file arrives.
func TestTokenDiesWithinAnUpload(t *testing.T) {
	content := bytes.Repeat([]byte("鸿雁传书\n"), 300_000) // 4 MB
	for _, offset := range []int64{64, 2 << 20} {
		for _, code := range []int{42001, 40014} {
			sim := wecomtest.NewServer(t)
			client := sim.Client()
			if _, err := client.Token(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			file := &tripwire{Reader: bytes.NewReader(content), offset: offset, trip: func() {
				if err := sim.Revoke(wecomtest.CorpID, wecomtest.AgentID, code); err != nil {
					t.Error(err)
				}
			}}
			up, err := client.Upload(t.Context(), wecom.MediaFile, "letter.txt", file)
			if err != nil {
				t.Fatalf("%d after %d bytes: %v", code, offset, err)
			}
			if got, ok := sim.Media(wecomtest.CorpID, up.MediaID); !ok || !bytes.Equal(got.Data, content) {
				t.Errorf("%d after %d bytes: %d bytes arrived", code, offset, len(got.Data))
			}
			if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.File{MediaID: up.MediaID}}); err != nil {
				t.Errorf("%d after %d bytes: %v", code, offset, err)
			}
			if n := sim.Stats().Calls["gettoken"]; n != 2 {
				t.Errorf("%d after %d bytes: %d gettoken", code, offset, n)
			}
		}
	}
}

// After three days WeCom has forgotten a file that the client remembers: it goes up again, and the
// message once.
func TestForgottenFileGoesUpAgain(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	message := wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.FileBytes("plan.txt", []byte("phase one"))}
	for _, step := range []struct {
		later   time.Duration
		uploads int64
	}{{0, 1}, {3*24*time.Hour - time.Minute, 1}, {time.Minute, 2}, {time.Hour, 2}} {
		sim.Advance(step.later)
		if _, err := client.Send(t.Context(), message); err != nil {
			t.Fatalf("%v later: %v", step.later, err)
		}
		if n := sim.Stats().Calls["media/upload"]; n != step.uploads {
			t.Errorf("%v later: %d uploads, want %d", step.later, n, step.uploads)
		}
	}
	if got := len(sim.Inbox("lisi")); got != 4 {
		t.Errorf("%d messages", got)
	}
	// A media_id that the caller keeps is the caller's to replace.
	up, err := client.Upload(t.Context(), wecom.MediaFile, "plan.txt", bytes.NewReader([]byte("phase one")))
	if err != nil {
		t.Fatal(err)
	}
	sim.Advance(3 * 24 * time.Hour)
	message.Body = wecom.File{MediaID: up.MediaID}
	if _, err := client.Send(t.Context(), message); !errors.Is(err, &wecom.Error{Code: wecom.CodeBadMediaID}) || !wecom.NeverSent(err) {
		t.Errorf("error %v", err)
	}
}

// A response_code works once, within 72 hours; each click brings another.
func TestResponseCodes(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	receipt, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.ButtonInteraction{
		MainTitle: wecom.MainTitle{Title: "2.9 上线？"}, TaskID: "deploy-1", Buttons: []wecom.Button{{Text: "批准", Key: "ok"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	press := simulator.Click{MsgID: receipt.MsgID, User: "lisi", Key: "ok"}
	clicked, err := sim.Click(press)
	if err != nil {
		t.Fatal(err)
	}
	late, err := sim.Click(press)
	if err != nil {
		t.Fatal(err)
	}
	update := func(code string) error {
		_, err := client.UpdateCard(t.Context(), wecom.CardUpdate{All: true, ResponseCode: code, ReplaceName: "已批准"})
		return err
	}
	spent := &wecom.Error{Code: 60140}
	for _, step := range []struct {
		name  string
		code  string
		later time.Duration
		want  error
	}{
		{"a code of nobody", "Zr5invented", 0, spent},
		{"that of the receipt", receipt.ResponseCode, 0, nil},
		{"it again", receipt.ResponseCode, 0, spent},
		{"that of a click, in its last second", clicked.ResponseCode, 72*time.Hour - time.Minute, nil},
		{"that of another click, too late", late.ResponseCode, time.Minute, spent},
	} {
		sim.Advance(step.later)
		if err := update(step.code); !errors.Is(err, step.want) {
			t.Errorf("%s: error %v, want %v", step.name, err, step.want)
		}
	}
}

func TestRecallWindow(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	message := wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.Text{Content: "磁盘已满"}}
	early, err := client.Send(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	sim.Advance(time.Hour)
	later, err := client.Send(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	sim.Advance(23 * time.Hour)
	if err := client.Recall(t.Context(), early.MsgID); !errors.Is(err, &wecom.Error{Code: 42052}) {
		t.Errorf("after 24 hours: %v", err)
	}
	other := sim.ClientOf(wecom.Config{CorpID: wecomtest.CorpID, AgentID: 1000003, Secret: "sim-secret-1000003"})
	if err := other.Recall(t.Context(), later.MsgID); !errors.Is(err, &wecom.Error{Code: 40058}) {
		t.Errorf("by another app: %v", err)
	}
	if err := client.Recall(t.Context(), later.MsgID); err != nil {
		t.Errorf("after 23 hours: %v", err)
	}
	inbox := sim.Inbox("lisi")
	if inbox[0].Recalled || !inbox[1].Recalled {
		t.Errorf("recalled: %t, %t", inbox[0].Recalled, inbox[1].Recalled)
	}
}

// The 21st message of a robot within a minute is refused, and was surely not sent.
func TestRobotLimit(t *testing.T) {
	sim := wecomtest.NewServer(t)
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: robotKey, BaseURL: sim.URL})
	if err != nil {
		t.Fatal(err)
	}
	ping := wecom.RobotMessage{Body: wecom.Text{Content: "ping"}}
	for i := range 20 {
		if err := robot.Send(t.Context(), ping); err != nil {
			t.Fatalf("message %d: %v", i+1, err)
		}
	}
	err = robot.Send(t.Context(), ping)
	var refused *wecom.Error
	if !errors.As(err, &refused) || refused.Code != wecom.CodeRateLimited || refused.Kind() != wecom.Limited || !wecom.NeverSent(err) {
		t.Errorf("the 21st: %v", err)
	}
	sim.Advance(time.Minute)
	if err := robot.Send(t.Context(), ping); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	if got := len(sim.Inbox("lisi")); got != 21 {
		t.Errorf("%d messages", got)
	}
}

// The 31st message of an app to a member within a minute is dropped without a word.
func TestMemberLimit(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	for range 31 {
		receipt, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.Text{Content: "ping"}})
		if err != nil || !receipt.ReachedAll() {
			t.Fatalf("receipt %+v, error %v", receipt, err)
		}
	}
	if got := len(sim.Inbox("lisi")); got != 30 {
		t.Errorf("%d messages", got)
	}
}
