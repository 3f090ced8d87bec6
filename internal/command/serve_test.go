package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// gatewayConfig writes a configuration for the apps of a simulator, and returns its path.
func gatewayConfig(t *testing.T, simURL string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	write(t, path, fmt.Appendf(nil, `
listen: 127.0.0.1:0
wecom: {base_url: "%s"}
apps:
  - {name: crm, corp_id: ww0000000000000001, agent_id: 1000002, secret: sim-secret-1000002}
  - {name: ops, corp_id: ww0000000000000001, agent_id: 1000003, secret: "${OPS_SECRET}"}
robots:
  - {name: ops, key: 00000000-0000-0000-0000-000000000001}
`, simURL))
	return path
}

// ask makes a request with a key, and returns the answer with its status before it.
func ask(t *testing.T, client *http.Client, method, url, key, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	return exchange(t, client, req)
}

// exchange makes a request, and returns the status and the body of the answer.
func exchange(t *testing.T, client *http.Client, req *http.Request) string {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + " " + string(data)
}

// run runs a command to its end.
func run(args ...string) (code int, out, errOut string) {
	var stdout, stderr bytes.Buffer
	code = Run(context.Background(), args, Std{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }})
	return code, stdout.String(), stderr.String()
}

// TestServe is the life of a gateway as an operator sees it.
func TestServe(t *testing.T) {
	noLeaks(t)
	client := testClient(t)
	wecom := simulator.New()
	sim := httptest.NewServer(wecom)
	t.Cleanup(sim.Close)
	path := gatewayConfig(t, sim.URL)
	env := map[string]string{"OPS_SECRET": "sim-secret-1000003", "HONGYAN_LOG_LEVEL": "debug", "HONGYAN_CORP_ID": "of-the-command-line"}

	gateway := start(t, env, "serve", "-c", path)
	url := gateway.addressOf("gateway")
	gateway.line("database   " + filepath.Join(filepath.Dir(path), "hongyan.db"))
	gateway.line("apps       crm ops")
	gateway.line("robots     ops")
	gateway.line("no API key yet")
	hint := gateway.line("hongyan key create --name crm --app crm -c " + path)

	// The hint is a command that works, while the gateway runs.
	code, key, told := run(strings.Fields(hint)[1:]...)
	if code != 0 || !strings.HasPrefix(key, "hy_") || strings.Count(key, "\n") != 1 || strings.Contains(told, strings.TrimSpace(key)) {
		t.Fatalf("key create: exit code %d, %q, %s", code, key, told)
	}
	key = strings.TrimSpace(key)
	const body = `{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"disk-full-4711"}}`
	if got := ask(t, client, http.MethodPost, url+"/v1/messages?wait=20s", key, body); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, `"status":"sent"`) {
		t.Fatalf("the message: %s", got)
	}
	if got := wecom.Inbox("zhangsan").Last().Text(); got != "disk-full-4711" {
		t.Errorf("arrived: %q", got)
	}
	if got := ask(t, client, http.MethodPost, url+"/v1/messages", key, strings.Replace(body, "crm", "ops", 1)); !strings.HasPrefix(got, "403 ") {
		t.Errorf("an app that the key is not for: %s", got)
	}
	if got := ask(t, client, http.MethodGet, url+"/readyz", "", ""); !strings.HasPrefix(got, "200 ") {
		t.Errorf("readyz: %s", got)
	}

	// A second gateway on the same database, and one at the same address.
	if code, out, told := run("serve", "-c", path); code != 2 || out != "" || !strings.Contains(told, "apps[1].secret: the environment has no OPS_SECRET") {
		t.Errorf("without a secret: exit code %d, %q, %s", code, out, told)
	}
	second := start(t, env, "serve", "-c", path)
	if code := second.wait(); code != 1 || !strings.Contains(second.errOut.String(), "is in use") {
		t.Errorf("a second gateway: exit code %d, %s", code, &second.errOut)
	}
	third := start(t, env, "serve", "-c", gatewayConfig(t, sim.URL), "--listen", strings.TrimPrefix(url, "http://"))
	if code := third.wait(); code != 1 || !strings.Contains(third.errOut.String(), "cannot listen on") || !strings.Contains(third.errOut.String(), "hint: choose a free address") {
		t.Errorf("the same address: exit code %d, %s", code, &third.errOut)
	}

	// A key that was revoked is refused soon.
	if code, out, told := run("key", "revoke", "crm", "-c", path); code != 0 || out != "revoked crm\n" {
		t.Errorf("key revoke: exit code %d, %q, %s", code, out, told)
	}
	for deadline := time.Now().Add(patience); ; {
		if got := ask(t, client, http.MethodPost, url+"/v1/messages", key, body); strings.HasPrefix(got, "401 ") {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("a revoked key: %s", got)
		}
	}
	if code := gateway.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &gateway.errOut)
	}
	log := gateway.errOut.String()
	if !strings.Contains(log, `msg=delivery delivery=msg_`) || !strings.Contains(log, "status=sent") {
		t.Errorf("the log has no line for the message: %s", log)
	}
	for _, secret := range []string{key, "sim-secret", "disk-full", "00000000-0000-0000-0000-000000000001"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q in it: %s", secret, log)
		}
	}

	// Another start finds what is there.
	gateway = start(t, env, "serve", "-c", path)
	gateway.addressOf("gateway")
	if code := gateway.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &gateway.errOut)
	}
}

// TestServeFromTheEnvironment: a container needs no file.
func TestServeFromTheEnvironment(t *testing.T) {
	noLeaks(t)
	t.Chdir(t.TempDir())
	gateway := start(t, map[string]string{
		"HONGYAN_LISTEN": "127.0.0.1:0", "HONGYAN_APPS_CRM_CORP_ID": "ww1", "HONGYAN_APPS_CRM_AGENT_ID": "1", "HONGYAN_APPS_CRM_SECRET": "s",
	}, "serve")
	gateway.addressOf("gateway")
	gateway.line("database   hongyan.db")
	if line := gateway.line("key create"); strings.Contains(line, "-c") {
		t.Errorf("there is no file to name: %s", line)
	}
	if code := gateway.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &gateway.errOut)
	}
	if _, err := os.Stat("hongyan.db"); err != nil {
		t.Error(err)
	}
}
