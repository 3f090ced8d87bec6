package gateway_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

const aPNG = "\x89PNG\r\n\x1a\n and so on"

// TestFiles: what a body brings along goes to the gateway first, and its id into the message.
func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.png")
	if err := os.WriteFile(path, []byte(aPNG), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFake(t)
	c := f.client(t, func(c *gateway.Config) { c.Robot = "ops" })
	receipt, err := c.Send(t.Context(), wecom.Message{To: wecom.To{All: true}, Body: wecom.ImageFile(path)})
	if err != nil || receipt.MsgID != "msg_1" {
		t.Fatal(receipt, err)
	}
	up := f.requests[0]
	if up.URL.Path != "/v1/media" || up.URL.RawQuery != "name=plan.png&type=image" || f.bodies[0] != aPNG ||
		up.Header.Get("Content-Type") != "application/octet-stream" || up.ContentLength != int64(len(aPNG)) || up.Header.Get("Authorization") == "" {
		t.Errorf("uploaded as %s %v %q", up.URL, up.Header, f.bodies[0])
	}
	if !strings.Contains(f.bodies[1], `"image":{"media_id":"msg_1"}`) {
		t.Errorf("sent as %s", f.bodies[1])
	}
	video := wecom.VideoBytes("film.mp4", []byte("\x00\x00\x00\x18ftypmp42"))
	video.Title = "Fire drill"
	if err := c.SendChat(t.Context(), wecom.ChatMessage{ChatID: "c1", Body: video}); err != nil || !strings.Contains(f.bodies[3], `"video":{"media_id":"msg_1","title":"Fire drill"}`) {
		t.Errorf("%v: %s", err, f.bodies[3])
	}
	if err := c.SendRobot(t.Context(), wecom.RobotMessage{Body: wecom.ImageBytes("a.png", []byte(aPNG))}); err != nil || !strings.Contains(f.bodies[5], `"image":{"media_id":"msg_1"}`) {
		t.Errorf("%v: %s", err, f.bodies[5])
	}

	// What is no such file is told before anything is asked.
	f.forget()
	for _, body := range []wecom.Body{wecom.ImageFile(path + ".gone"), wecom.VoiceFile(path), wecom.FileBytes("a/b", []byte("abcdefgh")), nil} {
		_, err := c.Send(t.Context(), wecom.Message{To: wecom.To{All: true}, Body: body})
		var invalid *wecom.ValidationError
		if !errors.As(err, &invalid) || !gateway.NeverSent(err) {
			t.Errorf("%T: %v", body, err)
		}
	}
	if n := f.forget(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestUploadIsRepeated: a lost answer costs another upload of the whole file.
func TestUploadIsRepeated(t *testing.T) {
	f := newFake(t)
	f.before = func(w http.ResponseWriter, n int) (answered, stored bool) {
		switch n {
		case 1:
			drop(w)
		case 2:
			problem(w, 503, 50301, "the disk is full")
		default:
			return false, true
		}
		return true, false
	}
	c := f.client(t, nil)
	text := strings.NewReader("before: the report of June")
	if _, err := text.Seek(8, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	m, err := c.Upload(t.Context(), "", "report.txt", text)
	if err != nil || m.ID != "msg_1" || len(f.requests) != 3 {
		t.Fatalf("%+v %v after %d requests", m, err, len(f.requests))
	}
	for i, body := range f.bodies {
		if body != "the report of June" || f.requests[i].URL.RawQuery != "name=report.txt" {
			t.Errorf("%d: %s %q", i, f.requests[i].URL.RawQuery, body)
		}
	}
	f.before = nil
	f.forget()
	// What cannot be read twice is read before.
	if _, err := c.Upload(t.Context(), wecom.MediaFile, "report.txt", io.MultiReader(strings.NewReader("the report of "), strings.NewReader("June"))); err != nil || f.bodies[0] != "the report of June" {
		t.Errorf("%v %q", err, f.bodies)
	}
	if _, err := c.Upload(t.Context(), wecom.MediaFile, "report.txt", io.MultiReader(strings.NewReader("x"), brokenReader{})); err == nil || !gateway.NeverSent(err) {
		t.Errorf("%v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the tape is torn") }

// TestBatchWithFiles: a body that several messages have is uploaded once.
func TestBatchWithFiles(t *testing.T) {
	f := newFake(t)
	f.before = func(w http.ResponseWriter, n int) (answered, stored bool) {
		if strings.Contains(f.requests[n-1].URL.Path, "batch") {
			_, _ = io.WriteString(w, `{"results":[{"id":"msg_a","status":"queued"},{"id":"msg_b","status":"queued"}]}`)
			return true, false
		}
		return false, false
	}
	body := wecom.FileBytes("a.txt", []byte("abcdefgh"))
	items := []gateway.Item{
		{Letter: wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: body}},
		{Letter: wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.FileFile("nowhere.txt")}},
		{Letter: wecom.Message{To: wecom.To{Users: []string{"wangwu"}}, Body: body}},
	}
	results, err := f.client(t, nil).Batch(t.Context(), items)
	if err != nil || len(results) != 3 || results[0].ID != "msg_a" || results[1].Err == nil || results[2].ID != "msg_b" {
		t.Fatalf("%+v %v", results, err)
	}
	if len(f.requests) != 2 || strings.Count(f.bodies[1], `"media_id":"msg_1"`) != 2 {
		t.Errorf("%d requests: %q", len(f.requests), f.bodies)
	}
}
