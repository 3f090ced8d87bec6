package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// roundTripper is a function that makes requests.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A message that was delivered, its answer lost, is never said not to have been sent: whatever
// stands between us and WeCom.
func TestDeliveredIsNeverNeverSent(t *testing.T) {
	var delivered atomic.Int32
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		delivered.Add(1)
		panic(http.ErrAbortHandler)
	})
	standard := &http.Transport{}
	t.Cleanup(standard.CloseIdleConnections)
	// Such a one makes requests of its own, without our context.
	independent := func(r *http.Request) (*http.Response, error) {
		again := r.Clone(context.Background())
		again.RequestURI = ""
		return standard.RoundTrip(again)
	}
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	alternative := &http.Transport{}
	alternative.RegisterProtocol("http", roundTripper(independent))
	for name, transport := range map[string]http.RoundTripper{
		"the standard one":           standard,
		"one around it":              roundTripper(standard.RoundTrip),
		"one that hides the context": roundTripper(independent),
		"another protocol in it":     alternative,
		"one that tries again in vain": roundTripper(func(r *http.Request) (*http.Response, error) {
			if resp, err := standard.RoundTrip(r); err == nil {
				return resp, nil
			}
			return nil, refused
		}),
		"one that tries again, hidden": roundTripper(func(r *http.Request) (*http.Response, error) {
			if resp, err := independent(r); err == nil {
				return resp, nil
			}
			return nil, refused
		}),
	} {
		delivered.Store(0)
		c := s.client(t, func(c *Config) { c.HTTPClient = &http.Client{Transport: transport} })
		_, err := c.Send(t.Context(), hello)
		if delivered.Load() != 1 || err == nil || NeverSent(err) {
			t.Errorf("%s: delivered %d, error %v, NeverSent %v", name, delivered.Load(), err, NeverSent(err))
		}
	}
}

// What stands in for the default transport of the program is not taken for the standard one.
func TestDefaultTransportReplaced(t *testing.T) {
	s := newStub(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	old := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = old })
	inner := &http.Transport{}
	t.Cleanup(inner.CloseIdleConnections)
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return inner.RoundTrip(r.Clone(context.Background()))
	})
	_, err := s.client(t, func(c *Config) { c.HTTPClient = &http.Client{} }).Send(t.Context(), hello)
	if err == nil || NeverSent(err) {
		t.Errorf("error %v, NeverSent %v", err, NeverSent(err))
	}
}

