package httpapi

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

func TestReplay(t *testing.T) {
	w := newWorld(t)
	key, other := w.key("crm", access.Send), w.key("crm", access.Send)
	first := w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key, "Idempotency-Key", "k1")
	if first.header.Get("Idempotent-Replayed") != "" {
		t.Error("the first is told to be a replay")
	}
	w.change(1, func(d *delivery.Delivery) { d.Status = delivery.Sent })
	// The order of members, space and escapes make no other request of it.
	again := w.call(t, "POST", "/v1/messages", ` {"text":{"content":"h\u0065llo"},
		"msgtype":"text", "to":{"users":["zhangsan"]},"app":"crm"}`, "X-API-Key", key, "Idempotency-Key", "k1")
	if m := again.message(t, 202); m.ID != first.message(t, 202).ID || m.Status != "sent" || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("replay: %s", again.text)
	}
	if m := w.call(t, "POST", "/v1/messages?wait=1s", hello, "X-API-Key", key, "Idempotency-Key", "k1").message(t, 200); m.Status != "sent" {
		t.Errorf("replay with wait: %+v", m)
	}
	w.call(t, "POST", "/v1/messages", messageWith("priority", `"low"`), "X-API-Key", key, "Idempotency-Key", "k1").problem(t, 42203)
	// Keys are their producer's own.
	w.call(t, "POST", "/v1/messages", messageWith("priority", `"low"`), "X-API-Key", other, "Idempotency-Key", "k1").message(t, 202)
	if len(w.messages) != 2 {
		t.Errorf("%d messages, want 2", len(w.messages))
	}
}

func TestWaitUntilSettled(t *testing.T) {
	w := newWorld(t)
	key := w.key("crm", access.Send)
	done, accepted := make(chan answer), w.changed
	go func() { done <- w.call(t, "POST", "/v1/messages?wait=60s", hello, "X-API-Key", key) }()
	<-accepted
	w.mu.Lock()
	w.attempts[1] = []delivery.AttemptRecord{{Attempt: 1, At: at(now), Took: 1500 * time.Millisecond, Reason: delivery.Reason{Code: delivery.ReasonBusy}}}
	w.mu.Unlock()
	w.change(1, func(d *delivery.Delivery) { d.Status, d.Attempts, d.Answer.MsgID = delivery.Sent, 2, "m1" })
	m := (<-done).message(t, 200)
	if d := m.Deliveries[0]; m.Status != "sent" || d.Receipt.MsgID != "m1" || len(d.Earlier) != 1 || d.Earlier[0].TookMS != 1500 {
		t.Errorf("%+v", m)
	}
}

// pipes is a network inside a synctest bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// inBubble runs a test against a server whose time passes by itself.
func inBubble(t *testing.T, test func(t *testing.T, w *world, network *pipes)) {
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.changed = make(chan struct{})
		server, network := NewServer(w.api), newPipes()
		ended := make(chan struct{})
		go func() { _ = server.Serve(network); close(ended) }()
		test(t, w, network)
		server.Close()
		<-ended
	})
}

// Waiting outlives the time-outs for slow clients: when one of those fires, net/http cancels the
// request.
func TestWaitOutlivesTimeouts(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, network *pipes) {
		conn := network.dial()
		defer conn.Close()
		began := time.Now()
		request := "POST /v1/messages?wait=60s HTTP/1.1\r\nHost: x\r\nX-API-Key: " + w.key("", access.Send) +
			"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(hello)) + "\r\n\r\n" + hello
		_, _ = io.WriteString(conn, request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		if took := time.Since(began); resp.StatusCode != 202 || took != 60*time.Second {
			t.Errorf("HTTP %d after %v: %s", resp.StatusCode, took, body)
		}
		// The connection is good for another request, with time-outs of its own.
		_, _ = io.WriteString(conn, strings.Replace(request, "?wait=60s", "", 1))
		if resp, err = http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 202 {
			t.Errorf("the second request: %v", err)
		}
	})
}

// A client that is slow costs a connection for a short while, and nothing else.
func TestSlowClients(t *testing.T) {
	for name, c := range map[string]struct {
		begin, drip string
		within      time.Duration
		answer      string
	}{
		"header":   {"POST /v1/messages HTTP/1.1\r\n", "X-A: b\r\n", headerTimeout, ""},
		"body":     {"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: KEY\r\nContent-Length: 1000\r\n\r\n", "x", bodyTimeout, "40801"},
		"batch":    {"POST /v1/messages/batch HTTP/1.1\r\nHost: x\r\nX-API-Key: KEY\r\nContent-Length: 8000000\r\n\r\n", "x", bodyTimeout, "40801"},
		"chunks":   {"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: KEY\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", bodyTimeout, "40801"},
		"endless":  {"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: KEY\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", bodyTimeout, "40801"},
		"unwanted": {"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x", headerTimeout + bodyTimeout, `"ok"`},
		"idle":     {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "", idleTimeout, `"ok"`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world, network *pipes) {
				conn := network.dial()
				ctx, cancel := context.WithCancel(t.Context())
				began := time.Now()
				go func() {
					_, _ = io.WriteString(conn, strings.Replace(c.begin, "KEY", w.key("", access.Send), 1))
					for ctx.Err() == nil && c.drip != "" {
						select {
						case <-ctx.Done():
						case <-time.After(time.Second):
							_, _ = io.WriteString(conn, c.drip)
						}
					}
				}()
				got, err := io.ReadAll(conn)
				took := time.Since(began)
				cancel()
				conn.Close()
				if err != nil || took < c.within || took > c.within+2*time.Second || !strings.Contains(string(got), c.answer) {
					t.Errorf("after %v: %v\n%s", took, err, got)
				}
			})
		})
	}
}

// A client that does not read its answer is let go too, and gets no more than a part of it.
func TestSlowReader(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, network *pipes) {
		ask := func() net.Conn {
			conn := network.dial()
			_, _ = io.WriteString(conn, "GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			return conn
		}
		reads, sleeps := ask(), ask()
		whole, err := io.ReadAll(reads)
		if err != nil || len(whole) < 64<<10 {
			t.Fatalf("%d bytes, %v: too little to be held up", len(whole), err)
		}
		first := make([]byte, 1)
		_, _ = io.ReadFull(sleeps, first)
		time.Sleep(writeTimeout + time.Second)
		synctest.Wait()
		part, _ := io.ReadAll(sleeps)
		if len(part) > len(whole)/2 {
			t.Errorf("after %v it still got %d of %d bytes", writeTimeout, len(part), len(whole))
		}
		reads.Close()
		sleeps.Close()
	})
}

func TestBodyThatEndsEarly(t *testing.T) {
	w := newWorld(t)
	for name, body := range map[string]string{
		"bad chunk": "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"cut":       "Content-Length: 1000\r\n\r\n{",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: "+w.key("", access.Send)+"\r\n"+body)
		_ = conn.(*net.TCPConn).CloseWrite()
		got, _ := io.ReadAll(conn)
		conn.Close()
		if !strings.Contains(string(got), `"code":40003`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
