package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// testCard is a card of no real type; the five real ones are Cards too.
type testCard struct {
	Kind   string `json:"card_type"`
	TaskID string `json:"task_id,omitempty"`
	Title  string `json:"title,omitempty"`
}

func (testCard) MsgType() string    { return "template_card" }
func (c testCard) CardType() string { return c.Kind }
func (testCard) check(*checker)     {}
func (testCard) safe() int          { return 0 }
func (c testCard) forUpdate() Card  { c.TaskID = ""; return c }

// Each call: what it asks, and what it makes of the answer.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		name   string
		call   func(context.Context, *Client) (any, error)
		want   string // method, path, query and body
		answer string
		result string
	}{
		{
			"recall", func(ctx context.Context, c *Client) (any, error) { return nil, c.Recall(ctx, "M1") },
			`POST message/recall access_token=token-1 {"msgid":"M1"}`, `{"errcode":0,"errmsg":"ok"}`, "<nil>",
		},
		{
			"statistics", func(ctx context.Context, c *Client) (any, error) { return c.Statistics(ctx, true) },
			`POST message/get_statistics access_token=token-1 {"time_type":1}`,
			`{"errcode":0,"errmsg":"ok","statistics":[{"agentid":1000007,"app_name":"Notice","count":812}]}`,
			"[{1000007 Notice 812}]",
		},
		{
			"card: button", func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateCard(ctx, CardUpdate{Users: []string{"zhangwei", "lina"}, Parties: []int{4}, Tags: []int{2}, ResponseCode: "C1", ReplaceName: "Approved by <Zhang>"})
			},
			`POST message/update_template_card access_token=token-1 {"userids":["zhangwei","lina"],"partyids":[4],"tagids":[2],"agentid":1000002,"response_code":"C1","button":{"replace_name":"Approved by <Zhang>"}}`,
			`{"errcode":0,"errmsg":"ok","invaliduser":["ghost01"]}`, "[ghost01]",
		},
		{
			"card: another", func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateCard(ctx, CardUpdate{All: true, ResponseCode: "C2", Card: testCard{Kind: "text_notice", TaskID: "t", Title: "a & b"}, TranslateIDs: true})
			},
			`POST message/update_template_card access_token=token-1 {"atall":1,"agentid":1000002,"response_code":"C2","enable_id_trans":1,"template_card":{"card_type":"text_notice","title":"a & b"}}`,
			`{"errcode":0,"errmsg":"ok"}`, "[]",
		},
		{
			"create chat", func(ctx context.Context, c *Client) (any, error) {
				return c.CreateChat(ctx, Chat{Name: "Incident 4471", Owner: "LINA", Users: []string{"lina", "zhangwei"}})
			},
			`POST appchat/create access_token=token-1 {"name":"Incident 4471","owner":"LINA","userlist":["lina","zhangwei"]}`,
			`{"errcode":0,"errmsg":"ok","chatid":"wrk1"}`, "wrk1",
		},
		{
			"update chat", func(ctx context.Context, c *Client) (any, error) {
				return nil, c.UpdateChat(ctx, ChatUpdate{ID: "inc4471", Name: "closed", Add: []string{"chenjie"}, Remove: []string{"wangfang"}})
			},
			`POST appchat/update access_token=token-1 {"chatid":"inc4471","name":"closed","add_user_list":["chenjie"],"del_user_list":["wangfang"]}`,
			`{"errcode":0,"errmsg":"ok"}`, "<nil>",
		},
		{
			"get chat", func(ctx context.Context, c *Client) (any, error) { return c.GetChat(ctx, "inc4471") },
			`GET appchat/get access_token=token-1&chatid=inc4471 `,
			`{"errcode":0,"errmsg":"ok","chat_info":{"chatid":"inc4471","name":"Incident 4471","owner":"lina","userlist":["lina","zhangwei"],"chat_type":0}}`,
			"{inc4471 Incident 4471 lina [lina zhangwei]}",
		},
		{
			"send to chat", func(ctx context.Context, c *Client) (any, error) {
				return nil, c.SendChat(ctx, ChatMessage{ChatID: "inc4471", Body: Text{Content: "Fixed <@zhangwei>", Mentioned: []string{"lina", "@all"}}, Safe: 1})
			},
			`POST appchat/send access_token=token-1 {"chatid":"inc4471","msgtype":"text","text":{"content":"Fixed <@zhangwei>","mentioned_list":["lina","@all"]},"safe":1}`,
			`{"errcode":0,"errmsg":"ok"}`, "<nil>",
		},
		{
			"upload by URL", func(ctx context.Context, c *Client) (any, error) {
				return c.UploadByURL(ctx, URLUpload{Type: MediaVideo, Name: "v.mp4", URL: "https://e/v?a=1&b=2", MD5: "e9dd2797018cad79186e03e8c5aec8dc"})
			},
			`POST media/upload_by_url access_token=token-1 {"scene":1,"type":"video","filename":"v.mp4","url":"https://e/v?a=1&b=2","md5":"e9dd2797018cad79186e03e8c5aec8dc"}`,
			`{"errcode":0,"errmsg":"ok","jobid":"J1"}`, "J1",
		},
		{
			"result: done", func(ctx context.Context, c *Client) (any, error) { return c.UploadByURLResult(ctx, "J1") },
			`POST media/get_upload_by_url_result access_token=token-1 {"jobid":"J1"}`,
			`{"errcode":0,"errmsg":"ok","status":"2","detail":{"errcode":0,"errmsg":"","media_id":"m1","created_at":"1772000000"}}`,
			fmt.Sprint(URLUploadResult{Status: JobDone, MediaID: "m1", CreatedAt: time.Unix(1772000000, 0)}),
		},
		{
			"result: failed", func(ctx context.Context, c *Client) (any, error) { return c.UploadByURLResult(ctx, "J1") },
			`POST media/get_upload_by_url_result access_token=token-1 {"jobid":"J1"}`,
			`{"errcode":0,"errmsg":"ok","status":3,"detail":{"errcode":830003,"errmsg":"download fail"}}`,
			fmt.Sprint(URLUploadResult{Status: JobFailed, Err: &Error{Op: opUploadByURLResult, Code: 830003, Msg: "download fail"}}),
		},
		{
			"mobile", func(ctx context.Context, c *Client) (any, error) { return c.UserIDByMobile(ctx, "13430388888") },
			`POST user/getuserid access_token=token-1 {"mobile":"13430388888"}`, `{"errcode":0,"errmsg":"ok","userid":"zhangsan"}`, "zhangsan",
		},
		{
			"email", func(ctx context.Context, c *Client) (any, error) { return c.UserIDByEmail(ctx, "a@b.c", PersonalEmail) },
			`POST user/get_userid_by_email access_token=token-1 {"email":"a@b.c","email_type":2}`, `{"userid":"zhangsan"}`, "zhangsan",
		},
		{
			"user", func(ctx context.Context, c *Client) (any, error) {
				u, err := c.User(ctx, "zhang.san")
				return fmt.Sprint(u.ID, u.Name, u.Departments, u.Status, u.Gender, u.DirectLeaders), err
			},
			`GET user/get access_token=token-1&userid=zhang.san `,
			`{"errcode":0,"errmsg":"ok","userid":"zhang.san","name":"张三","department":[1,2],"order":[0,4294967295],"status":1,"gender":"1","direct_leader":["lisi"]}`,
			"zhang.san张三[1 2] 11[lisi]",
		},
		{
			"departments", func(ctx context.Context, c *Client) (any, error) { return c.Departments(ctx, 2) },
			`GET department/simplelist access_token=token-1&id=2 `,
			`{"errcode":0,"errmsg":"ok","department_id":[{"id":2,"parentid":1,"order":4294967295}]}`, "[{2 1 4294967295}]",
		},
		{
			"all departments", func(ctx context.Context, c *Client) (any, error) { return c.Departments(ctx, 0) },
			`GET department/simplelist access_token=token-1 `, `{"errcode":0,"errmsg":"ok","department_id":[]}`, "[]",
		},
		{
			"tags", func(ctx context.Context, c *Client) (any, error) { return c.Tags(ctx) },
			`GET tag/list access_token=token-1 `, `{"errcode":0,"errmsg":"ok","taglist":[{"tagid":1,"tagname":"值班"}]}`, "[{1 值班}]",
		},
		{
			"tag", func(ctx context.Context, c *Client) (any, error) { return c.Tag(ctx, 12) },
			`GET tag/get access_token=token-1&tagid=12 `,
			`{"errcode":0,"errmsg":"ok","tagname":"值班","userlist":[{"userid":"u1","name":"N"}],"partylist":[4]}`, "{值班 [{u1 N}] [4]}",
		},
		{
			"agent", func(ctx context.Context, c *Client) (any, error) {
				a, err := c.Agent(ctx)
				return fmt.Sprint(a.ID, a.Name, a.Visible, a.Disabled, a.ReportEnter), err
			},
			`GET agent/get access_token=token-1&agentid=1000002 `,
			`{"errcode":0,"errmsg":"ok","agentid":1000002,"name":"HR","allow_userinfos":{"user":[{"userid":"u1"}]},"allow_partys":{"partyid":[1]},"allow_tags":{"tagid":[2]},"close":0,"isreportenter":1}`,
			"1000002HR{[u1] [1] [2] false} false true",
		},
		{
			"API addresses", func(ctx context.Context, c *Client) (any, error) { return c.APIDomainIPs(ctx) },
			`GET get_api_domain_ip access_token=token-1 `, `{"ip_list":["182.254.11.176"],"errcode":0,"errmsg":"ok"}`, "[182.254.11.176]",
		},
		{
			"callback addresses", func(ctx context.Context, c *Client) (any, error) { return c.CallbackIPs(ctx) },
			`GET getcallbackip access_token=token-1 `, `{"ip_list":["101.226.103.*"]}`, "[101.226.103.*]",
		},
		{
			"JS ticket", func(ctx context.Context, c *Client) (any, error) { k, err := c.JSAPITicket(ctx); return k.Value, err },
			`GET get_jsapi_ticket access_token=token-1 `, `{"errcode":0,"errmsg":"ok","ticket":"T1","expires_in":7200}`, "T1",
		},
		{
			"agent ticket", func(ctx context.Context, c *Client) (any, error) {
				k, err := c.AgentTicket(ctx)
				return time.Until(k.ExpiresAt).Round(time.Minute), err
			},
			`GET ticket/get access_token=token-1&type=agent_config `, `{"errcode":0,"errmsg":"ok","ticket":"T1","expires_in":7200}`, "2h0m0s",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = strings.Join([]string{r.Method, strings.TrimPrefix(r.URL.Path, "/cgi-bin/"), r.URL.RawQuery, string(body)}, " ")
				_, _ = io.WriteString(w, c.answer)
			})
			result, err := c.call(t.Context(), s.client(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("request\n got %s\nwant %s", got, c.want)
			}
			if fmt.Sprint(result) != c.result {
				t.Errorf("result %v, want %s", result, c.result)
			}
			// JSON of another server is no success.
			other := newStub(t, answerWith(`{"message":"please log in"}`))
			if _, err := c.call(t.Context(), other.client(t, nil)); err == nil || !strings.Contains(err.Error(), "not an answer of WeCom") {
				t.Errorf("JSON of another server: error %v", err)
			}
			refusing := newStub(t, answerWith(`{"errcode":48002,"errmsg":"api forbidden, hint: [1]"}`))
			_, err = c.call(t.Context(), refusing.client(t, nil))
			var refused *Error
			if !errors.As(err, &refused) || refused.Code != CodeForbidden || refused.Kind() != NotAllowed || refused.Hint(Chinese) == refused.Hint(English) {
				t.Errorf("48002: error %v", err)
			}
		})
	}
}

