package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/internal/store/migrations"
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

func TestMedia(t *testing.T) {
	storetest.TestMedia(t, func(t *testing.T) media.Store { return open(t, fresh(t)) })
}

func TestModel(t *testing.T) {
	storetest.TestModel(t, func(t *testing.T) delivery.Outbox { return open(t, fresh(t)) })
}

// TestOldKeys: keys that were made before there were webhooks get a secret each.
func TestOldKeys(t *testing.T) {
	path := fresh(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	const add = `INSERT INTO keys (name, hash, senders, scopes, created, revoked, last_used) VALUES ('shop', x'01', '[]', '[]', 1, 0, 0), ('blog', x'02', '[]', '[]', 1, 0, 0)`
	if _, err := db.Exec(add); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	o := open(t, path)
	seen := map[string]bool{}
	for _, name := range []string{"shop", "blog"} {
		secrets, err := o.WebhookSecrets(t.Context(), name, time.Now())
		if err != nil || len(secrets) != 1 {
			t.Fatalf("%d secrets, %v", len(secrets), err)
		}
		if _, err := access.ParseWebhookSecret(secrets[0].Reveal()); err != nil {
			t.Error(err)
		}
		seen[secrets[0].Reveal()] = true
	}
	if len(seen) != 2 {
		t.Error("they have the same secret")
	}
}
