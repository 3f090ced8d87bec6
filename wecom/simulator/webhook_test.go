package simulator

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const robotKey = "00000000-0000-0000-0000-000000000001"

func byRobot(t testing.TB, sim *WeCom, query, body string) answer {
	t.Helper()
	return api(t, sim, "POST", "/cgi-bin/webhook/send?"+query, body)
}

// robotImage is an image as robots send it.
func robotImage(data string) (encoded, digest string) {
	sum := md5.Sum([]byte(data))
	return base64.StdEncoding.EncodeToString([]byte(data)), hex.EncodeToString(sum[:])
}

// quiet moves on so far that no limit is in the way.
func quiet(sim *WeCom) { sim.Advance(time.Minute) }

func TestRobotErrors(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) {
		w.Corps[0].Robots = append(w.Corps[0].Robots, Robot{Key: "off", Name: "off", Disabled: true})
	})))
	hello := `{"msgtype":"text","text":{"content":"x"}}`
	of := func(msgType string, body any) string { return fields{"msgtype": msgType, msgType: body}.json() }
	b := func(n int) string { return strings.Repeat("x", n) }
	encoded, digest := robotImage(png)
	big, bigDigest := robotImage(png + b(2<<20))
	gif, gifDigest := robotImage("GIF89a....")
	appFile := uploaded(t, sim, "file", "a", "mytext")
	for _, c := range []struct {
		name, query, body string
		code              int
		text              string
	}{
		{"no key", "", hello, 93000, "invalid webhook url"},
		{"wrong key", "key=x", hello, 93000, ""},
		{"disabled robot", "key=off", hello, 93004, ""},
		{"no msgtype", "", `{"text":{"content":"x"}}`, 40008, "invalid message type"},
		{"unknown msgtype", "", of("video", fields{}), 40008, ""},
		{"msgtype in capitals", "", of("Text", fields{"content": "x"}), 40008, ""},
		{"no body", "", `{"msgtype":"text"}`, 40008, ""},
		{"body that is no object", "", of("text", "x"), 40008, "Warning: wrong json format. invalid message type"},
		{"empty text", "", of("text", fields{"content": ""}), 44004, "empty content"},
		{"long text", "", of("text", fields{"content": b(5121)}), 40058, "text.content exceed max length 5120. invalid Request Parameter"},
		{"empty markdown", "", of("markdown", fields{}), 44004, ""},
		{"long markdown", "", of("markdown", fields{"content": b(4097)}), 40058, "markdown.content exceed max length 4096. invalid Request Parameter"},
		{"long markdown_v2", "", of("markdown_v2", fields{"content": b(4097)}), 40058, "markdown_v2.content exceed max length 4096. invalid Request Parameter"},
		{"no image", "", of("image", fields{}), 44001, ""},
		{"wrong digest", "", of("image", fields{"base64": encoded, "md5": gifDigest}), 301019, "media md5 not match"},
		{"line breaks", "", of("image", fields{"base64": encoded[:4] + "\r\n" + encoded[4:], "md5": digest}), 301019, ""},
		{"no base64", "", of("image", fields{"base64": "***", "md5": digest}), 301019, ""},
		{"large image", "", of("image", fields{"base64": big, "md5": bigDigest}), 40009, ""},
		{"GIF", "", of("image", fields{"base64": gif, "md5": gifDigest}), 40004, ""},
		{"no articles", "", of("news", fields{}), 45008, ""},
		{"nine articles", "", of("news", fields{"articles": repeated(fields{}, 9)}), 45008, ""},
		{"article without url", "", of("news", fields{"articles": repeated(fields{"title": "t"}, 1)}), 41010, ""},
		{"file without id", "", of("file", fields{}), 41006, ""},
		{"file of an app", "", of("file", fields{"media_id": appFile}), 40007, ""},
		{"voice of nobody", "", of("voice", fields{"media_id": "3x"}), 40007, ""},
		{"card with buttons", "", of("template_card", json.RawMessage(buttonCard)), 42031, ""},
		{"notice without picture", "", of("template_card", alter(t, newsNotice, "card_image", nil)), 42044, ""},
		{"notice without action", "", of("template_card", alter(t, newsNotice, "card_action", nil)), 42045, ""},
		{"eight MiB", "", strings.Repeat(" ", maxBody+1), 45002, ""},
	} {
		query := c.query
		if query == "" && c.name != "no key" {
			query = "key=" + robotKey
		}
		if a := byRobot(t, sim, query, c.body); a.code() != c.code || c.text != "" && a.text() != c.text {
			t.Errorf("%s: %v, want %d %q", c.name, a, c.code, c.text)
		}
	}
	if n := len(sim.Messages(Filter{})); n != 0 {
		t.Errorf("%d refused messages were kept", n)
	}
}

