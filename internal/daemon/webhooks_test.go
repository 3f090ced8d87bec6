package daemon

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
)

// TestWebhook: what became of a message is POSTed to the URL that it, or its key, names: signed, and
// with nothing of its text. What a receiver that is away does not get, it gets after a replay.
func TestWebhook(t *testing.T) {
	noLeaks(t)
	type told struct {
		header http.Header
		body   []byte
	}
	got := make(chan told, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- told{r.Header, body}
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer receiver.Close()
	u := newUpstream(t)
	u.open()
	conf := settings(t, u.url)
	conf.Webhooks.Allow = "127.0.0.0/8"
	g := run(t, Options{Config: conf})
	defer g.stop()
	send := func(url string) answer {
		t.Helper()
		return g.ask(http.MethodPost, "/v1/messages", fmt.Sprintf(
			`{"app":"crm","to":{"users":["zhangsan","sim-invalid"]},"msgtype":"text","text":{"content":"hunter2"},"labels":{"order":"4711"},"callback_url":%q}`, url))
	}
	sent := send(receiver.URL + "/hook")
	event := <-got
	secrets, err := g.Keys().WebhookSecrets(t.Context(), "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secrets[0].Reveal(), "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", event.header.Get("webhook-id"), event.header.Get("webhook-timestamp"), event.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); event.header.Get("webhook-signature") != want {
		t.Errorf("signature %s, want %s", event.header.Get("webhook-signature"), want)
	}
	var body struct {
		Type string
		Data json.RawMessage
	}
	if err := json.Unmarshal(event.body, &body); err != nil {
		t.Fatal(err)
	}
	if now := g.raw("secret", "GET", "/v1/messages/"+sent.ID); body.Type != "message.settled" || strings.TrimSpace(now) != string(body.Data) {
		t.Errorf("told %s\nGET answers %s", body.Data, now)
	}
	for _, want := range []string{`"status":"partly_sent"`, `"order":"4711"`, `"invalid_users":["sim-invalid"]`, `"app":"crm"`, sent.ID} {
		if !strings.Contains(string(event.body), want) {
			t.Errorf("what is told does not have %s: %s", want, event.body)
		}
	}
	if strings.Contains(string(event.body), "hunter2") {
		t.Errorf("the text is told: %s", event.body)
	}

	gone := send(receiver.URL + "/gone")
	<-got
	g.webhook(gone.ID, "failed")
	if a := g.ask(http.MethodPost, "/v1/messages/"+gone.ID+"/webhooks/replay", ""); a.code != http.StatusAccepted {
		t.Errorf("%+v", a)
	}
	again := <-got
	g.webhook(gone.ID, "failed")
	since := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	if a := g.ask(http.MethodPost, "/v1/webhooks/replay", `{"since":"`+since+`","status":"failed"}`); a.code != http.StatusAccepted {
		t.Errorf("%+v", a)
	}
	if once := <-got; once.header.Get("webhook-id") != again.header.Get("webhook-id") || again.header.Get("webhook-id") == event.header.Get("webhook-id") {
		t.Errorf("webhook-id %v, then %v", again.header, once.header)
	}
	g.webhook(gone.ID, "failed")
	if list := g.raw("secret", "GET", "/v1/webhooks?status=failed"); !strings.Contains(list, gone.ID) || strings.Contains(list, sent.ID) {
		t.Errorf("failed: %s", list)
	}

	// The URL of the key.
	other := access.Key{Name: "with-url", Scopes: access.Scopes, Created: time.Now(), CallbackURL: receiver.URL + "/key"}
	if err := g.Keys().Create(t.Context(), &other, access.HashSecret("other")); err != nil {
		t.Fatal(err)
	}
	g.raw("other", "POST", "/v1/messages", `{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"hello"}}`)
	<-got
	// An address that is not allowed is refused, and no name helps: it is seen when it is called.
	if a := send("http://169.254.169.254/latest/meta-data/"); a.code != http.StatusUnprocessableEntity {
		t.Errorf("%+v", a)
	}
	log := g.log.String()
	for _, secret := range []string{"hunter2", secrets[0].Reveal(), "whsec_"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s in it:\n%s", secret, log)
		}
	}
}

// raw makes a request and returns the answer.
func (g *gateway) raw(key, method, path string, body ...string) string {
	g.t.Helper()
	_, text, err := g.exchange(key, "", method, path, strings.Join(body, ""))
	if err != nil {
		g.t.Fatal(err)
	}
	return text
}

// webhook waits until what is told of a message has the status.
func (g *gateway) webhook(id, want string) {
	g.t.Helper()
	got := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if got = g.raw("secret", "GET", "/v1/messages/"+id+"/webhooks"); strings.Contains(got, `"status":"`+want+`"`) {
			return
		}
	}
	g.t.Fatalf("%s, want %s", got, want)
}
