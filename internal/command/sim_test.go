package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSimStopsWithOpenStreams(t *testing.T) {
	noLeaks(t)
	client := testClient(t)
	sim := start(t, nil, "sim", "--listen", "127.0.0.1:0")
	url := sim.address()
	sim.line("corpid     ww0000000000000001")
	sim.line("1000002  sim-secret-1000002  鸿雁")
	sim.line("export HONGYAN_BASE_URL=" + url)
	stream := get(t, client, url+"/_phone/events?corp=ww0000000000000001&user=zhangsan")
	defer stream.Body.Close()
	if code := sim.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &sim.errOut)
	}
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream was cut, not ended: %v", err)
	}
}

func TestSimTellsWhenOthersCanReachIt(t *testing.T) {
	noLeaks(t)
	sim := start(t, nil, "sim", "--listen", "0.0.0.0:0")
	sim.address() // one to type, not 0.0.0.0
	sim.line("other machines can reach it, without a password")
	if code := sim.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &sim.errOut)
	}
}

func TestSimKeepsMaxMessages(t *testing.T) {
	noLeaks(t)
	client := testClient(t)
	sim := start(t, nil, "sim", "--listen", "127.0.0.1:0", "--max-messages", "1")
	env := map[string]string{
		"HONGYAN_BASE_URL": sim.address(), "HONGYAN_CORP_ID": "ww0000000000000001",
		"HONGYAN_AGENT_ID": "1000002", "HONGYAN_SECRET": "sim-secret-1000002",
	}
	for _, text := range []string{"first", "second"} {
		send := start(t, env, "send", "--to", "zhangsan", text)
		send.line("sent to zhangsan, msgid ")
		if code := send.wait(); code != 0 {
			t.Fatalf("exit code %d: %s", code, &send.errOut)
		}
	}
	kept := body(t, client, env["HONGYAN_BASE_URL"]+"/_sim/messages")
	if strings.Contains(kept, "first") || !strings.Contains(kept, "second") {
		t.Errorf("kept %s", kept)
	}
	if code := sim.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &sim.errOut)
	}
}

// TestSimWorldFile: a world may be written in JSON or in YAML.
func TestSimWorldFile(t *testing.T) {
	for name, text := range map[string]string{
		"world.json": `{"corps": [{"corpid": "ww7", "apps": [{"agentid": 7, "name": "运维", "secret": "seven"}], "users": [{"userid": "amy"}]}]}`,
		"world.yaml": "corps:\n- corpid: ww7\n  apps:\n  - {agentid: 7, name: 运维, secret: seven}\n  users:\n  - userid: amy\n",
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			sim := start(t, nil, "sim", "--listen", "127.0.0.1:0", "--world", path)
			env := map[string]string{
				"HONGYAN_BASE_URL": sim.address(), "HONGYAN_CORP_ID": "ww7", "HONGYAN_AGENT_ID": "7", "HONGYAN_SECRET": "seven",
			}
			sim.line("7        seven   运维")
			sim.line("members    amy")
			sim.line("send --to amy ")
			send := start(t, env, "send", "--to", "amy", "hello")
			send.line("sent to amy, msgid ")
			if code := send.wait(); code != 0 {
				t.Errorf("exit code %d: %s", code, &send.errOut)
			}
			if code := sim.stop(); code != 0 {
				t.Errorf("exit code %d: %s", code, &sim.errOut)
			}
		})
	}
}
