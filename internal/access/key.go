// Package access knows who may use the gateway: the API keys.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
)

// Scope is what a key may do.
type Scope string

// The scopes.
const (
	Send   Scope = "send"   // hand over messages
	Read   Scope = "read"   // see what became of them
	Manage Scope = "manage" // cancel, recall, resend
	Token  Scope = "token"  // get an app's access token
)

// Scopes lists them all.
var Scopes = []Scope{Send, Read, Manage, Token}

// Key is an API key, without its secret.
type Key struct {
	ID      int64
	Name    string   // unique among the keys that are not revoked
	Senders []string // the apps it may use, and robots as "robot:NAME"; empty means all
	Scopes  []Scope
	// CallbackURL is where the results of its messages are told that name no other place; "" means
	// nowhere.
	CallbackURL string
	// Rate is how many requests may be made with it; each message of a batch counts as one.
	Rate     Rate
	Created  time.Time
	Revoked  time.Time // zero while it is good
	LastUsed time.Time // to the minute or so; zero if never
}

// May reports whether the key has the scope.
func (k *Key) May(s Scope) bool { return slices.Contains(k.Scopes, s) }

// Sees reports whether the key is for this sender.
func (k *Key) Sees(sender string) bool {
	return len(k.Senders) == 0 || slices.Contains(k.Senders, sender)
}

// Hash is what is stored of a secret: its SHA-256. The secret has 256 random bits, so nobody finds it
// from that.
type Hash [sha256.Size]byte

const secretPrefix = "hy_"

// NewSecret returns a secret to show once, and what to store of it.
func NewSecret() (secret string, hash Hash) {
	var bits [32]byte
	_, _ = rand.Read(bits[:])
	secret = secretPrefix + base64.RawURLEncoding.EncodeToString(bits[:])
	return secret, HashSecret(secret)
}

// HashSecret returns what is stored of a secret.
func HashSecret(secret string) Hash { return sha256.Sum256([]byte(strings.TrimSpace(secret))) }

// Keys keeps the keys.
type Keys interface {
	// Create stores a key and gives it its ID and a webhook secret, or returns ErrNameTaken.
	Create(ctx context.Context, k *Key, hash Hash) error
	// Find returns the key of that hash that is not revoked, or ErrNoKey. What another process
	// created is found at once, and what it revoked is no longer found a second later.
	Find(ctx context.Context, hash Hash) (*Key, error)
	// List returns all keys, also the revoked ones, the oldest first.
	List(ctx context.Context) ([]Key, error)
	// Revoke makes a key useless, by its name, or returns ErrNoKey.
	Revoke(ctx context.Context, name string, at time.Time) error
	// Used records that keys were used at these times.
	Used(ctx context.Context, at map[int64]time.Time) error
	// WebhookSecrets returns what is told about messages of the key of that name is signed with at now:
	// its secret, and the one before if it is still good. Of several keys of the name the one that is
	// not revoked is meant, else the last one. ErrNoKey if there was none.
	WebhookSecrets(ctx context.Context, name string, now time.Time) ([]WebhookSecret, error)
	// RotateWebhookSecret gives the key of that name that is not revoked a new secret, and leaves the
	// one before good until then. ErrNoKey if there is none.
	RotateWebhookSecret(ctx context.Context, name string, secret WebhookSecret, until time.Time) error
}

// The errors of Keys.
var (
	ErrNoKey     = errors.New("no such key")
	ErrNameTaken = errors.New("a key of this name exists")
)
