//go:build unix

package wecom

import (
	"fmt"
	"io/fs"
	"syscall"
)

// noFollow has an open fail where the name is a symbolic link.
const noFollow = syscall.O_NOFOLLOW

// checkPrivate refuses a folder that others may write to: who can put a file there can put a link
// there too, or a token of their own. A sticky bit does not keep them from it.
func checkPrivate(dir string, info fs.FileInfo) error {
	if perm := info.Mode().Perm(); perm&0o022 != 0 {
		return fmt.Errorf("%s has mode %04o: its group or others can write to it; chmod go-w, or choose a folder of your own", dir, perm)
	}
	return nil
}
