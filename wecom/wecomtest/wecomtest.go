// Package wecomtest gives tests a WeCom of their own: the simulator behind a server on this machine,
// and clients that are ready to send to it.
//
//	sim := wecomtest.NewServer(t)
//	notifier := myapp.NewNotifier(sim.Client())
//	sim.Fail("message/send", 45009).Times(2) // then it recovers
//	…
//	if got := sim.Inbox("zhangsan").Last().Text(); got != "磁盘已满" { … }
//
// Each server is a world of its own, so tests may run in parallel.
package wecomtest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// The default world's corp, its app without restrictions, and that app's secret. The members are
// ChenPengWei, zhangsan, lisi, wangwu and a few more; see [simulator.DefaultWorld].
const (
	CorpID  = "ww0000000000000001"
	AgentID = 1000002
	Secret  = "sim-secret-1000002"
)

// Server is a simulator that can be reached over HTTP. The methods of the embedded
// [simulator.WeCom] look into it and change it.
type Server struct {
	*simulator.WeCom
	URL string // the base URL, such as http://127.0.0.1:41233

	t    testing.TB
	http *httptest.Server
}

// NewServer starts a simulator on a free port of this machine; it ends with the test.
func NewServer(t testing.TB, opts ...simulator.Option) *Server {
	t.Helper()
	sim := simulator.New(opts...)
	srv := httptest.NewUnstartedServer(sim)
	// An open inbox page keeps its connection for ever; Close would wait for it.
	ctx, cancel := context.WithCancel(context.Background())
	srv.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	srv.Start()
	t.Cleanup(func() {
		cancel()
		srv.Close()
	})
	return &Server{WeCom: sim, URL: srv.URL, t: t, http: srv}
}

// Config returns the configuration of the default world's app, to be changed and given to
// [wecom.New].
func (s *Server) Config() wecom.Config {
	return wecom.Config{CorpID: CorpID, AgentID: AgentID, Secret: Secret, BaseURL: s.URL}
}

// Client returns a new client of the default world's app. Each has its own token and connections.
func (s *Server) Client() *wecom.Client {
	s.t.Helper()
	return s.ClientOf(s.Config())
}

// ClientOf returns a new client for another configuration, for apps of a world of the test's own.
// BaseURL may be left empty.
func (s *Server) ClientOf(config wecom.Config) *wecom.Client {
	s.t.Helper()
	if config.BaseURL == "" {
		config.BaseURL = s.URL
	}
	client, err := wecom.New(config)
	if err != nil {
		s.t.Fatalf("wecomtest: %v", err)
	}
	s.t.Cleanup(client.CloseIdleConnections)
	return client
}

// HTTPClient returns a client for the simulator's interface under /_sim/, should a test need more
// than the methods of [simulator.WeCom].
func (s *Server) HTTPClient() *http.Client { return s.http.Client() }
