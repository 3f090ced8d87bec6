package httpapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// Files that are what they begin like, as far as anybody looks.
var (
	aPNG  = "\x89PNG\r\n\x1a\n and so on"
	aJPEG = "\xff\xd8\xff\xe0 and so on and so on"
	anAMR = "#!AMR\n" + strings.Repeat("\x3c"+strings.Repeat("a", 31), 3)
	anMP4 = "\x00\x00\x00\x18ftypmp42 and so on"
)

// upload uploads a file, with the query.
func (r *real) upload(query, content string) Media {
	r.t.Helper()
	return ask[Media](r, 201, "POST", "/v1/media?"+query, content, "Content-Type", "application/octet-stream")
}

// sends sends a message and waits for its end.
func (r *real) sends(message string) Message {
	r.t.Helper()
	return ask[Message](r, 200, "POST", "/v1/messages?wait=30s", message)
}

// toZhangsan is a message of crm with the body.
func toZhangsan(msgType, body string) string {
	return fmt.Sprintf(`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":%q,%[1]q:%s}`, msgType, body)
}

func aFile(id string) string { return toZhangsan("file", `{"media_id":"`+id+`"}`) }

// wants is a message that must have been sent.
func (r *real) wants(m Message, status string) Message {
	r.t.Helper()
	if m.Status != status {
		r.t.Errorf("%s is %s: %+v", m.ID, m.Status, m.Deliveries)
	}
	return m
}

func (r *real) calls(name string) int { return int(r.sim.Stats().Calls[name]) }

// mediaOf is WeCom's id of the file in the last message of a member.
func (r *real) mediaOf(user string) string {
	var body struct {
		MediaID string `json:"media_id"`
	}
	_ = json.Unmarshal(r.sim.Inbox(user).Last().Body, &body)
	return body.MediaID
}

// TestFileGoesUpOnce: one upload here, one at WeCom, however often it is sent, by any app of the corp.
func TestFileGoesUpOnce(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	if file.Type != "file" || file.Name != "report.txt" || file.Size != 18 || !strings.HasPrefix(file.ID, "media_") {
		t.Errorf("uploaded as %+v", file)
	}
	if r.calls("media/upload") != 0 {
		t.Error("WeCom got it before anybody wanted it")
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			app := []string{"crm", "shop"}[i%2]
			got := r.call(t, "POST", "/v1/messages?wait=30s", fmt.Sprintf(`{"app":%q,"to":{"users":["zhangsan"]},"msgtype":"file","file":{"media_id":%q},"labels":{"n":"%d"}}`, app, file.ID, i), "X-API-Key", r.admin)
			if !strings.Contains(got.text, `"status":"sent"`) {
				t.Errorf("HTTP %d %s", got.status, got.text)
			}
		})
	}
	all.Wait()
	if n := r.calls("media/upload"); n != 1 {
		t.Errorf("uploaded %d times", n)
	}
	sent, ok := r.sim.Media(wecomtest.CorpID, r.mediaOf("zhangsan"))
	if !ok || sent.Name != "report.txt" || string(sent.Data) != "the report of June" || sent.Type != "file" {
		t.Errorf("it arrived as %+v", sent)
	}
}

