package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// upstream is a WeCom that lets calls of message/send through when the test says so.
type upstream struct {
	*simulator.WeCom
	url     string
	arrived chan struct{} // one for each call
	gate    chan struct{} // closed: all go on
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{WeCom: simulator.New(), arrived: make(chan struct{}, 1000), gate: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/message/send") {
			// Read first: the server sees that the client leaves only when nothing is left to read.
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			u.arrived <- struct{}{}
			select {
			case <-u.gate:
			case <-r.Context().Done():
				return
			}
		}
		u.ServeHTTP(w, r)
	}))
	u.url = server.URL
	t.Cleanup(server.Close)
	return u
}

// open lets all calls through.
func (u *upstream) open() { close(u.gate) }

// texts counts what zhangsan got.
func (u *upstream) texts() map[string]int {
	got := map[string]int{}
	for _, m := range u.Messages(simulator.Filter{User: "zhangsan"}) {
		got[m.Text()]++
	}
	return got
}

// settings are those of a gateway with one app that calls one at a time.
func settings(t *testing.T, url string) *config.Config {
	return &config.Config{
		Listen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(t.TempDir(), "hongyan.db"), WeCom: config.WeCom{BaseURL: url},
		Apps: []config.App{{
			Name: "crm", CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "sim-secret-1000002",
			Queue: config.Queue{Workers: 1, Weight: 1},
		}},
	}
}

// gateway is one that runs.
type gateway struct {
	*Daemon
	t      *testing.T
	client *http.Client
	log    *logBuffer
}

// run starts a gateway that has the key "secret". The test stops it.
func run(t *testing.T, o Options) *gateway {
	t.Helper()
	g := &gateway{t: t, log: &logBuffer{}, client: &http.Client{Transport: &http.Transport{}}}
	o.Log = slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: readable}))
	g.Daemon = New(o)
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := access.Key{Name: "test", Scopes: access.Scopes, Created: time.Now()}
	if err := g.Keys().Create(t.Context(), &key, access.HashSecret("secret")); err != nil && !errors.Is(err, access.ErrNameTaken) {
		t.Fatal(err)
	}
	t.Cleanup(g.client.CloseIdleConnections)
	return g
}

func (g *gateway) stop() {
	g.t.Helper()
	g.client.CloseIdleConnections()
	if err := g.Stop(context.Background()); err != nil {
		g.t.Errorf("stop: %v", err)
	}
}

// answer is what the API says about a message.
type answer struct {
	code       int
	ID, Status string
}

func (g *gateway) ask(method, path, body string) answer {
	g.t.Helper()
	code, text, err := g.exchange("secret", "", method, path, body)
	if err != nil {
		g.t.Error(err)
		return answer{}
	}
	var message struct {
		ID     string
		Status any // of a problem a number
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&message); err != nil {
		g.t.Error(err)
	}
	return answer{code, message.ID, fmt.Sprint(message.Status)}
}

// exchange makes a request of the API with a key and, if it is not "", in a language.
func (g *gateway) exchange(key, lang, method, path, body string) (code int, text string, err error) {
	req, err := http.NewRequest(method, "http://"+g.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	if lang != "" {
		req.Header.Set("Accept-Language", lang)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// send hands over a text to zhangsan.
func (g *gateway) send(query, text string) answer {
	g.t.Helper()
	return g.ask(http.MethodPost, "/v1/messages"+query, fmt.Sprintf(`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":%q}}`, text))
}

// status waits until a message has the status.
func (g *gateway) status(id, want string) {
	g.t.Helper()
	got := answer{}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if got = g.ask(http.MethodGet, "/v1/messages/"+id, ""); got.Status == want {
			return
		}
	}
	g.t.Fatalf("message %s is %s, want %s", id, got.Status, want)
}

// logBuffer takes lines from many goroutines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func noLeaks(t *testing.T) {
	already := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, already) })
}
