// Package sqlite is the outbox, and the API keys, in one SQLite file.
//
// One goroutine writes ([writer]); it shares its commits among all who wait. Those who read have
// connections of their own and wait for nobody. A lock file keeps a second gateway away.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/filelock"
	"github.com/hongyan-im/hongyan/internal/store/migrations"
)

// Options are what may be chosen about an [Outbox]. The zero value is good.
type Options struct {
	// Readers is how many may read at once. Defaults to 4.
	Readers int
}

// Outbox is a [delivery.Outbox] in a SQLite file that this process alone works on.
type Outbox struct {
	*Keys
	writer  *writer
	write   *sql.DB
	read    *sql.DB
	lock    *filelock.Lock
	claims  chan struct{}                  // holds one token while somebody claims
	seen    func(query string, args []any) // of tests: what is read; nil means that nobody looks
	orphans []orphan                       // rows that were on their way when the file was opened

	webhooks *Webhooks

	readDueRows *sql.Stmt // of read: it is made for every claim
}

// Open opens the outbox in the file at path, and makes it, readable for its owner alone, if there is
// none. Its errors are for the operator: they name the file and say what to do.
func Open(path string, options Options) (*Outbox, error) {
	lock, err := filelock.Acquire(path + ".lock")
	switch {
	case errors.Is(err, filelock.ErrLocked):
		return nil, fmt.Errorf("database %s is in use (%w): a file belongs to one gateway; stop the other one, or give this one a file of its own", path, err)
	case err != nil:
		return nil, openError(path, err)
	}
	o, err := open(path, options)
	if err != nil {
		_ = lock.Release()
		return nil, openError(path, err)
	}
	o.lock = lock
	return o, nil
}

// pragmasOfWriter: FULL makes each commit wait for its fsync; the caches are in KiB. A larger cache is
// slower: when SQLite reorders pages of an index, the commit after it looks through the whole cache.
var pragmasOfWriter = []string{"synchronous(FULL)", "journal_mode(WAL)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(-8000)"}

