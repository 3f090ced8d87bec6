package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// MediaCache remembers what was uploaded, by content. It holds nothing but ids; a fleet of clients
// of one corp may share one, as media belong to the corp. It is safe for concurrent use. A cache
// that fails costs uploads, never messages.
type MediaCache interface {
	// Load returns what is under key, or a zero CachedMedia if there is nothing. It may return what
	// has expired.
	Load(ctx context.Context, key string) (CachedMedia, error)
	// Save stores m under key until m.ExpiresAt.
	Save(ctx context.Context, key string, m CachedMedia) error
	// Drop removes what is under key if it is still this id, and nothing otherwise: another may have
	// replaced it already.
	Drop(ctx context.Context, key, mediaID string) error
}

// CachedMedia is an uploaded file as a [MediaCache] keeps it.
type CachedMedia struct {
	MediaID   string
	ExpiresAt time.Time // an hour before WeCom forgets it
}

// mediaLife is how long a media id is used: an hour less than the 3 days that WeCom keeps it, as it
// must still be good when the message is sent.
const mediaLife = 3*24*time.Hour - time.Hour

// mediaKey names content. Readers see the name of a MediaFile, so that is part of what it is.
func mediaKey(owner string, f *inspected) string {
	key := owner + ":" + string(f.kind) + ":" + hex.EncodeToString(f.sum)
	if f.kind == MediaFile {
		name := sha256.Sum256([]byte(f.name))
		key += ":" + hex.EncodeToString(name[:8])
	}
	return key
}

// MemoryMediaCache is a [MediaCache] for one process. Its zero value is ready to use.
type MemoryMediaCache struct {
	mu      sync.Mutex
	entries map[string]CachedMedia
	sweep   int // so many entries are worth a look for expired ones
}

// Load implements [MediaCache]. It never fails.
func (c *MemoryMediaCache) Load(_ context.Context, key string) (CachedMedia, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[key], nil
}

// Save implements [MediaCache]. It never fails.
func (c *MemoryMediaCache) Save(_ context.Context, key string, m CachedMedia) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries, c.sweep = make(map[string]CachedMedia), 1024
	}
	if len(c.entries) >= c.sweep {
		for k, old := range c.entries {
			if !time.Now().Before(old.ExpiresAt) {
				delete(c.entries, k)
			}
		}
		c.sweep = max(1024, 2*len(c.entries))
	}
	c.entries[key] = m
	return nil
}

// Drop implements [MediaCache]. It never fails.
func (c *MemoryMediaCache) Drop(_ context.Context, key, mediaID string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key].MediaID == mediaID {
		delete(c.entries, key)
	}
	return nil
}

// String says how many files there are.
func (c *MemoryMediaCache) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("wecom.MemoryMediaCache{%d files}", len(c.entries))
}
