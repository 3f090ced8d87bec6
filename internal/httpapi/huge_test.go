package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
)

// meter counts what a server reads from its connections.
type meter struct {
	net.Listener
	read atomic.Int64
}

func (m *meter) Accept() (net.Conn, error) {
	conn, err := m.Listener.Accept()
	return &metered{conn, m}, err
}

type metered struct {
	net.Conn
	meter *meter
}

func (c *metered) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.read.Add(int64(n))
	return n, err
}

// metered serves the API where what is read is counted.
func (w *world) metered(t *testing.T) *meter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{Listener: listener}
	server := NewServer(w.api)
	ended := make(chan struct{})
	go func() { _ = server.Serve(m); close(ended) }()
	t.Cleanup(func() { server.Close(); <-ended })
	return m
}

const gigabyte = 1 << 30

// pour writes a gigabyte, in chunks of HTTP or as it is, until the other side takes no more of it.
func pour(conn net.Conn, chunked bool) (written int64) {
	piece := bytes.Repeat([]byte("x"), 32<<10)
	if chunked {
		piece = append(append([]byte("8000\r\n"), piece...), "\r\n"...)
	}
	for written < gigabyte {
		n, err := conn.Write(piece)
		written += int64(n)
		if err != nil {
			return written
		}
	}
	return written
}

func allocated() (total, heap uint64) {
	runtime.GC()
	runtime.GC() // what pools hold on to lives through one
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc, stats.HeapAlloc
}

// TestHugeBody: a body of a gigabyte is refused when its limit is reached, or at once if it says how
// large it is; the rest is not read, the connection ends, and nothing of it stays in memory.
func TestHugeBody(t *testing.T) {
	w := newWorld(t)
	key := w.key("crm", access.Send)
	m := w.metered(t)
	const (
		some = 640 << 10 // net/http reads on for a while, to keep the connection if it can
		none = 16 << 10  // a buffer of the connection
	)
	for _, c := range []struct {
		name, path, key string
		chunked, expect bool
		code            int
		says            string
		reads           int64
	}{
		{"length", "/v1/messages", key, false, false, 41301, "the limit is 1048576 bytes", some},
		{"chunked", "/v1/messages", key, true, false, 41301, "the limit is 1048576 bytes", maxBody + some},
		{"batch, length", "/v1/messages/batch", key, false, false, 41301, "the limit is 8388608 bytes", some},
		{"batch, chunked", "/v1/messages/batch", key, true, false, 41301, "the limit is 8388608 bytes", maxBatchBytes + some},
		{"asked before", "/v1/messages/batch", key, false, true, 41301, "the limit is 8388608 bytes", none},
		{"no key", "/v1/messages", "hy_none", false, false, 40102, "", some},
		{"no key, chunked", "/v1/messages", "hy_none", true, false, 40102, "", some},
		{"no body wanted", "/v1/messages/msg_00000000001/cancel", key, true, false, 40301, "", some},
		{"no such path", "/v1/nothing", key, true, false, 40401, "", some},
	} {
		t.Run(c.name, func(t *testing.T) {
			const rounds = 4
			total, heap := allocated()
			before := m.read.Load()
			var all sync.WaitGroup
			for range rounds {
				all.Go(func() {
					if err := hugeBody(m.Addr().String(), c.path, c.key, c.chunked, c.expect, c.code, c.says); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			totalAfter, heapAfter := allocated()
			read := (m.read.Load() - before) / rounds
			each := int64(totalAfter-total) / rounds
			t.Logf("read %d KiB, allocated %d KiB of a gigabyte; %d KiB are kept after %d", read>>10, each>>10, (int64(heapAfter)-int64(heap))>>10, rounds)
			if read > c.reads {
				t.Errorf("%d bytes were read, want at most %d", read, c.reads)
			}
			if most := 9*c.reads + 1<<20; each > most { // a buffer that grows by doubling, with the race detector twice
				t.Errorf("%d bytes were allocated, want at most %d", each, most)
			}
			if kept := int64(heapAfter) - int64(heap); kept > 1<<20 {
				t.Errorf("%d bytes stay in memory", kept)
			}
		})
	}
	if len(w.messages) > 0 {
		t.Errorf("%d messages were accepted", len(w.messages))
	}
}

// hugeBody sends a request with a body of a gigabyte, and returns what is wrong with the way in which it
// is refused.
func hugeBody(addr, path, key string, chunked, expect bool, code int, says string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(15 * time.Second)) // less than a slow body may take
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Type: application/json\r\n", path, key)
	switch {
	case chunked:
		head += "Transfer-Encoding: chunked\r\n"
	default:
		head += fmt.Sprintf("Content-Length: %d\r\n", gigabyte)
	}
	if expect {
		head += "Expect: 100-continue\r\n"
	}
	_, _ = io.WriteString(conn, head+"\r\n")
	poured := make(chan int64, 1)
	if expect {
		poured <- 0 // it is told before that the body is not wanted
	} else {
		go func() { poured <- pour(conn, chunked) }()
	}
	// The answer comes while the body is still being sent, and ends the connection.
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != code/100 || !strings.Contains(string(body), fmt.Sprintf(`"code":%d`, code)) || !strings.Contains(string(body), says) {
		return fmt.Errorf("HTTP %d %w: %s", resp.StatusCode, err, body)
	}
	if !resp.Close {
		return errors.New("the answer does not say that the connection ends")
	}
	if _, err := io.Copy(io.Discard, r); err != nil && strings.Contains(err.Error(), "timeout") {
		return errors.New("the connection stays open")
	}
	if n := <-poured; n >= gigabyte {
		return errors.New("the whole gigabyte was taken")
	}
	return nil
}