func TestCallsRefuse(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL.Path) })
	c := s.client(t, nil)
	users := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint("u", i)
		}
		return list
	}
	update := func(u CardUpdate) error { _, err := c.UpdateCard(t.Context(), u); return err }
	create := func(g Chat) error { _, err := c.CreateChat(t.Context(), g); return err }
	change := func(u ChatUpdate) error { return c.UpdateChat(t.Context(), u) }
	second := func(_ any, err error) error { return err }
	for _, x := range []struct {
		err  error
		want string
	}{
		{c.Recall(t.Context(), ""), "wecom: invalid recall: msgid is missing"},
		{update(CardUpdate{ResponseCode: "C", ReplaceName: "x"}), "wecom: invalid card update: userids is missing: name members"},
		{update(CardUpdate{All: true, ReplaceName: "x"}), "response_code is missing"},
		{update(CardUpdate{All: true, ResponseCode: "C"}), "template_card is missing: give the text of a button, or another card"},
		{update(CardUpdate{All: true, ResponseCode: "C", ReplaceName: "x", Card: testCard{}}), "not both"},
		{update(CardUpdate{All: true, ResponseCode: "C", Card: (*TextNotice)(nil)}), "template_card is missing: give the text of a button, or another card"},
		{update(CardUpdate{Users: users(1001), ResponseCode: "C", ReplaceName: "x"}), "userids has 1001 members, the limit is 1000"},
		{update(CardUpdate{Users: []string{"@all"}, ResponseCode: "C", ReplaceName: "x"}), "userids[0] is in conflict: @all is not a member"},
		{update(CardUpdate{All: true, Tags: make([]int, 101), ResponseCode: "C", ReplaceName: "x"}), "tagids has 101 tags, the limit is 100"},
		{create(Chat{Users: users(1)}), "wecom: invalid chat: userlist is malformed: a chat has at least 2 members, given 1"},
		{create(Chat{Users: users(2001)}), "userlist has 2001 members, the limit is 2000"},
		{create(Chat{ID: "inc-4471", Users: users(2)}), "chatid is malformed: it is made of 0-9, a-z and A-Z alone, given '-'"},
		{create(Chat{ID: strings.Repeat("a", 33), Users: users(2)}), "chatid has 33 characters, the limit is 32"},
		{create(Chat{Name: strings.Repeat("群", 51), Users: users(2)}), "name has 51 characters, the limit is 50"},
		{create(Chat{Owner: "boss", Users: users(2)}), "owner is in conflict: the owner must be in userlist"},
		{change(ChatUpdate{ID: "a"}), "the update changes nothing"},
		{change(ChatUpdate{Name: "n"}), "chatid is missing"},
		{change(ChatUpdate{ID: "a", Add: users(2001)}), "add_user_list has 2001 members"},
		{second(c.GetChat(t.Context(), "a_b")), "given '_'"},
		{second(c.UserIDByMobile(t.Context(), "123")), "wecom: invalid lookup: mobile is malformed: it has at least 5 digits"},
		{second(c.UserIDByEmail(t.Context(), "", 0)), "email is missing; email_type is not known: it is 1 or 2, given 0"},
		{second(c.User(t.Context(), "")), "userid is missing"},
		{second(c.UploadByURL(t.Context(), URLUpload{Type: MediaVoice, Name: "n", URL: "ftp://e", MD5: "ab"})), "type is not known: it is video or file; url is malformed: it must begin with http:// or https://; md5 is malformed"},
		{second(c.Download(t.Context(), "")), "wecom: invalid download: media_id is missing"},
		{second(c.DownloadFrom(t.Context(), "m", -1)), "offset is malformed: it is negative"},
		{second(s.client(t, func(c *Config) { c.AgentID = 0 }).Agent(t.Context())), "agentid is missing"},
	} {
		if x.err == nil || !strings.Contains(x.err.Error(), x.want) || !NeverSent(x.err) {
			t.Errorf("error %v, want one with %q", x.err, x.want)
		}
	}
}

