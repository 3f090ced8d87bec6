package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestProblems is the specification of what is said about a configuration that cannot be used.
func TestProblems(t *testing.T) {
	const app = "{name: crm, corp_id: ww1, agent_id: 1, secret: hunter2}"
	for name, test := range map[string]struct {
		text    string
		environ []string
		want    string // lines
	}{
		"nothing":        {"", nil, "it has no apps and no robots, so nothing could be sent"},
		"only comments":  {"# nothing\n", nil, "it has no apps and no robots, so nothing could be sent"},
		"unknown key":    {oneApp + "listn: x\n", nil, "line 2: listn: there is no such key; did you mean listen?"},
		"unknown, far":   {oneApp + "log: {colour: red}\n", nil, "line 2: log.colour: there is no such key; there are level, format"},
		"unknown in app": {"apps:\n  - name: crm\n    agentid: 1\n", nil, "line 3: apps[0].agentid: there is no such key; did you mean agent_id?"},
		"several at once": {"log: {level: loud}\nlisten: nowhere\napps: [" + app + "]\n", nil, `2 things are wrong
  line 1: log.level: it must be one of debug, info, warn, error, not "loud"
  line 2: listen: "nowhere" is not HOST:PORT, such as 127.0.0.1:9470`},
		"types": {"listen: 9470\nredis: [x]\napps: {name: crm}\nrobots:\n  - ops\nretention: 30\n", nil, `5 things are wrong
  line 1: listen: it must be text, which needs quotes where it looks like something else, not a number
  line 2: redis: it must be text, not a list
  line 3: apps: it must be a list, each element with a - before it, not a mapping
  line 5: robots[0]: it must be a mapping of keys, not text
  line 6: retention: it must be a mapping of keys, not a number`},
		"numbers": {"apps: [{name: crm, corp_id: ww1, agent_id: '1', secret: s, rate: fast, workers: 1.5, weight: true}]", nil, `4 things are wrong
  line 1: apps[0].agent_id: it must be a whole number, not text
  line 1: apps[0].rate: it must be a number, not text
  line 1: apps[0].workers: it must be a whole number, not a fraction
  line 1: apps[0].weight: it must be a whole number, not true or false`},
		"ranges": {"apps: [{name: crm, corp_id: ww1, agent_id: -1, secret: s, rate: -1, workers: 99999, weight: -2, account_cap: -1}]\nretention: {days: -1}", nil, `6 things are wrong
  line 1: apps[0].agent_id: it is at least 1, given -1
  line 1: apps[0].workers: it is at most 10000, given 99999
  line 1: apps[0].weight: it is at least 1, given -2
  line 1: apps[0].rate: it is messages a second, from 0 (no limit) to 100000, given -1
  line 1: apps[0].account_cap: it is at least 0, given -1
  line 2: retention.days: it is at least 0, given -1`},
		"not a number":    {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: s, rate: .nan}]", nil, "line 1: apps[0].rate: it is messages a second, from 0 (no limit) to 100000, given NaN"},
		"empty element":   {"apps:\n  -\n", nil, "line 2: apps[0]: it is empty"},
		"no YAML":         {"apps: [\n", nil, "line 1: did not find expected node content"},
		"not a mapping":   {"hello", nil, "it must be a mapping of keys, not text"},
		"a key twice":     {oneApp + "log: {}\nlog: {}\n", nil, `line 3: mapping key "log" already defined at line 2`},
		"two documents":   {oneApp + "---\nlisten: x\n", nil, "line 2: a second document begins here; there must be one"},
		"alias of itself": {"apps: &a\n  - *a\n", nil, "anchor 'a' value contains itself"},
		"missing": {"apps: [{}]\nrobots: [{}]\n", nil, `6 things are wrong
  line 1: apps[0].name: it is missing: the API and the log call it so
  line 1: apps[0].corp_id: it is missing: it stands under 我的企业 in WeCom's admin console
  line 1: apps[0].agent_id: it is missing: it stands on the app's page in WeCom's admin console
  line 1: apps[0].secret: it is missing: give secret_file, or secret such as ${NAME} for a variable of the environment
  line 2: robots[0].name: it is missing: the API and the log call it so
  line 2: robots[0].key: it is missing: give key_file, or key such as ${NAME} for a variable of the environment`},
		"names": {"apps:\n- {name: 'a:b', corp_id: ww1, agent_id: 2, secret: s}\n- " + app + "\n- {name: crm, corp_id: ww1, agent_id: 3, secret: s}\n", nil, `2 things are wrong
  line 2: apps[0].name: "a:b": a name has 1 to 64 letters, digits, - and _
  line 4: apps[2].name: apps[1] has the name crm too`},
		"the same app":   {"apps:\n- " + app + "\n- {name: shop, corp_id: ww1, agent_id: 1, secret: s}\n", nil, "line 3: apps[1].agent_id: app crm is the same app of WeCom, whose limits can be kept only once"},
		"the same robot": {"robots:\n- {name: a, key: hunter2}\n- {name: b, key: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2'}\n", nil, "line 3: robots[1].key: robot a is the same robot of WeCom, whose limits can be kept only once"},
		"both":           {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: hunter2, secret_file: crm.secret}]", nil, "line 1: apps[0]: it has secret and secret_file: keep one of them"},
		"no such file":   {"apps:\n  - name: crm\n    corp_id: ww1\n    agent_id: 1\n    secret_file: nowhere\n", nil, "line 5: apps[0].secret_file: open DIR/nowhere: no such file or directory"},
		"empty file":     {"robots: [{name: ops, key_file: empty}]", nil, "line 1: robots[0].key_file: DIR/empty is empty"},
		"more than one":  {"robots: [{name: ops, key_file: two}]", nil, "line 1: robots[0].key_file: DIR/two holds more than a secret, which should be there alone in one line"},
		"no variable":    {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: '${CRM_SECRET}'}]", nil, "line 1: apps[0].secret: the environment has no CRM_SECRET"},
		"no variable, and more": {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: '${CRM_SECRET}'}]\nlisten: ${ADDR}\nlog: {level: loud}\n", nil, `3 things are wrong
  line 1: apps[0].secret: the environment has no CRM_SECRET
  line 2: listen: the environment has no ADDR
  line 3: log.level: it must be one of debug, info, warn, error, not "loud"`},
		"empty variable":   {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: '${CRM_SECRET}'}]", []string{"CRM_SECRET= "}, "line 1: apps[0].secret: it is missing: give secret_file, or secret such as ${NAME} for a variable of the environment"},
		"a robot's page":   {"robots: [{name: ops, key: 'https://example.com/hunter2'}]", nil, "line 1: robots[0].key: it is an address, but not one that ends in /cgi-bin/webhook/send?key=…"},
		"postgres":         {oneApp + "database: postgres://u:hunter2@db/hongyan\n", nil, "line 2: database: PostgreSQL is not supported yet; use sqlite:hongyan.db"},
		"database":         {oneApp + "database: hongyan.db\n", nil, "line 2: database: it begins with sqlite:, such as sqlite:hongyan.db"},
		"no database file": {oneApp + "database: 'sqlite://x'\n", nil, "line 2: database: after sqlite: there is the path of a file and nothing more, such as sqlite:hongyan.db or sqlite:/var/lib/hongyan/hongyan.db"},
		"redis":            {oneApp + "redis: ':hunter2@host'\n", nil, "line 2: redis: it is not a URL such as redis://127.0.0.1:6379"},
		"base url":         {oneApp + "wecom: {base_url: 'localhost:9480', proxy: 'ftp://u:hunter2@x'}\n", nil, `line 2: wecom.base_url: "localhost:9480" must begin with http:// or https://`},
		"callback":         {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: s, callback: {token: t}}]", nil, "line 1: apps[0].callback.aes_key: it is missing: it stands with token on the app's page, under 接收消息"},
		"aes key":          {"apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: s, callback: {token: t, aes_key: hunter2}}]", nil, "line 1: apps[0].callback.aes_key: it is not an EncodingAESKey, which has 43 letters and digits"},

		"variable, misspelt":  {oneApp, []string{"HONGYAN_LOG_LEVLE=debug"}, "HONGYAN_LOG_LEVLE: there is no such key; did you mean HONGYAN_LOG_LEVEL?"},
		"variable, no number": {oneApp, []string{"HONGYAN_APPS_CRM_AGENT_ID=hunter2"}, "HONGYAN_APPS_CRM_AGENT_ID: it must be a whole number"},
		"variable, wrong": {oneApp, []string{"HONGYAN_LISTEN=x", "HONGYAN_APPS_CRM_WORKERS=-1"}, `2 things are wrong
  HONGYAN_LISTEN: "x" is not HOST:PORT, such as 127.0.0.1:9470
  HONGYAN_APPS_CRM_WORKERS: it is at least 1, given -1`},
		"variable, two apps": {"apps:\n- {name: a-b, corp_id: ww1, agent_id: 1, secret: s}\n- {name: a_b, corp_id: ww1, agent_id: 2, secret: s}\n", []string{"HONGYAN_APPS_A_B_RATE=1"},
			"HONGYAN_APPS_A_B: it could mean a-b and a_b: give one of them another name"},
		"an app of the environment": {"", []string{"HONGYAN_APPS_SHOP_CORP_ID=ww1", "HONGYAN_APPS_SHOP_SECRET_FILE=empty"}, `2 things are wrong
  HONGYAN_APPS_SHOP_AGENT_ID: it is missing: it stands on the app's page in WeCom's admin console
  HONGYAN_APPS_SHOP_SECRET_FILE: DIR/empty is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, test.text, test.environ...)
			_, err := Load(s)
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v", err)
			}
			got := strings.TrimPrefix(strings.ReplaceAll(err.Error(), filepath.Dir(s.File), "DIR"), "DIR/hongyan.yaml: ")
			if got != test.want {
				t.Errorf("said\n%s\nwant\n%s", got, test.want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is told")
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	if _, err := Load(Source{File: filepath.Join(t.TempDir(), "nowhere.yaml")}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
