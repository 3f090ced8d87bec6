package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
)

// TestStop: what is under way ends, what waits is sent after the next start, and nothing twice.
func TestStop(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	conf := settings(t, u.url)
	conf.Apps[0].Rate = 0.01 // the second waits for longer than the test
	g := run(t, Options{Config: conf})
	var ids []string
	for i := range 5 {
		a := g.send("", fmt.Sprintf("text %d", i))
		if a.code != http.StatusAccepted {
			t.Fatalf("message %d: %+v", i, a)
		}
		ids = append(ids, a.ID)
	}
	<-u.arrived

	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		g.stop()
	}()
	<-g.waits.Done() // Stop has begun
	u.open()
	<-stopped
	if got := u.texts(); len(got) != 1 {
		t.Errorf("sent before the stop: %v, want the one that was under way", got)
	}

	conf.Apps[0].Rate = 0
	g = run(t, Options{Config: conf})
	defer g.stop()
	for _, id := range ids {
		g.status(id, "sent")
	}
	for text, n := range u.texts() {
		if n != 1 {
			t.Errorf("%s arrived %d times", text, n)
		}
	}
	if got := len(u.texts()); got != len(ids) {
		t.Errorf("%d texts arrived, want %d", got, len(ids))
	}
}

// TestStopDoesNotWaitForWaiters: who waits for a message to end is told how far it is; and a call that
// does not end is given up, and repeated after the next start.
func TestStopDoesNotWaitForWaiters(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	conf := settings(t, u.url)
	g := run(t, Options{Config: conf, Patience: 10 * time.Millisecond})
	answered := make(chan answer, 1)
	go func() { answered <- g.send("?wait=60s", "slow") }()
	<-u.arrived
	later := g.send("", "waits for the only worker")
	looked := make(chan answer, 1)
	go func() { looked <- g.ask(http.MethodGet, "/v1/messages/"+later.ID+"?wait=60s", "") }()
	waiting(t, 2)
	began := time.Now()
	g.stop()
	a := <-answered
	if a.code != http.StatusAccepted || a.Status != "sending" {
		t.Errorf("answered %+v, want 202 and sending", a)
	}
	if l := <-looked; l.code != http.StatusOK || l.ID != later.ID || l.Status != "queued" {
		t.Errorf("looked at %+v, want 200 and queued", l)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the stop took %v", took)
	}
	u.open()
	g = run(t, Options{Config: conf})
	defer g.stop()
	g.status(a.ID, "sent")
	if got := u.texts(); got["slow"] != 1 {
		t.Errorf("arrived: %v", got)
	}
}

// waiting waits until so many wait for the end of a message, as their stacks show.
func waiting(t *testing.T, n int) {
	t.Helper()
	stacks := make([]byte, 4<<20)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "delivery.(*Hub).Wait(") == n {
			return
		}
	}
	t.Fatalf("not %d wait", n)
}

// TestStartThatFails leaves nothing open.
func TestStartThatFails(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	conf := settings(t, u.url)
	g := run(t, Options{Config: conf})
	if err := New(Options{Config: conf}).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("a second gateway on the database: %v", err)
	}
	other := settings(t, u.url)
	other.Listen = g.Addr().String()
	var taken *ListenError
	if err := New(Options{Config: other}).Start(t.Context()); !errors.As(err, &taken) || taken.Addr != other.Listen {
		t.Errorf("an address that is taken: %v", err)
	}
	other.Listen = "127.0.0.1:0"
	second := run(t, Options{Config: other}) // its database is free again
	second.stop()
	g.stop()
	bad := settings(t, "ftp://nowhere")
	if err := New(Options{Config: bad}).Start(t.Context()); err == nil {
		t.Error("started with a bad address of WeCom")
	}
}

// TestRun starts, tells, and stops when its context ends, or when the one whom it tells says so.
func TestRun(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := New(Options{Config: settings(t, u.url)}).Run(ctx, func() error { cancel(); return nil }); err != nil {
		t.Error(err)
	}
	full := errors.New("standard output is full")
	if err := New(Options{Config: settings(t, u.url)}).Run(t.Context(), func() error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	// A listener that fails ends it.
	d := New(Options{Config: settings(t, u.url)})
	if err := d.Run(t.Context(), func() error { return d.listener.Close() }); err == nil || !strings.Contains(err.Error(), "the API stopped") {
		t.Error(err)
	}
}

// TestReady: load balancers learn before the end that it comes.
func TestReady(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	g := run(t, Options{Config: settings(t, u.url)})
	defer g.stop()
	if a := g.ask(http.MethodGet, "/readyz", ""); a.code != http.StatusOK {
		t.Errorf("%+v", a)
	}
	g.stopping()
	if err := g.ready(t.Context()); !errors.Is(err, errStopping) {
		t.Error(err)
	}
}

// TestLog: one line for each delivery, and in all lines together no secret and nothing of a message.
func TestLog(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	u.open()
	conf := settings(t, u.url)
	conf.Apps = append(conf.Apps, config.App{
		Name: "wrong", CorpID: "ww0000000000000001", AgentID: 1000003, Secret: "hunter2-secret", Queue: config.Queue{Workers: 1, Weight: 1},
	})
	g := run(t, Options{Config: conf})
	sent := g.send("?wait=20s", "hunter2-text")
	partly := g.ask(http.MethodPost, "/v1/messages?wait=20s", `{"app":"crm","to":{"users":["zhangsan","sim-invalid"]},"msgtype":"text","text":{"content":"hunter2-partly"}}`)
	refused := g.ask(http.MethodPost, "/v1/messages?wait=20s", `{"app":"crm","to":{"users":["sim-invalid"]},"msgtype":"text","text":{"content":"hunter2-refused"}}`)
	waits := g.ask(http.MethodPost, "/v1/messages?wait=100ms", `{"app":"wrong","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"hunter2-waits"}}`)
	g.status(waits.ID, "queued")
	g.stop()
	log := g.log.String()
	for _, want := range []string{
		"level=INFO msg=delivery delivery=" + sent.ID + `/1 sender="app crm" status=sent attempts=1 took_ms=`,
		"level=WARN msg=delivery delivery=" + partly.ID + `/1 sender="app crm" status=partly_sent attempts=1 took_ms=`,
		"level=WARN msg=delivery delivery=" + refused.ID + `/1 sender="app crm" status=refused attempts=1 took_ms=`,
		`reason=no_receiver errcode=81013`,
		`level=WARN msg="sender rests: its messages wait until it works" sender="app wrong" reason=misconfigured`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %s:\n%s", want, log)
		}
	}
	for _, secret := range []string{"hunter2", "sim-secret", "Bearer", "access_token"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s in it:\n%s", secret, log)
		}
	}
}

// TestLogFormats: both formats write what has a name by its name.
func TestLogFormats(t *testing.T) {
	for format, want := range map[string]string{
		"json": `"delivery":"msg_00000000001/1","took_ms":12.35}`, "text": "delivery=msg_00000000001/1 took_ms=12.35\n",
	} {
		var out bytes.Buffer
		log, _ := NewLog(&out, config.Log{Level: "info", Format: format})
		log.Debug("not this")
		log.Info("settled", "delivery", id(1), "took", 12345*time.Microsecond)
		if got := out.String(); !strings.HasSuffix(strings.TrimSpace(got), strings.TrimSpace(want)) || strings.Contains(got, "not this") {
			t.Errorf("%s: %s", format, got)
		}
	}
}
