//go:build go1.25

package wecom

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a body of which one byte comes at a time.
type slow struct {
	io.Reader
	pause time.Duration
	req   *http.Request
}

func (s slow) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.pause):
		return s.Reader.Read(p[:min(1, len(p))])
	case <-s.req.Context().Done():
		return 0, s.req.Context().Err()
	}
}

func (slow) Close() error { return nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What a server sends again that ignores Range counts as movement too.
func TestDownloadSkipsSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pause = 10 * time.Second // below the time-out of 15 s
		c, err := New(Config{
			CorpID: "ww1", AgentID: 1000002, Secret: testSecret, TokenSource: fixedToken("t"),
			HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: http.StatusOK, Request: r, ContentLength: 10, Header: http.Header{"Content-Type": {"image/png"}},
					Body: slow{strings.NewReader("0123456789"), pause, r},
				}, nil
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.DownloadFrom(t.Context(), "m", 7)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if got, err := io.ReadAll(m); err != nil || string(got) != "789" {
			t.Errorf("%q, %v", got, err)
		}
	})
}
