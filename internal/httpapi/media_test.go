package httpapi

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
