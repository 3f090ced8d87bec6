package sqlite_test

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func mount(dir string, megabytes int) error {
	return unix.Mount("hongyan-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes))
}

func remount(dir string, megabytes int, readOnly bool) error {
	flags := uintptr(unix.MS_REMOUNT)
	if readOnly {
		flags |= unix.MS_RDONLY
	}
	return unix.Mount("hongyan-test", dir, "tmpfs", flags, fmt.Sprintf("size=%dm", megabytes))
}

func unmount(dir string) error { return unix.Unmount(dir, 0) }
