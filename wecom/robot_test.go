package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func (s *stub) robot(t *testing.T, change func(*RobotConfig)) *Robot {
	t.Helper()
	config := RobotConfig{Key: "693a91f6-7xxx", BaseURL: s.URL}
	if change != nil {
		change(&config)
	}
	r, err := NewRobot(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.CloseIdleConnections)
	return r
}

// robotGolden holds messages of robots as the official page shows them.
var robotGolden = []struct {
	body Body
	json string
}{
	{
		Text{Content: "Backup done", Mentioned: []string{"lina", "@all"}, MentionedMobiles: []string{"13000000000"}},
		`{"msgtype":"text","text":{"content":"Backup done","mentioned_list":["lina","@all"],"mentioned_mobile_list":["13000000000"]}}`,
	},
	{
		Markdown{Content: "### Load\n> host <font color=\"warning\">db-3</font> <@lina>"},
		`{"msgtype":"markdown","markdown":{"content":"### Load\n> host <font color=\"warning\">db-3</font> <@lina>"}}`,
	},
	{
		MarkdownV2{Content: "| host | load |\n| :-- | --: |"},
		`{"msgtype":"markdown_v2","markdown_v2":{"content":"| host | load |\n| :-- | --: |"}}`,
	},
	{
		RobotImage{Data: []byte(pngHead)},
		`{"msgtype":"image","image":{"base64":"iVBORw0KGgo=","md5":"e9dd2797018cad79186e03e8c5aec8dc"}}`,
	},
	{File{MediaID: "3robotInvented0001"}, `{"msgtype":"file","file":{"media_id":"3robotInvented0001"}}`},
	{Voice{MediaID: "3robotInvented0002"}, `{"msgtype":"voice","voice":{"media_id":"3robotInvented0002"}}`},
}

func TestRobotMessageIsWeComJSON(t *testing.T) {
	var got string
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.String() + " " + string(body)
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	})
	robot := s.robot(t, nil)
	for _, g := range robotGolden {
		m := RobotMessage{Body: g.body}
		if err := robot.Send(t.Context(), m); err != nil {
			t.Errorf("%T: %v", g.body, err)
			continue
		}
		if want := "POST /cgi-bin/webhook/send?key=693a91f6-7xxx " + g.json; got != want {
			t.Errorf("%T:\n got %s\nwant %s", g.body, got, want)
		}
		var back RobotMessage
		if err := json.Unmarshal([]byte(g.json), &back); err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("%T comes back as %+v, error %v", g.body, back, err)
		}
		if again, err := json.Marshal(m); err != nil || len(again) == 0 {
			t.Errorf("%T: %v", g.body, err)
		}
	}
	if err := robot.Send(t.Context(), RobotMessage{Body: testCard{Kind: "news_notice"}}); err != nil || !strings.HasSuffix(got, `{"msgtype":"template_card","template_card":{"card_type":"news_notice"}}`) {
		t.Errorf("card: error %v, sent %s", err, got)
	}
	if s.gettokens.Load() != 0 {
		t.Error("a robot has no token")
	}
}

