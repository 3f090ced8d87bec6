package command

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestEvents: with "hongyan dev" running, what happens to a message is told as it happens.
func TestEvents(t *testing.T) {
	noLeaks(t)
	dev := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0")
	env := map[string]string{"HONGYAN_URL": dev.addressOf("gateway"), "HONGYAN_KEY": devKey, "HONGYAN_APP": "crm"}
	dev.line("Ctrl-C")
	all := start(t, env, "events", "--json", "--label", "order=4711")
	some := start(t, env, "events", "--app", "crm", "--status", "refused,sent")

	// The stream begins when it is there, so messages are sent until one was seen.
	id := ""
	var out bytes.Buffer
	for range 50 {
		var errOut bytes.Buffer
		out.Reset()
		code := Run(context.Background(), []string{"send", "--wait", "10s", "--label", "order=4711", "--to", "zhangsan,nosuch", "hello"}, Std{
			In: strings.NewReader(""), Out: &out, Err: &errOut, Getenv: func(name string) string { return env[name] },
		})
		if code != exitPartly {
			t.Fatalf("exit code %d: %s", code, &errOut)
		}
		if len(all.lines) > 0 {
			break
		}
	}
	first := all.line(`"event":"`)
	id = first[strings.Index(first, "msg_"):][:len("msg_")+11]
	if !strings.Contains(first, `"place":"`) || !strings.Contains(first, `"app":"crm"`) {
		t.Errorf("an event: %s", first)
	}
	if !strings.Contains(first, `"status":"partly_sent"`) {
		all.line(`"event":"delivery","id":"` + id + `","part":1,"place":"`)
	}
	if code := all.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &all.errOut)
	}
	send := func(to string) {
		Run(context.Background(), []string{"send", "--wait", "10s", "--to", to, "hello"}, Std{
			In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(name string) string { return env[name] },
		})
	}
	send("nosuch")
	if line := some.line("refused"); !strings.Contains(line, "  crm  no_receiver") {
		t.Errorf("an event: %s", line)
	}
	if code := some.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &some.errOut)
	}
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &dev.errOut)
	}
	// The gateway is gone.
	gone := start(t, env, "events", "--timeout", "300ms")
	if code := gone.wait(); code != exitFailed || !strings.Contains(gone.errOut.String(), "connection refused") {
		t.Errorf("exit code %d: %s", code, &gone.errOut)
	}
}
