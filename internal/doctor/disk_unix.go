//go:build linux || darwin || freebsd

package doctor

import "golang.org/x/sys/unix"

// DiskOf tells of the disk that a folder is on.
func DiskOf(dir string) (Disk, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Disk{}, err
	}
	block := uint64(s.Bsize)
	return Disk{dir, uint64(s.Bavail) * block, uint64(s.Blocks) * block}, nil
}
