package gateway_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

func TestConfig(t *testing.T) {
	for _, test := range []struct {
		config gateway.Config
		field  string
	}{
		{gateway.Config{Key: "k"}, "URL"},
		{gateway.Config{URL: "://", Key: "k"}, "URL"},
		{gateway.Config{URL: "127.0.0.1:9470", Key: "k"}, "URL"},
		{gateway.Config{URL: "ftp://h", Key: "k"}, "URL"},
		{gateway.Config{URL: "http://", Key: "k"}, "URL"},
		{gateway.Config{URL: "http://u:hunter2@h", Key: "k"}, "URL"},
		{gateway.Config{URL: "http://h?key=hunter2", Key: "k"}, "URL"},
		{gateway.Config{URL: "http://h"}, "Key"},
		{gateway.Config{URL: "http://h", Key: "hunter2\n"}, "Key"},
		{gateway.Config{URL: "http://h", Key: "k", Wait: -1}, "Wait"},
		{gateway.Config{URL: "http://h", Key: "k", Timeout: -1}, "Timeout"},
	} {
		_, err := gateway.New(test.config)
		var wrong *gateway.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != test.field || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", test.config, err)
		}
	}
}

// TestNothingPrintsTheKey: however configuration, client and errors are printed.
func TestNothingPrintsTheKey(t *testing.T) {
	f := newFake(t)
	config := gateway.Config{URL: "http://u:hunter2@h?hunter2", Key: testKey}
	client := f.client(t, nil)
	f.Close()
	once := f.client(t, func(c *gateway.Config) { c.Retry = -1 })
	_, err := once.Send(t.Context(), text("disk-full"))
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	for _, v := range []any{config, &config, client, *client, err} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %d\n", v, v, v, v, v, v)
		log.Info("x", "v", v)
		data, _ := json.Marshal(v)
		out.Write(data)
	}
	for _, secret := range []string{testKey, "hunter2", "disk-full"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is printed:\n%s", secret, &out)
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("whether a key is set cannot be seen:\n%s", &out)
	}
}
