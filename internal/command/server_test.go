package command

import (
	"errors"
	"net"
	"strings"
	"testing"
)

// TestServerThatFails: a server that ends by itself is an error, not a silent end.
func TestServerThatFails(t *testing.T) {
	s := &server{url: "http://127.0.0.1:1", ended: make(chan error, 1)}
	s.ended <- errors.New("accept: too many open files")
	if err := s.wait(t.Context()); err == nil || !strings.Contains(err.Error(), "too many open files") {
		t.Error(err)
	}
}

func TestAddress(t *testing.T) {
	for _, test := range []struct {
		addr    net.TCPAddr
		url     string
		exposed bool
	}{
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9480}, "http://127.0.0.1:9480", false},
		{net.TCPAddr{IP: net.IPv6loopback, Port: 9480}, "http://[::1]:9480", false},
		{net.TCPAddr{IP: net.IPv6zero, Port: 9480}, "http://127.0.0.1:9480", true},
		{net.TCPAddr{IP: net.IPv4zero, Port: 9480}, "http://127.0.0.1:9480", true},
		{net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 9480}, "http://10.0.0.7:9480", true},
	} {
		if url, exposed := address(&test.addr); url != test.url || exposed != test.exposed {
			t.Errorf("%v: %s %v, want %s %v", &test.addr, url, exposed, test.url, test.exposed)
		}
	}
}