// TestEveryPlace: an id stands wherever WeCom has a media_id, to members, in chats and by robots.
func TestEveryPlace(t *testing.T) {
	r := newReal(t)
	png, voice := r.upload("name=a.png", aPNG), r.upload("", anAMR)
	film, file := r.upload("", anMP4), r.upload("type=file&name=a.png", aPNG)
	for _, m := range []Media{png, voice, film, file} {
		t.Log(m)
	}
	if png.ID == file.ID || png.Type != "image" || voice.Type != "voice" || film.Type != "video" {
		t.Errorf("%v %v %v %v", png, voice, film, file)
	}
	client := r.sim.Client()
	chat, err := client.CreateChat(t.Context(), wecom.Chat{Name: "on call", Owner: "zhangsan", Users: []string{"zhangsan", "lisi"}})
	if err != nil {
		t.Fatal(err)
	}
	line := `"horizontal_content_list":[{"keyname":"who","value":"x"},{"keyname":"file","value":"a.txt","type":2,"media_id":"` + file.ID + `"}]`
	bodies := map[string]string{
		"image": `{"media_id":"` + png.ID + `"}`, "voice": `{"media_id":"` + voice.ID + `"}`,
		"video": `{"media_id":"` + film.ID + `","title":"t","description":"d"}`, "file": `{"media_id":"` + file.ID + `"}`,
		"mpnews":        `{"articles":[{"title":"one","thumb_media_id":"` + png.ID + `","content":"x"},{"title":"two","thumb_media_id":"` + png.ID + `","content":"x"}]}`,
		"template_card": `{"card_type":"text_notice","main_title":{"title":"x"},` + line + `,"card_action":{"type":1,"url":"https://example.com"}}`,
	}
	for msgType, body := range bodies {
		m := r.wants(r.sends(toZhangsan(msgType, body)), "sent")
		if arrived := string(r.sim.Inbox("zhangsan").Last().Request); strings.Contains(arrived, "media_m") || strings.Contains(arrived, file.ID) || strings.Contains(arrived, png.ID) {
			t.Errorf("%s: WeCom got the gateway's id: %s", m.ID, arrived)
		}
		if msgType != "template_card" {
			r.wants(r.sends(fmt.Sprintf(`{"app":"crm","to":{"chat":%q},"msgtype":%q,%[2]q:%s}`, chat, msgType, body)), "sent")
		}
	}
	for _, card := range []string{
		`{"card_type":"news_notice","main_title":{"title":"x"},"card_image":{"url":"https://example.com/x.png"},` + line + `,"card_action":{"type":1,"url":"https://example.com"}}`,
		`{"card_type":"button_interaction","main_title":{"title":"x"},"task_id":"t1","button_list":[{"text":"a","key":"a"}],` + line + `}`,
	} {
		r.wants(r.sends(toZhangsan("template_card", card)), "sent")
	}
	if n := r.calls("media/upload"); n != 4 {
		t.Errorf("%d uploads by the corp", n)
	}
	for msgType, body := range bodies {
		if msgType == "video" || msgType == "mpnews" {
			continue // which robots do not send
		}
		r.wants(r.sends(fmt.Sprintf(`{"robot":"ops","msgtype":%q,%[1]q:%s}`, msgType, body)), "sent")
	}
	if n := r.calls("webhook/upload_media"); n != 2 { // the recording, and the file
		t.Errorf("%d uploads by the robot", n)
	}
	found := false
	for _, m := range r.sim.Messages(simulator.Filter{MsgType: "image"}) {
		found = found || m.Robot != ""
	}
	if !found {
		t.Error("the robot's picture did not arrive")
	}
}

// TestFileGoesUpAgain: before its 3 days end, and when WeCom has forgotten it before that.
func TestFileGoesUpAgain(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	pass := func(d time.Duration) {
		r.sim.Advance(d)
		r.later(d)
		r.send("crm", "the token was dead", "lisi") // a call with a dead one would be counted
	}
	send := func(want int) {
		t.Helper()
		r.wants(r.sends(strings.Replace(aFile(file.ID), "}}", `},"labels":{"n":"`+rand.Text()+`"}}`, 1)), "sent")
		if n := r.calls("media/upload"); n != want {
			t.Errorf("%d uploads, want %d", n, want)
		}
	}
	send(1)
	pass(66 * time.Hour)
	send(1)
	pass(2 * time.Hour) // no attempt begins by a name that may not last for its retries
	send(2)
	if _, ok := r.sim.Media(wecomtest.CorpID, r.mediaOf("zhangsan")); !ok {
		t.Error("it went by a name that WeCom does not have")
	}
	// WeCom's clock runs away from the gateway's: 40007.
	r.sim.Advance(4 * 24 * time.Hour)
	r.send("crm", "the token was dead", "lisi")
	before := r.calls("message/send")
	send(3)
	if n := r.calls("message/send") - before; n != 2 {
		t.Errorf("%d calls of message/send", n)
	}
	send(3)
	r.sim.Advance(4 * 24 * time.Hour)
	r.sends(`{"robot":"ops","msgtype":"file","file":{"media_id":"` + file.ID + `"}}`)
	r.sim.Advance(4 * 24 * time.Hour)
	r.wants(r.sends(`{"robot":"ops","msgtype":"file","file":{"media_id":"`+file.ID+`"},"labels":{"n":"2"}}`), "sent")
	if n := r.calls("webhook/upload_media"); n != 2 {
		t.Errorf("%d uploads by the robot", n)
	}
	// Somebody else's id is his affair.
	m := r.wants(r.sends(aFile("3invented")), "refused")
	if f := m.Deliveries[0].Failure; f == nil || f.ErrCode != 40007 || r.calls("media/upload") != 3 {
		t.Errorf("%+v", m.Deliveries[0])
	}
}

