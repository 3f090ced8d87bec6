package httpapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/access"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	good := w.key("crm", access.Send)
	unknown, _ := access.NewSecret()
	for _, c := range []struct {
		header, value string
		code          int
	}{
		{"X-None", "", 40101},
		{"Authorization", "Basic " + good, 40101},
		{"Authorization", "Bearer ", 40101},
		{"Authorization", "Bearer", 40101},
		{"X-API-Key", " ", 40101},
		{"Authorization", good, 40101},
		{"Authorization", "Bearer " + unknown, 40102},
		{"Authorization", "Bearer " + good[:len(good)-1], 40102},
		{"X-API-Key", unknown, 40102},
	} {
		got := w.call(t, "POST", "/v1/messages", hello, c.header, c.value)
		got.problem(t, c.code)
		if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: WWW-Authenticate is %q", c.header, got.header.Get("WWW-Authenticate"))
		}
	}
	// A wrong Authorization is not made good by the other header.
	w.call(t, "POST", "/v1/messages", hello, "Authorization", "Bearer "+unknown, "X-API-Key", good).problem(t, 40102)
}

func TestScopesAndSenders(t *testing.T) {
	w := newWorld(t)
	sends, reads := w.key("crm robot:ops", access.Send), w.key("crm robot:ops", access.Read)
	other := w.key("shop", access.Send, access.Read)
	all := w.key("", access.Send, access.Read)
	robot := `{"robot":"ops","msgtype":"text","text":{"content":"x"}}`

	w.call(t, "POST", "/v1/messages", hello, "X-API-Key", reads).problem(t, 40301)
	path := w.call(t, "POST", "/v1/messages", hello, "X-API-Key", sends).header.Get("Location")
	w.call(t, "GET", path, "", "X-API-Key", sends).problem(t, 40301)
	w.call(t, "GET", path, "", "X-API-Key", reads).message(t, 200)
	w.call(t, "GET", path, "", "X-API-Key", all).message(t, 200)
	w.call(t, "POST", "/v1/messages", robot, "X-API-Key", sends).message(t, 202)

	// The key of another app sends nothing, and cannot tell a foreign message from none.
	w.call(t, "POST", "/v1/messages", hello, "X-API-Key", other).problem(t, 40302)
	w.call(t, "POST", "/v1/messages", robot, "X-API-Key", other).problem(t, 40302)
	w.call(t, "POST", "/v1/messages", messageWith("app", `"nobody"`), "X-API-Key", other).problem(t, 40302)
	w.call(t, "POST", "/v1/messages", messageWith("app", `"robot:ops"`), "X-API-Key", sends).problem(t, 42201)
	foreign := w.call(t, "GET", path, "", "X-API-Key", other)
	none := w.call(t, "GET", "/v1/messages/msg_0000000000z", "", "X-API-Key", other)
	foreign.problem(t, 40402)
	if foreign.text != none.text {
		t.Errorf("foreign and unknown differ:\n%s%s", foreign.text, none.text)
	}
	w.call(t, "GET", "/v1/messages/4711", "", "X-API-Key", other).problem(t, 40402)
	if len(w.messages) != 2 {
		t.Errorf("%d messages accepted", len(w.messages))
	}
}

func TestLastUseIsRecordedInBatches(t *testing.T) {
	w := newWorld(t)
	key := w.key("", access.Send)
	for range 3 {
		w.call(t, "POST", "/v1/messages", hello, "X-API-Key", key).message(t, 202)
	}
	if len(w.used) > 0 {
		t.Error("a request was held up by recording its key")
	}
	w.usedFails = errors.New("busy")
	w.api.recordUsage(t.Context())
	w.usedFails = nil
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.api.Run(ctx); close(done) }()
		cancel()
		<-done
	})
	if got := w.used[1]; !got.Equal(at(now)) {
		t.Errorf("last used at %v", got)
	}
}

// The secret of a key comes back nowhere: in no answer, and in no log at the level debug.
func TestNoKeyIsTold(t *testing.T) {
	w := newWorld(t)
	key := w.key("crm", access.Send)
	var told strings.Builder
	for _, path := range []string{"/v1/messages?wait=" + key, "/v1/messages?" + key + "=1", "/v1/messages/" + key, "/" + key, "/v1/messages", "/healthz"} {
		for _, method := range []string{"GET", "POST"} {
			for _, body := range []string{"", hello, messageWith("app", `"`+key+`"`), key, `{"` + key + `":1}`} {
				got := w.call(t, method, path, body, "Authorization", "Bearer "+key, "Idempotency-Key", "a b")
				if strings.Contains(body, key) || strings.Contains(path, key) {
					continue // it asked for it
				}
				told.WriteString(got.text)
				for _, values := range got.header {
					told.WriteString(strings.Join(values, " "))
				}
			}
		}
	}
	told.WriteString(w.log.String())
	if !strings.Contains(told.String(), "key-1") {
		t.Fatal("the log does not name the key")
	}
	if secret := strings.TrimPrefix(key, "hy_"); strings.Contains(told.String(), secret) || strings.Contains(told.String(), secret[:20]) {
		t.Error("the key is told")
	}
	if strings.Contains(told.String(), "hello") {
		t.Error("the message is told")
	}
}