func TestRobotMessageValidates(t *testing.T) {
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL.Path) })
	robot := s.robot(t, nil)
	for _, c := range []struct {
		m    RobotMessage
		want string // "" means that it is good
	}{
		{RobotMessage{}, "the message has no body"},
		{RobotMessage{Body: (*Text)(nil)}, "the message has no body"},
		{RobotMessage{Body: TextCard{Title: "t", Description: "d", URL: "https://e"}}, "robots take text, markdown, markdown_v2, image, news, file, voice, template_card, given textcard"},
		{RobotMessage{Body: VideoFile("v.mp4")}, "given video"},
		{RobotMessage{Body: Image{MediaID: "m"}}, "image.media_id is in conflict: a robot sends the picture itself"},
		{RobotMessage{Body: RobotImage{}}, "image.base64 is missing"},
		{RobotMessage{Body: RobotImage{Data: []byte("GIF89a")}}, "image.base64 is malformed: by its first bytes it is not JPG or PNG"},
		{RobotMessage{Body: RobotImage{Data: append(png(""), make([]byte, 2<<20)...)}}, "image.base64 has 2097160 bytes, the limit is 2097152"},
		{RobotMessage{Body: ImageBytes("a.png", append(png(""), make([]byte, 3<<20)...))}, "media has 3145736 bytes, the limit is 2097152"},
		{RobotMessage{Body: Markdown{Content: strings.Repeat("字", 1366)}}, "markdown.content has 4098 bytes, the limit is 4096"},
		{RobotMessage{Body: MarkdownV2{Content: strings.Repeat("a", 4097)}}, "markdown_v2.content has 4097 bytes, the limit is 4096"},
		{RobotMessage{Body: Text{Content: strings.Repeat("a", 2049)}}, "text.content has 2049 bytes, the limit is 2048"},
		{RobotMessage{Body: Text{Content: strings.Repeat("a", 5121)}, TruncateOK: true}, "text.content has 5121 bytes, the limit is 5120"},
		{RobotMessage{Body: Text{Content: "x", Mentioned: []string{"a|b"}}}, "text.mentioned_list[0] is malformed"},
		{RobotMessage{Body: testCard{Kind: "vote_interaction"}}, "robots send text_notice and news_notice, given vote_interaction"},
		{RobotMessage{Body: NewsNotice{MainTitle: MainTitle{Title: "t"}, CardAction: LinkTo("https://e"), ImageTextArea: ImageTextArea{ImageURL: "https://e"}}}, "template_card.card_image is missing"},
		{RobotMessage{Body: News{Articles: []Article{{Title: "t", URL: "https://e", AppID: "wx1", PagePath: "p"}}}}, "news.articles[0].appid is in conflict"},
		{RobotMessage{Body: News{Articles: []Article{{Title: "t"}}}}, "news.articles[0].url is missing"},
		{RobotMessage{Body: testCard{Kind: "text_notice", TaskID: "t"}}, "template_card.task_id is in conflict: the cards of robots do not have it"},
		{RobotMessage{Body: FileFile("/no/such/file")}, "no such file or directory"},
	} {
		err := robot.Send(t.Context(), c.m)
		if err == nil || !strings.Contains(err.Error(), c.want) || !NeverSent(err) {
			t.Errorf("%T: error %v, want one with %q", c.m.Body, err, c.want)
		}
	}
	for _, good := range []RobotMessage{
		{Body: Markdown{Content: strings.Repeat("a", 4096)}},
		{Body: Text{Content: strings.Repeat("a", 5120)}, TruncateOK: true},
		{Body: testCard{Kind: "text_notice"}},
	} {
		if err := good.Validate(); err != nil {
			t.Errorf("%T: %v", good.Body, err)
		}
	}
}

func TestRobotJSONRefused(t *testing.T) {
	for in, want := range map[string]string{
		`{"msgtype":"image","image":{"base64":"iVBO\nRw0KGgo=","md5":"E9DD2797018CAD79186E03E8C5AEC8DC"}}`: "",
		`{"msgtype":"image","image":{"base64":"iVBORw0KGgo=","md5":"00"}}`:                                 "image.md5 is in conflict: it is not that of the picture",
		`{"msgtype":"image","image":{"base64":"data:image/png;base64,iVBO","md5":""}}`:                     "image.base64 is malformed: it is not base64",
		`{"msgtype":"textcard","textcard":{}}`:                                                             `msgtype is not known: given "textcard"`,
		`{"text":{"content":"x"}}`:                                                                         "msgtype is missing",
	} {
		in = strings.ReplaceAll(in, "\n", `\n`)
		var m RobotMessage
		err := json.Unmarshal([]byte(in), &m)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want one with %q", in, err, want)
		}
	}
}