// TestRetryGoesByTheSameName: WeCom's duplicate check recognises a message whose answer was lost, although
// the file could have been uploaded anew meanwhile.
func TestRetryGoesByTheSameName(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	if err := r.sim.SetFaults([]simulator.Fault{{Call: "message/send", Action: "drop_after", Times: 1}}); err != nil {
		t.Fatal(err)
	}
	m := ask[Message](r, 202, "POST", "/v1/messages", aFile(file.ID))
	for deadline := time.Now().Add(30 * time.Second); ; {
		if m = ask[Message](r, 200, "GET", "/v1/messages/"+m.ID, ""); m.Deliveries[0].MayHaveArrived {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", m.Deliveries[0])
		}
	}
	r.wants(r.until(m.ID, "sent"), "sent")
	if s := r.sim.Stats(); s.DuplicatesSuppressed != 1 || r.calls("media/upload") != 1 {
		t.Errorf("%d duplicates, %d uploads", s.DuplicatesSuppressed, r.calls("media/upload"))
	}
	if n := len(r.sim.Messages(simulator.Filter{MsgType: "file"})); n != 1 {
		t.Errorf("zhangsan sees it %d times", n)
	}
}

// TestRetryAcrossTheEndOfAName: the answer to an attempt is lost shortly before its file would be uploaded
// anew. Another message uploads it; the retry goes by the name of before all the same, so that WeCom
// recognises it.
func TestRetryAcrossTheEndOfAName(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	r.wants(r.sends(strings.Replace(aFile(file.ID), "zhangsan", "lisi", 1)), "sent")
	pass := func(d time.Duration) {
		r.sim.Advance(d)
		r.later(d)
	}
	pass(67*time.Hour - time.Minute)
	r.send("shop", "the token was dead", "wangwu")
	r.send("crm", "the token was dead", "wangwu")
	if err := r.sim.SetFaults([]simulator.Fault{{Call: "message/send", AgentID: 1000002, Action: "drop_after", Times: 1}}); err != nil {
		t.Fatal(err)
	}
	m := ask[Message](r, 202, "POST", "/v1/messages", aFile(file.ID))
	for deadline := time.Now().Add(30 * time.Second); !m.Deliveries[0].MayHaveArrived; m = ask[Message](r, 200, "GET", "/v1/messages/"+m.ID, "") {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", m.Deliveries[0])
		}
	}
	first := r.mediaOf("zhangsan")
	pass(2 * time.Minute)
	other := r.sends(strings.Replace(strings.Replace(aFile(file.ID), "zhangsan", "wangwu", 1), "crm", "shop", 1))
	r.wants(other, "sent")
	r.until(m.ID, "sent")
	if again := r.mediaOf("wangwu"); again == first || r.calls("media/upload") != 2 {
		t.Errorf("it was not uploaded again, in %d uploads", r.calls("media/upload"))
	}
	if n := r.sim.Stats().DuplicatesSuppressed; n != 1 {
		t.Errorf("%d duplicates were recognised", n)
	}
	if n := len(r.sim.Messages(simulator.Filter{User: "zhangsan", MsgType: "file"})); n != 1 {
		t.Errorf("zhangsan sees it %d times", n)
	}
}

// TestCardWithAFileIsUpdated: a card that takes the place of another names files of the gateway too.
func TestCardWithAFileIsUpdated(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	m := r.wants(r.sends(toZhangsan("template_card", `{"card_type":"button_interaction","main_title":{"title":"x"},"task_id":"t1","button_list":[{"text":"a","key":"a"}]}`)), "sent")
	card := func(id string) string {
		return `{"template_card":{"card_type":"text_notice","main_title":{"title":"done"},"card_action":{"type":1,"url":"https://example.com"},
			"horizontal_content_list":[{"keyname":"file","value":"a.txt","type":2,"media_id":"` + id + `"}]}}`
	}
	p := r.call(t, "POST", "/v1/messages/"+m.ID+"/card", card("media_x"), "X-API-Key", r.admin).problem(t, 42201)
	if p.Errors[0].Field != "template_card.horizontal_content_list[0].media_id" {
		t.Errorf("%+v", p)
	}
	got := ask[struct {
		Done int `json:"done"`
	}](r, 200, "POST", "/v1/messages/"+m.ID+"/card", card(file.ID))
	if got.Done != 1 || r.calls("media/upload") != 1 || strings.Contains(string(r.sim.Inbox("zhangsan").Last().Body), file.ID) {
		t.Errorf("%+v, the card is %s", got, r.sim.Inbox("zhangsan").Last().Body)
	}
}

