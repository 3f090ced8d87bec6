package daemon

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/internal/config"
)

// TestReload: a corrected secret takes effect at once, for what waits too; with an error nothing has
// changed.
func TestReload(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	u.open()
	wrong := settings(t, u.url)
	wrong.Apps[0].Secret = "hunter2"
	level := &slog.LevelVar{}
	g := run(t, Options{Config: wrong, Level: level})
	a := g.send("", "waits")
	for range 2 {
		g.resting("crm")
	}
	right := *wrong
	right.Apps = []config.App{wrong.Apps[0]}
	right.Apps[0].Secret = "sim-secret-1000002"
	right.Apps[0].AccountCap = 100 // the first cap needs a restart
	right.Redis = "redis://127.0.0.1:1"
	right.Database = "sqlite:/nowhere/else.db"
	right.Log.Level = "warn"
	right.Robots = []config.Robot{{Name: "ops", Key: "00000000-0000-0000-0000-000000000001", Queue: config.Queue{Workers: 1, Weight: 1}}}
	bad := right
	bad.WeCom.BaseURL = "ftp://nowhere"
	if err := g.Reload(&bad); err == nil || g.senders.Knows("robot:ops") || level.Level() != slog.LevelInfo {
		t.Errorf("a bad configuration: %v", err)
	}
	if err := g.Reload(&right); err != nil {
		t.Fatal(err)
	}
	g.status(a.ID, "sent")
	if level.Level() != slog.LevelWarn || !g.senders.Knows("robot:ops") || g.senders.Settings("crm").AccountCap != 0 {
		t.Errorf("level %v, settings %+v", level.Level(), g.senders.Settings("crm"))
	}
	if err := g.Reload(&right); err != nil {
		t.Error(err)
	}
	g.stop()
	if err := g.Reload(&right); !errors.Is(err, errStopping) {
		t.Errorf("after the stop: %v", err)
	}
	log := g.log.String()
	for _, want := range []string{
		`changes="robot ops added, app crm changed, log level warn"`, `settings="database, redis, account_cap"`, "changes=none",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %s:\n%s", want, log)
		}
	}
	for _, secret := range []string{"hunter2", "sim-secret"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s in it", secret)
		}
	}
}

// resting waits until /v1/apps shows that the app rests.
func (g *gateway) resting(app string) {
	g.t.Helper()
	for {
		got := g.text(http.MethodGet, "/v1/apps", "")
		if strings.Contains(got, `{"name":"`+app+`"`) && strings.Contains(got, `"state":"resting"`) {
			return
		}
		if g.t.Context().Err() != nil {
			g.t.Fatal("it does not rest")
		}
	}
}