// HTTP statuses that do not tell what became of the message.
func TestStatusThatDoesNotTell(t *testing.T) {
	for status, never := range map[int]bool{303: false, 403: false, 401: false, 409: false, 500: false, 503: false, 404: true, 413: true, 429: true, 301: true, 308: true} {
		s := newStub(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if _, err := s.client(t, nil).Send(t.Context(), hello); NeverSent(err) != never {
			t.Errorf("%d: NeverSent %v (%v)", status, !never, err)
		}
	}
}

// A caller's own rule for redirects must not carry the token elsewhere.
func TestNoRedirectIsFollowed(t *testing.T) {
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	t.Cleanup(elsewhere.Close)
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	own := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	_, err := s.client(t, func(c *Config) { c.HTTPClient = own }).Send(t.Context(), hello)
	if err == nil || followed.Load() || !NeverSent(err) || strings.Contains(err.Error(), "token-1") {
		t.Errorf("error %v, followed %v", err, followed.Load())
	}
}

// An error of a caller's own TokenSource says that nothing was sent.
type brokenSource struct{ err error }

func (b brokenSource) Token(context.Context, string) (string, error) { return "", b.err }

func TestTokenSourceFails(t *testing.T) {
	s := newStub(t, answerWith(`{"errcode":0,"msgid":"M"}`))
	for _, cause := range []error{errors.New("vault is sealed"), context.DeadlineExceeded, fmt.Errorf("x: %w", context.Canceled)} {
		c := s.client(t, func(c *Config) { c.Secret, c.TokenSource = "", brokenSource{cause} })
		_, err := c.Send(t.Context(), hello)
		var transport *TransportError
		if !errors.As(err, &transport) || !NeverSent(err) || !strings.Contains(err.Error(), cause.Error()) ||
			errors.Is(err, context.Canceled) != errors.Is(cause, context.Canceled) {
			t.Errorf("error %#v", err)
		}
	}
}

// gettoken does not queue behind the messages that wait for the token it brings.
func TestGettokenHasItsOwnConnection(t *testing.T) {
	release := make(chan struct{})
	var busy sync.WaitGroup
	busy.Add(1)
	var once sync.Once
	dead := atomic.Bool{}
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("access_token") == "token-1" && dead.Load() {
			_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"access_token expired"}`)
			return
		}
		if !dead.Load() {
			once.Do(busy.Done)
			<-release
		}
		_, _ = io.WriteString(w, `{"errcode":0,"msgid":"M"}`)
	})
	c := s.client(t, func(c *Config) { c.MaxConns = 1 })
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if _, err := c.Send(t.Context(), hello); err != nil {
			t.Error(err)
		}
	}()
	busy.Wait() // the one connection is taken
	dead.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if token, err := c.Token(ctx, "token-1"); err != nil || token != "token-2" {
		t.Errorf("token %q, error %v", token, err)
	}
	close(release)
	wg.Wait()
}

// expires_in of a token in its last second is not taken for "not said".
func TestExpiresIn(t *testing.T) {
	for answer, want := range map[string]time.Duration{
		`{"errcode":0,"access_token":"t","expires_in":0}`:    time.Second,
		`{"errcode":0,"access_token":"t","expires_in":-5}`:   time.Second,
		`{"errcode":0,"access_token":"t"}`:                   2 * time.Hour,
		`{"errcode":0,"access_token":"t","expires_in":1e99}`: 30 * 24 * time.Hour,
		`{"errcode":0,"access_token":"t","expires_in":90.5}`: 90*time.Second + 500*time.Millisecond,
	} {
		srv := httptest.NewServer(answerWith(answer))
		t.Cleanup(srv.Close)
		c, err := New(Config{CorpID: "ww1", Secret: "s", BaseURL: srv.URL})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdleConnections)
		if _, life, err := c.gettoken(t.Context()); err != nil || life != want {
			t.Errorf("%s: %v, %v, want %v", answer, life, err, want)
		}
	}
}

// swallower is a line to a server that can be made to swallow what goes over the connections it has;
// new ones work.
type swallower struct {
	net.Listener
	to    string
	mu    sync.Mutex
	conns []*atomic.Bool
}

func (s *swallower) serve(t *testing.T) {
	for {
		from, err := s.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", s.to)
		if err != nil {
			t.Error(err)
			return
		}
		swallow := new(atomic.Bool)
		s.mu.Lock()
		s.conns = append(s.conns, swallow)
		s.mu.Unlock()
		t.Cleanup(func() { _ = from.Close(); _ = to.Close() })
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			go func() {
				buf := make([]byte, 4096)
				for {
					n, err := way[0].Read(buf)
					if err != nil {
						_ = way[1].Close()
						return
					}
					if !swallow.Load() {
						if _, err := way[1].Write(buf[:n]); err != nil {
							return
						}
					}
				}
			}()
		}
	}
}

func (s *swallower) swallow() (connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Store(true)
	}
	return len(s.conns)
}

// A firewall forgets the one connection of HTTP/2 that all messages share: it is found out by pings,
// and a new one is made.
func TestSwallowedConnection(t *testing.T) {
	srv := httptest.NewUnstartedServer(answerWith(`{"errcode":0,"msgid":"M"}`))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	line := &swallower{Listener: l, to: strings.TrimPrefix(srv.URL, "https://")}
	t.Cleanup(func() { _ = l.Close() })
	go line.serve(t)
	c, err := New(Config{CorpID: "ww1", AgentID: 1, TokenSource: fixedToken("t"), BaseURL: "https://" + l.Addr().String(), Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	transport := c.http.Transport.(*http.Transport)
	transport.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	if transport.HTTP2 == nil || transport.HTTP2.SendPingTimeout <= 0 || transport.HTTP2.SendPingTimeout+transport.HTTP2.PingTimeout > 10*time.Second {
		t.Fatalf("pings: %+v", transport.HTTP2)
	}
	transport.HTTP2.SendPingTimeout, transport.HTTP2.PingTimeout = 50*time.Millisecond, 50*time.Millisecond
	if _, err := c.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	if n := line.swallow(); n != 1 {
		t.Fatalf("%d connections", n)
	}
	began := time.Now()
	_, err = c.Send(t.Context(), hello)
	if err == nil || NeverSent(err) || time.Since(began) > 4*time.Second {
		t.Errorf("after %v: error %v, NeverSent %v", time.Since(began), err, NeverSent(err))
	}
	if _, err := c.Send(t.Context(), hello); err != nil {
		t.Errorf("on a new connection: %v", err)
	}
}
