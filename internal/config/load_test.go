package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const aesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"

// source is a configuration in a folder of its own, beside files with secrets.
func source(t *testing.T, text string, environ ...string) Source {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{
		"hongyan.yaml": text, "crm.secret": "\ufeffsecret-of-crm\r\n", "robot.key": "key-of-ops", "empty": "\n", "two": "one\ntwo\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Source{File: filepath.Join(dir, "hongyan.yaml"), Environ: environ}
}

func TestComplete(t *testing.T) {
	s := source(t, `
listen: 0.0.0.0:9470
database: sqlite:data/outbox.db
redis: redis://:${REDIS_PASSWORD}@10.0.0.1:6379
wecom: {base_url: "https://qyapi.weixin.qq.com", proxy: "http://proxy:3128"}
apps:
  - name: crm
    corp_id: ww0123456789abcdef
    agent_id: 1000002
    secret_file: crm.secret
    rate: 12.5
    workers: 8
    weight: 3
    account_cap: 500
    callback: {token: cbtoken, aes_key: `+aesKey+`}
  - {name: ops, corp_id: ww0123456789abcdef, agent_id: 1000003, secret: "${OPS}"}
robots:
  - {name: ops, key_file: robot.key}
  - name: dev
    key: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-of-dev
    workers: 2
retention: {days: 7, messages: 1000, media: 90}
log: {level: WARN, format: json}
`, "OPS= secret-of-ops\n", "REDIS_PASSWORD=pw")
	got, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	usual := Queue{Workers: 64, Weight: 1}
	want := &Config{
		Listen: "0.0.0.0:9470", Database: "sqlite:data/outbox.db", Redis: "redis://:pw@10.0.0.1:6379",
		WeCom: WeCom{BaseURL: "https://qyapi.weixin.qq.com", Proxy: "http://proxy:3128"},
		Apps: []App{
			{Name: "crm", CorpID: "ww0123456789abcdef", AgentID: 1000002, Secret: "secret-of-crm", SecretFile: "crm.secret",
				Queue: Queue{Rate: 12.5, Workers: 8, Weight: 3}, AccountCap: 500, Callback: Callback{"cbtoken", aesKey}},
			{Name: "ops", CorpID: "ww0123456789abcdef", AgentID: 1000003, Secret: "secret-of-ops", Queue: usual},
		},
		Robots: []Robot{
			{Name: "ops", Key: "key-of-ops", KeyFile: "robot.key", Queue: usual},
			{Name: "dev", Key: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-of-dev", Queue: Queue{Workers: 2, Weight: 1}},
		},
		Retention: Retention{Days: 7, Messages: 1000, Media: 90}, Log: Log{Level: "warn", Format: "json"},
	}
	if diff := cmp.Diff(plain(want), plain(got), cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Error(diff)
	}
	if got, want := got.DatabaseFile(), filepath.Join(filepath.Dir(s.File), "data", "outbox.db"); got != want {
		t.Errorf("database %s, want %s", got, want)
	}
}

// plain makes secrets comparable in the output of a failed test, where they would all look alike.
func plain(c *Config) [2]any {
	var secrets []string
	for _, a := range c.Apps {
		secrets = append(secrets, string(a.Secret), string(a.Callback.Token), string(a.Callback.AESKey))
	}
	for _, r := range c.Robots {
		secrets = append(secrets, string(r.Key))
	}
	return [2]any{*c, append(secrets, string(c.Redis), string(c.WeCom.Proxy))}
}

const oneApp = "apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: s}]\n"

func TestDefaults(t *testing.T) {
	for name, s := range map[string]Source{
		"a file": source(t, oneApp+"redis:\nretention:\nlog: {level: }\n"),
		"the environment alone": {Environ: []string{
			"HONGYAN_APPS_CRM_CORP_ID=ww1", "HONGYAN_APPS_CRM_AGENT_ID=1", "HONGYAN_APPS_CRM_SECRET=s", "HONGYAN_LISTEN=",
		}},
	} {
		got, err := Load(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := &Config{
			Listen: "127.0.0.1:9470", Database: "sqlite:hongyan.db", Retention: Retention{Days: 30, Media: 30}, Log: Log{"info", "text"},
			Apps: []App{{Name: "crm", CorpID: "ww1", AgentID: 1, Secret: "s", Queue: Queue{Workers: 64, Weight: 1}}},
		}
		if diff := cmp.Diff(plain(want), plain(got), cmpopts.IgnoreUnexported(Config{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if c, err := Load(source(t, oneApp+"retention: {days: 0}")); err != nil || c.Retention.Days != 0 {
		t.Errorf("0 days is for ever: %+v %v", c, err)
	}
}

func TestEnvironment(t *testing.T) {
	text := `
listen: 127.0.0.1:1
apps:
  - {name: crm-eu, corp_id: ww1, agent_id: 1, secret_file: nowhere, workers: 3, callback: {token: old, aes_key: ` + aesKey + `}}
robots:
  - {name: ops, key: abc}
`
	got, err := Load(source(t, text,
		"HONGYAN_LISTEN=127.0.0.1:2", "HONGYAN_WECOM_BASE_URL=http://127.0.0.1:9480", "HONGYAN_RETENTION_MESSAGES=5", "HONGYAN_LOG_FORMAT=json",
		"HONGYAN_APPS_CRM_EU_SECRET=from-environment", "HONGYAN_APPS_CRM_EU_RATE=2.5", "HONGYAN_APPS_CRM_EU_CALLBACK_TOKEN=new",
		"HONGYAN_APPS_SHOP_CORP_ID=ww2", "HONGYAN_APPS_SHOP_AGENT_ID=7", "HONGYAN_APPS_SHOP_SECRET_FILE=crm.secret",
		"HONGYAN_ROBOTS_OPS_KEY_FILE=robot.key",
		// Of the command line, of Kubernetes, of others:
		"HONGYAN_CORP_ID=ww9", "HONGYAN_SECRET=x", "HONGYAN_SECRET_FILE=y", "HONGYAN_AGENT_ID=crm", "HONGYAN_BASE_URL=x", "HONGYAN_ROBOT=x",
		"HONGYAN_ROBOT_FILE=x", "HONGYAN_TOKEN_DIR=off", "HONGYAN_PORT=tcp://10.0.0.1:9470", "HONGYAN_SERVICE_HOST=10.0.0.1", "PATH=/bin",
		"HONGYAN_WECOM_SERVICE_HOST=10.0.0.2", "HONGYAN_WECOM_SERVICE_PORT_HTTP=9480", "HONGYAN_WECOM_PORT=tcp://10.0.0.2:9480",
		"HONGYAN_APPS_PORT_9480_TCP_ADDR=10.0.0.2", "HONGYAN_REDIS_PORT_6379_TCP=tcp://10.0.0.3:6379"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Listen: "127.0.0.1:2", Database: "sqlite:hongyan.db", WeCom: WeCom{BaseURL: "http://127.0.0.1:9480"},
		Retention: Retention{30, 5, 30}, Log: Log{"info", "json"},
		Apps: []App{
			{Name: "crm-eu", CorpID: "ww1", AgentID: 1, Secret: "from-environment", Queue: Queue{2.5, 3, 1}, Callback: Callback{"new", aesKey}},
			{Name: "shop", CorpID: "ww2", AgentID: 7, Secret: "secret-of-crm", SecretFile: "crm.secret", Queue: Queue{0, 64, 1}},
		},
		Robots: []Robot{{Name: "ops", Key: "key-of-ops", KeyFile: "robot.key", Queue: Queue{0, 64, 1}}},
	}
	if diff := cmp.Diff(plain(want), plain(got), cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Error(diff)
	}
}

// TestNoSecrets: who has no right to the secrets can still read the rest.
func TestNoSecrets(t *testing.T) {
	s := source(t, "redis: ${REDIS}\napps: [{name: crm, corp_id: ww1, agent_id: 1, secret_file: /nowhere}, {name: ops, corp_id: ww1, agent_id: 2, secret: '${OPS}'}]\n"+
		"robots: [{name: ops, key: '${ROBOT}'}]\n")
	s.NoSecrets = true
	if _, err := Load(s); err != nil {
		t.Error(err)
	}
	s.NoSecrets = false
	if _, err := Load(s); err == nil {
		t.Error("no error although no secret can be read")
	}
}

// TestExample: the file that the documentation shows is one that works.
func TestExample(t *testing.T) {
	example := strings.ReplaceAll(Example, "/run/secrets/", "")
	got, err := Load(source(t, strings.ReplaceAll(strings.ReplaceAll(example, "secret_file: crm", "secret_file: crm.secret"), "key_file: ops-robot", "key_file: robot.key"), "OPS_SECRET=x"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Apps) < 2 || len(got.Robots) == 0 || got.Listen != DefaultListen {
		t.Errorf("the example has %v", got)
	}
}

// TestEveryKeyIsExplained: in the example and in the manual, of both languages.
func TestEveryKeyIsExplained(t *testing.T) {
	var names []string
	for _, l := range leaves(configType) {
		if l.of.Kind() != reflect.Slice {
			names = append(names, l.path)
			continue
		}
		for _, inner := range leaves(l.of.Elem()) {
			names = append(names, l.path+"[]."+inner.path)
		}
	}
	if len(names) < 20 {
		t.Fatalf("only the keys %q", names)
	}
	pages := map[string]string{}
	for _, name := range []string{"gateway.md", "gateway.zh-CN.md"} {
		page, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(page)
	}
	for _, name := range names {
		last := name[strings.LastIndex(name, ".")+1:]
		if !strings.Contains(Example, last+":") {
			t.Errorf("the example does not have %s", name)
		}
		for page, text := range pages {
			if !strings.Contains(text, "`"+last+"`") && !strings.Contains(text, name) {
				t.Errorf("docs/%s does not have %s", page, name)
			}
		}
	}
}
