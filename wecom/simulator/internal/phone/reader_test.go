package phone

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// event is one event of a stream, or a comment.
type event struct {
	name, id, comment string
	news
}

// reader reads a stream, as EventSource would.
type reader struct {
	t *testing.T
	r *bufio.Reader
}

func (r reader) next() event {
	r.t.Helper()
	e, err := r.read()
	if err != nil {
		r.t.Fatalf("the stream ended: %v", err)
	}
	return e
}

func (r reader) read() (e event, err error) {
	for {
		line, err := r.r.ReadString('\n')
		if err != nil {
			return e, err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.news); err != nil {
				r.t.Errorf("data %q: %v", value, err)
			}
		case "":
			if value != "" {
				e.comment = value
			}
			if line == "\n" && (e.name != "" || e.comment != "") {
				return e, nil
			}
		}
	}
}

// expect reads the next event and checks its name, its message, and whether it
// carries a place to resume from and something to draw.
func (r reader) expect(name, msgid string, drawn bool) event {
	r.t.Helper()
	e := r.next()
	wantID := ""
	if name == eventMessage && drawn {
		wantID = msgid
	}
	if e.name != name || e.MsgID != msgid || e.id != wantID || (e.HTML != "") != drawn {
		r.t.Fatalf("got %s %q with id %q, want %s %q (drawn: %v): %s", e.name, e.MsgID, e.id, name, msgid, drawn, e.HTML)
	}
	return e
}

// open starts a server and reads zhangsan's stream. When it returns, the stream
// has subscribed. The query adds to the address; lastID may be "".
func open(t *testing.T, f *fakeSource, query, lastID string) (stream reader, leave func()) {
	t.Helper()
	server := httptest.NewServer(Handler(f))
	t.Cleanup(server.Close)
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	address := server.URL + "/_phone/events?corp=" + testCorp + "&user=zhangsan" + query
	request, _ := http.NewRequestWithContext(ctx, "GET", address, nil)
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("%s, Content-Type %q", answer.Status, got)
	}
	return reader{t, bufio.NewReader(answer.Body)}, leave
}