// TestUploadTrouble: while WeCom does not take the file, the message waits, and may not have arrived.
func TestUploadTrouble(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	r.sim.Fail("media/upload", -1).Times(1)
	m := r.wants(r.sends(aFile(file.ID)), "sent")
	if d := m.Deliveries[0]; d.Attempts != 2 || len(d.Earlier) != 1 || d.MayHaveArrived || d.Earlier[0].Failure.Op != "media/upload" {
		t.Errorf("%+v", d)
	}
	other := r.upload("name=b.txt", "another one")
	r.sim.Fail("media/upload", 40004)
	m = r.wants(r.sends(aFile(other.ID)), "refused")
	if f := m.Deliveries[0].Failure; f.ErrCode != 40004 || f.Op != "media/upload" || f.Hint == "" {
		t.Errorf("%+v", f)
	}
	// A file that somebody took away.
	if err := os.Remove(filepath.Join(r.library.Dir, other.ID)); err != nil {
		t.Fatal(err)
	}
	m = r.wants(r.sends(strings.Replace(aFile(other.ID), "}}", `},"labels":{"n":"2"}}`, 1)), "refused")
	if d := m.Deliveries[0]; d.Reason.Code != delivery.ReasonInvalid || !strings.Contains(d.Failure.ErrMsg, "upload it again") {
		t.Errorf("%+v %+v", d, d.Failure)
	}
}

// TestWrongMedia: what a message names is looked at when it is handed over.
func TestWrongMedia(t *testing.T) {
	r := newReal(t)
	png := r.upload("", aPNG)
	large := r.upload("", aPNG+strings.Repeat("x", 3<<20))
	for _, c := range []struct{ message, field, says string }{
		{aFile("media_nothing"), "file.media_id", "POST /v1/media"},
		{aFile("media_" + strings.Repeat("a", 52)), "file.media_id", "no file media_aaaa"},
		{aFile("media_../../hongyan.db"), "file.media_id", "no file"},
		{aFile(png.ID), "file.media_id", "it takes media of type file, given image"},
		{toZhangsan("mpnews", `{"articles":[{"title":"one","thumb_media_id":"media_x","content":"x"}]}`), "mpnews.articles[0].thumb_media_id", "no file media_x"},
		{toZhangsan("template_card", `{"card_type":"text_notice","main_title":{"title":"x"},"card_action":{"type":1,"url":"https://x.cn"},"horizontal_content_list":[{"keyname":"f","value":"a","type":2,"media_id":"`+png.ID+`"}]}`),
			"template_card.horizontal_content_list[0].media_id", "type file, given image"},
		{`{"robot":"ops","msgtype":"image","image":{"media_id":"` + large.ID + `"}}`, "image.media_id", "at most 2097152 bytes, given 31457"},
		{`{"robot":"ops","msgtype":"image","image":{"media_id":"3ofwecom"}}`, "image.media_id", "sends the picture itself"},
	} {
		p := r.call(t, "POST", "/v1/messages", c.message, "X-API-Key", r.admin).problem(t, 42201)
		if p.Errors[0].Field != c.field || !strings.Contains(p.Errors[0].Detail, c.says) {
			t.Errorf("%s: %+v", c.message, p.Errors)
		}
	}
	// One of many does not keep the others out.
	batch := ask[struct {
		Accepted int `json:"accepted"`
		Refused  int `json:"refused"`
	}](r, 202, "POST", "/v1/messages/batch", `{"messages":[`+aFile("media_x")+`,`+toZhangsan("image", `{"media_id":"`+png.ID+`"}`)+`]}`)
	if batch.Accepted != 1 || batch.Refused != 1 {
		t.Errorf("%+v", batch)
	}
}

