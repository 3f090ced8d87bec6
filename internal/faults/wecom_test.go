//go:build linux

package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// The corp of these tests.
const (
	corpID    = "ww00000000000fa017"
	colleague = 6000 // members, u0 and on
)

var (
	crm = appSettings{Name: "crm", CorpID: corpID, AgentID: 1000002, Secret: "secret-of-crm"}
	ops = appSettings{Name: "ops", CorpID: corpID, AgentID: 1000003, Secret: "secret-of-ops"}
)

func user(i int) string { return fmt.Sprintf("u%d", i%colleague) }

func users(from, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = user(from + i)
	}
	return list
}

// wecomServer is a simulator behind an address that it keeps, also when it is down for a while.
type wecomServer struct {
	t      testing.TB
	sim    *simulator.WeCom
	addr   string
	server *http.Server
	// around, if it is set, serves the calls of message/send; the simulator is next.
	around atomic.Pointer[func(next http.Handler, w http.ResponseWriter, r *http.Request)]
	// hears, if it is set, is told of every request.
	hears func(r *http.Request, body []byte)

	mu    sync.Mutex
	sends []send
}

// send is one call of message/send.
type send struct {
	at   time.Time
	text string
	by   int // agentid
}

// newWeCom starts a WeCom with some thousands of members and no end of accounts, so that no quota but
// those of the members is in the way.
func newWeCom(t testing.TB) *wecomServer {
	t.Helper()
	w := &wecomServer{t: t, addr: "127.0.0.1:0"}
	corp := simulator.Corp{CorpID: corpID, AccountCap: 1_000_000, Parties: []simulator.Party{{ID: 1, Name: "all"}}}
	for _, app := range []appSettings{crm, ops} {
		corp.Apps = append(corp.Apps, simulator.App{AgentID: app.AgentID, Name: app.Name, Secret: app.Secret})
	}
	for i := range colleague {
		corp.Users = append(corp.Users, simulator.User{UserID: user(i), Name: user(i), Parties: []int{1}})
	}
	w.sim = simulator.New(simulator.WithMaxMessages(2_000_000),
		simulator.WithWorld(simulator.World{Strict: true, Corps: []simulator.Corp{corp}}))
	w.up()
	t.Cleanup(w.down)
	return w
}

func (w *wecomServer) url() string { return "http://" + w.addr }

// up begins to listen, again at the same address.
func (w *wecomServer) up() {
	w.t.Helper()
	listener, err := net.Listen("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.addr = listener.Addr().String()
	w.server = &http.Server{Handler: w}
	go func(s *http.Server) { _ = s.Serve(listener) }(w.server)
}

// down ends all connections, and refuses new ones.
func (w *wecomServer) down() { _ = w.server.Close() }

func (w *wecomServer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.hears != nil {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.hears(r, body)
	}
	if !strings.HasSuffix(r.URL.Path, "/message/send") {
		w.sim.ServeHTTP(rw, r)
		return
	}
	// Only when the body is read does net/http notice a client that leaves.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var said struct {
		AgentID int
		Text    struct{ Content string }
	}
	_ = json.Unmarshal(body, &said)
	w.mu.Lock()
	w.sends = append(w.sends, send{time.Now(), said.Text.Content, said.AgentID})
	w.mu.Unlock()
	if around := w.around.Load(); around != nil {
		(*around)(w.sim, rw, r)
		return
	}
	w.sim.ServeHTTP(rw, r)
}

// serve has the calls of message/send served so from now on.
func (w *wecomServer) serve(around func(next http.Handler, w http.ResponseWriter, r *http.Request)) {
	w.around.Store(&around)
}

// calls returns the calls of message/send so far.
func (w *wecomServer) calls() []send {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sends[:len(w.sends):len(w.sends)]
}

// fault replaces the faults of the simulator.
func (w *wecomServer) fault(faults ...simulator.Fault) {
	w.t.Helper()
	if err := w.sim.SetFaults(faults); err != nil {
		w.t.Fatal(err)
	}
}

// arrivals counts how often a text reached a member.
func (w *wecomServer) arrivals(user, text string) (n int) {
	for _, m := range w.sim.Inbox(user) {
		if m.Text() == text {
			n++
		}
	}
	return n
}

// arrive waits until each letter has arrived, and fails the test if one arrived twice, or was dropped.
func (w *wecomServer) arrive(letters []letter, within time.Duration) {
	w.t.Helper()
	all, persons := newAudit(), int64(0)
	for i := range letters {
		all.expect(&letters[i])
		persons += int64(all.letters[i].persons())
	}
	if !soon(within, func() bool { return w.sim.Stats().PersonDeliveries >= persons }) {
		w.t.Errorf("not all has arrived after %v", within)
	}
	all.check(w.sim.Messages(simulator.Filter{}))
	if all.wrong() {
		w.t.Fatalf("%v", all)
	}
	if n := w.sim.Stats().DroppedOverQuota; n > 0 {
		w.t.Fatalf("WeCom dropped %d over quota", n)
	}
}
