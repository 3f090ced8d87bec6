package wecom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

func TestFileStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	wecomtest.TestTokenStore(t, func(*testing.T) wecom.TokenStore { return wecom.NewFileStore(dir) })
}

// fileStoreWorker is set for a process that TestFileStoreProcesses starts: this test again.
const fileStoreWorker = "HONGYAN_TEST_FILESTORE"

// Twenty processes at once, as of a cron job that fires too often: one gettoken.
func TestFileStoreProcesses(t *testing.T) {
	if setting := os.Getenv(fileStoreWorker); setting != "" {
		var config wecom.Config
		var from struct{ Dir, URL string }
		if err := json.Unmarshal([]byte(setting), &from); err != nil {
			t.Fatal(err)
		}
		config = wecom.Config{
			CorpID: wecomtest.CorpID, AgentID: wecomtest.AgentID, Secret: wecomtest.Secret,
			BaseURL: from.URL, Tokens: wecom.NewFileStore(from.Dir),
		}
		client, err := wecom.New(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.Text{Content: "x"}}); err != nil {
			t.Fatal(err)
		}
		return
	}
	sim := wecomtest.NewServer(t)
	if err := sim.SetFaults([]simulator.Fault{{Call: "gettoken", Latency: 200 * time.Millisecond}}); err != nil {
		t.Fatal(err)
	}
	setting, err := json.Marshal(map[string]string{"Dir": filepath.Join(t.TempDir(), "made", "when needed"), "URL": sim.URL})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		var wg sync.WaitGroup
		for range 20 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				cmd := exec.Command(os.Args[0], "-test.run=^TestFileStoreProcesses$")
				cmd.Env = append(os.Environ(), fileStoreWorker+"="+string(setting))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			}()
		}
		wg.Wait()
		if n := sim.Stats().Calls["gettoken"]; n != 1 {
			t.Errorf("round %d: %d gettoken by 20 processes each", round, n)
		}
	}
	if n := sim.Stats().Calls["message/send"]; n != 40 {
		t.Errorf("%d messages", n)
	}
}

// Nobody else may read the tokens.
func TestFileStoreIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	sim := wecomtest.NewServer(t)
	config := sim.Config()
	config.Tokens = wecom.NewFileStore(dir)
	token, err := sim.ClientOf(config).Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	found := false
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !info.IsDir() {
			data, err := os.ReadFile(path)
			found = found || bytes.Contains(data, []byte(token))
			if err != nil || bytes.Contains(data, []byte(wecomtest.Secret)) || strings.Contains(path, wecomtest.Secret) {
				t.Errorf("%s: %v, or it has the secret", path, err)
			}
		}
		return nil
	})
	if err != nil || !found {
		t.Errorf("the token is kept nowhere (%v)", err)
	}
}

// Whatever stands in its place, the client goes on: a damaged file is replaced, a folder that cannot
// be written is done without.
func TestFileStoreDamaged(t *testing.T) {
	sim := wecomtest.NewServer(t)
	send := func(dir string) {
		t.Helper()
		config := sim.Config()
		config.Tokens = wecom.NewFileStore(dir)
		if _, err := sim.ClientOf(config).Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"lisi"}}, Body: wecom.Text{Content: "x"}}); err != nil {
			t.Error(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "tokens")
	send(dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	for _, content := range []string{"", "{", "[]", `{"token":5}`, "\x00\x00"} {
		if err := os.WriteFile(files[0], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		send(dir)
	}
	send(dir)
	if n := sim.Stats().Calls["gettoken"]; n != 6 {
		t.Errorf("%d gettoken", n)
	}
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	send(file)
}

// The file of a key, after something was stored under it.
func fileOf(t *testing.T, dir, key string) (store *wecom.FileStore, file string) {
	t.Helper()
	store = wecom.NewFileStore(dir)
	claim, err := store.Acquire(t.Context(), key, wecom.Want{}, time.Minute)
	if err != nil || !claim.Granted {
		t.Fatal(claim, err)
	}
	if _, err := store.Save(t.Context(), key, wecom.StoredToken{Value: "t", ExpiresAt: time.Now().Add(time.Hour), Fence: claim.Fence}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	return store, files[0]
}

// A time further away than anybody would wait is not waited for: the clock was set back since.
func TestFileStoreTimesOfTheFuture(t *testing.T) {
	const lease = 6 * time.Second
	store, file := fileOf(t, filepath.Join(t.TempDir(), "tokens"), "k")
	soon, late := time.Now().Add(50*time.Second), time.Now().Add(24*time.Hour)
	failure := func(until time.Time) map[string]any {
		return map[string]any{"holder": 7, "failed": 7, "failure": wecom.TokenFailure{Code: wecom.CodeBadSecret, Until: until}}
	}
	for _, c := range []struct {
		name    string
		content map[string]any
		want    wecom.Want
		granted bool
	}{
		{"a lease", map[string]any{"holder": 7, "lease_ends": time.Now().Add(lease / 2)}, wecom.Want{}, false},
		{"a lease of the future", map[string]any{"holder": 7, "lease_ends": late}, wecom.Want{}, true},
		{"a longer lease", map[string]any{"holder": 7, "lease_ends": soon, "lease": time.Minute}, wecom.Want{}, false},
		{"a lease longer than it was given", map[string]any{"holder": 7, "lease_ends": late, "lease": time.Minute}, wecom.Want{}, true},
		{"a lease of ages", map[string]any{"holder": 7, "lease_ends": late, "lease": 1000 * time.Hour}, wecom.Want{}, true},
		{"a failure", failure(soon), wecom.Want{}, false},
		{"a failure of the future", failure(late), wecom.Want{}, true},
		{"a failure of the future, waited for", failure(late), wecom.Want{WaitedFor: 7}, false},
		{"a failure of nobody", map[string]any{"failure": wecom.TokenFailure{Code: wecom.CodeBadSecret}}, wecom.Want{}, true},
	} {
		data, err := json.Marshal(c.content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		claim, err := store.Acquire(t.Context(), "k", c.want, lease)
		if err != nil || claim.Granted != c.granted {
			t.Errorf("%s: claim %+v, error %v", c.name, claim, err)
		}
		if claim.Failure != nil && time.Until(claim.Failure.Until) > time.Minute {
			t.Errorf("%s: told to wait until %v", c.name, claim.Failure.Until)
		}
	}
}

// What a writer left that died is gone after the next.
func TestFileStoreTidiesUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	store, file := fileOf(t, dir, "k")
	other := filepath.Join(dir, "0123.json.1.next")
	for _, left := range []string{file + ".next", file + ".1.next", file + ".2.next", other} {
		if err := os.WriteFile(left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Check(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	if claim, err := store.Acquire(t.Context(), "k", wecom.Want{Not: "t", NotFence: 1 << 62}, time.Minute); err != nil || !claim.Granted {
		t.Fatal(claim, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.next"))
	if err != nil || len(left) != 1 || left[0] != other {
		t.Errorf("left are %v, %v", left, err)
	}
}

// Who waits for the lock leaves when its time is up.
func TestFileStoreHonoursContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "tokens")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 { // keep the lock busy
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					_, _ = wecom.NewFileStore(dir).Acquire(t.Context(), "k", wecom.Want{AfterFence: 1 << 62}, time.Nanosecond)
				}
			}
		}()
	}
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		_, err = wecom.NewFileStore(dir).Acquire(ctx, "k", wecom.Want{}, time.Second)
	}
	close(stop)
	wg.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", fmt.Errorf("%w", err))
	}
}
