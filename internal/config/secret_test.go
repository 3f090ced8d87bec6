package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestNothingPrintsASecret: whichever way a configuration is printed, and whichever part of it.
func TestNothingPrintsASecret(t *testing.T) {
	c, err := Load(source(t, `
redis: redis://:hunter1@10.0.0.1:6379
wecom: {proxy: "http://user:hunter2@proxy:3128"}
apps:
  - {name: crm, corp_id: ww1, agent_id: 1, secret: hunter3, callback: {token: hunter4, aes_key: `+aesKey+`}}
robots:
  - {name: ops, key: hunter5}
`))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, v := range []any{c, *c, c.Apps, c.Apps[0], &c.Apps[0], c.Apps[0].Secret, c.Apps[0].Callback, c.Robots, c.WeCom, c.Redis, &c.Redis} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("configuration", "value", v)
		}
		for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
			data, err := marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(data)
		}
	}
	for _, secret := range []string{"hunter", aesKey, fmt.Sprintf("%x", "hunter")} {
		if at := strings.Index(out.String(), secret); at >= 0 {
			t.Errorf("printed: …%s…", out.String()[max(at-80, 0):min(at+20, out.Len())])
		}
	}
	if !strings.Contains(out.String(), redacted) || !strings.Contains(out.String(), "crm") {
		t.Error("nothing was printed")
	}
}

// FuzzParse: whatever the file says, there is a configuration or a reason, and no secret in either.
func FuzzParse(f *testing.F) {
	f.Add([]byte(oneApp), "HONGYAN_LISTEN=x")
	f.Add([]byte("x: &a [*a, <<: *a]\napps: [{<<: {name: a}}]"), "HONGYAN_APPS_A_SECRET=x")
	f.Add([]byte("apps: [{name: crm, corp_id: ww1, agent_id: 1, secret: '${X}'}]\n---\n"), "X=y")
	f.Add([]byte("robots:\n  - {name: 'a-b', key: x, rate: 1e9, workers: 0x10}\n"), "HONGYAN_ROBOTS_A_B_KEY_FILE=/dev/null")
	f.Fuzz(func(t *testing.T, data []byte, variable string) {
		c, err := Source{Environ: []string{variable}, NoSecrets: true}.parse(data)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v and %v", c, err)
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error that says nothing")
		}
	})
}
