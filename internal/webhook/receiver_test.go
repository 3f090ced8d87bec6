package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// request is what a receiver got.
type request struct {
	http.Header
	body []byte
}

// receive starts a receiver. Its handler may be nil, which answers 200.
func receive(t *testing.T, handler http.HandlerFunc) (address string, got chan request) {
	got = make(chan request, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost {
			t.Errorf("method %s", r.Method)
		}
		got <- request{r.Header, body}
		if handler != nil {
			handler(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

// TestTold: a receiver gets what is to be told, signed with the secret of the key, and with both while
// one replaces the other.
func TestTold(t *testing.T) {
	w := newWorld(t, webhook.Config{Guard: webhook.Guard{Allow: loopback}})
	url, got := receive(t, nil)
	before := w.end(url+"/hook?token=hunter2", 1)[0] // it waits for the teller to start
	w.run()
	r := <-got
	if err := webhook.Verify(r.Header, r.body, w.secrets()[0], time.Now()); err != nil {
		t.Error(err)
	}
	var event struct {
		Type      string
		Timestamp time.Time
		Data      struct{ ID, Status string }
	}
	if err := json.Unmarshal(r.body, &event); err != nil {
		t.Fatal(err)
	}
	if event.Type != "message.settled" || event.Data.ID != before.String() || event.Data.Status != "sent" || time.Since(event.Timestamp) > time.Minute {
		t.Errorf("%s", r.body)
	}
	if r.Get("webhook-id") != "evt_"+strings.TrimPrefix(before.String(), "msg_")+"_1" || r.Get("content-type") != "application/json" {
		t.Errorf("%v", r.Header)
	}
	if j := w.until(before, 1); j.Status != webhook.Delivered || tries(j) != "200 " || j.Attempts != 1 {
		t.Errorf("%+v", j)
	}

	old := w.secrets()[0]
	w.ok(w.outbox.RotateWebhookSecret(t.Context(), "shop", access.NewWebhookSecret(), time.Now().Add(time.Hour)))
	w.ok(w.outbox.Revoke(t.Context(), "shop", time.Now())) // what it handed over is told all the same
	w.end(url, 1)
	r = <-got
	for _, secret := range append(w.secrets(), old) {
		if err := webhook.Verify(r.Header, r.body, secret, time.Now()); err != nil {
			t.Error(err)
		}
	}
	w.stop()
	log := w.log.String()
	for _, secret := range []string{"hunter2", old, "whsec_"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s in it:\n%s", secret, log)
		}
	}
	if stats := w.teller.Stats(); stats.Told != 2 || stats.Attempts != 2 || stats.UnderWay != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestReceivers that do not take what they are told: each is told so in words, and what they answer is
// not kept.
func TestReceivers(t *testing.T) {
	w := newWorld(t, webhook.Config{Guard: webhook.Guard{Allow: loopback}, Timeout: 300 * time.Millisecond})
	w.run()
	elsewhere, reached := receive(t, nil)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	w.ok(err)
	w.ok(closed.Close())
	plain, _ := receive(t, nil)
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS() // its certificate is signed by nobody known
	t.Cleanup(tls.Close)
	for name, c := range map[string]struct {
		url     string
		handler http.HandlerFunc
		want    string
		status  webhook.Status
	}{
		"dead":     {url: "http://" + closed.Addr().String(), want: "0 the connection was refused"},
		"slow":     {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, want: "0 no answer came within 300ms"},
		"broken":   {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: "0 the connection broke before an answer came"},
		"failing":  {handler: answering(500, "hunter2"), want: "500 the receiver answered HTTP 500"},
		"not here": {handler: answering(404, ""), want: "404 the receiver answered HTTP 404"},
		"redirecting": {handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		},
			want: "307 the receiver answered HTTP 307; redirects are not followed"},
		"wants no more":   {handler: answering(410, ""), want: "410 the receiver wants nothing more (HTTP 410)", status: webhook.Failed},
		"created":         {handler: answering(201, "thanks"), want: "201 ", status: webhook.Delivered},
		"huge":            {handler: flood, want: "200 ", status: webhook.Delivered},
		"huge header":     {handler: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, want: "0 the connection broke before an answer came"},
		"not TLS":         {url: strings.Replace(plain, "http:", "https:", 1), want: "0 the host does not speak TLS at this port"},
		"bad certificate": {url: tls.URL, want: "0 the TLS certificate is not good: it has expired, is for another name, or is signed by nobody known"},
		"no such name":    {url: "http://host.invalid/", want: "0 the name of the host cannot be resolved"},
		"metadata":        {url: "http://169.254.169.254/latest/", want: "0 the address is not allowed: it is link-local; the gateway's configuration can allow it: webhooks.allow"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.url == "" {
				c.url, _ = receive(t, c.handler)
			}
			if c.status == 0 {
				c.status = webhook.Pending
			}
			id := w.end(c.url, 1)[0]
			j := w.until(id, 1)
			if got := tries(j); got != c.want || j.Status != c.status {
				t.Errorf("%v: %s, want %s", j.Status, got, c.want)
			}
			if wait := time.Until(j.Due); c.status == webhook.Pending && (wait < time.Second || wait > 7*time.Second) {
				t.Errorf("it is tried again in %v", wait)
			}
		})
	}
	if len(reached) != 0 {
		t.Error("a redirect was followed")
	}
	if strings.Contains(w.log.String(), "hunter2") {
		t.Error("what a receiver answered is in the log")
	}
}

func answering(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// flood answers until the connection is closed.
func flood(w http.ResponseWriter, _ *http.Request) {
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	for sent := 0; sent < 1<<30; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// rebinding is a name server that gives one address after another.
func rebinding(t *testing.T, addrs ...string) *net.Resolver {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var asked atomic.Int64
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			end := 12
			for query[end] != 0 {
				end += int(query[end]) + 1
			}
			end += 5 // type and class
			answer := append([]byte{}, query[:end]...)
			copy(answer[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
			if query[end-3] == 1 && n >= end { // type A
				answer[7] = 1
				at := min(int(asked.Add(1))-1, len(addrs)-1)
				ip := netip.MustParseAddr(addrs[at]).As4()
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				answer = append(answer, ip[:]...)
			}
			_, _ = server.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// TestRebinding: a name that leads to an allowed address first and to another one then reaches the
// first alone; what is behind the other sees no connection.
func TestRebinding(t *testing.T) {
	outside, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("there is no 127.0.0.2 here:", err)
	}
	_, port, _ := net.SplitHostPort(outside.Addr().String())
	inside, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	var served, leaked atomic.Int64
	serve := func(l net.Listener, count *atomic.Int64) {
		s := &http.Server{ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				count.Add(1)
			}
		}, Handler: answering(503, "")}
		s.SetKeepAlivesEnabled(false)
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
	}
	serve(outside, &served)
	serve(inside, &leaked)
	w := newWorld(t, webhook.Config{
		Guard:    webhook.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}},
		Resolver: rebinding(t, "127.0.0.2", "127.0.0.1"),
	})
	w.run()
	id := w.end("http://rebinding.example.com:"+port+"/", 1)[0]
	if j := w.until(id, 1); tries(j) != "503 the receiver answered HTTP 503" {
		t.Fatalf("%s", tries(j))
	}
	if _, err := w.teller.ReplayMessage(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if j := w.until(id, 2); !strings.HasSuffix(tries(j), "; 0 the address is not allowed: it is loopback") {
		t.Errorf("%s", tries(j))
	}
	if served.Load() != 1 || leaked.Load() != 0 {
		t.Errorf("%d connections outside, %d inside", served.Load(), leaked.Load())
	}
	if log := w.log.String(); strings.Contains(log, "127.0.0.1") {
		t.Errorf("the address is told:\n%s", log)
	}
}

// TestProxy: the environment has no say, the configuration has.
func TestProxy(t *testing.T) {
	proxy, got := receive(t, nil)
	t.Setenv("HTTP_PROXY", proxy)
	w := newWorld(t, webhook.Config{Guard: webhook.Guard{Allow: loopback}, Resolver: rebinding(t, "10.0.0.1")})
	w.run()
	id := w.end("http://hook.example.com/", 1)[0]
	if j := w.until(id, 1); tries(j) != "0 the address is not allowed: it is private" {
		t.Errorf("%s", tries(j))
	}
	w.stop()
	var err error
	if w.config.Proxy, err = url.Parse(proxy); err != nil {
		t.Fatal(err)
	}
	w.run()
	id = w.end("http://other.example.com/", 1)[0]
	if j := w.until(id, 1); j.Status != webhook.Delivered {
		t.Errorf("%s", tries(j))
	}
	if len(got) != 1 {
		t.Errorf("%d requests at the proxy", len(got))
	}
}
