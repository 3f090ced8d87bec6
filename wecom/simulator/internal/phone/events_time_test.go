//go:build go1.25

package phone

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener hands out connections in memory, so that a whole server lives in
// a bubble of synctest.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func listenPipe() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (l *pipeListener) dial() net.Conn {
	client, server := net.Pipe()
	l.conns <- server
	return client
}

// openPipe asks a server with strict time limits for zhangsan's stream.
// stop cancels the server's base context.
func openPipe(t *testing.T, f *fakeSource) (server *http.Server, stop func(), stream reader, conn net.Conn) {
	ctx, stop := context.WithCancel(t.Context())
	server = &http.Server{
		Handler:      Handler(f),
		BaseContext:  func(net.Listener) context.Context { return ctx },
		ReadTimeout:  2 * time.Second,
		WriteTimeout: 2 * time.Second,
	}
	l := listenPipe()
	go server.Serve(l)
	conn = l.dial()
	fmt.Fprintf(conn, "GET /_phone/events?corp=%s&user=zhangsan&after= HTTP/1.1\r\nHost: x\r\n\r\n", testCorp)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(answer, err)
	}
	return server, stop, reader{t, bufio.NewReader(answer.Body)}, conn
}

// TestStreamOutlivesTimeouts: the server's limits are for pages. A stream beats
// every fifteen seconds, and still brings a message after an hour.
func TestStreamOutlivesTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := world()
		server, stop, s, conn := openPipe(t, f)
		start := time.Now()
		for i := range 240 {
			if e := s.next(); e.comment == "" || time.Since(start) != time.Duration(i+1)*heartbeat {
				t.Fatalf("after %v: %+v", time.Since(start), e)
			}
		}
		f.send(text("still there?", "zhangsan"))
		s.expect(eventMessage, "m1", true)
		stop()
		conn.Close()
		server.Close()
	})
}

// TestShutdownWithOpenStream: cancelling the base context ends the stream, and
// the server stops at once.
func TestShutdownWithOpenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := world()
		server, stop, s, conn := openPipe(t, f)
		ended := make(chan error)
		go func() { _, err := s.read(); ended <- err }()
		synctest.Wait()
		stop()
		if err := <-ended; err != io.EOF {
			t.Errorf("the stream ended with %v", err)
		}
		<-f.left
		start := time.Now()
		if err := server.Shutdown(context.Background()); err != nil || time.Since(start) > time.Second {
			t.Errorf("shutdown: %v after %v", err, time.Since(start))
		}
		conn.Close()
	})
}

// TestStalledReader: one who keeps the line but reads nothing is let go.
func TestStalledReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := world()
		server, stop, _, conn := openPipe(t, f)
		start := time.Now()
		f.send(text("nobody reads this", "zhangsan"))
		<-f.left
		if waited := time.Since(start); waited != patience {
			t.Errorf("let go after %v", waited)
		}
		stop()
		conn.Close()
		server.Close()
	})
}

// TestBeatFindsChanges: what nobody told of is found at the next beat.
func TestBeatFindsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := world()
		f.deliver(text("one", "zhangsan"))
		server, stop, s, conn := openPipe(t, f)
		s.expect(eventMessage, "m1", true)

		f.deliver(text("dropped", "zhangsan"))
		s.next()
		s.expect(eventMessage, "m2", true)

		f.change("m1", func(m *Message) { m.Recalled = true })
		s.next()
		if e := s.next(); e.name != eventReset || e.id != "m2" {
			t.Errorf("after a recall: %+v", e)
		}
		f.clear()
		s.next()
		if e := s.next(); e.name != eventReset || e.id != "" {
			t.Errorf("after clearing: %+v", e)
		}
		stop()
		conn.Close()
		server.Close()
	})
}