func TestDo(t *testing.T) {
	type external struct {
		Name string `json:"name"`
	}
	got := ""
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.String() + " " + r.Header.Get("Content-Type") + " " + string(body)
		switch r.URL.Query().Get("access_token") {
		case "token-1":
			_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"expired"}`)
		default:
			_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok","name":"李四"}`)
		}
	})
	c := s.client(t, func(config *Config) { config.BaseURL += "/prefix" })
	var out external
	if err := c.Do(t.Context(), "GET", "/cgi-bin/externalcontact/get", url.Values{"cursor": {"a&b"}}, nil, &out); err != nil || out.Name != "李四" {
		t.Errorf("error %v, answer %+v", err, out)
	}
	if want := "GET /prefix/cgi-bin/externalcontact/get?access_token=token-2&cursor=a%26b  "; got != want {
		t.Errorf("request %q, want %q", got, want)
	}
	var raw json.RawMessage
	if err := c.Do(t.Context(), "POST", "kf/send_msg", nil, json.RawMessage(`{"text":"<a>"}`), &raw); err != nil || string(raw) != `{"errcode":0,"errmsg":"ok","name":"李四"}` {
		t.Errorf("error %v, answer %s", err, raw)
	}
	if want := `POST /prefix/cgi-bin/kf/send_msg?access_token=token-2 application/json {"text":"<a>"}`; got != want {
		t.Errorf("request %q, want %q", got, want)
	}
	if err := c.Do(t.Context(), "POST", "kf/send_msg", nil, nil, nil); err != nil {
		t.Error(err)
	}
	var number struct{ Name int }
	if err := c.Do(t.Context(), "GET", "user/get", nil, nil, &number); err == nil || !strings.Contains(err.Error(), "the answer does not fit into *struct") {
		t.Errorf("error %v", err)
	}
}