func TestRobotMessages(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].Robots[0].Users = []string{"lisi", "wangwu"} })))
	encoded, digest := robotImage(png)
	file := upload(t, sim, "/cgi-bin/webhook/upload_media?type=file&key="+robotKey, "media", "a.txt", "mytext").str("media_id")
	for _, c := range []struct{ msgType, body, want string }{
		{"text", `{"content":"x","mentioned_list":["lisi"],"mentioned_mobile_list":["@all"]}`, `{"content":"x","mentioned_list":["lisi"],"mentioned_mobile_list":["@all"]}`},
		{"text", `{"content":"` + strings.Repeat("x", 5120) + `"}`, `{"content":"` + strings.Repeat("x", 5120) + `"}`},
		{"markdown", `{"content":"` + strings.Repeat("x", 4096) + `"}`, `{"content":"` + strings.Repeat("x", 4096) + `"}`},
		{"markdown_v2", `{"content":"| a |"}`, `{"content":"| a |"}`},
		{"news", newsJSON, newsJSON},
		{"file", `{"media_id":"` + file + `"}`, `{"media_id":"` + file + `"}`},
		{"template_card", `{"card_type":"text_notice","task_id":"t","action_menu":{},"sub_title_text":"s","card_action":{"type":1,"url":"u"}}`,
			`{"card_type":"text_notice","sub_title_text":"s","card_action":{"type":1,"url":"u"}}`},
	} {
		a := byRobot(t, sim, "access_token=nonsense&key="+robotKey, fields{"msgtype": c.msgType, c.msgType: json.RawMessage(c.body)}.json())
		if a.code() != 0 || len(a) != 2 {
			t.Errorf("%s: %v", c.msgType, a)
		}
		m := sim.Inbox("wangwu").Last()
		if string(m.Body) != c.want || m.Robot != "值班机器人" || m.Chat != "值班群" || m.ChatID != "" || m.AgentID != 0 || len(m.Users) != 2 {
			t.Errorf("%+v\n%s", m, m.Body)
		}
	}
	byRobot(t, sim, "key="+robotKey, fields{"msgtype": "image", "image": fields{"base64": encoded, "md5": strings.ToUpper(digest)}}.json())
	image := lastCard(t, sim, "lisi")
	if m, ok := sim.Media(corpID, image["media_id"].(string)); !ok || string(m.Data) != png || m.ContentType != "image/png" || image["md5"] != digest {
		t.Errorf("%v", image)
	}
	if len(sim.Inbox("zhangsan")) != 0 {
		t.Error("somebody outside the group got it")
	}
}

