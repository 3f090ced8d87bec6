//go:build linux

package faults

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reload tells the process to read its configuration again, and waits until the log says what came of it.
func (g *gateway) reload(p *process, says string) {
	g.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		g.t.Fatal(err)
	}
	eventually(g.t, 20*time.Second, "the log says "+says, func() bool { return strings.Contains(p.stderr.String(), says) },
		func() string { return p.stderr.String() })
}

// TestReload corrects a secret, breaks the file and takes an app away, in one process and without a
// message lost.
func TestReload(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	g := newGateway(t, w, func(s *settings) { s.Apps[0].Secret = "a-wrong-secret" })
	p := g.start()
	held := texts(crm.Name, "held", 0, 200)
	ids := g.postAll(held)
	g.waits(ids[0], "misconfigured", `"errcode":40001`)

	// The rest would last for minutes.
	g.change(func(s *settings) { s.Apps[0].Secret = crm.Secret; s.Apps[0].Workers = 4 })
	began := time.Now()
	g.reload(p, `msg="configuration reloaded" changes="app crm changed"`)
	w.arrive(held, 20*time.Second)
	for _, id := range ids {
		g.becomes(id, "sent", 10*time.Second)
	}
	t.Logf("200 messages that waited for the secret were sent within %v of the signal", time.Since(began).Round(time.Millisecond))

	// A bad file changes nothing, and says why.
	if err := os.WriteFile(g.file, []byte("apps:\n  - {name: crm, agentid: 7, secret: hunter2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.reload(p, "configuration not reloaded: everything is as before")
	if log := p.stderr.String(); !strings.Contains(log, "there is no such key; did you mean agent_id?") || strings.Contains(log, "hunter2") {
		t.Errorf("the log: %s", log)
	}
	after := g.post(letter{users: users(300, 1), text: "after the bad file"})
	g.becomes(after, "sent", 10*time.Second)

	// What needs a restart is said; the level of the log is taken up.
	g.change(func(s *settings) { s.Listen = "127.0.0.1:1"; s.Retention.Days = 7; s.Apps[1].Rate = 1e-6 })
	g.reload(p, `settings="listen, retention"`)
	g.post(letter{app: ops.Name, users: users(1, 1), text: "the one that the rate lets go"})
	waits := g.postAll(texts(ops.Name, "slow", 400, 20))

	// An app that is gone keeps its messages until it is back.
	g.change(func(s *settings) { s.Listen = "127.0.0.1:0"; s.Apps = s.Apps[:1] })
	g.reload(p, `changes="app ops removed"`)
	g.waits(waits[len(waits)-1], "unknown_sender")
	g.change(func(s *settings) { s.Apps = append(s.Apps[:1:1], ops) })
	g.reload(p, `changes="app ops added"`)
	for _, id := range waits {
		g.becomes(id, "sent", 20*time.Second)
	}
	if n := w.sim.Stats().DuplicatesSuppressed; n > 0 {
		t.Errorf("%d were sent twice", n)
	}
	if code := p.terminate(30 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestReloadUnderLoad reloads again and again while messages are sent: none is lost, none is sent twice.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	g := newGateway(t, w, nil)
	p := g.start()
	l := &load{g: g}
	l.begin(t)
	for i := range 20 {
		l.grow(t, 50)
		g.change(func(s *settings) {
			s.Apps[0].Workers, s.Apps[1].Workers = 8+i%2, 64-i
			s.WeCom.BaseURL = strings.TrimSuffix(s.WeCom.BaseURL, "/") + strings.Repeat("/", i%2) // every client is made anew
		})
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	l.grow(t, 100)
	l.end()
	t.Log(l.finish(t, w, time.Minute))
	if n := w.sim.Stats().DuplicatesSuppressed; n > 0 {
		t.Errorf("%d were sent twice, though nothing was unknown", n)
	}
}
