package httpapi

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

// waits is a request that waits for the end of the only message, on a connection of its own.
func (w *world) waits(network *pipes, key, wait string) net.Conn {
	conn := network.dial()
	_, _ = io.WriteString(conn, "GET /v1/messages/msg_00000000001?wait="+wait+" HTTP/1.1\r\nHost: x\r\nX-API-Key: "+key+"\r\n\r\n")
	return conn
}

// read reads an answer.
func read(t *testing.T, conn net.Conn) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// accepted has the only message accepted.
func (w *world) accepted(t *testing.T) {
	t.Helper()
	r, err := decodeMessage([]byte(hello))
	if err == nil {
		_, _, err = w.Accept(t.Context(), r)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sentNow(d *delivery.Delivery) { d.Status = delivery.Sent }

// Who waits for a message is told as soon as it has come to its end, and when the time is over at the
// latest; that outlives the time-outs for slow clients, and leaves the connection as it was.
func TestMessageIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		wait         string
		settled      time.Duration // after which the message is sent; 0: before
		within       time.Duration
		status, find string
	}{
		"it ends meanwhile":     {"30s", 12 * time.Second, 12 * time.Second, "sent", "reached"},
		"it ends later":         {"30s", time.Hour, 30 * time.Second, "queued", "waiting"},
		"the longest wait":      {"60s", time.Hour, 60 * time.Second, "queued", "waiting"},
		"it had ended":          {"60s", 0, 0, "sent", "reached"},
		"nobody waits":          {"0s", time.Hour, 0, "queued", "waiting"},
		"it ends near the end":  {"60s", 60*time.Second - time.Millisecond, 60*time.Second - time.Millisecond, "sent", "reached"},
		"not even a moment":     {"1ns", time.Hour, time.Nanosecond, "queued", "waiting"},
		"it ends in the moment": {"1s", time.Millisecond, time.Millisecond, "sent", "reached"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world, network *pipes) {
				w.accepted(t)
				if c.settled == 0 {
					w.change(1, sentNow)
				} else {
					timer := time.AfterFunc(c.settled, func() { w.change(1, sentNow) })
					defer timer.Stop()
				}
				began := time.Now()
				conn := w.waits(network, w.key("crm", access.Read), c.wait)
				defer conn.Close()
				got := read(t, conn)
				took := time.Since(began)
				if m := got.message(t, 200); m.Status != c.status || took != c.within || m.Recipients.States[c.find] != 1 {
					t.Errorf("after %v: %s", took, got.text)
				}
				_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
				if again := read(t, conn); again.status != 200 {
					t.Errorf("the second request: %+v", again)
				}
			})
		})
	}
}

// Who leaves does not wait any longer; and who may not see the message is not kept waiting, nor is
// anybody else by those who wait.
func TestWhoWaitsMayLeave(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, network *pipes) {
		w.accepted(t)
		began := time.Now()
		key := w.key("crm", access.Read)
		var conns []net.Conn
		for range 200 {
			conns = append(conns, w.waits(network, key, "60s"))
		}
		synctest.Wait()
		if n := w.waiting.Load(); n != 200 {
			t.Errorf("%d wait, want 200", n)
		}
		foreign := w.waits(network, w.key("shop", access.Read), "60s")
		read(t, foreign).problem(t, 40402)
		foreign.Close()
		beside := network.dial()
		_, _ = io.WriteString(beside, "GET /v1/messages/msg_00000000001 HTTP/1.1\r\nHost: x\r\nX-API-Key: "+key+"\r\n\r\n")
		read(t, beside).message(t, 200)
		beside.Close()
		for _, conn := range conns[:150] {
			conn.Close()
		}
		synctest.Wait()
		if n := w.waiting.Load(); n != 50 {
			t.Errorf("%d wait after 150 of 200 have left", n)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("that took %v", took)
		}
		w.change(1, sentNow)
		for _, conn := range conns[150:] {
			if got := read(t, conn); !strings.Contains(got.text, `"status":"sent"`) {
				t.Errorf("%+v", got)
			}
			conn.Close()
		}
		synctest.Wait()
		if n := w.waiting.Load(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}
