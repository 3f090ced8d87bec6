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
	dir := t.TempDir()
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
	dir := t.TempDir()
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

// Who waits for the lock leaves when its time is up.
func TestFileStoreHonoursContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
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
