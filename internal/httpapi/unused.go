package httpapi

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// unusedGrace is how long after the end has begun a connection may still bring its first request.
const unusedGrace = 200 * time.Millisecond

// unused are the connections on which nothing was asked yet. Browsers and pools open some ahead, and
// http.Server.Shutdown gives each five seconds, with which the gateway's end would take as long.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// closeUnused has a server close such connections soon after its Shutdown began.
func closeUnused(s *http.Server) {
	u := &unused{conns: map[net.Conn]struct{}{}}
	s.ConnState = u.note
	s.RegisterOnShutdown(func() { time.AfterFunc(unusedGrace, u.close) })
}

func (u *unused) note(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch state {
	case http.StateNew:
		u.conns[conn] = struct{}{}
	case http.StateActive, http.StateHijacked, http.StateClosed:
		delete(u.conns, conn)
	}
}

func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		_ = conn.Close()
	}
}
