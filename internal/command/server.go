package command

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
)

// stopTime is how long requests may take to end once a server is told to stop.
const stopTime = 500 * time.Millisecond

// server is an HTTP server of this process. It accepts connections as soon as it exists, so its
// address is true when it is printed.
type server struct {
	url     string // without a slash at its end
	exposed bool   // other machines can reach it
	http    *http.Server
	ended   chan error
}

// listen starts a server for h at addr, which the user gave as flag. Its requests end with ctx: an
// open stream would otherwise keep it from stopping.
func (c *cli) listen(ctx context.Context, flag, addr string, h http.Handler) (*server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, cannotListen(addr, err, flag)
	}
	s := &server{ended: make(chan error, 1)}
	s.url, s.exposed = address(listener.Addr())
	s.http = &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(c.std.Err, "hongyan: ", 0),
	}
	go func() { s.ended <- s.http.Serve(listener) }()
	return s, nil
}

// cannotListen says what to do about an address that cannot be had, which the user gave as flag.
func cannotListen(addr string, err error, flag string) error {
	return failed("cannot listen on %s: %w", addr, rootCause(err)).hint(
		"choose a free address with --"+flag+" HOST:PORT; --"+flag+" 127.0.0.1:0 takes any free port",
		"请用 --"+flag+" 主机:端口 换一个地址；--"+flag+" 127.0.0.1:0 会自动选一个空闲端口")
}

// checkListen makes sure that addr is one that can be listened on, if it is free.
func checkListen(cmd *cobra.Command, flag, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(cmd.Context(), "tcp", port)
	}
	if err == nil {
		return nil
	}
	return usage(cmd, "--%s %q: it is not HOST:PORT", flag, addr).hint(
		"it is such as 127.0.0.1:9480; 127.0.0.1:0 takes any free port", "例如 127.0.0.1:9480；127.0.0.1:0 会自动选一个空闲端口")
}

// rootCause is the operating system's part of err; the address before it is told already.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// address is what to type to reach a listener on this machine, and whether others can reach it.
func address(addr net.Addr) (url string, exposed bool) {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return "http://" + addr.String(), true
	}
	ip := at.Addr().Unmap()
	if ip.IsUnspecified() {
		ip, exposed = netip.MustParseAddr("127.0.0.1"), true
	}
	return "http://" + netip.AddrPortFrom(ip, at.Port()).String(), exposed || !ip.IsLoopback()
}

// wait returns when the server has stopped: because ctx ended, which is no error, or by itself.
func (s *server) wait(ctx context.Context) error {
	select {
	case err := <-s.ended:
		return failed("%s stopped: %w", s.url, err)
	case <-ctx.Done():
	}
	s.stop()
	<-s.ended
	return nil
}

// stop ends the server, of its own accord if that does not take long. The context that it was
// started with has ended.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}
