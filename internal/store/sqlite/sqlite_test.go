package sqlite_test

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/internal/store/storetest"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

func verifyMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, path string) *sqlite.Outbox {
	t.Helper()
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func fresh(t testing.TB) string { return filepath.Join(t.TempDir(), "hongyan.db") }

func TestOutbox(t *testing.T) {
	storetest.TestOutbox(t, func(t *testing.T) delivery.Outbox { return open(t, fresh(t)) })
}

// TestSearchInBlocks: it makes no difference where messages cross from memory into blocks.
func TestSearchInBlocks(t *testing.T) {
	for _, messages := range []int{7} {
		storetest.TestSearch(t, func(t *testing.T) delivery.Outbox {
			o := open(t, fresh(t))
			o.SmallBlocks(messages)
			return o
		})
	}
}

func TestWebhooks(t *testing.T) {
	storetest.TestWebhooks(t, func(t *testing.T) (delivery.Outbox, webhook.Store) {
		o := open(t, fresh(t))
		return o, o.Webhooks()
	})
}

func TestKeys(t *testing.T) {
	storetest.TestKeys(t, func(t *testing.T) (one, other access.Keys) {
		path := fresh(t)
		gateway := open(t, path)
		command, err := sqlite.OpenKeys(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = command.Close() })
		return gateway, command
	})
}

func TestModel(t *testing.T) {
	storetest.TestModel(t, func(t *testing.T) delivery.Outbox { return open(t, fresh(t)) })
}
