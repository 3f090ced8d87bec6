//go:build unix && !solaris && !aix

package wecom

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes an advisory lock if nobody has it. It ends when the file is closed, or its process
// ends.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return false, nil
	}
	return false, err
}
