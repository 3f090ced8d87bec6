package redisstore_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/redisstore"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// redisServer is a real one, started by a test and ended with it.
type redisServer struct {
	t    testing.TB
	addr string
	args []string
	cmd  *exec.Cmd
}

// redisBinary returns where redis-server is, and a free address and its port for it. Without one
// installed the test is skipped on a user's machine and fails in CI.
func redisBinary(t testing.TB) (path, addr, port string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		const missing = `no redis-server: install it with "make deps"`
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	_ = l.Close()
	_, port, _ = net.SplitHostPort(addr)
	return path, addr, port
}

// startRedis starts a redis-server on a free port.
func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	path, addr, port := redisBinary(t)
	r := &redisServer{t: t, addr: addr, args: append([]string{
		path, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--enable-debug-command", "yes",
	}, args...)}
	r.start()
	t.Cleanup(r.kill)
	return r
}

func (r *redisServer) url() string { return "redis://" + r.addr }

// start starts it, empty, and waits until it answers.
func (r *redisServer) start() {
	r.t.Helper()
	r.cmd = exec.Command(r.args[0], r.args[1:]...)
	if err := r.cmd.Start(); err != nil {
		r.t.Fatalf("redis-server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for r.ask("PING") != "+PONG" {
		select {
		case <-again.C:
		case <-ctx.Done():
			r.t.Fatal("redis-server does not answer")
		}
	}
}

// kill ends it at once, as a crash would.
func (r *redisServer) kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
	r.cmd = nil
}

// pause and resume stop it in its tracks, connections open.
func (r *redisServer) pause()  { _ = r.cmd.Process.Signal(syscall.SIGSTOP) }
func (r *redisServer) resume() { _ = r.cmd.Process.Signal(syscall.SIGCONT) }

// ask sends one command and returns the first line of the answer, or "" if there is none.
func (r *redisServer) ask(words ...string) string {
	conn, err := net.DialTimeout("tcp", r.addr, time.Second)
	if err != nil {
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte(strings.Join(words, " ") + "\r\n")); err != nil {
		return ""
	}
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}

func open(t *testing.T, r *redisServer, opts redisstore.Options) *redisstore.Store {
	t.Helper()
	return openURL(t, r.url(), opts)
}

func openURL(t *testing.T, url string, opts redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestStore(t *testing.T) {
	r := startRedis(t)
	t.Run("in clear", func(t *testing.T) {
		wecomtest.TestTokenStore(t, func(t *testing.T) wecom.TokenStore { return open(t, r, redisstore.Options{}) })
	})
	t.Run("encrypted", func(t *testing.T) {
		wecomtest.TestTokenStore(t, func(t *testing.T) wecom.TokenStore {
			return open(t, r, redisstore.Options{Prefix: "sealed:", EncryptionKey: []byte("0123456789abcdef0123456789abcdef")})
		})
	})
}

// askAll sends one command and returns the whole answer, a bulk string.
func (r *redisServer) askAll(words ...string) string {
	conn, err := net.DialTimeout("tcp", r.addr, time.Second)
	if err != nil {
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte(strings.Join(words, " ") + "\r\nQUIT\r\n")); err != nil {
		return ""
	}
	all, _ := io.ReadAll(conn)
	return string(all)
}
