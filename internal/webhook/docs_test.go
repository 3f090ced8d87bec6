package webhook_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

var sample = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")

// TestDocs: the samples of both pages are the same, and those that verify do so.
func TestDocs(t *testing.T) {
	samples := map[string]map[string]string{}
	for _, name := range []string{"webhooks.md", "webhooks.zh-CN.md"} {
		page, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		samples[name] = map[string]string{}
		for _, s := range sample.FindAllStringSubmatch(string(page), -1) {
			samples[name][s[1]] = s[2] // the last one of its language
		}
	}
	english := samples["webhooks.md"]
	if fmt.Sprint(english) != fmt.Sprint(samples["webhooks.zh-CN.md"]) || len(english) < 4 {
		t.Error("the pages have different samples")
	}
	secret, body := access.NewWebhookSecret(), []byte(`{"type":"message.settled","data":{"labels":{"a":"%磁盘"}}}`+"\n")
	header := http.Header{}
	webhook.Sign(header, "evt_01h2xcejqtf_1", time.Now(), body, []access.WebhookSecret{access.NewWebhookSecret(), secret})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("body", string(body))
	run := func(secret string, name string, args ...string) (string, error) {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
		command := exec.Command(name, args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "SECRET="+secret, "ID="+header.Get("webhook-id"), "TIMESTAMP="+header.Get("webhook-timestamp"),
			"SIGNATURE="+header.Get("webhook-signature"), "GOWORK=off", "GOFLAGS=-mod=mod")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	wrong := access.NewWebhookSecret().Reveal()
	t.Run("python", func(t *testing.T) {
		path := write("verify.py", english["python"]+`
import os
h = {"webhook-id": os.environ["ID"], "webhook-timestamp": os.environ["TIMESTAMP"], "webhook-signature": os.environ["SIGNATURE"]}
verify(h, open("body", "rb").read(), os.environ["SECRET"])
`)
		if out, err := run(secret.Reveal(), "python3", path); err != nil {
			t.Error(out)
		}
		if out, err := run(wrong, "python3", path); err == nil || !strings.Contains(out, "no signature fits") {
			t.Error("another secret fits", out)
		}
	})
	t.Run("sh", func(t *testing.T) {
		path := write("verify.sh", english["sh"])
		out, err := run(secret.Reveal(), "sh", path)
		if err != nil || !strings.HasSuffix(header.Get("webhook-signature"), " v1,"+strings.TrimSpace(out)) {
			t.Errorf("%q %v, want that of %q", out, err, header.Get("webhook-signature"))
		}
	})
	t.Run("go", func(t *testing.T) {
		path := write("verify.go", `package main

import ("crypto/hmac"; "crypto/sha256"; "encoding/base64"; "errors"; "net/http"; "os"; "strconv"; "strings"; "time")

func main() {
	h := http.Header{}
	for _, name := range []string{"id", "timestamp", "signature"} { h.Set("webhook-"+name, os.Getenv(strings.ToUpper(name))) }
	body, err := os.ReadFile("body")
	if err != nil { panic(err) }
	if err := verify(h, body, os.Getenv("SECRET")); err != nil { panic(err) }
}

`+english["go"])
		program := filepath.Join(dir, "verify")
		if out, err := run("", "go", "build", "-o", program, path); err != nil {
			t.Fatal(out)
		}
		if out, err := run(secret.Reveal(), program); err != nil {
			t.Error(out)
		}
		if out, err := run(wrong, program); err == nil || !strings.Contains(out, "no signature fits") {
			t.Error("another secret fits", out)
		}
	})
}
