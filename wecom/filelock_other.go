//go:build (!unix && !windows) || solaris || aix

package wecom

import (
	"errors"
	"os"
)

// tryLock fails: this system has no file locks that the standard library knows. A client then goes on
// without the store.
func tryLock(*os.File) (bool, error) {
	return false, errors.New("file locks are not supported on this system")
}
