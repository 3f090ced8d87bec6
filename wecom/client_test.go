package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const testSecret = "s3cret+/=value"

// stub is the other side of one test: a WeCom that does just what the test says. Package
// simulator is the whole one.
type stub struct {
	*httptest.Server
	gettokens, sends atomic.Int32
	send             http.HandlerFunc // answers message/send
}

func newStub(t *testing.T, send http.HandlerFunc) *stub {
	t.Helper()
	s := &stub{send: send}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/cgi-bin/gettoken") {
		n := s.gettokens.Add(1)
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","access_token":"token-%d","expires_in":7200}`, n)
		return
	}
	s.sends.Add(1)
	s.send(w, r)
}

func (s *stub) client(t *testing.T, change func(*Config)) *Client {
	t.Helper()
	config := Config{CorpID: "ww1", AgentID: 1000002, Secret: testSecret, BaseURL: s.URL}
	if change != nil {
		change(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

var hello = Message{To: To{Users: []string{"zhangsan"}}, Body: Text{Content: "hello"}}

func answerWith(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestSendRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok","invaliduser":"ghost01|ghost02","invalidparty":"77","invalidtag":"5","unlicenseduser":"wangwu","msgid":"M1","response_code":"R1","more":{}}`)
	})
	c := s.client(t, func(config *Config) { config.BaseURL += "/a/prefix/" })
	receipt, err := c.Send(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL.Path != "/a/prefix/cgi-bin/message/send" || got.URL.RawQuery != "access_token=token-1" ||
		got.Header.Get("Content-Type") != "application/json" || got.ContentLength != int64(len(body)) {
		t.Errorf("request %s %s %v, %d bytes", got.Method, got.URL, got.Header, got.ContentLength)
	}
	if want := `{"touser":"zhangsan","msgtype":"text","text":{"content":"hello"},"agentid":1000002}`; string(body) != want {
		t.Errorf("body %s, want %s", body, want)
	}
	want := Receipt{MsgID: "M1", InvalidUsers: []string{"ghost01", "ghost02"}, InvalidParties: []int{77}, InvalidTags: []int{5}, UnlicensedUsers: []string{"wangwu"}, ResponseCode: "R1"}
	if fmt.Sprint(receipt) != fmt.Sprint(want) || receipt.ReachedAll() || !(Receipt{MsgID: "M1"}).ReachedAll() {
		t.Errorf("receipt %+v, want %+v", receipt, want)
	}
}

func TestSendAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string // part of the error; "" for success
		sent   bool   // may it have been delivered?
	}{
		{"lists empty as older servers send", answerWith(`{"errcode":0,"errmsg":"ok","invaliduser":"","invalidparty":"","invalidtag":"","msgid":"M"}`), "", true},
		{"warning", answerWith(`{"errcode":0,"errmsg":"ok. Warning: wrong json format. ","msgid":"M"}`), "", true},
		{"no errcode", answerWith(`{"msgid":"M"}`), "", true},
		{"lists as arrays", answerWith(`{"errcode":0,"errmsg":"ok","invaliduser":[],"msgid":"M"}`), "", true},
		{"lists before errcode, of every type", answerWith(`{"invaliduser":null,"invalidparty":[],"invalidtag":"","unlicenseduser":"","errcode":0,"msgid":"M"}`), "", true},
		{"member of an unknown type", answerWith(`{"errcode":0,"errmsg":{"text":"ok"},"msgid":7}`), "", true},
		{"errcode", answerWith(`{"errcode":40058,"errmsg":"Warning: wrong json format. text.content exceed, hint: [17], from ip: 1.2.3.4"}`), "wecom: message/send: 40058 text.content exceed, from ip 1.2.3.4, hint id 17", false},
		{"other JSON", answerWith(`{"message":"please log in"}`), "not an answer of WeCom (HTTP 200, text/plain, 27 bytes)", true},
		{"array", answerWith(`[]`), "not an answer of WeCom", true},
		{"null", answerWith(`null`), "not an answer of WeCom", true},
		{"empty", answerWith(``), "not an answer of WeCom (HTTP 200, unknown type, 0 bytes)", true},
		{"half", answerWith(`{"errcode":0,"errm`), "not an answer of WeCom", true},
		{"errcode as text", answerWith(`{"errcode":"0","errmsg":"ok"}`), "not an answer of WeCom", true},
		{"HTML", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=gbk")
			fmt.Fprintf(w, "<html><TITLE>\n Login \xff for %s</TITLE>", r.URL.RawQuery)
		}, `not an answer of WeCom (HTTP 200, text/html, 55 bytes, titled "Login for access_token=[redacted]")`, true},
		{"502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, "HTTP 502", true},
		{"404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, "HTTP 404", false},
		{"429", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, "HTTP 429", false},
		{"301 to https", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example.com"+r.URL.String(), http.StatusMovedPermanently)
		}, "redirected to https://other.example.com/cgi-bin/message/send", false},
		{"too long", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, zeros{}, maxAnswerBytes+1)
		}, "longer than", true},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"errcode":0`)
		}, "the answer broke off", true},
		{"connection dropped", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.answer)
			_, err := s.client(t, nil).Send(t.Context(), hello)
			if c.want == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if NeverSent(err) == c.sent {
				t.Errorf("NeverSent = %v", !c.sent)
			}
			var hinted interface{ Hint(Lang) string }
			if !errors.As(err, &hinted) || hinted.Hint(English) == "" || hinted.Hint(English) == hinted.Hint(Chinese) {
				t.Errorf("no hints: %#v", err)
			}
			if n := s.sends.Load(); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// However a list of those not reached is written, it is not taken for "everybody".
func TestSendToSomeIsNeverToAll(t *testing.T) {
	for _, list := range []string{
		`"invaliduser":"a|b"`, `"invaliduser":["a","b"]`, `"invalidparty":[77]`, `"invalidparty":77`, `"invalidparty":"x"`,
		`"invalidtag":["5"]`, `"unlicenseduser":{"a":1}`, `"invaliduser":[["a"]]`, `"invaliduser":true`,
	} {
		for _, answer := range []string{`{"errcode":0,` + list + `,"msgid":"M"}`, `{` + list + `,"msgid":"M","errcode":0}`} {
			s := newStub(t, answerWith(answer))
			receipt, err := s.client(t, nil).Send(t.Context(), hello)
			if err != nil || receipt.MsgID != "M" || receipt.ReachedAll() {
				t.Errorf("%s: receipt %+v, error %v", answer, receipt, err)
			}
		}
	}
}

// A message refused for lack of receivers still says who they were.
func TestSendToNobodyKeepsTheReceipt(t *testing.T) {
	s := newStub(t, answerWith(`{"errcode":81013,"errmsg":"user & party & tag all invalid","invaliduser":"Ghost01"}`))
	receipt, err := s.client(t, nil).Send(t.Context(), hello)
	if !errors.Is(err, &Error{Code: CodeNoReceiver}) || len(receipt.InvalidUsers) != 1 || receipt.InvalidUsers[0] != "Ghost01" {
		t.Errorf("receipt %+v, error %v", receipt, err)
	}
}

func TestNotify(t *testing.T) {
	var body []byte
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"errcode":0,"msgid":"M"}`)
	})
	if _, err := s.client(t, nil).Notify(t.Context(), "zhangsan", "标题", "正文", "https://example.com"); err != nil {
		t.Fatal(err)
	}
	if want := `{"touser":"zhangsan","msgtype":"textcard","textcard":{"title":"标题","description":"正文","url":"https://example.com"},"agentid":1000002}`; string(body) != want {
		t.Errorf("body %s", body)
	}
}