// TestUploads: what is taken, and what is said about the rest.
func TestUploads(t *testing.T) {
	r := newReal(t)
	form := func(field, name, content string) (contentType, body string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, _ := w.CreateFormFile(field, name)
		_, _ = io.WriteString(part, content)
		_ = w.Close()
		return w.FormDataContentType(), b.String()
	}
	kind, body := form("media", "图 1.png", aPNG)
	one := ask[Media](r, 201, "POST", "/v1/media", body, "Content-Type", kind)
	if one.Name != "图 1.png" || one.Type != "image" || one.Size != int64(len(aPNG)) {
		t.Errorf("%+v", one)
	}
	if again := r.upload("name=other.png", aPNG); again.ID != one.ID {
		t.Errorf("the same picture is %s and %s", one.ID, again.ID)
	}
	if got := ask[Media](r, 200, "GET", "/v1/media/"+one.ID, ""); got.ID != one.ID || got.Expires == "" {
		t.Errorf("%+v", got)
	}
	if a, b := r.upload("name=a.txt", "the same text"), r.upload("name=b.txt", "the same text"); a.ID == b.ID {
		t.Error("readers see the name of a file, so another name is another file")
	}
	r.call(t, "GET", "/v1/media/media_x", "", "X-API-Key", r.admin).problem(t, 40411)

	foreign, foreignBody := form("file", "a.txt", "hello, file")
	for _, c := range []struct {
		query, contentType, body string
		code                     int
		field                    string
		says                     string
	}{
		{"", "", "hello, file", 42201, "name", "missing"},
		{"name=a/b.txt", "", "hello, file", 42201, "name", "slash"},
		{"name=" + strings.Repeat("n", 300), "", "hello, file", 42201, "name", "has 300 bytes, the limit is 255"},
		{"name=a.txt", "", "hello", 42201, "media", "it has 5 bytes"},
		{"name=a.txt", "", "", 42201, "media", "it has 0 bytes"},
		{"type=picture", "", aPNG, 42201, "type", "image, voice, video, file"},
		{"type=image", "", "GIF89a and so on", 42201, "media", "not JPG or PNG"},
		{"type=voice", "", aPNG, 42201, "media", "not AMR"},
		{"type=video", "", aJPEG, 42201, "media", "not MP4"},
		{"", "", anAMR + strings.Repeat("x", 2<<20), 41301, "media", "the limit is 2097152"},
		{"", "", aPNG + strings.Repeat("x", 10<<20), 41301, "media", "has 10485778 bytes, the limit is 10485760"},
		{"name=a.bin", "", strings.Repeat("x", 20<<20+1), 41301, "media", "has 20971521 bytes, the limit is 20971520"},
		{"", foreign, foreignBody, 42201, "file", "in its field media"},
		{"", "multipart/form-data; boundary=x", "--x--\r\n", 42201, "media", "no file"},
		{"", "multipart/form-data", "x", 42201, "Content-Type", "boundary"},
		{"", kind, body[:len(body)-3], 40003, "", ""},
		{"", kind, body[:len(body)/2], 42201, "media", "breaks off"},
		{"kind=image", "", aPNG, 42201, "kind", ""},
	} {
		p := r.call(t, "POST", "/v1/media?"+c.query, c.body, "X-API-Key", r.admin, "Content-Type", c.contentType).problem(t, c.code)
		if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != c.field || !strings.Contains(p.Errors[0].Detail, c.says)) {
			t.Errorf("%s: %+v", c.query, p)
		}
	}
	// What was refused left nothing.
	r.holds(3)
	// Twenty megabytes are taken, and a picture of ten.
	r.upload("name=a.bin", strings.Repeat("x", 20<<20))
	r.upload("", aPNG+strings.Repeat("x", 10<<20-len(aPNG)))
	r.holds(5)
}

// holds wants so many files in the folder, and nothing else.
func (r *real) holds(want int) {
	r.t.Helper()
	files, err := os.ReadDir(r.library.Dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), "media_") {
			r.t.Errorf("%s is left", f.Name())
		}
	}
	if len(files) != want {
		r.t.Errorf("%d files, want %d", len(files), want)
	}
}

