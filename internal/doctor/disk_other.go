//go:build !linux && !darwin && !freebsd && !windows

package doctor

import "errors"

// DiskOf tells of the disk that a folder is on.
func DiskOf(string) (Disk, error) { return Disk{}, errors.ErrUnsupported }