func TestSendFromWrongApp(t *testing.T) {
	s := newStub(t, answerWith(`{"errcode":0,"msgid":"M"}`))
	m := hello
	m.AgentID = 1000003
	if _, err := s.client(t, nil).Send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "the message names app 1000003, this client is app 1000002") {
		t.Errorf("error %v", err)
	}
	if _, err := s.client(t, func(c *Config) { c.AgentID = 0 }).Send(t.Context(), hello); err == nil || !strings.Contains(err.Error(), "agentid is missing: set AgentID") {
		t.Errorf("error %v", err)
	}
	if n := s.sends.Load(); n != 0 {
		t.Errorf("%d sends", n)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	source := fixedToken("token-1")
	c, err := New(Config{CorpID: "ww1", AgentID: 1, TokenSource: source, BaseURL: "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Send(t.Context(), hello)
	if err == nil || !NeverSent(err) || !strings.Contains(err.Error(), "http://"+address) || strings.Contains(err.Error(), "token-1") {
		t.Errorf("error %v, NeverSent %v", err, NeverSent(err))
	}
}

// fixedToken is a TokenSource that never changes its mind.
type fixedToken string

func (f fixedToken) Token(context.Context, string) (string, error) { return string(f), nil }

func TestOwnTokenSource(t *testing.T) {
	s := newStub(t, answerWith(`{"errcode":42001,"errmsg":"access_token expired"}`))
	c := s.client(t, func(config *Config) { config.Secret, config.TokenSource = "", fixedToken("mine") })
	if _, err := c.Send(t.Context(), hello); !errors.Is(err, &Error{Code: CodeTokenExpired}) {
		t.Errorf("error %v", err)
	}
	if s.sends.Load() != 1 || s.gettokens.Load() != 0 {
		t.Errorf("%d sends, %d gettokens: a token that cannot be replaced is not tried twice", s.sends.Load(), s.gettokens.Load())
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	s := newStub(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-leave })
	defer close(leave)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := s.client(t, nil).Send(ctx, hello)
	if !errors.Is(err, context.Canceled) || NeverSent(err) {
		t.Errorf("error %v, NeverSent %v", err, NeverSent(err))
	}
}

func TestCancelledBefore(t *testing.T) {
	s := newStub(t, answerWith(`{"errcode":0,"msgid":"M"}`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := s.client(t, nil)
	if _, err := c.Send(ctx, hello); !errors.Is(err, context.Canceled) || !NeverSent(err) {
		t.Errorf("no token yet: error %v, NeverSent %v", err, NeverSent(err))
	}
	if _, err := c.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(ctx, hello); !errors.Is(err, context.Canceled) || !NeverSent(err) {
		t.Errorf("with a token: error %v, NeverSent %v", err, NeverSent(err))
	}
}

func TestTimeout(t *testing.T) {
	leave := make(chan struct{})
	s := newStub(t, func(http.ResponseWriter, *http.Request) { <-leave })
	defer close(leave)
	_, err := s.client(t, func(c *Config) {
		c.Timeout, c.TokenSource = 50*time.Millisecond, fixedToken("t") // gettoken is not what is slow here
	}).Send(t.Context(), hello)
	var transport *TransportError
	if !errors.As(err, &transport) || !transport.Timeout() || !transport.Sent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %#v", err)
	}
}

func TestProxy(t *testing.T) {
	var seen atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := strings.Cut(r.Header.Get("Proxy-Authorization"), " ")
		seen.Store(r.URL.Host + " " + user + " " + strconv.Itoa(len(password)))
		if strings.HasSuffix(r.URL.Path, "gettoken") {
			_, _ = io.WriteString(w, `{"errcode":0,"access_token":"t","expires_in":7200}`)
			return
		}
		_, _ = io.WriteString(w, `{"errcode":0,"msgid":"M"}`)
	}))
	t.Cleanup(proxy.Close)
	c, err := New(Config{
		CorpID: "ww1", AgentID: 1, Secret: testSecret, BaseURL: "http://wecom.invalid",
		Proxy: "http://user:pass@" + strings.TrimPrefix(proxy.URL, "http://"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	if _, err := c.Send(t.Context(), hello); err != nil || seen.Load() != "wecom.invalid Basic 12" {
		t.Errorf("error %v, the proxy saw %v", err, seen.Load())
	}
}

// 64 callers must not open a connection for every message.
func TestConnectionsAreKept(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		t.Run(fmt.Sprint("chunked ", chunked), func(t *testing.T) {
			var opened atomic.Int32
			s := &stub{send: func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"errcode":0,`)
				if chunked {
					w.(http.Flusher).Flush()
				}
				_, _ = io.WriteString(w, `"msgid":"M"}`)
			}}
			s.Server = httptest.NewUnstartedServer(s)
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					opened.Add(1)
				}
			}
			s.Start()
			t.Cleanup(s.Close)
			c := s.client(t, nil)
			var wg sync.WaitGroup
			for range 64 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for range 50 {
						if _, err := c.Send(t.Context(), hello); err != nil {
							t.Error(err)
						}
					}
				}()
			}
			wg.Wait()
			// A caller that finds none idle dials, and may have taken one that became free meanwhile: so it
			// is some more than 64, and how many depends on the machine.
			if n := opened.Load(); n > 320 {
				t.Errorf("%d connections for 3200 messages", n)
			}
		})
	}
}

func TestHTTP2(t *testing.T) {
	var protocol atomic.Value
	s := &stub{send: func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(r.Proto)
		_, _ = io.WriteString(w, `{"errcode":0,"msgid":"M"}`)
	}}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused certificate below
	s.StartTLS()
	t.Cleanup(s.Close)
	c := s.client(t, func(config *Config) { config.HTTPClient = s.Client() })
	if _, err := c.Send(t.Context(), hello); err != nil || protocol.Load() != "HTTP/2.0" {
		t.Errorf("error %v over %v", err, protocol.Load())
	}
	// The client's own transport speaks HTTP/2 as well; that it does not trust this certificate must
	// be said as what it is.
	_, err := s.client(t, nil).Send(t.Context(), hello)
	var transport *TransportError
	if !errors.As(err, &transport) || transport.Sent || !strings.Contains(transport.Hint(English), "certificate") {
		t.Errorf("error %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Config{CorpID: "ww1", AgentID: 1, Secret: testSecret}
	for want, change := range map[string]func(*Config){
		"Config.CorpID is empty":                         func(c *Config) { c.CorpID = "" },
		"Config.Secret is empty":                         func(c *Config) { c.Secret = "" },
		"Config.CorpID begins or ends with white space":  func(c *Config) { c.CorpID += " " },
		"Config.Secret begins or ends with white space":  func(c *Config) { c.Secret += "\n" },
		"Config.AgentID is -1":                           func(c *Config) { c.AgentID = -1 },
		"Config.Timeout is -1s":                          func(c *Config) { c.Timeout = -time.Second },
		"Config.MaxConns is -1":                          func(c *Config) { c.MaxConns = -1 },
		"Config.TokenLease is 1s, the least is 3s":       func(c *Config) { c.TokenLease = time.Second },
		"Config.BaseURL is not a URL":                    func(c *Config) { c.BaseURL = "http://\x7f" },
		`"qyapi.weixin.qq.com" must begin with http://`:  func(c *Config) { c.BaseURL = "qyapi.weixin.qq.com" },
		"has no host":                                    func(c *Config) { c.BaseURL = "https:///x" },
		"must be scheme, host and perhaps a path":        func(c *Config) { c.BaseURL = "https://u:hidden@e?key=hidden" },
		"Config.Proxy is not a URL":                      func(c *Config) { c.Proxy = "http://\x7f:hidden@" },
		`Config.Proxy "ftp://u:xxxxx@e" must begin with`: func(c *Config) { c.Proxy = "ftp://u:hidden@e" },
		"Config.Proxy does not go with HTTPClient":       func(c *Config) { c.Proxy, c.HTTPClient = "http://e", &http.Client{} },
	} {
		config := good
		change(&config)
		_, err := New(config)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("error %v, want one with %q and no password", err, want)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

// The caller's client keeps its own rules; ours are added to a copy.
func TestOwnHTTPClientStaysAsItIs(t *testing.T) {
	own := &http.Client{}
	if _, err := New(Config{CorpID: "ww1", Secret: "s", HTTPClient: own}); err != nil || own.CheckRedirect != nil {
		t.Errorf("error %v, or the caller's client was changed", err)
	}
}

// newServer serves handler until the test ends.
func newServer(tb testing.TB, handler http.Handler) *httptest.Server {
	s := httptest.NewServer(handler)
	tb.Cleanup(s.Close)
	return s
}

// listedTokens gives one token after the other.
type listedTokens struct {
	tokens []string
	asked  atomic.Int32
}

func (l *listedTokens) Token(context.Context, string) (string, error) {
	return l.tokens[min(int(l.asked.Add(1)), len(l.tokens))-1], nil
}

// The token that replaces a refused one may be older still, out of a store that has lost something:
// the message goes out all the same. Where every token is refused, that is found out soon.
func TestReplacementIsRefusedToo(t *testing.T) {
	for _, test := range []struct {
		good  string
		sends int
		code  Code
	}{{"second", 2, CodeOK}, {"third", 3, CodeOK}, {"fourth", 3, CodeBadToken}} {
		var sends atomic.Int32
		s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
			sends.Add(1)
			code := CodeBadToken
			if r.URL.Query().Get("access_token") == test.good {
				code = CodeOK
			}
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"","msgid":"M"}`, code)
		})
		c := s.client(t, func(config *Config) {
			config.TokenSource = &listedTokens{tokens: []string{"first", "second", "third", "fourth"}}
		})
		_, err := c.Send(t.Context(), hello)
		var answer *Error
		code := CodeOK
		if errors.As(err, &answer) {
			code = answer.Code
		}
		if code != test.code || int(sends.Load()) != test.sends {
			t.Errorf("%s token is good: %d sends, %v", test.good, sends.Load(), err)
		}
	}
}
