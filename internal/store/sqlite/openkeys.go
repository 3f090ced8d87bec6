package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/store/filelock"
)

// KeyFile is the API keys in a database file that another process may be working on.
type KeyFile struct {
	*Keys
	db *sql.DB
}

var _ access.Keys = (*KeyFile)(nil)

// OpenKeys opens the keys in the file at path, and makes the file if there is none. Unlike [Open] it
// works while a gateway has the file.
func OpenKeys(path string) (*KeyFile, error) {
	k, err := openKeys(path)
	if err != nil {
		return nil, openError(path, err)
	}
	return k, nil
}

func openKeys(path string) (_ *KeyFile, err error) {
	if err := create(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, pragmasOfWriter...))
	if err != nil {
		return nil, err
	}
	defer closeUnless(&err, db)
	db.SetMaxOpenConns(1)
	if err := migrateBeside(path, db); err != nil {
		return nil, err
	}
	write := func(_ context.Context, do func(*tx) error) error {
		// A writer for one operation: it has no goroutine to stop, and takes the connection in turn.
		w := &writer{db: db}
		defer w.drop()
		r := &request{do, make(chan error, 1)}
		w.perform([]*request{r})
		return <-r.done
	}
	return &KeyFile{newKeys(db, write), db}, nil
}

// Close closes the file.
func (k *KeyFile) Close() error { return k.db.Close() }

// patience is how long another process may take to bring the schema up to date.
const patience = 10 * time.Second

// migrateBeside brings the schema up to date, unless another process has the file: then that one does,
// or has done so, or is of another version.
func migrateBeside(path string, db *sql.DB) error {
	deadline := time.Now().Add(patience)
	for {
		version, target, err := versions(db)
		switch {
		case err != nil:
			return err
		case version == target:
			return nil
		case version > target:
			return fmt.Errorf("%w (its schema is number %d, this one knows %d)", errNewer, version, target)
		}
		lock, err := filelock.Acquire(path + ".lock")
		switch {
		case err == nil:
			return errors.Join(migrate(db), lock.Release())
		case !errors.Is(err, filelock.ErrLocked):
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("a gateway of another version is running on it (schema %d, this one needs %d): use that version for this", version, target)
		}
		<-time.After(50 * time.Millisecond) // the lock tells nobody when it becomes free
	}
}

// versions reads the schema's number without changing anything.
func versions(db *sql.DB) (version, target int64, err error) {
	provider, err := newProvider(db)
	if err != nil {
		return 0, 0, err
	}
	for _, source := range provider.ListSources() {
		target = max(target, source.Version)
	}
	var there bool
	if err := db.QueryRow(`SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'goose_db_version'`).Scan(&there); err != nil || !there {
		return 0, target, err
	}
	err = db.QueryRow(`SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, target, err
}
