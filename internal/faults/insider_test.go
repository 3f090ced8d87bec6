//go:build linux

package faults

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// The words that are no secret, and must be found where they belong: else the search finds nothing since
// it looks in the wrong place.
const (
	plantedKey   = "planted-name-of-a-key"
	plantedLabel = "planted-label-4711"
)

// insider knows all secrets of a gateway, and hears all that it says.
type insider struct {
	*testing.T
	said *places // what others may read: logs, answers, metrics …
	used *places // what went to those who may know it
	wecom,
	receiver string // URLs
	proxy, redis string // addresses
	sim          *wecomServer
	dir, file    string
	url          string // of the gateway
	key          string
	tells        string // the secret that signs webhooks

	mu       sync.Mutex
	secrets  map[string]string // by what they are
	signed   int               // webhooks whose signature was right
	receives int
}

// secret makes one up.
func (in *insider) secret(what string) string { return in.know(what, "Zq"+rand.Text()) }

// the is a secret that was made up before.
func (in *insider) the(what string) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.secrets[what]
}

func (in *insider) know(what, secret string) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.secrets[what] = secret
	return secret
}

// newInsider starts all that is around a gateway: a WeCom, a receiver of webhooks, a proxy and a Redis,
// of which the latter two are good for nothing.
func newInsider(t *testing.T) *insider {
	in := &insider{T: t, said: newPlaces(), used: newPlaces(), secrets: map[string]string{}, dir: t.TempDir()}
	in.file = filepath.Join(in.dir, "hongyan.yaml")
	app := func(id int, name string, trusted ...string) simulator.App {
		return simulator.App{AgentID: id, Name: name, Secret: in.secret("secret of " + name), TrustedIPs: trusted}
	}
	in.sim = &wecomServer{t: t, addr: "127.0.0.1:0", hears: in.overhear, sim: simulator.New(simulator.WithWorld(simulator.World{Strict: true, Corps: []simulator.Corp{{
		CorpID: corpID, AccountCap: 1000, Parties: []simulator.Party{{ID: 1, Name: "all"}},
		Apps:   []simulator.App{app(1000002, "crm"), app(1000003, "shop"), app(1000004, "far", "203.0.113.1")},
		Users:  []simulator.User{{UserID: "zhangsan", Name: "zhangsan", Parties: []int{1}}},
		Robots: []simulator.Robot{{Key: in.know("key of the robot ops", uuid()), Name: "ops"}},
	}}}))}
	in.sim.up()
	t.Cleanup(in.sim.down)
	in.wecom = in.sim.url()
	receiver := httptest.NewServer(http.HandlerFunc(in.receive))
	t.Cleanup(receiver.Close)
	in.receiver = receiver.URL
	in.proxy, in.redis = in.dead("proxy"), in.dead("redis")
	return in
}

// uuid is a key as robots have.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// overhear keeps what WeCom is told, and learns the tokens.
func (in *insider) overhear(r *http.Request, body []byte) {
	in.used.add("wecom", r.URL.String()+" "+string(body))
	if token := r.URL.Query().Get("access_token"); token != "" {
		in.know(fmt.Sprintf("access token %.8s", token), token)
	}
}

// receive is told of results, in ways that fail, and checks the signatures.
func (in *insider) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	in.said.add("webhooks", fmt.Sprint(r.Method, r.URL, r.Header, string(body)))
	bits, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(in.tells, "whsec_"))
	mac := hmac.New(sha256.New, bits)
	fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.receives++
	if strings.Contains(r.Header.Get("webhook-signature"), base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
		in.signed++
	}
	switch r.URL.Path {
	case "/broken":
		w.WriteHeader(http.StatusInternalServerError)
	case "/gone":
		w.WriteHeader(http.StatusGone)
	case "/cut":
		panic(http.ErrAbortHandler)
	}
}

// dead is an address where somebody listens, reads, and hangs up.
func (in *insider) dead(who string) (addr string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		in.Fatal(err)
	}
	in.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				data := make([]byte, 4096)
				n, _ := conn.Read(data)
				text := string(data[:n])
				in.used.add(who, text)
				if _, credentials, ok := strings.Cut(text, "Basic "); ok {
					plain, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(strings.SplitN(credentials, "\r\n", 2)[0]))
					in.used.add(who, string(plain))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// configure writes the configuration; more changes it.