// TestUploadBreaksOff: a client that goes in the middle leaves nothing.
func TestUploadBreaksOff(t *testing.T) {
	r := newReal(t)
	for _, head := range []string{"Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 300_000), "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /v1/media?name=a.bin HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n%s", r.admin, head)
		_ = conn.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		if !strings.Contains(string(answer), `"code":40003`) {
			t.Errorf("%s", answer)
		}
		_ = conn.Close()
	}
	r.holds(0)
}

// TestUploadTakesItsTime: the time-out follows what arrives, and still ends who sends next to nothing.
func TestUploadTakesItsTime(t *testing.T) {
	u := &upload{began: time.Unix(0, 0)}
	for _, c := range []struct {
		after    time.Duration
		received int64
		want     time.Duration
	}{
		{0, 0, 20 * time.Second},
		{19 * time.Second, 0, 20 * time.Second},
		{19 * time.Second, 19, 20 * time.Second}, // a byte a second
		{100 * time.Second, 2 << 20, 120 * time.Second},
		{1280 * time.Second, 20 << 20, 1300 * time.Second}, // 20 MB at the least rate
		{1290 * time.Second, 20 << 20, 1300 * time.Second},
	} {
		u.received = c.received
		if got := u.deadline(u.began.Add(c.after)).Sub(u.began).Truncate(time.Second); got != c.want {
			t.Errorf("after %v with %d bytes: %v, want %v", c.after, c.received, got, c.want)
		}
	}
}

// TestUploadIsNotHeld: many large uploads at once take no memory that grows with them.
func TestUploadIsNotHeld(t *testing.T) {
	r := newReal(t)
	piece := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const uploads, size = 4, 20 << 20
	for i := range uploads {
		body := io.LimitReader(&endless{piece: piece}, size)
		req, err := http.NewRequestWithContext(context.Background(), "POST", fmt.Sprintf("%s/v1/media?name=%d.bin", r.url, i), body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", r.admin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 201 {
			t.Fatalf("HTTP %d %s", resp.StatusCode, text)
		}
	}
	runtime.ReadMemStats(&during)
	if used := during.TotalAlloc - before.TotalAlloc; used > size/2 { // of all four, at both ends of the connection
		t.Errorf("%d uploads of %d bytes allocated %d bytes", uploads, size, used)
	}
	r.holds(uploads)
}

type endless struct{ piece []byte }

func (e *endless) Read(p []byte) (int, error) { return copy(p, e.piece), nil }

// TestResendOfFiles: the file of a message that is sent again is kept, and missed if it is gone.
func TestResendOfFiles(t *testing.T) {
	r := newReal(t)
	file := r.upload("name=report.txt", "the report of June")
	m := r.wants(r.sends(strings.Replace(aFile(file.ID), "zhangsan", "ghost", 1)), "refused")
	again := ask[Message](r, 202, "POST", "/v1/messages/"+m.ID+"/resend", "", "Idempotency-Key", "1")
	r.until(again.ID, "refused")
	r.later(31 * 24 * time.Hour)
	if n, err := r.library.Prune(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("pruned %d, %v", n, err)
	}
	r.holds(0)
	p := r.call(t, "POST", "/v1/messages/"+m.ID+"/resend", "", "X-API-Key", r.admin, "Idempotency-Key", "2").problem(t, 42201)
	if p.Errors[0].Field != "file.media_id" {
		t.Errorf("%+v", p)
	}
}

// TestUploadWhileTheDiskIsFull: a fault of the disk is the storage's, and says no path.
func TestUploadWhileTheDiskFails(t *testing.T) {
	r := newReal(t)
	if err := os.RemoveAll(r.library.Dir); err != nil {
		t.Fatal(err)
	}
	got := r.call(t, "POST", "/v1/media?name=a.txt", "hello, file", "X-API-Key", r.admin)
	if p := got.problem(t, 50301); strings.Contains(got.text, filepath.Dir(r.library.Dir)) {
		t.Errorf("%+v", p)
	}
}

// TestUploadNeedsTheScope.
func TestUploadNeedsTheScope(t *testing.T) {
	r := newReal(t)
	r.call(t, "POST", "/v1/media?name=a.txt", "hello, file", "X-API-Key", r.key("", access.Read)).problem(t, 40301)
	r.call(t, "POST", "/v1/media?name=a.txt", "hello, file").problem(t, 40101)
	r.holds(0)
	if _, err := r.library.Info(t.Context(), "media_x"); !errors.Is(err, delivery.ErrNoMedia) {
		t.Error(err)
	}
}
