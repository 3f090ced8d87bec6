package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
)

// TestSlowUploads: a large file on a slow line takes its time; who sends next to nothing, or pauses for
// long, does not.
func TestSlowUploads(t *testing.T) {
	const minute = time.Minute
	for name, c := range map[string]struct {
		piece, pieces int
		pause         time.Duration // between pieces
		status        int
		within        time.Duration
	}{
		"slow line":            {piece: 100_000, pieces: 60, pause: 5 * time.Second, status: 201, within: 6 * minute},
		"a byte":               {piece: 1, pieces: 1000, pause: time.Second, status: 408, within: 25 * time.Second},
		"below the least rate": {piece: 8000, pieces: 1000, pause: time.Second, status: 408, within: minute},
		"pause":                {piece: 1_000_000, pieces: 2, pause: 10 * minute, status: 408, within: 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world, network *pipes) {
				w.api.Media = newLibrary(t) // of this bubble
				conn := network.dial()
				began := time.Now()
				done := make(chan struct{})
				go func() {
					defer close(done)
					_, err := fmt.Fprintf(conn, "POST /v1/media?name=a.bin HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Length: %d\r\n\r\n", w.key("", access.Send), c.piece*c.pieces)
					piece := strings.Repeat("x", c.piece)
					for i := 0; i < c.pieces && err == nil; i++ {
						if _, err = io.WriteString(conn, piece); err == nil {
							time.Sleep(c.pause)
						}
					}
				}()
				answer := bufio.NewReader(conn)
				resp, err := http.ReadResponse(answer, nil)
				var body []byte
				if err == nil {
					body, err = io.ReadAll(resp.Body)
				} else {
					resp = &http.Response{}
				}
				if took := time.Since(began); err != nil || resp.StatusCode != c.status || took > c.within {
					t.Errorf("HTTP %d after %v: %s %v", resp.StatusCode, took, body, err)
				}
				_, _ = io.ReadAll(answer) // until the server has closed it
				_ = conn.Close()
				<-done
			})
		})
	}
}