func TestDoKeepsWhatStandsBesideAnErrcode(t *testing.T) {
	s := newStub(t, answerWith(`{"errcode":40070,"errmsg":"all list invalid","invalidlist":"u1|u2"}`))
	var out struct {
		Invalid string `json:"invalidlist"`
	}
	err := s.client(t, nil).Do(t.Context(), "POST", "tag/addtagusers", nil, map[string]int{"tagid": 1}, &out)
	if !errors.Is(err, &Error{Op: "tag/addtagusers", Code: 40070}) || out.Invalid != "u1|u2" {
		t.Errorf("error %v, answer %+v", err, out)
	}
}

func TestDoRefuses(t *testing.T) {
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL) })
	c := s.client(t, nil)
	for _, x := range []struct {
		method, path string
		query        url.Values
		in           any
		want         string
	}{
		{"GET", "https://evil.example.com/cgi-bin/user/get", nil, nil, "path is malformed: it is a path, without scheme and host"},
		{"GET", "//evil.example.com/x", nil, nil, "path is malformed"},
		{"GET", "/cgi-bin/../evil", nil, nil, "path is malformed"},
		{"GET", "user/get?userid=a", nil, nil, "parameters do not go into the path"},
		{"GET", "user/get#x", nil, nil, "path is malformed"},
		{"GET", "user%2fget", nil, nil, "path is malformed"},
		{"GET", "", nil, nil, "path is missing"},
		{"GET", "/cgi-bin/", nil, nil, "path is missing"},
		{"GET", "gettoken", nil, nil, "Client.Token"},
		{"GET", "user/get", url.Values{"access_token": {testToken}}, nil, "query is in conflict: access_token is the client's own affair"},
		{"GET", "user/get", url.Values{"Access_Token": {testToken}}, nil, "query is in conflict"},
		{"GET", "user/get", nil, 1, "GET has no body"},
		{"DELETE", "user/get", nil, nil, `WeCom knows GET and POST, given "DELETE"`},
		{"POST", "user/get", nil, func() {}, "the request is not JSON"},
	} {
		err := c.Do(t.Context(), x.method, x.path, x.query, x.in, nil)
		if err == nil || !strings.Contains(err.Error(), x.want) || leaks(err.Error()) != nil {
			t.Errorf("%s %s: error %v, want one with %q", x.method, x.path, err, x.want)
		}
	}
}

