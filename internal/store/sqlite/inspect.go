package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Inspection is what a database file looks like from outside.
type Inspection struct {
	Exists         bool
	Bytes          int64 // with its journal
	Schema, Newest int64 // the number of its schema, and the one that this program has
}

// Inspect looks at the file at path, whether a gateway is working on it or not: it changes nothing and
// makes no file. The error, as of [Open], says why a gateway could not work on it.
func Inspect(ctx context.Context, path string) (Inspection, error) {
	in, err := inspect(ctx, path)
	if err != nil {
		return in, openError(path, err)
	}
	return in, nil
}

func inspect(ctx context.Context, path string) (in Inspection, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return in, writable(filepath.Dir(path))
	}
	if err != nil {
		return in, err
	}
	in.Exists, in.Bytes = true, info.Size()
	if journal, err := os.Stat(path + "-wal"); err == nil {
		in.Bytes += journal.Size()
	}
	// As [create] would open it; SQLite falls back to reading where it may not write.
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return in, err
	}
	if err := errors.Join(file.Close(), writable(filepath.Dir(path))); err != nil { // journal and lock lie beside it
		return in, err
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return in, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := check(path, db); err != nil {
		return in, err
	}
	if in.Schema, in.Newest, err = versions(db); err != nil {
		return in, err
	}
	if in.Schema > in.Newest {
		return in, errNewer
	}
	// Whether it takes writes: the lock for one is taken, and given back.
	conn, err := db.Conn(ctx)
	if err != nil {
		return in, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return in, err
	}
	_, err = conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
	return in, err
}

// writable tries whether files can be made in a folder.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, ".hongyan-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
