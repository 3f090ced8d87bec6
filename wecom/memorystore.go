package wecom

import (
	"context"
	"sync"
	"time"
)

// MemoryStore is a [TokenStore] for one process: give the same one to all clients of an app. Its
// zero value is ready to use.
type MemoryStore struct {
	mu      sync.Mutex
	entries map[string]*memoryEntry
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore { return &MemoryStore{} }

type memoryEntry struct {
	token     StoredToken
	holder    int64     // fence of the lease that was handed out last
	leased    bool      // the holder has not saved, failed or been overtaken
	leaseEnds time.Time // after which another may take the lease
	failure   TokenFailure
	failed    int64 // fence of the holder that failed last
	changed   chan struct{}
}

// entry returns what is under key, made if need be. s.mu is held.
func (s *MemoryStore) entry(key string) *memoryEntry {
	if s.entries == nil {
		s.entries = make(map[string]*memoryEntry)
	}
	e := s.entries[key]
	if e == nil {
		e = &memoryEntry{changed: make(chan struct{})}
		s.entries[key] = e
	}
	return e
}

// wake closes the channel of those who wait for a change.
func (e *memoryEntry) wake() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// Changed implements [TokenStore].
func (s *MemoryStore) Changed(key string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entry(key).changed
}

// Load implements [TokenStore]. It never fails.
func (s *MemoryStore) Load(_ context.Context, key string) (StoredToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entry(key).token, nil
}

// Acquire implements [TokenStore]. It never fails.
func (s *MemoryStore) Acquire(_ context.Context, key string, want Want, lease time.Duration) (Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, now := s.entry(key), time.Now()
	if want.SatisfiedBy(e.token, now) {
		return Claim{Token: e.token}, nil
	}
	if e.failed != 0 && (now.Before(e.failure.Until) || e.failed == want.WaitedFor) {
		failure := e.failure
		return Claim{Failure: &failure}, nil
	}
	if e.leased && now.Before(e.leaseEnds) {
		return Claim{Fence: e.holder, Wait: e.leaseEnds.Sub(now)}, nil
	}
	e.holder = max(now.UnixMicro(), e.holder+1)
	e.leased, e.leaseEnds = true, now.Add(lease)
	return Claim{Granted: true, Fence: e.holder}, nil
}

// Save implements [TokenStore]. It never fails.
func (s *MemoryStore) Save(_ context.Context, key string, t StoredToken) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(key)
	if t.Fence != e.holder {
		return false, nil
	}
	e.token, e.leased, e.failed = t, false, 0
	e.wake()
	return true, nil
}

// Fail implements [TokenStore]. It never fails.
func (s *MemoryStore) Fail(_ context.Context, key string, fence int64, failure TokenFailure) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(key)
	if fence != e.holder {
		return nil
	}
	e.failure, e.failed, e.leased = failure, fence, false
	e.wake()
	return nil
}

// Drop implements [TokenStore]. It never fails.
func (s *MemoryStore) Drop(_ context.Context, key, token string, fence int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(key)
	if e.token.Value == token && e.token.Fence <= fence {
		e.token = StoredToken{}
		e.wake()
	}
	return nil
}
