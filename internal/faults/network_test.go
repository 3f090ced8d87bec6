//go:build linux

package faults

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestAnswerLost breaks the connection of the first attempt. A message arrives once, whether WeCom had
// acted or not.
func TestAnswerLost(t *testing.T) {
	drop := func(action simulator.Action) func(*wecomServer) {
		return func(w *wecomServer) {
			w.fault(simulator.Fault{Call: "message/send", Action: action, Times: 1})
		}
	}
	for _, c := range []struct {
		name       string
		breaks     func(*wecomServer)
		suppressed int64 // by WeCom's duplicate check
	}{
		{"before WeCom acted", drop(simulator.DropBefore), 0},
		{"after WeCom acted", drop(simulator.DropAfter), 1},
		{"half an answer", (*wecomServer).halve, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t)
			c.breaks(w)
			g := newGateway(t, w, nil)
			g.start()
			one := letter{users: users(1, 3), text: "the disk is full"}
			m := g.becomes(g.post(one), "sent", 30*time.Second)
			if d := m.Deliveries[0]; d.Attempts != 2 || d.MayHaveArrived || d.MayBeSeenTwice {
				t.Errorf("it took %d attempts: %s", d.Attempts, m.raw)
			}
			w.arrive([]letter{one}, 0)
			if n := w.sim.Stats().DuplicatesSuppressed; n != c.suppressed {
				t.Errorf("WeCom suppressed %d, want %d", n, c.suppressed)
			}
		})
	}
}

// halve cuts the next answer in its middle.
func (w *wecomServer) halve() {
	w.serve(func(next http.Handler, rw http.ResponseWriter, r *http.Request) {
		w.around.Store(nil)
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		rw.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		_, _ = rw.Write(body[:len(body)/2])
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	})
}

// TestUnreachable has an address of WeCom under which nothing can be sent, until it is corrected.
func TestUnreachable(t *testing.T) {
	for _, c := range []struct {
		name    string
		baseURL func(*testing.T, *wecomServer) string
		says    string // to be read in GET
	}{
		{"certificate not trusted", untrusted, "certificate"},
		{"no such host", func(*testing.T, *wecomServer) string { return "http://wecom.invalid" }, "wecom.invalid"},
		{"nobody listens", func(t *testing.T, w *wecomServer) string {
			other := newWeCom(t)
			other.down()
			return other.url()
		}, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t)
			g := newGateway(t, w, func(s *settings) { s.WeCom.BaseURL = c.baseURL(t, w) })
			g.start()
			letters := []letter{{users: users(1, 1), text: "one"}, {users: users(2, 2), text: "two"}}
			ids := g.postAll(letters)
			for _, id := range ids {
				g.waits(id, "unreachable", c.says)
			}
			g.restart(func(s *settings) { s.WeCom.BaseURL = w.url() })
			for _, id := range ids {
				g.becomes(id, "sent", 40*time.Second)
			}
			w.arrive(letters, 0)
		})
	}
}

// untrusted serves WeCom with a certificate that nobody knows.
func untrusted(t *testing.T, w *wecomServer) string {
	server := httptest.NewUnstartedServer(w.sim)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // that clients do not trust it
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// TestWeComDown has WeCom vanish under load, and come back at the same address.
func TestWeComDown(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	w.fault(simulator.Fault{Call: "message/send", Latency: 10 * time.Millisecond})
	g := newGateway(t, w, nil)
	g.start()
	l := &load{g: g}
	l.begin(t)
	for range 2 {
		l.grow(t, 200)
		w.down()
		l.grow(t, 300)
		w.up()
	}
	l.end()
	t.Log(l.finish(t, w, time.Minute))
}
