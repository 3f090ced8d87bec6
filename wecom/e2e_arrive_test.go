package wecom_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// What stands beside the body: receivers and options reach WeCom as they were given.
func TestMessagesArriveAsSent(t *testing.T) {
	hello := wecom.Text{Content: "磁盘已满"}
	for _, c := range []struct {
		name    string
		message wecom.Message
		users   []string
	}{
		{"one member", wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: hello}, []string{"zhangsan"}},
		{"another case", wecom.Message{To: wecom.To{Users: []string{"ZhangSan", "LISI"}}, Body: hello}, []string{"lisi", "zhangsan"}},
		{"everybody", wecom.Message{To: wecom.To{All: true}, Body: hello}, []string{"ChenPengWei", "lisi", "sunqi", "wangwu", "zhangsan", "zhaoliu", "zhouba"}},
		{"a department, a tag, a member, once each", wecom.Message{To: wecom.To{Users: []string{"zhangsan"}, Parties: []int{3}, Tags: []int{1}}, Body: hello}, []string{"lisi", "sunqi", "zhangsan", "zhaoliu", "zhouba"}},
		{"kept safe", wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: hello, Safe: 1}, []string{"lisi"}},
		{"all options", wecom.Message{
			To: wecom.To{Users: []string{"lisi"}}, Body: hello, AgentID: wecomtest.AgentID, TranslateIDs: true,
			DuplicateCheck: true, DuplicateCheckInterval: 4 * time.Hour,
		}, []string{"lisi"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := wecomtest.NewServer(t)
			receipt, err := sim.Client().Send(t.Context(), c.message)
			if err != nil || !receipt.ReachedAll() {
				t.Fatalf("receipt %+v, error %v", receipt, err)
			}
			got := sim.Inbox("lisi").Last()
			if slices.Contains(c.users, "zhangsan") {
				got = sim.Inbox("zhangsan").Last()
			}
			if users := slices.Sorted(slices.Values(got.Users)); !slices.Equal(users, c.users) {
				t.Errorf("reached %v, want %v", users, c.users)
			}
			var arrived wecom.Message
			if err := json.Unmarshal(got.Request, &arrived); err != nil {
				t.Fatal(err)
			}
			c.message.AgentID = wecomtest.AgentID
			if !reflect.DeepEqual(arrived, c.message) {
				t.Errorf("sent %+v, arrived %+v", c.message, arrived)
			}
		})
	}
}

// Files go up with their messages, byte for byte and under their names.
func TestFilesArriveAsSent(t *testing.T) {
	content := func(kind wecom.MediaType) []byte { return []byte(mediaContents[kind] + "\x00\r\n--鸿雁\xff") }
	dir := t.TempDir()
	path := filepath.Join(dir, "报表 2026.dat")
	if err := os.WriteFile(path, content(wecom.MediaFile), 0o600); err != nil {
		t.Fatal(err)
	}
	film := wecom.VideoBytes("drill.mp4", content(wecom.MediaVideo))
	film.Title, film.Description = "演习", "周五前看"
	for _, c := range []struct {
		body wecom.Body
		kind wecom.MediaType
		name string
	}{
		{wecom.ImageBytes("chart.png", content(wecom.MediaImage)), wecom.MediaImage, "chart.png"},
		{wecom.ImageBytes("chart", content(wecom.MediaImage)), wecom.MediaImage, "chart.png"},
		{wecom.VoiceBytes("memo.amr", content(wecom.MediaVoice)), wecom.MediaVoice, "memo.amr"},
		{film, wecom.MediaVideo, "drill.mp4"},
		{wecom.FileFile(path), wecom.MediaFile, "报表 2026.dat"},
		{wecom.FileBytes(`a "quoted"; name=b\c 50%.txt`, content(wecom.MediaFile)), wecom.MediaFile, `a "quoted"; name=b\c 50%.txt`},
		{wecom.FileBytes("👍.tar.gz", content(wecom.MediaFile)), wecom.MediaFile, "👍.tar.gz"},
	} {
		sim := wecomtest.NewServer(t)
		client := sim.Client()
		chat, err := client.CreateChat(t.Context(), wecom.Chat{Users: []string{"zhangsan", "lisi"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: c.body}); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := client.SendChat(t.Context(), wecom.ChatMessage{ChatID: chat, Body: c.body}); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for _, message := range sim.Inbox("zhangsan") {
			var body struct {
				MediaID string `json:"media_id"`
				Title   string `json:"title"`
			}
			if err := json.Unmarshal(message.Body, &body); err != nil {
				t.Fatal(err)
			}
			file, ok := sim.Media(wecomtest.CorpID, body.MediaID)
			if !ok || file.Type != string(c.kind) || file.Name != c.name || !bytes.Equal(file.Data, content(c.kind)) {
				t.Errorf("%s: arrived as %s %q, %d bytes", c.name, file.Type, file.Name, len(file.Data))
			}
			if (body.Title == "演习") != (c.kind == wecom.MediaVideo) {
				t.Errorf("%s: the title is %q", c.name, body.Title)
			}
		}
		if n := sim.Stats().Calls["media/upload"]; n != 1 {
			t.Errorf("%s: %d uploads", c.name, n)
		}
	}
}

// A robot sends a picture inside the message, whichever way it is given.
func TestRobotPicturesArriveAsSent(t *testing.T) {
	picture := []byte(mediaContents[wecom.MediaImage] + "\x00\x01\x02")
	path := filepath.Join(t.TempDir(), "chart.png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]wecom.Body{
		"bytes": wecom.RobotImage{Data: picture}, "image": wecom.ImageBytes("chart.png", picture), "file": wecom.ImageFile(path),
	} {
		sim := wecomtest.NewServer(t)
		robot, err := wecom.NewRobot(wecom.RobotConfig{Key: sim.URL + "/cgi-bin/webhook/send?key=" + robotKey})
		if err != nil {
			t.Fatal(err)
		}
		if err := robot.Send(t.Context(), wecom.RobotMessage{Body: body}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got struct {
			MediaID string `json:"media_id"`
		}
		if err := json.Unmarshal(sim.Inbox("lisi").Last().Body, &got); err != nil {
			t.Fatal(err)
		}
		if file, ok := sim.Media(wecomtest.CorpID, got.MediaID); !ok || !bytes.Equal(file.Data, picture) {
			t.Errorf("%s: arrived as %d bytes", name, len(file.Data))
		}
		if n := sim.Stats().Calls["webhook/upload_media"]; n != 0 {
			t.Errorf("%s: %d uploads", name, n)
		}
	}
}
