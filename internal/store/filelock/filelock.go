// Package filelock keeps a second process away from a file. The lock is the operating system's: it
// ends with the process, however that ends, so there is never a stale one to remove.
package filelock

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrLocked says that another process has the lock.
var ErrLocked = errors.New("locked by another process")

// Lock is a lock that this process has.
type Lock struct{ file *os.File }

// Acquire takes the lock that the file at path stands for, and makes the file if there is none. It
// does not wait: if another process has it, the error wraps ErrLocked, and names that process if it
// can.
func Acquire(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		defer file.Close()
		if !errors.Is(err, ErrLocked) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if pid, _ := os.ReadFile(path); len(pid) > 0 {
			return nil, fmt.Errorf("%w, number %s", ErrLocked, strings.TrimSpace(string(pid)))
		}
		return nil, err
	}
	// The number is for people only; a disk that is too full for it does no harm.
	if file.Truncate(0) == nil {
		_, _ = fmt.Fprintln(file, os.Getpid())
	}
	return &Lock{file}, nil
}

// Release gives the lock back. The file stays: removing it would let two processes lock two files of
// the same name.
func (l *Lock) Release() error { return l.file.Close() }
