package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// faults are SQLite's results that say that the storage cannot do its work, and what that means.
var faults = map[int]string{
	lib.SQLITE_FULL:     "the disk is full: make room, and it goes on by itself",
	lib.SQLITE_READONLY: "the database is read-only: check the mount and the permissions of the file and its folder",
	lib.SQLITE_PERM:     "the database may not be written: check the permissions of the file and its folder",
	lib.SQLITE_CANTOPEN: "the database cannot be opened: check that its folder is there and may be written",
	lib.SQLITE_IOERR:    "the disk does not work: see the system's log",
	lib.SQLITE_BUSY:     "another program keeps the database locked: let it end its transaction",
	lib.SQLITE_LOCKED:   "another program keeps the database locked: let it end its transaction",
	lib.SQLITE_NOMEM:    "there is not enough memory",
	lib.SQLITE_CORRUPT:  "the database is damaged: stop, and restore it from a backup",
	lib.SQLITE_NOTADB:   "the database is damaged: stop, and restore it from a backup",
	lib.SQLITE_NOLFS:    "the disk takes no files of this size",
	lib.SQLITE_PROTOCOL: "the database cannot be locked: it must not be on a network file system",
}

// code is SQLite's extended result code, or 0 if the error is not from there.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// isFault reports whether the storage could not do its work, rather than being asked for what cannot be.
func isFault(err error) bool { return faults[code(err)&0xff] != "" }

// fault makes the error of the port from one of SQLite, whose own text it keeps: it has no content
// of messages in it.
func fault(err error) error {
	if err == nil || errors.Is(err, delivery.ErrStorage) {
		return err
	}
	if what := faults[code(err)&0xff]; what != "" {
		return fmt.Errorf("%w: %s (%w)", delivery.ErrStorage, what, err)
	}
	return fmt.Errorf("%w: %w", delivery.ErrStorage, err)
}
