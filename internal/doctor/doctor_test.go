package doctor

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// levels are those of the checks, by subject and check.
func levels(r Report) map[string]Level {
	got := map[string]Level{}
	for _, f := range r.Findings {
		got[f.Subject+"/"+f.Check] = f.Level
	}
	return got
}

func app(t *testing.T, url, name string, edit func(*wecom.Config)) App {
	t.Helper()
	c := wecom.Config{CorpID: wecomtest.CorpID, AgentID: wecomtest.AgentID, Secret: wecomtest.Secret, BaseURL: url}
	if edit != nil {
		edit(&c)
	}
	client, err := wecom.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return App{Name: name, Client: client}
}

// TestApps: what is wrong with one app says nothing about another, and everything is in both
// languages. The simulator has sent nothing.
func TestApps(t *testing.T) {
	already := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, already) })
	sim := wecomtest.NewServer(t)
	r := Examine(t.Context(), Patient{WeCom: WeCom{BaseURL: sim.URL}, Apps: []App{
		app(t, sim.URL, "good", nil),
		app(t, sim.URL, "corp", func(c *wecom.Config) { c.CorpID = "ww9" }),
		app(t, sim.URL, "secret", func(c *wecom.Config) { c.Secret = "hunter2" }),
		app(t, sim.URL, "agent", func(c *wecom.Config) { c.AgentID = 1000003 }),
	}})
	got := levels(r)
	for name, want := range map[string]string{
		"wecom": "connection green, clock green",
		"good":  "corp_id green, secret green, trusted_ip green, agent_id green, visible_range green, callback green",
		"corp":  "corp_id red, secret skipped, trusted_ip skipped, agent_id skipped, visible_range skipped, callback skipped",

		"secret": "corp_id green, secret red, trusted_ip skipped, agent_id skipped, visible_range skipped, callback skipped",
		"agent":  "corp_id green, secret green, trusted_ip green, agent_id red, visible_range skipped, callback skipped",
	} {
		subject := "app " + name
		if name == "wecom" {
			subject = name
		}
		for part := range strings.SplitSeq(want, ", ") {
			check, level, _ := strings.Cut(part, " ")
			if got[subject+"/"+check] != Level(level) {
				t.Errorf("%s, %s: %q, want %s", subject, check, got[subject+"/"+check], level)
			}
		}
	}
	if r.Level() != Red {
		t.Errorf("all in all %s", r.Level())
	}
	for _, f := range r.Findings {
		if f.Text.EN == "" || f.Text.ZH == "" || (f.Hint.EN == "") != (f.Hint.ZH == "") || (f.Level == Red || f.Level == Yellow) && f.Hint.EN == "" {
			t.Errorf("a finding lacks words: %+v", f)
		}
		if strings.Contains(f.Text.EN+f.Hint.EN, "hunter2") {
			t.Errorf("a secret in %+v", f)
		}
	}
	if n := sim.Stats().Calls["message/send"]; n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// TestBlocked: WeCom answers 45009 to an address that insisted on a wrong secret.
func TestBlocked(t *testing.T) {
	sim := wecomtest.NewServer(t)
	sim.Fail("gettoken", 45009)
	r := Examine(t.Context(), Patient{WeCom: WeCom{BaseURL: sim.URL}, Apps: []App{app(t, sim.URL, "crm", nil)}})
	if got := levels(r)["app crm/secret"]; got != Red || r.Findings[3].ErrCode != 45009 {
		t.Errorf("%+v", r.Findings)
	}
}

// TestGivenUp: a WeCom that does not answer is no reason to wait for ever.
func TestGivenUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	sim := wecomtest.NewServer(t)
	if err := sim.SetFaults([]simulator.Fault{{Call: "getcallbackip", Latency: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	r := Examine(ctx, Patient{WeCom: WeCom{BaseURL: sim.URL}, Apps: []App{app(t, sim.URL, "crm", nil)}})
	got := levels(r)
	if got["wecom/connection"] != Red || got["app crm/secret"] != Skipped {
		t.Errorf("%v", got)
	}
}

func TestClock(t *testing.T) {
	there := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for ahead, want := range map[time.Duration]struct {
		level Level
		words string
	}{
		0:                 {Green, "agrees with"},
		10 * time.Second:  {Green, "10s ahead of"},
		-31 * time.Second: {Yellow, "31s behind"},
		5 * time.Minute:   {Yellow, "5m0s ahead of"},
		-6 * time.Minute:  {Red, "6m0s behind"},
	} {
		f := clockFinding(there.Add(ahead+time.Second/2), there.Format(http.TimeFormat))
		if f.Level != want.level || !strings.Contains(f.Text.EN, want.words) || (f.Level == Green) != (f.Hint.EN == "") {
			t.Errorf("%v: %+v", ahead, f)
		}
	}
	if f := clockFinding(there, ""); f.Level != Skipped {
		t.Errorf("without a Date: %+v", f)
	}
}

func TestHost(t *testing.T) {
	disk := func(free uint64) Finding {
		return examineDisk(func() (Disk, error) { return Disk{"/var", free, 1 << 40}, nil })[0]
	}
	for free, want := range map[uint64]Level{1 << 10: Red, 500 << 20: Yellow, 2 << 30: Green} {
		if f := disk(free); f.Level != want || (want == Green) != (f.Hint.EN == "") {
			t.Errorf("%d bytes free: %+v", free, f)
		}
	}
	if f := disk(1 << 29); f.Text.EN != "512 MiB of 1.0 TiB are free at /var" {
		t.Errorf("%q", f.Text.EN)
	}
	if f := examineDisk(func() (Disk, error) { return Disk{}, errors.ErrUnsupported })[0]; f.Level != Skipped {
		t.Errorf("%+v", f)
	}
	if f := examineDisk(func() (Disk, error) { return Disk{}, errors.New("gone") })[0]; f.Level != Red {
		t.Errorf("%+v", f)
	}
	if d, err := DiskOf(t.TempDir()); err != nil || d.Free == 0 || d.Free > d.Total {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := DiskOf(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("space in a folder that is not there")
	}
	old := examineDatabase(t.Context(), func(context.Context) (Database, error) {
		return Database{Path: "hongyan.db", Exists: true, Bytes: 4096, Schema: 1, Newest: 3}, nil
	})[0]
	if old.Level != Yellow || !strings.Contains(old.Text.EN, "4.0 KiB") {
		t.Errorf("%+v", old)
	}
}
