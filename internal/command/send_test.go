package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestSendInterrupted: whoever breaks off a send learns whether the message may be out.
func TestSendInterrupted(t *testing.T) {
	for _, test := range []struct{ at, hint string }{
		{"/cgi-bin/gettoken", "hint: nothing was sent"},
		{"/cgi-bin/message/send", "hint: the message may have been delivered all the same"},
	} {
		t.Run(test.at, func(t *testing.T) {
			arrived, release := make(chan struct{}), make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == test.at {
					close(arrived)
					<-release
				}
				fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","access_token":"t","expires_in":7200,"msgid":"m"}`)
			}))
			defer server.Close()
			defer close(release)
			send := start(t, map[string]string{
				"HONGYAN_BASE_URL": server.URL, "HONGYAN_CORP_ID": "ww1", "HONGYAN_AGENT_ID": "1", "HONGYAN_SECRET": "s",
			}, "send", "--to", "zhangsan", "hi")
			select {
			case <-arrived:
			case <-time.After(patience):
				t.Fatal("no request")
			}
			if code := send.stop(); code != exitFailed {
				t.Errorf("exit code %d", code)
			}
			if got := send.errOut.String(); !strings.Contains(got, "hongyan: interrupted") || !strings.Contains(got, test.hint) {
				t.Errorf("standard error: %s", got)
			}
		})
	}
}

// TestSendInterruptedWhileReading: a terminal or pipe that says nothing does not hold the program.
func TestSendInterruptedWhileReading(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	env := map[string]string{"HONGYAN_CORP_ID": "ww1", "HONGYAN_AGENT_ID": "1", "HONGYAN_SECRET": "s"}
	var errOut bytes.Buffer
	code := Run(ctx, []string{"send", "--to", "zhangsan", "-"}, Std{
		In: in, Out: io.Discard, Err: &errOut, Getenv: func(name string) string { return env[name] },
	})
	if got := errOut.String(); code != exitFailed || !strings.Contains(got, "interrupted while reading standard input") {
		t.Errorf("exit code %d, standard error: %s", code, got)
	}
}
