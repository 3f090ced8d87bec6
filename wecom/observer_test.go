package wecom

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// notes is an Observer that writes down what it is told.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) ObserveCall(e CallEvent) {
	if e.Took <= 0 {
		n.add("no time")
	}
	n.add("%s %v", e.Op, e.Err)
}

func (n *notes) ObserveToken(e TokenEvent) { n.add("token %s %s %v", e.Cause, e.Origin, e.Err) }

func TestObserver(t *testing.T) {
	var n notes
	var dead atomic.Bool
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if dead.Load() && strings.HasSuffix(r.URL.RawQuery, "token-1") {
			_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"access_token expired for `+r.URL.RawQuery+`"}`)
			return
		}
		_, _ = io.WriteString(w, `{"errcode":0,"msgid":"M"}`)
	})
	store := NewMemoryStore()
	first := s.client(t, func(c *Config) { c.Observer, c.Tokens = &n, store })
	for range 2 {
		if _, err := first.Send(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
	}
	dead.Store(true)
	if _, err := first.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	second := s.client(t, func(c *Config) { c.Observer, c.Tokens = &n, store })
	if _, err := second.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"gettoken <nil>", "token missing fetched <nil>", "message/send <nil>", "message/send <nil>",
		"message/send wecom: message/send: 42001 access_token expired for access_token=[redacted]",
		"gettoken <nil>", "token refused fetched <nil>", "message/send <nil>",
		"token missing shared <nil>", "message/send <nil>",
	}
	if !slices.Equal(n.lines, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(n.lines, "\n"), strings.Join(want, "\n"))
	}
}