func open(path string, options Options) (_ *Outbox, err error) {
	if options.Readers <= 0 {
		options.Readers = 4
	}
	if err := create(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", dsn(path, pragmasOfWriter...))
	if err != nil {
		return nil, err
	}
	defer closeUnless(&err, write)
	write.SetMaxOpenConns(1)
	if err := check(path, write); err != nil {
		return nil, err
	}
	if err := migrate(write); err != nil {
		return nil, err
	}
	read, err := sql.Open("sqlite", dsn(path, "query_only(1)", "cache_size(-8000)"))
	if err != nil {
		return nil, err
	}
	defer closeUnless(&err, read)
	read.SetMaxOpenConns(options.Readers)
	read.SetMaxIdleConns(options.Readers)
	o := &Outbox{writer: newWriter(write), write: write, read: read, claims: make(chan struct{}, 1)}
	o.Keys = newKeys(read, o.writer.write)
	o.webhooks = &Webhooks{Outbox: o, news: make(chan struct{}, 1)}
	o.writer.committed = o.webhooks.committed
	if err := o.remember(); err != nil {
		return nil, err
	}
	if err := o.rememberTerms(); err != nil {
		return nil, err
	}
	if o.readDueRows, err = read.Prepare(`SELECT ` + rowColumns + dueQuery); err != nil {
		return nil, err
	}
	go o.writer.run()
	return o, nil
}

func closeUnless(err *error, db *sql.DB) {
	if *err != nil {
		_ = db.Close()
	}
}

// orphan is an attempt that the last owner of the file began, and did not settle.
type orphan struct{ id, attempt int64 }

// remember reads what the last owner of the file left.
func (o *Outbox) remember() error {
	if err := o.recallPrints(); err != nil {
		return err
	}
	var last int64
	if err := o.write.QueryRow(`SELECT coalesce(max(id), 0) FROM deliveries`).Scan(&last); err != nil {
		return err
	}
	o.writer.shared.message = int64(deliveryID(last).Message)
	rows, err := o.write.Query(`SELECT id, attempts FROM deliveries WHERE status = 3`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var left orphan
		if err := rows.Scan(&left.id, &left.attempt); err != nil {
			return err
		}
		o.orphans = append(o.orphans, left)
	}
	return rows.Err()
}

// Close stops taking operations, finishes those it took, and closes the file.
func (o *Outbox) Close() error {
	o.writer.close()
	return errors.Join(o.read.Close(), o.write.Close(), o.lock.Release())
}

// A row that does not change is not written.
var probe = prepare(`UPDATE counters SET value = value + 1 WHERE name = 'probes'`)

// Ready reports whether the storage takes writes: it makes one.
func (o *Outbox) Ready(ctx context.Context) error {
	return o.writer.write(ctx, func(t *tx) error { return t.exec(probe) })
}

// Stats is what the writer did since the outbox was opened.
type Stats struct {
	Commits    uint64
	Operations uint64        // of all commits
	Failed     uint64        // operations that a fault of the storage failed
	Busy       time.Duration // in transactions, with their fsync
}

// Stats reads counters; it costs nothing.
func (o *Outbox) Stats() Stats {
	w := o.writer
	return Stats{w.commits.Load(), w.operations.Load(), w.failed.Load(), time.Duration(w.busy.Load())}
}

// dsn is what the driver wants: the file as a URL, since its name may have any characters.
func dsn(path string, pragmas ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	file := url.URL{Scheme: "file", Path: path}
	query := url.Values{"_pragma": append([]string{"busy_timeout(5000)", "trusted_schema(0)"}, pragmas...)}
	return file.String() + "?" + query.Encode()
}

// create makes the file, if there is none, with the permissions that its journals will have too. A
// file that is there is not touched: closing it would end the locks that this process has on it.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// smallFile is how large a database may be to be read through at each start, in bytes: 16 MiB took
// 45 ms.
const smallFile = 256 << 20

// check finds damage early. A large file takes too long for it; SQLite finds the damage when it gets
// there, and the operation that does fails.
func check(path string, db *sql.DB) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > smallFile {
		_, err := db.Exec(`SELECT count(*) FROM sqlite_schema`)
		return err
	}
	var result string
	if err := db.QueryRow(`PRAGMA quick_check(1)`).Scan(&result); err != nil {
		return err
	}
	if result != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, result)
	}
	return nil
}

var (
	errDamaged = errors.New("it is damaged")
	errNewer   = errors.New("it was written by a newer version of hongyan")
)

func newProvider(db *sql.DB) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
}

// migrate brings the schema up to date.
func migrate(db *sql.DB) error {
	provider, err := newProvider(db)
	if err != nil {
		return err
	}
	version, target, err := versions(db)
	if err != nil {
		return err
	}
	if version > target {
		return fmt.Errorf("%w (its schema is number %d, this one knows %d)", errNewer, version, target)
	}
	if version == target {
		return nil
	}
	_, err = provider.Up(context.Background())
	return err
}

// openError says what to do about a database that cannot be opened.
func openError(path string, err error) error {
	hint := ""
	switch c := code(err) & 0xff; {
	case errors.Is(err, errNewer):
		hint = ": use that version, or restore the backup from before it"
	case errors.Is(err, errDamaged), c == lib.SQLITE_CORRUPT, c == lib.SQLITE_NOTADB:
		hint = ": it is no database of hongyan, or it is damaged; keep a copy of it with its -wal file, and restore a backup (docs/durability.md)"
	case errors.Is(err, fs.ErrNotExist):
		hint = fmt.Sprintf(": make the folder %s first, owned by the user that runs the gateway", filepath.Dir(path))
	case errors.Is(err, syscall.EROFS):
		hint = ": " + faults[lib.SQLITE_READONLY]
	case errors.Is(err, syscall.ENOSPC):
		hint = ": " + faults[lib.SQLITE_FULL]
	case errors.Is(err, fs.ErrPermission):
		hint = fmt.Sprintf(": the user that runs the gateway needs to write the file and its folder %s", filepath.Dir(path))
	default:
		if what := faults[c]; what != "" {
			hint = ": " + what
		}
	}
	return fmt.Errorf("database %s: %w%s", path, err, hint)
}

var _ delivery.Outbox = (*Outbox)(nil)
