//go:build linux

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// settings is the gateway's configuration. Its JSON is YAML too.
type settings struct {
	Listen    string        `json:"listen"`
	Database  string        `json:"database"`
	WeCom     wecomSettings `json:"wecom"`
	Apps      []appSettings `json:"apps"`
	Retention retention     `json:"retention"`
}

type wecomSettings struct {
	BaseURL string `json:"base_url"`
}

type appSettings struct {
	Name    string  `json:"name"`
	CorpID  string  `json:"corp_id"`
	AgentID int     `json:"agent_id"`
	Secret  string  `json:"secret"`
	Rate    float64 `json:"rate,omitempty"`
	Workers int     `json:"workers,omitempty"`
}

type retention struct {
	Days     int `json:"days"`
	Messages int `json:"messages"`
}

// gateway is hongyan serve with its configuration and database, from one process to the next.
type gateway struct {
	t testing.TB
	settings
	file    string // of the configuration
	key     string
	process atomic.Pointer[process] // the one that runs, or ran last
	client  *http.Client
}

// newGateway prepares a gateway whose base URL is that of WeCom, and does not start it. change, if it
// is not nil, changes its settings.
func newGateway(t testing.TB, w *wecomServer, change func(*settings)) *gateway {
	t.Helper()
	dir := t.TempDir()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	g := &gateway{
		t: t, file: filepath.Join(dir, "hongyan.yaml"),
		client: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		settings: settings{
			Listen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(dir, "hongyan.db"),
			WeCom: wecomSettings{w.url()}, Apps: []appSettings{crm, ops},
			Retention: retention{Days: 30},
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	g.change(change)
	g.key = g.makeKey()
	return g
}

// change writes other settings, for the next process.
func (g *gateway) change(change func(*settings)) {
	g.t.Helper()
	if change != nil {
		change(&g.settings)
	}
	data, err := json.MarshalIndent(g.settings, "", "  ")
	if err == nil {
		err = os.WriteFile(g.file, data, 0o600)
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// makeKey makes an API key for all apps.
func (g *gateway) makeKey() string {
	g.t.Helper()
	args := []string{"key", "create", "--name", "faults", "-c", g.file}
	for _, app := range g.Apps {
		args = append(args, "--app", app.Name)
	}
	var stderr bytes.Buffer
	create := exec.Command(hongyan, args...)
	create.Stderr = &stderr
	out, err := create.Output()
	if err != nil {
		g.t.Fatalf("hongyan key create: %v\n%s", err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out))
}

// launch starts a process and does not wait for it.
func (g *gateway) launch() *process {
	g.t.Helper()
	p := launch(g.t, "serve", "-c", g.file)
	g.process.Store(p)
	return p
}

// start starts a process and waits until it listens.
func (g *gateway) start() *process {
	g.t.Helper()
	p := g.launch()
	if err := p.up(); err != nil {
		g.t.Fatalf("hongyan serve: %v", err)
	}
	return p
}

// restart ends the process in peace, and starts another one with other settings.
func (g *gateway) restart(change func(*settings)) *process {
	g.t.Helper()
	if code := g.process.Load().terminate(time.Minute); code != 0 {
		g.t.Fatalf("exit code %d after SIGTERM", code)
	}
	g.change(change)
	return g.start()
}

// letter is what is handed over: a text.
type letter struct {
	app       string // "" means crm
	users     []string
	text      string
	delay     time.Duration
	orderKey  string
	ifUnknown string
	key       string // the Idempotency-Key, or ""
}

func (l letter) json() []byte {
	body := map[string]any{
		"app": l.app, "to": map[string]any{"users": l.users}, "msgtype": "text", "text": map[string]string{"content": l.text},
	}
	if l.app == "" {
		body["app"] = crm.Name
	}
	for name, value := range map[string]string{"order_key": l.orderKey, "if_unknown": l.ifUnknown} {
		if value != "" {
			body[name] = value
		}
	}
	if l.delay != 0 {
		body["delay"] = l.delay.String()
	}
	data, _ := json.Marshal(body)
	return data
}

// message is what the API says of one.
type message struct {
	ID         string
	Status     string
	Deliveries []struct {
		Status         string
		Reason         *struct{ Code, Detail string }
		Attempts       int
		MayHaveArrived bool `json:"may_have_arrived"`
		MayBeSeenTwice bool `json:"may_be_seen_twice"`
	}
	raw []byte
}

var final = map[string]bool{"sent": true, "partly_sent": true, "refused": true, "expired": true, "cancelled": true, "uncertain": true}

// call makes one request. status is 0 if there was no whole answer.
func (g *gateway) call(ctx context.Context, method, path string, l *letter) (m message, status int, err error) {
	p := g.process.Load()
	select {
	case <-p.said:
	default:
		return m, 0, fmt.Errorf("the gateway is not up")
	}
	var body io.Reader
	if l != nil {
		body = bytes.NewReader(l.json())
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, body)
	if err != nil {
		return m, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+g.key)
	if l != nil {
		r.Header.Set("Content-Type", "application/json")
		if l.key != "" {
			r.Header.Set("Idempotency-Key", l.key)
		}
	}
	answer, err := g.client.Do(r)
	if err != nil {
		return m, 0, err
	}
	defer answer.Body.Close()
	if m.raw, err = io.ReadAll(answer.Body); err != nil {
		return m, 0, err
	}
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusAccepted {
		if err := json.Unmarshal(m.raw, &m); err != nil {
			return m, 0, fmt.Errorf("%s: %w", m.raw, err)
		}
	}
	return m, answer.StatusCode, nil
}

// post hands a letter over, and returns its id.
func (g *gateway) post(l letter) string {
	g.t.Helper()
	m, status, err := g.call(g.t.Context(), "POST", "/v1/messages", &l)
	if err != nil || status != http.StatusAccepted || m.ID == "" {
		g.t.Fatalf("POST /v1/messages: %d %s %v", status, m.raw, err)
	}
	return m.ID
}

// timed hands letters over one by one, each when the one before has arrived, and returns the median and
// the longest time from the POST until WeCom has it.
func (g *gateway) timed(letters []letter) (median, longest time.Duration) {
	g.t.Helper()
	took := make([]time.Duration, len(letters))
	for i := range letters {
		began := time.Now()
		m, status, err := g.call(g.t.Context(), "POST", "/v1/messages?wait=20s", &letters[i])
		if err != nil || m.Status != "sent" {
			g.t.Fatalf("POST /v1/messages?wait=20s: %d %s %v", status, m.raw, err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)-1]
}

// postAll hands letters over from several callers at once, and returns their ids.
func (g *gateway) postAll(letters []letter) []string {
	g.t.Helper()
	const callers = 32
	ids, errs := make([]string, len(letters)), make(chan error, callers)
	var next atomic.Int64
	for range callers {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(letters) {
					errs <- nil
					return
				}
				m, status, err := g.call(g.t.Context(), "POST", "/v1/messages", &letters[i])
				if err != nil || status != http.StatusAccepted {
					errs <- fmt.Errorf("POST /v1/messages: %d %s %v", status, m.raw, err)
					return
				}
				ids[i] = m.ID
			}
		}()
	}
	for range callers {
		if err := <-errs; err != nil {
			g.t.Fatal(err)
		}
	}
	return ids
}

// get asks what became of a message.
func (g *gateway) get(id string) message {
	g.t.Helper()
	m, status, err := g.call(g.t.Context(), "GET", "/v1/messages/"+id, nil)
	if err != nil || status != http.StatusOK {
		g.t.Fatalf("GET /v1/messages/%s: %d %s %v", id, status, m.raw, err)
	}
	return m
}

// becomes waits until a message has a status.
func (g *gateway) becomes(id, status string, within time.Duration) message {
	g.t.Helper()
	var m message
	eventually(g.t, within, "message is "+status, func() bool {
		m = g.get(id)
		return m.Status == status
	}, func() string { return string(m.raw) })
	return m
}

// waits waits until a message is open for a reason of a certain word, and one of words is to be read
// in its GET.
func (g *gateway) waits(id, code string, words ...string) message {
	g.t.Helper()
	var m message
	eventually(g.t, 30*time.Second, "message waits, "+code, func() bool {
		m = g.get(id)
		if final[m.Status] || len(m.Deliveries) == 0 || m.Deliveries[0].Reason == nil || m.Deliveries[0].Reason.Code != code {
			return false
		}
		for _, word := range words {
			if !strings.Contains(string(m.raw), word) {
				return false
			}
		}
		return true
	}, func() string { return string(m.raw) })
	return m
}
