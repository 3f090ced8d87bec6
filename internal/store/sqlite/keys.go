package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
)

// Keys are the API keys in a database file.
type Keys struct {
	read  *sql.DB
	write func(context.Context, func(*tx) error) error

	mu    sync.RWMutex
	found map[access.Hash]foundKey
}

// foundKey is a key as it was a short while ago: a program that sends much has its key looked up once
// a second. Only keys that are good are kept, so that nobody fills the memory by guessing.
type foundKey struct {
	key access.Key
	at  time.Time
}

// memory is how long a key that was revoked meanwhile may still be found.
const memory = time.Second

func newKeys(read *sql.DB, write func(context.Context, func(*tx) error) error) *Keys {
	return &Keys{read: read, write: write, found: map[access.Hash]foundKey{}}
}

var (
	findName = prepare(`SELECT id FROM keys WHERE revoked = 0 AND name = ?`)
	addKey   = prepare(`INSERT INTO keys (name, hash, senders, scopes, created, revoked, last_used, callback_url, webhook_secret, rate)
		VALUES (?,?,?,?,?,0,0,?,?,?) RETURNING id`)
	dropKey = prepare(`UPDATE keys SET revoked = ? WHERE revoked = 0 AND name = ?`)
	useKey  = prepare(`UPDATE keys SET last_used = max(last_used, ?) WHERE id = ?`)
	turnKey = prepare(`UPDATE keys SET webhook_before = webhook_secret, webhook_until = ?, webhook_secret = ? WHERE revoked = 0 AND name = ?`)
)

const keyColumns = `id, name, senders, scopes, created, revoked, last_used, callback_url, rate`

// Create implements [access.Keys].
func (k *Keys) Create(ctx context.Context, key *access.Key, hash access.Hash) error {
	senders, err := json.Marshal(key.Senders)
	if err != nil {
		return err
	}
	scopes, err := json.Marshal(key.Scopes)
	if err != nil {
		return err
	}
	var id int64
	err = k.write(ctx, func(t *tx) error {
		taken, err := t.get(findName, []any{key.Name}, &id)
		if err != nil {
			return err
		}
		if taken {
			return access.ErrNameTaken
		}
		_, err = t.get(addKey, []any{key.Name, hash[:], string(senders), string(scopes), millis(key.Created), key.CallbackURL, []byte(access.NewWebhookSecret()), key.Rate.String()}, &id)
		return err
	})
	if err == nil {
		key.ID = id
	}
	return err
}

// Find implements [access.Keys].
func (k *Keys) Find(ctx context.Context, hash access.Hash) (*access.Key, error) {
	k.mu.RLock()
	known, ok := k.found[hash]
	k.mu.RUnlock()
	now := time.Now()
	if ok && now.Sub(known.at) < memory {
		return &known.key, nil
	}
	keys, err := k.list(ctx, ` WHERE hash = ? AND revoked = 0`, hash[:])
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil && len(keys) == 0 {
		err = access.ErrNoKey
	}
	if err != nil {
		delete(k.found, hash)
		return nil, err
	}
	k.found[hash] = foundKey{keys[0], now}
	return &keys[0], nil
}

// List implements [access.Keys].
func (k *Keys) List(ctx context.Context) ([]access.Key, error) { return k.list(ctx, ` ORDER BY id`) }

func (k *Keys) list(ctx context.Context, where string, args ...any) ([]access.Key, error) {
	rows, err := k.read.QueryContext(ctx, `SELECT `+keyColumns+` FROM keys`+where, args...)
	if err != nil {
		return nil, readError(ctx, err)
	}
	defer rows.Close()
	var keys []access.Key
	for rows.Next() {
		var key access.Key
		var senders, scopes, rate string
		var created, revoked, used int64
		if err := rows.Scan(&key.ID, &key.Name, &senders, &scopes, &created, &revoked, &used, &key.CallbackURL, &rate); err != nil {
			return nil, fault(err)
		}
		key.Created, key.Revoked, key.LastUsed = fromMillis(created), fromMillis(revoked), fromMillis(used)
		if err := json.Unmarshal([]byte(senders), &key.Senders); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(scopes), &key.Scopes); err != nil {
			return nil, err
		}
		if rate != "" {
			if key.Rate, err = access.ParseRate(rate); err != nil {
				return nil, err
			}
		}
		keys = append(keys, key)
	}
	return keys, readError(ctx, rows.Err())
}

// Revoke implements [access.Keys].
func (k *Keys) Revoke(ctx context.Context, name string, at time.Time) error {
	err := k.write(ctx, func(t *tx) error {
		n, err := t.update(dropKey, millis(at), name)
		if err == nil && n == 0 {
			return access.ErrNoKey
		}
		return err
	})
	if err == nil {
		k.mu.Lock()
		clear(k.found)
		k.mu.Unlock()
	}
	return err
}

// Used implements [access.Keys].
func (k *Keys) Used(ctx context.Context, at map[int64]time.Time) error {
	return k.write(ctx, func(t *tx) error {
		for id, when := range at {
			if err := t.exec(useKey, millis(when), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// WebhookSecrets implements [access.Keys].
func (k *Keys) WebhookSecrets(ctx context.Context, name string, now time.Time) ([]access.WebhookSecret, error) {
	const query = `SELECT webhook_secret, webhook_before, webhook_until FROM keys WHERE name = ? ORDER BY revoked = 0 DESC, id DESC LIMIT 1`
	var secret, before []byte
	var until int64
	switch err := k.read.QueryRowContext(ctx, query, name).Scan(&secret, &before, &until); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, access.ErrNoKey
	case err != nil:
		return nil, readError(ctx, err)
	case before != nil && millis(now) < until:
		return []access.WebhookSecret{secret, before}, nil
	}
	return []access.WebhookSecret{secret}, nil
}

// RotateWebhookSecret implements [access.Keys].
func (k *Keys) RotateWebhookSecret(ctx context.Context, name string, secret access.WebhookSecret, until time.Time) error {
	return k.write(ctx, func(t *tx) error {
		n, err := t.update(turnKey, millis(until), []byte(secret), name)
		if err == nil && n == 0 {
			return access.ErrNoKey
		}
		return err
	})
}

var _ access.Keys = (*Keys)(nil)