func TestRobotUploads(t *testing.T) {
	s := newShop(t, func(int) string { return `{"errcode":0,"errmsg":"ok"}` })
	robot := s.robot(t, nil)
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, png("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := robot.Send(t.Context(), RobotMessage{Body: FileBytes("plan.txt", []byte("mytext"))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := robot.Send(t.Context(), RobotMessage{Body: ImageFile(path)}); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(s.uploads) != "[file plan.txt mytext]" || !strings.Contains(s.sent[1], `"m-1"`) || !strings.Contains(s.sent[2], `"base64":"iVBORw0KGgox"`) {
		t.Errorf("uploads %q, messages %q", s.uploads, s.sent)
	}
	if up, err := robot.Upload(t.Context(), MediaVoice, "v.amr", strings.NewReader(amrHead+"1")); err != nil || up.MediaID != "m-2" || up.Type != MediaVoice {
		t.Errorf("Upload: %+v, %v", up, err)
	}
	if _, err := robot.Upload(t.Context(), MediaImage, "a.png", bytes.NewReader(png("1"))); err == nil || !strings.Contains(err.Error(), `given "image", robots upload file and voice`) {
		t.Errorf("error %v", err)
	}
	// What one robot uploaded is nothing to another, nor to the app.
	shared := new(MemoryMediaCache)
	for _, key := range []string{"a", "b"} {
		other := s.robot(t, func(c *RobotConfig) { c.Key, c.Media = key, shared })
		if err := other.Send(t.Context(), RobotMessage{Body: FileBytes("plan.txt", []byte("mytext"))}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.uploads) != 4 {
		t.Errorf("%d uploads", len(s.uploads))
	}
	for key := range shared.entries {
		if strings.Contains(key, "693a91f6") {
			t.Errorf("cache key %s", key)
		}
	}
}

func TestRobotErrors(t *testing.T) {
	for _, c := range []struct {
		answer string
		code   Code
		kind   Kind
	}{
		{`{"errcode":93000,"errmsg":"invalid webhook url, hint: [1], from ip: 1.2.3.4"}`, CodeBadWebhook, Misconfigured},
		{`{"errcode":45009,"errmsg":"api freq out of limit"}`, CodeRateLimited, Limited},
		{`{"errcode":301019,"errmsg":"media md5 not match"}`, 301019, BadMessage},
		{`{"errcode":40001,"errmsg":"?"}`, CodeBadSecret, TokenRefused},
	} {
		s := newStub(t, answerWith(c.answer))
		err := s.robot(t, nil).Send(t.Context(), RobotMessage{Body: Text{Content: "x"}})
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != c.code || refused.Kind() != c.kind || refused.Hint(English) == "" || s.sends.Load() != 1 {
			t.Errorf("error %v, kind %v, %d requests", err, refused.Kind(), s.sends.Load())
		}
	}
}

func TestNewRobot(t *testing.T) {
	const key = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
	for given, want := range map[string]string{
		key:               "https://qyapi.weixin.qq.com " + key,
		"  " + key + "\n": "https://qyapi.weixin.qq.com " + key,
		"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + key:                        "https://qyapi.weixin.qq.com " + key,
		"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?access_token=stray&key=" + key:     "https://qyapi.weixin.qq.com " + key,
		"http://127.0.0.1:9480/a/prefix/cgi-bin/webhook/send?key=" + key + "&debug=1#anchor": "http://127.0.0.1:9480/a/prefix " + key,
	} {
		r, err := NewRobot(RobotConfig{Key: given})
		if err != nil {
			t.Errorf("%s: %v", given, err)
		} else if got := r.host + r.base.Path + " " + r.secret; got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
	if r, err := NewRobot(RobotConfig{Key: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + key, BaseURL: "http://127.0.0.1:9480"}); err != nil || r.host != "http://127.0.0.1:9480" {
		t.Errorf("BaseURL beside an address: %v, %v", r, err)
	}
	for want, config := range map[string]RobotConfig{
		"wecom: RobotConfig.Key is empty":                 {},
		"is an address without a key":                     {Key: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"},
		"is neither a key nor an address":                 {Key: "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hidden"},
		"not one that ends in /cgi-bin/webhook/send":      {Key: "https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key=hidden"},
		"has characters in it that no key has":            {Key: "key=hidden"},
		"wecom: RobotConfig.BaseURL":                      {Key: "hidden", BaseURL: "ftp://e"},
		"wecom: RobotConfig.Proxy":                        {Key: "hidden", Proxy: "ftp://u:hidden@e"},
		"wecom: RobotConfig.Timeout is -1":                {Key: "hidden", Timeout: -1},
		"wecom: RobotConfig.MaxConns does not go with HT": {Key: "hidden", MaxConns: 1, HTTPClient: http.DefaultClient},
	} {
		_, err := NewRobot(config)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("error %v, want one with %q and no key", err, want)
		}
	}
}

func TestRobotKeepsItsKey(t *testing.T) {
	const key = "s3cretkey"
	config := RobotConfig{
		Key:     "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + key,
		BaseURL: "http://127.0.0.1:1", Proxy: "http://u:" + testPassword + "@127.0.0.1:1",
	}
	robot, err := NewRobot(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{config, &config, []RobotConfig{config}, robot, *robot, fmt.Errorf("for %v: %+v", config, robot), Ticket{Value: testToken}} {
		text := everyVerb(v)
		if found := leaks(text); found != nil || strings.Contains(text, key) {
			t.Errorf("%T prints %v: %s", v, found, text)
		}
	}
	if config.String() != `wecom.RobotConfig{Key:"[redacted]", BaseURL:"http://127.0.0.1:1", Proxy:"http://u:xxxxx@127.0.0.1:1"}` {
		t.Error(config)
	}
	// Every way in which a call can fail.
	text, file := RobotMessage{Body: Text{Content: "x"}}, RobotMessage{Body: FileBytes("f", []byte("mytext"))}
	for name, handler := range map[string]http.HandlerFunc{
		"echo": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			fmt.Fprintf(w, `{"errcode":40058,"errmsg":"bad query %s"}`, r.URL.RawQuery)
		},
		"page": func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<title>%s</title>", r.URL) },
		"drop": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s := newStub(t, handler)
		for _, m := range []RobotMessage{text, file} {
			err := s.robot(t, func(c *RobotConfig) { c.Key = key }).Send(t.Context(), m)
			if err == nil || strings.Contains(everyVerb(err), key) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	for _, cause := range []error{errors.New("broken"), context.Canceled} {
		r, err := NewRobot(RobotConfig{Key: key, HTTPClient: &http.Client{Transport: chatty{cause}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []RobotMessage{text, file} {
			for err := r.Send(t.Context(), m); err != nil; err = errors.Unwrap(err) {
				if strings.Contains(everyVerb(err), key) {
					t.Errorf("error %v", err)
				}
			}
		}
	}
}

// Uploads and downloads fail without telling the token or the secret.
func TestMediaErrorsTellNoSecret(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, `{"errcode":40058,"errmsg":"bad query %s and %s"}`, r.URL.RawQuery, r.URL.Query())
	}
	s := newStub(t, echo)
	own := s.client(t, func(c *Config) { c.TokenSource = fixedToken(testToken) })
	lost, err := New(Config{CorpID: "ww1", AgentID: 1, Secret: testSecret, TokenSource: fixedToken(testToken), HTTPClient: &http.Client{Transport: chatty{errors.New("broken")}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Client{own, lost} {
		_, up := c.Upload(t.Context(), MediaFile, "f", strings.NewReader("mytext"))
		_, image := c.UploadImage(t.Context(), "f.png", bytes.NewReader(png("1")))
		_, down := c.Download(t.Context(), "m")
		_, ticket := c.JSAPITicket(t.Context())
		for _, err := range []error{up, image, down, ticket, c.Do(t.Context(), "GET", "user/get", nil, nil, nil)} {
			for e := err; e != nil; e = errors.Unwrap(e) {
				if found := leaks(everyVerb(e)); found != nil {
					t.Errorf("%v in %+v", found, e)
				}
			}
			if err == nil {
				t.Error("no error")
			}
		}
	}
}

// Whatever is given for a key: an error without it, or a robot that keeps it.
func FuzzRobotKey(f *testing.F) {
	f.Add("693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa")
	f.Add("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?access_token=x&key=693a91f6")
	f.Add("http://[::1]:9480/p/cgi-bin/webhook/send?key=%41")
	f.Fuzz(func(t *testing.T, given string) {
		r, err := NewRobot(RobotConfig{Key: given})
		if err == nil && (r.secret == "" || strings.ContainsAny(r.secret, " &?\r\n") || r.base.RawQuery != "") {
			t.Errorf("%q gives key %q of %v", given, r.secret, &r.base)
		}
		if err != nil && len(given) > 20 && strings.Contains(err.Error(), given) {
			t.Errorf("%q stands in %v", given, err)
		}
	})
}

// What is read from JSON and valid goes back into JSON that is read as the same.
func FuzzRobotMessage(f *testing.F) {
	for _, g := range robotGolden {
		f.Add([]byte(g.json))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m RobotMessage
		if json.Unmarshal(data, &m) != nil || m.Validate() != nil {
			return
		}
		out, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		var back RobotMessage
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("%s became %s: %v", data, out, err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(out) {
			t.Errorf("%s became %s, then %s, %v", data, out, again, err)
		}
	})
}