func (in *insider) configure(format string, more func(map[string]any)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	app := func(name string, id int, secret string) map[string]any {
		return map[string]any{"name": name, "corp_id": corpID, "agent_id": id, "secret": secret}
	}
	crm := app("crm", 1000002, in.secrets["secret of crm"])
	crm["callback"] = map[string]any{"token": in.secrets["token of the callback"], "aes_key": in.secrets["aes_key of the callback"]}
	conf := map[string]any{
		"listen": "127.0.0.1:0", "database": "sqlite:" + filepath.Join(in.dir, "hongyan.db"), "log": map[string]any{"level": "debug", "format": format},
		"wecom": map[string]any{"base_url": in.wecom}, "webhooks": map[string]any{"allow": "127.0.0.0/8"},
		"redis": "redis://:" + in.secrets["password of redis"] + "@" + in.redis,
		"apps":  []any{crm, app("shop", 1000003, in.secrets["wrong secret of shop"]), app("far", 1000004, in.secrets["secret of far"])},
		"robots": []any{
			map[string]any{"name": "ops", "key": in.secrets["key of the robot ops"]},
			map[string]any{"name": "ghost", "key": in.secrets["key of the robot ghost"]},
		},
	}
	if more != nil {
		more(conf)
	}
	data, err := json.Marshal(conf)
	if err == nil {
		err = os.WriteFile(in.file, data, 0o600)
	}
	if err != nil {
		in.Fatal(err)
	}
}

// ask makes a request of the gateway, whose answer others may read, with its header.
func (in *insider) ask(key, method, path, body string, headers ...string) string {
	in.Helper()
	text, header := in.askPrivately(key, method, path, body, headers...)
	place := "answers"
	if path == "/metrics" {
		place = "metrics"
	}
	in.said.add(place, method+" "+strings.SplitN(path, "?", 2)[0]+" "+header+text)
	return text
}

// askPrivately makes a request whose answer may be secret.
func (in *insider) askPrivately(key, method, path, body string, headers ...string) (text, header string) {
	in.Helper()
	r, err := http.NewRequestWithContext(in.Context(), method, in.url+path, strings.NewReader(body))
	if err != nil {
		in.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	in.used.add("requests", fmt.Sprint(path, r.Header, body))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		in.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		in.Fatal(err)
	}
	return string(data), fmt.Sprint(resp.Status, resp.Header)
}

// listen hears the stream of events until the test ends.
func (in *insider) listen() {
	r, _ := http.NewRequestWithContext(in.Context(), "GET", in.url+"/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+in.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		in.Fatal(err)
	}
	go func() {
		defer resp.Body.Close()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			in.said.add("events", lines.Text())
		}
	}()
}

// run calls the command line, whose output others may read, unless private is set for standard output.
func (in *insider) run(private bool, env []string, args ...string) (stdout string) {
	in.Helper()
	cmd := exec.CommandContext(in.Context(), hongyan, args...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "HONGYAN_") }), env...)
	cmd.Dir = in.dir
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run() // many are to fail
	in.used.add("commands", strings.Join(append(env, args...), " "))
	if !private {
		in.said.add("commands", out.String())
	}
	in.said.add("commands", err.String())
	return strings.TrimSpace(out.String())
}

// message is the JSON of one, with the label; to is "app" or "robot" and its name, and body what else it has.
func (in *insider) message(sender, body string, more string) string {
	to := `"to":{"users":["zhangsan"]},`
	if strings.HasPrefix(sender, `"robot"`) {
		to = ""
	}
	return `{` + sender + `,` + to + `"labels":{"order":"` + plantedLabel + `"},` + body + more + `}`
}

// check looks for all secrets in all that was said.
func (in *insider) check() {
	in.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	for what, secret := range in.secrets {
		if len(secret) < 12 {
			in.Errorf("%s is too short to be looked for: %q", what, secret)
		}
		// A secret that nobody used proves nothing.
		if in.used.find(secret) == nil {
			in.Errorf("the %s was not used", what)
		}
		for _, found := range in.said.find(secret) {
			in.Errorf("the %s was told: %s", what, found)
		}
	}
	for _, planted := range [][2]string{
		{"log", plantedKey}, {"log", "60020"}, {"metrics", `sender="crm"`}, {"answers", plantedLabel}, {"events", plantedLabel}, {"webhooks", plantedLabel},
		{"commands", plantedKey}, {"commands", "trusted_ip"}, {"answers", `"code":42201`},
	} {
		if !in.said.has(planted[0], planted[1]) {
			in.Errorf("%q is not where it belongs, in %s: the search would find nothing there", planted[1], planted[0])
		}
	}
	if in.signed == 0 || in.signed != in.receives {
		in.Errorf("%d of %d webhooks were signed with the secret", in.signed, in.receives)
	}
}