func TestRobotRate(t *testing.T) {
	sim := newStill()
	hello := `{"msgtype":"text","text":{"content":"x"}}`
	for i := range 20 {
		if a := byRobot(t, sim, "key="+robotKey, hello); a.code() != 0 {
			t.Fatalf("message %d: %v", i, a)
		}
		sim.Advance(time.Second)
	}
	for range 3 { // refused calls do not count
		if a := byRobot(t, sim, "key="+robotKey, hello); a.code() != 45009 || a.text() != "api freq out of limit" {
			t.Fatalf("%v, want 45009", a)
		}
	}
	if err := sim.SetWorld(sim.World()); err != nil {
		t.Fatal(err)
	}
	sim.Advance(40*time.Second - time.Nanosecond)
	if a := byRobot(t, sim, "key="+robotKey, hello); a.code() != 45009 {
		t.Errorf("%v, want 45009 until the first is a minute old", a)
	}
	sim.Advance(time.Nanosecond)
	for _, code := range []int{0, 45009} {
		if a := byRobot(t, sim, "key="+robotKey, hello); a.code() != code {
			t.Errorf("%v, want %d", a, code)
		}
	}
	quiet(sim)
	if a := byRobot(t, sim, "key="+robotKey, hello); a.code() != 0 {
		t.Errorf("%v", a)
	}
}

func TestRobotUpload(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) {
		w.Corps[0].Robots = append(w.Corps[0].Robots, Robot{Key: "second", Name: "second"}, Robot{Key: "off", Disabled: true})
	})))
	target := "/cgi-bin/webhook/upload_media?type="
	for _, c := range []struct {
		query, data string
		code        int
		text        string
	}{
		{"file&key=" + robotKey, "mytext", 0, "ok"},
		{"voice&key=" + robotKey, amr(1), 0, "ok"},
		{"image&key=" + robotKey, png, 40005, ""},
		{"&key=" + robotKey, png, 40005, ""},
		{"file&key=x", "", 44001, "empty media data"},
		{"file&key=x", "mytext", 40058, "invalid param 'key'"},
		{"file", "mytext", 40058, "invalid param 'key'"},
		{"file&key=off", "mytext", 93004, ""},
		{"voice&key=" + robotKey, "mytext", 301017, ""},
		{"voice&key=" + robotKey, amr(61), 45007, ""},
	} {
		a := upload(t, sim, target+c.query, "media", "a", c.data)
		if a.code() != c.code || c.text != "" && a.text() != c.text {
			t.Errorf("%s: %v, want %d", c.query, a, c.code)
		}
		if _, isText := a["created_at"].(string); c.code == 0 && !isText {
			t.Errorf("created_at in %v", a)
		}
	}
	id := upload(t, sim, target+"file&key="+robotKey, "media", "a", "mytext").str("media_id")
	use := fields{"msgtype": "file", "file": fields{"media_id": id}}.json()
	if a := byRobot(t, sim, "key="+robotKey, use); a.code() != 0 {
		t.Errorf("%v", a)
	}
	if a := byRobot(t, sim, "key=second", use); a.code() != 40007 {
		t.Errorf("the file of another robot: %v", a)
	}
	if a := send(t, sim, message("file", fields{"media_id": id})); a.code() != 40007 {
		t.Errorf("an app used the file of a robot: %v", a)
	}
	sim.Advance(mediaLife)
	if a := byRobot(t, sim, "key="+robotKey, use); a.code() != 40007 {
		t.Errorf("after three days: %v", a)
	}
}

func TestFaultsOfRobots(t *testing.T) {
	sim := newStill()
	err := sim.SetFaults([]Fault{
		{Call: "webhook/send", CorpID: "ww2", ErrCode: -1},
		{Call: "webhook/send", AgentID: hongyan, ErrCode: -1},
		{Call: "webhook/send", CorpID: corpID, ErrCode: 93008, Times: 1},
		{Call: "webhook/upload_media", ErrCode: 45033, Times: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	query := "key=" + robotKey + "&access_token=" + tokenOf(t, sim, hongyan)
	for _, code := range []int{93008, 0} {
		if a := byRobot(t, sim, query, `{"msgtype":"text","text":{"content":"x"}}`); a.code() != code {
			t.Errorf("%v, want %d", a, code)
		}
	}
	for _, code := range []int{45033, 0} {
		if a := upload(t, sim, "/cgi-bin/webhook/upload_media?type=file&key="+robotKey, "media", "a", "mytext"); a.code() != code {
			t.Errorf("%v, want %d", a, code)
		}
	}
}
