package gateway_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// TestOverTheRate: a client waits as long as the gateway says, and not in vain.
func TestOverTheRate(t *testing.T) {
	f := newFake(t)
	var asked []time.Time
	retryAfter := "1"
	f.before = func(w http.ResponseWriter, n int) (bool, bool) {
		if asked = append(asked, time.Now()); len(asked) > 1 {
			return false, true
		}
		w.Header().Set("Retry-After", retryAfter)
		problem(w, http.StatusTooManyRequests, gateway.CodeRate, "over the rate")
		return true, false
	}
	if _, err := f.client(t, nil).Send(t.Context(), text("a")); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || asked[1].Sub(asked[0]) < time.Second {
		t.Errorf("asked at %v, want a second between", asked)
	}
	if len(f.stored) != 1 {
		t.Errorf("the gateway has %d messages", len(f.stored))
	}
	// What takes longer than the client may repeat is told at once.
	asked, retryAfter = nil, "100"
	began := time.Now()
	_, err := f.client(t, nil).Send(t.Context(), text("a"))
	var p *gateway.Problem
	if !errors.As(err, &p) || p.Code != gateway.CodeRate || p.RetryAfter != 100*time.Second || !gateway.NeverSent(err) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); len(asked) != 1 || took > 10*time.Second {
		t.Errorf("asked %d times in %v", len(asked), took)
	}
}
