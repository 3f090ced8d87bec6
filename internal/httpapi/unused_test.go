package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// A server stops although a client holds connections on which it never asked for anything, before
// net/http's own five seconds are over.
func TestUnusedConnectionsDoNotHoldUpTheEnd(t *testing.T) {
	server := NewServer(&API{Config: Config{Log: slog.New(slog.DiscardHandler)}})
	accepted := make(chan struct{}, 2)
	note := server.ConnState
	server.ConnState = func(c net.Conn, state http.ConnState) {
		note(c, state)
		if state == http.StateNew {
			accepted <- struct{}{}
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	var conns []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
		<-accepted
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("the server did not stop: %v", err)
	}
	for _, conn := range conns {
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("an unused connection is not closed: %d, %v", n, err)
		}
	}
	if err := <-ended; err != http.ErrServerClosed {
		t.Error(err)
	}
}
