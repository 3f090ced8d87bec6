//go:build unix && !solaris && !aix

package wecom_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// A link in the folder does not lead the store out of it.
func TestFileStoreFollowsNoLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	store, file := fileOf(t, dir, "k")
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(name string) {
		t.Helper()
		_ = os.Remove(name)
		if err := os.Symlink(victim, name); err != nil {
			t.Fatal(err)
		}
	}
	link(file)
	link(file + ".next")
	claim, err := store.Acquire(t.Context(), "k", wecom.Want{}, time.Minute)
	if err != nil || !claim.Granted {
		t.Fatal(claim, err)
	}
	if data, err := os.ReadFile(victim); err != nil || string(data) != "precious" {
		t.Errorf("the store wrote %q elsewhere (%v)", data, err)
	}
	link(file + ".lock")
	if _, err := store.Acquire(t.Context(), "k", wecom.Want{}, time.Minute); err == nil {
		t.Error("the lock was taken elsewhere")
	}
	if err := store.Check(t.Context(), "k"); err == nil {
		t.Error("Check finds nothing wrong")
	}
}

func TestFileStoreRefusesASharedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tokens")
	store, _ := fileOf(t, dir, "k")
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the store made %v, %v", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o777, 0o777 | os.ModeSticky, 0o770, 0o702} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		_, load := store.Load(t.Context(), "k")
		_, acquire := store.Acquire(t.Context(), "k", wecom.Want{}, time.Minute)
		for _, err := range []error{load, acquire, store.Check(t.Context(), "k")} {
			if err == nil || !strings.Contains(err.Error(), "others can write to it") {
				t.Errorf("%v: error %v", mode, err)
			}
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(t.Context(), "k"); err != nil || got.Value != "t" {
		t.Errorf("%v, %v", got, err)
	}
}
