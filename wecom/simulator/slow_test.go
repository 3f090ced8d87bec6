//go:build go1.25

package simulator

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// spend makes one request and says how long it took.
func spend(sim *WeCom, r *http.Request) (w *httptest.ResponseRecorder, took time.Duration, aborted bool) {
	before := time.Now()
	w = httptest.NewRecorder()
	func() {
		defer func() { aborted = recover() == http.ErrAbortHandler }()
		sim.ServeHTTP(w, r)
	}()
	return w, time.Since(before), aborted
}

func TestSlowMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New()
		target := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
		w, took, _ := spend(sim, newRequest("POST", target, text("lisi|sim-slow", "hi").json()))
		if took != 3*time.Second || w.Header().Get("Error-Code") != "0" {
			t.Errorf("took %v, %s", took, w.Body)
		}
		if _, took, _ := spend(sim, newRequest("POST", target, text("lisi", "hi").json())); took != 0 {
			t.Errorf("without the slow member it took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, took, _ := spend(sim, newRequest("POST", target, text("sim-slow", "gone").json()).WithContext(ctx)); took != time.Second {
			t.Errorf("the client left after 1 s and the answer took %v", took)
		}
		if sim.Inbox("sim-slow").Last().Text() != "gone" {
			t.Error("a message whose client left was not delivered")
		}
	})
}

func TestSlowAnswerIsAnOption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(WithSlowAnswer(time.Minute))
		target := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
		if _, took, _ := spend(sim, newRequest("POST", target, text("sim-slow", "hi").json())); took != time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New()
		target := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
		request := func() *http.Request { return newRequest("POST", target, text("lisi", "hi").json()) }
		if err := sim.SetFaults([]Fault{{Call: "message/send", Latency: 300 * time.Millisecond}}); err != nil {
			t.Fatal(err)
		}
		if w, took, _ := spend(sim, request()); took != 300*time.Millisecond || w.Header().Get("Error-Code") != "0" {
			t.Errorf("took %v, %s", took, w.Body)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, took, aborted := spend(sim, request().WithContext(ctx)); took != 100*time.Millisecond || !aborted {
			t.Errorf("the client left after 100ms: took %v, aborted %v", took, aborted)
		}
		if n := got(sim, "lisi"); n != 1 {
			t.Errorf("%d delivered; a client that leaves in the latency has sent nothing", n)
		}
		if err := sim.SetFaults([]Fault{{Call: "message/send", Latency: time.Second, HTTPStatus: 504}}); err != nil {
			t.Fatal(err)
		}
		if w, took, _ := spend(sim, request()); took != time.Second || w.Code != 504 {
			t.Errorf("took %v, status %d", took, w.Code)
		}
	})
}

func TestTheClockRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New()
		sim.Advance(time.Hour)
		before := sim.Now()
		time.Sleep(time.Minute)
		if got := sim.Now().Sub(before); got != time.Minute {
			t.Errorf("a minute took %v", got)
		}
		sim.SetNow(start)
		time.Sleep(time.Minute)
		if got := sim.Now().Sub(start); got != time.Minute {
			t.Errorf("a minute after SetNow it is %v later", got)
		}
		sim.Reset()
		if got := sim.Now(); !got.Equal(time.Now()) {
			t.Errorf("after Reset it is %v, not %v", got, time.Now())
		}
	})
}
