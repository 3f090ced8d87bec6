package phone

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testCorp = "ww0000000000000001"

var (
	zone = time.FixedZone("CST", 8*3600)
	noon = time.Date(2026, 3, 5, 12, 0, 0, 0, zone) // a Thursday
)

// fakeSource keeps its promises and nothing more.
type fakeSource struct {
	mu       sync.Mutex
	members  []Member
	messages []Message
	media    map[string]Media
	readers  map[chan Message]bool
	left     chan struct{} // gets one value for each reader that has gone
}

func newFake(members ...Member) *fakeSource {
	return &fakeSource{members: members, readers: map[chan Message]bool{}, left: make(chan struct{}, 99)}
}

func (f *fakeSource) Members() []Member { return f.members }

func (f *fakeSource) Messages(corpID, userID string) (shown []Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.messages {
		if m.CorpID == corpID && slices.Contains(m.Users, userID) {
			shown = append(shown, m)
		}
	}
	return shown
}

func (f *fakeSource) Media(corpID, mediaID string) (Media, bool) {
	m, ok := f.media[mediaID]
	return m, ok && corpID == testCorp
}

func (f *fakeSource) Subscribe() (<-chan Message, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reader := make(chan Message, 8)
	f.readers[reader] = true
	return reader, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.readers, reader)
		f.left <- struct{}{}
	}
}

// deliver stores m, filling in what is empty, and returns it; tell tells of it.
func (f *fakeSource) deliver(m Message) Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.MsgID == "" {
		m.MsgID = fmt.Sprintf("m%d", len(f.messages)+1)
	}
	if m.At.IsZero() {
		m.At = noon.Add(time.Duration(len(f.messages)) * time.Second)
	}
	if m.CorpID == "" {
		m.CorpID = testCorp
	}
	if m.AgentID == 0 && m.ChatID == "" {
		m.AgentID, m.AppName = 1000002, "CRM"
	}
	f.messages = append(f.messages, m)
	return m
}

func (f *fakeSource) tell(m Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for reader := range f.readers {
		select {
		case reader <- m:
		default:
		}
	}
}

func (f *fakeSource) send(m Message) Message {
	m = f.deliver(m)
	f.tell(m)
	return m
}

// change alters a stored message without telling.
func (f *fakeSource) change(msgid string, alter func(*Message)) Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := position(f.messages, msgid)
	alter(&f.messages[i])
	return f.messages[i]
}

func (f *fakeSource) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages = nil
}

// seen is a reader of the language, without a source.
func seen(l lang) viewer { return viewer{choice: choice{Lang: l}} }

func text(content string, users ...string) Message {
	body, _ := json.Marshal(map[string]string{"content": content})
	return Message{MsgType: "text", Body: body, Users: users}
}

func textCard(title, description, url string, users ...string) Message {
	body, _ := json.Marshal(map[string]string{"title": title, "description": description, "url": url})
	return Message{MsgType: "textcard", Body: body, Users: users}
}

// world is two corps: in the first zhangsan and lisi, in the other nina.
func world() *fakeSource {
	return newFake(
		Member{testCorp, "鸿雁科技", "zhangsan", "张三"},
		Member{testCorp, "鸿雁科技", "lisi", "Li Si"},
		Member{"wwother", "", "nina", ""},
	)
}

func handlerAt(f *fakeSource, now time.Time) http.Handler {
	return (&inbox{src: f, now: func() time.Time { return now }}).routes()
}

// get asks for a page and returns it; header is "Name: value" lines.
func get(t *testing.T, f *fakeSource, target string, header ...string) string {
	t.Helper()
	w := ask(f, http.MethodGet, target, header...)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
	}
	return w.Body.String()
}

// absent is get for a page that is not there.
func absent(t *testing.T, f *fakeSource, target string) string {
	t.Helper()
	w := ask(f, http.MethodGet, target)
	if w.Code != http.StatusNotFound {
		t.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
	}
	return w.Body.String()
}

func ask(f *fakeSource, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	handlerAt(f, noon.Add(time.Hour)).ServeHTTP(w, r)
	return w
}

// contains checks that page has all of the parts, in this order.
func contains(t *testing.T, page string, parts ...string) {
	t.Helper()
	rest := page
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("%q is missing, or not after the parts before it, in:\n%s", part, rest)
		}
		rest = after
	}
}

func lacks(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(page, part) {
			t.Errorf("page has %q", part)
		}
	}
}
