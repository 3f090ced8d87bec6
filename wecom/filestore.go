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
	"runtime"
	"strings"
	"time"
)

// FileStore is a [TokenStore] in a folder, shared by processes of one machine: a command that cron
// starts every minute, or a service that crashes and starts again, does not call gettoken each time.
// Between machines it does not work; their clocks and file locks differ.
//
// The folder and its files can be read by their owner alone. Tokens stand in them in clear. A folder
// that its group or others can write to is an error of every method (not on Windows, where the mode
// does not tell): they could put a token of theirs there.
type FileStore struct{ dir string }

// NewFileStore returns a store in the folder dir, which is made when it is first needed.
func NewFileStore(dir string) *FileStore { return &FileStore{dir: dir} }

// fileEntry is the content of a file.
type fileEntry struct {
	Token     string    `json:"token,omitempty"`
	FetchedAt time.Time `json:"fetched_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Fence     int64     `json:"fence,omitempty"`

	Holder    int64         `json:"holder,omitempty"` // fence of the lease that was handed out last
	LeaseEnds time.Time     `json:"lease_ends,omitzero"`
	Lease     time.Duration `json:"lease,omitempty"` // how long it was

	Failed  int64         `json:"failed,omitempty"` // fence of the holder that failed last
	Failure *TokenFailure `json:"failure,omitempty"`
}

func (e *fileEntry) stored() StoredToken {
	return StoredToken{Value: e.Token, FetchedAt: e.FetchedAt, ExpiresAt: e.ExpiresAt, Fence: e.Fence}
}

// longestLease is more than any client asks for.
const longestLease = time.Hour

// held reports whether a lease still runs. One that has longer to go than it was given, or than asked
// is where the file does not tell, is over: the clock was set back since, or somebody edited the file.
func (e *fileEntry) held(now time.Time, asked time.Duration) bool {
	longest := max(asked, min(e.Lease, longestLease))
	return now.Before(e.LeaseEnds) && !e.LeaseEnds.After(now.Add(longest))
}

// failed reports whether the failure is the answer to want. A time further away than anybody is told
// to wait is not believed: the clock was set back since, or somebody edited the file.
func (e *fileEntry) failed(want Want, now time.Time) bool {
	if e.Failure == nil {
		return false
	}
	if e.Failure.Until.After(now.Add(failureMemory)) {
		e.Failure.Until = time.Time{}
	}
	return now.Before(e.Failure.Until) || e.Failed != 0 && e.Failed == want.WaitedFor
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
		case e.failed(want, now):
			failure := *e.Failure
			claim = Claim{Failure: &failure}
			return false
		case e.held(now, lease):
			claim = Claim{Fence: e.Holder, Wait: e.LeaseEnds.Sub(now)}
			return false
		}
		e.Holder = max(now.UnixMicro(), e.Holder+1)
		e.LeaseEnds, e.Lease = now.Add(lease), lease
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

// Check tells why the store cannot be used for the key, or nil if it can: whether the folder can be
// made and written to, and the key's files are not somebody else's. A client goes on without its store
// whatever is wrong with it; a program can look first and tell its user.
func (s *FileStore) Check(ctx context.Context, key string) error {
	var wrong error
	err := s.update(ctx, key, func(*fileEntry) bool {
		var next string
		if next, wrong = writeNext(s.path(key), nil); wrong == nil {
			wrong = os.Remove(next)
		}
		return false
	})
	if err == nil && wrong != nil {
		err = fmt.Errorf("wecom: token store: %w", wrong)
	}
	return err
}

// path of a key's file. Keys may have characters that file names may not.
func (s *FileStore) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:12])+".json")
}

// read returns what the file has. Writers replace it whole, so no lock is needed. A file that is not
// ours, or was damaged, counts as empty: it will be replaced.
func (s *FileStore) read(key string) (e fileEntry, err error) {
	if err := s.checkFolder(); errors.Is(err, fs.ErrNotExist) {
		return fileEntry{}, nil
	} else if err != nil {
		return fileEntry{}, fmt.Errorf("wecom: token store: %w", err)
	}
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

func (s *FileStore) checkFolder() error {
	info, err := os.Stat(s.dir)
	if err != nil {
		return err
	}
	return checkPrivate(s.dir, info)
}

// update changes what the file has under a lock that all processes keep; change reports whether it
// changed anything.
func (s *FileStore) update(ctx context.Context, key string, change func(*fileEntry) bool) error {
	lock, err := s.openLock(key)
	if err != nil {
		return fmt.Errorf("wecom: token store: %w", err)
	}
	defer lock.Close() // which unlocks
	if err := untilDone(ctx, func() (bool, error) { return tryLock(lock) }); err != nil {
		return fmt.Errorf("wecom: token store: lock %s: %w", lock.Name(), err)
	}
	e, err := s.read(key)
	if err != nil || !change(&e) {
		return err
	}
	if err := replaceFile(ctx, s.path(key), e); err != nil {
		return fmt.Errorf("wecom: token store: %w", err)
	}
	return nil
}

// openLock makes the folder, if it must, and opens the file whose lock is the key's.
func (s *FileStore) openLock(key string) (*os.File, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.checkFolder(); err != nil {
		return nil, err
	}
	return os.OpenFile(s.path(key)+".lock", os.O_RDWR|os.O_CREATE|noFollow, 0o600)
}

// nextSuffix ends the name of a file that is to replace another.
const nextSuffix = ".next"

// replaceFile writes another file beside path and moves it there, so that a reader finds the old
// content or the new, and a crash leaves one of them. The lock is held.
func replaceFile(ctx context.Context, path string, e fileEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	removeNext(path)
	next, err := writeNext(path, data)
	if err != nil {
		return err
	}
	if err := rename(ctx, next, path); err != nil {
		_ = os.Remove(next)
		return err
	}
	return nil
}

// removeNext removes what writers left that died before they moved it. The lock is held, so none of
// them is still at it.
func removeNext(path string) {
	dir, base := filepath.Split(path)
	entries, _ := os.ReadDir(dir) // what cannot be read cannot be tidied
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, base+".") && strings.HasSuffix(name, nextSuffix) {
			_ = os.Remove(filepath.Join(dir, name))
		}
	}
}

// writeNext writes data to a file beside path that nobody had before, and returns its name.
func writeNext(path string, data []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+nextSuffix) // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// rename moves a file over another. Windows refuses that while somebody reads the other, which takes
// them a moment; there it is tried again.
func rename(ctx context.Context, from, to string) (err error) {
	const patience = 100 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = untilDone(ctx, func() (bool, error) {
		err = os.Rename(from, to)
		return err == nil || runtime.GOOS != "windows", nil
	})
	return err
}

// untilDone calls try until it is done or fails, or gives up with ctx. What it waits for takes others
// a few file operations.
func untilDone(ctx context.Context, try func() (done bool, err error)) error {
	const again = 2 * time.Millisecond
	var timer *time.Timer
	for {
		done, err := try()
		if done || err != nil {
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
