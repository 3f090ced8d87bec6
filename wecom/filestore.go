package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// FileStore is a [TokenStore] in a folder, shared by processes of one machine: a command that cron
// starts every minute, or a service that crashes and starts again, does not call gettoken each time.
// Between machines it does not work; their clocks and file locks differ.
//
// The folder and its files can be read by their owner alone. Tokens stand in them in clear.
type FileStore struct{ dir string }

// NewFileStore returns a store in the folder dir, which is made when it is first needed.
func NewFileStore(dir string) *FileStore { return &FileStore{dir: dir} }

// fileEntry is the content of a file.
type fileEntry struct {
	Token     string    `json:"token,omitempty"`
	FetchedAt time.Time `json:"fetched_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Fence     int64     `json:"fence,omitempty"`

	Holder    int64     `json:"holder,omitempty"` // fence of the lease that was handed out last
	LeaseEnds time.Time `json:"lease_ends,omitzero"`

	Failed  int64         `json:"failed,omitempty"` // fence of the holder that failed last
	Failure *TokenFailure `json:"failure,omitempty"`
}

func (e *fileEntry) stored() StoredToken {
	return StoredToken{Value: e.Token, FetchedAt: e.FetchedAt, ExpiresAt: e.ExpiresAt, Fence: e.Fence}
}

// Changed implements [TokenStore]: there are no hints, those who wait look again.
func (s *FileStore) Changed(string) <-chan struct{} { return nil }

// Load implements [TokenStore].
func (s *FileStore) Load(_ context.Context, key string) (StoredToken, error) {
	e, err := s.read(key)
	return e.stored(), err
}

// Acquire implements [TokenStore].
func (s *FileStore) Acquire(ctx context.Context, key string, want Want, lease time.Duration) (claim Claim, err error) {
	err = s.update(ctx, key, func(e *fileEntry) bool {
		now := time.Now()
		switch {
		case want.SatisfiedBy(e.stored(), now):
			claim = Claim{Token: e.stored()}
			return false
		case e.Failure != nil && (now.Before(e.Failure.Until) || e.Failed == want.WaitedFor):
			failure := *e.Failure
			claim = Claim{Failure: &failure}
			return false
		case now.Before(e.LeaseEnds):
			claim = Claim{Fence: e.Holder, Wait: e.LeaseEnds.Sub(now)}
			return false
		}
		e.Holder = max(now.UnixMicro(), e.Holder+1)
		e.LeaseEnds = now.Add(lease)
		claim = Claim{Granted: true, Fence: e.Holder}
		return true
	})
	return claim, err
}

// Save implements [TokenStore].
func (s *FileStore) Save(ctx context.Context, key string, t StoredToken) (saved bool, err error) {
	err = s.update(ctx, key, func(e *fileEntry) bool {
		if saved = t.Fence >= e.Holder; !saved { // larger than any after somebody removed the file
			return false
		}
		*e = fileEntry{Token: t.Value, FetchedAt: t.FetchedAt.Round(0), ExpiresAt: t.ExpiresAt.Round(0), Fence: t.Fence, Holder: t.Fence}
		return true
	})
	return saved, err
}

// Fail implements [TokenStore].
func (s *FileStore) Fail(ctx context.Context, key string, fence int64, failure TokenFailure) error {
	return s.update(ctx, key, func(e *fileEntry) bool {
		if fence < e.Holder {
			return false
		}
		e.Failed, e.Failure, e.LeaseEnds = fence, &failure, time.Time{}
		return true
	})
}

// Drop implements [TokenStore].
func (s *FileStore) Drop(ctx context.Context, key, token string, fence int64) error {
	if e, err := s.read(key); err != nil || e.Token != token || e.Fence > fence {
		return err // the common case needs no lock
	}
	return s.update(ctx, key, func(e *fileEntry) bool {
		if e.Token != token || e.Fence > fence {
			return false
		}
		e.Token, e.FetchedAt, e.ExpiresAt, e.Fence = "", time.Time{}, time.Time{}, 0
		return true
	})
}

// path of a key's file. Keys may have characters that file names may not.
func (s *FileStore) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:12])+".json")
}

// read returns what the file has. Writers replace it whole, so no lock is needed. A file that is not
// ours, or was damaged, counts as empty: it will be replaced.
func (s *FileStore) read(key string) (e fileEntry, err error) {
	data, err := os.ReadFile(s.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return fileEntry{}, nil
	}
	if err != nil {
		return fileEntry{}, fmt.Errorf("wecom: token store: %w", err)
	}
	if json.Unmarshal(data, &e) != nil {
		return fileEntry{}, nil
	}
	return e, nil
}

// update changes what the file has under a lock that all processes keep; change reports whether it
// changed anything.
func (s *FileStore) update(ctx context.Context, key string, change func(*fileEntry) bool) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("wecom: token store: %w", err)
	}
	path := s.path(key)
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("wecom: token store: %w", err)
	}
	defer lock.Close() // which unlocks
	if err := waitForLock(ctx, lock); err != nil {
		return fmt.Errorf("wecom: token store: lock %s: %w", lock.Name(), err)
	}
	e, err := s.read(key)
	if err != nil || !change(&e) {
		return err
	}
	if err := replaceFile(path, e); err != nil {
		return fmt.Errorf("wecom: token store: %w", err)
	}
	return nil
}

// replaceFile writes another file beside path and moves it there, so that a reader finds the old
// content or the new, and a crash leaves one of them.
func replaceFile(path string, e fileEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	next := path + ".next" // there is one writer at a time
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		_ = os.Remove(next)
		return err
	}
	return nil
}

// waitForLock takes the lock of a file as soon as no other process has it, or gives up with ctx. The
// lock is held for a few file operations only.
func waitForLock(ctx context.Context, f *os.File) error {
	const again = 2 * time.Millisecond
	var timer *time.Timer
	for {
		locked, err := tryLock(f)
		if locked || err != nil {
			return err
		}
		if timer == nil {
			timer = time.NewTimer(again)
			defer timer.Stop()
		} else {
			timer.Reset(again)
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