// A group chat's refusals say what to set.
func TestPlaceHints(t *testing.T) {
	for _, c := range []struct {
		err  *Error
		want string
	}{
		{&Error{Op: "appchat/create", Code: 60011}, "root department"},
		{&Error{Op: "appchat/send", Code: CodeForbidden}, "root department"},
		{&Error{Op: opRobotSend, Code: CodeRateLimited}, "20 messages a minute"},
		{&Error{Op: opRobotSend, Code: 301019}, "md5"},
		{&Error{Op: opRobotSend, Code: CodeBadWebhook}, "webhook url"},
		{&Error{Op: opRobotUpload, Code: CodeBadParameter}, "webhook key"},
	} {
		if hint := c.err.Hint(English); !strings.Contains(hint, c.want) || hint == c.err.Hint(Chinese) {
			t.Errorf("%v: hint %q, want one with %q", c.err, hint, c.want)
		}
	}
}

func TestNeverSentKnowsTheCall(t *testing.T) {
	for op, want := range map[string]bool{
		opUpload: true, opRobotUpload: true, opDownload: true, "user/get": true, "appchat/get": true, opGettoken: true,
		opSend: false, opSendChat: false, opRobotSend: false, "appchat/create": false, "externalcontact/add_msg_template": false,
	} {
		lost := &TransportError{Op: op, Sent: true, Err: context.DeadlineExceeded}
		if NeverSent(lost) != want || NeverSent(&Error{Op: op, Code: CodeBusy}) != want {
			t.Errorf("%s: NeverSent = %v", op, !want)
		}
		if says := strings.Contains(lost.Hint(English), "nothing was sent"); says != want {
			t.Errorf("%s: hint %q", op, lost.Hint(English))
		}
	}
}
