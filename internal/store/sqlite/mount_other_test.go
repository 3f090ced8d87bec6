//go:build !linux

package sqlite_test

import "errors"

var errNoMount = errors.New("only on Linux")

func mount(string, int) error         { return errNoMount }
func remount(string, int, bool) error { return errNoMount }
func unmount(string) error            { return errNoMount }
