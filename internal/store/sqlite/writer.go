package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// maxBatch bounds the operations of one commit, and so what one of them waits for the others.
const maxBatch = 1000

// request is one operation that waits for the writer.
type request struct {
	do   func(*tx) error
	done chan error // takes the one answer without waiting
}

// writer is the one goroutine that writes. It takes whatever operations wait, performs them in one
// transaction, commits, and answers them all; what arrives meanwhile is the next batch. So under load
// many callers share one fsync, and without load nobody waits for a timer.
type writer struct {
	db       *sql.DB
	requests chan *request
	closing  chan struct{} // closed when no more is taken
	stopped  chan struct{} // closed when the last answer was given

	conn   *connection // nil after a fault, until the next batch
	shared shared
	// committed is told for whom a transaction made webhooks due; nil if nobody wants to know.
	committed func(fresh)

	commits, operations, failed atomic.Uint64
	busy                        atomic.Int64 // nanoseconds in transactions
}

// shared is what transactions leave to those after them.
type shared struct {
	message int64 // the greatest id given so far; it may be ahead of what is stored
	prints  prints
	terms   recent
}

func newWriter(db *sql.DB) *writer {
	return &writer{db: db, requests: make(chan *request, maxBatch), closing: make(chan struct{}), stopped: make(chan struct{})}
}

// write performs an operation in a transaction that it may share with others, and returns when it is
// durable. do runs in the writer's goroutine, must not keep its tx, and must either return an error
// before its first statement that writes, or nil: what it wrote is not undone for it alone. If the
// transaction fails for another's sake, do runs again, in one of its own.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	r := &request{do, make(chan error, 1)}
	select {
	case <-w.closing:
		return delivery.ErrClosed
	default:
	}
	select {
	case w.requests <- r:
	case <-w.closing:
		return delivery.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped:
	}
	select {
	case err := <-r.done:
		return err
	default:
		return delivery.ErrClosed
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	batch := make([]*request, 0, maxBatch)
	for {
		select {
		case r := <-w.requests:
			batch = w.fill(append(batch[:0], r))
			w.perform(batch)
		case <-w.closing:
			// Those who got in before the end are served.
			for batch = w.fill(batch[:0]); len(batch) > 0; batch = w.fill(batch[:0]) {
				w.perform(batch)
			}
			w.drop()
			return
		}
	}
}

// fill adds the operations that wait right now.
func (w *writer) fill(batch []*request) []*request {
	for len(batch) < maxBatch {
		select {
		case r := <-w.requests:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// perform does the operations in one transaction. One that fails by itself does not fail the others;
// a fault of the storage fails them all.
func (w *writer) perform(batch []*request) {
	answers, err := w.transact(batch)
	switch {
	case err == nil:
		for i, r := range batch {
			r.done <- answers[i]
		}
	case isFault(err) || len(batch) == 1:
		err = fault(err)
		w.failed.Add(uint64(len(batch)))
		for _, r := range batch {
			r.done <- err
		}
	default:
		// One operation did what SQLite does not take. Alone, it fails alone.
		for i := range batch {
			w.perform(batch[i : i+1])
		}
	}
}

// transact performs the batch. answers are those of operations that found what they were asked for
// impossible; with an error the transaction is undone as a whole.
func (w *writer) transact(batch []*request) (answers []error, err error) {
	if w.conn == nil {
		if w.conn, err = connect(w.db); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	defer func() { w.busy.Add(int64(time.Since(start))) }()
	t := &tx{conn: w.conn, shared: &w.shared}
	if err := t.exec(begin); err != nil {
		w.undo(err)
		return nil, err
	}
	answers = make([]error, len(batch))
	flushed := t.storeTerms()
	for i, r := range batch {
		answers[i] = r.do(t)
		if t.err != nil {
			w.undo(t.err)
			return nil, t.err
		}
	}
	if t.ended != 0 {
		_ = t.exec(countEnded, t.ended)
	}
	_ = t.storePrints()
	if err := t.exec(commit); t.err != nil {
		w.undo(err)
		return nil, t.err
	}
	for fingerprint, left := range t.prints {
		w.shared.prints.add(fingerprint, left)
	}
	w.shared.terms.stored(flushed, t.entered)
	for _, e := range t.found {
		w.shared.terms.add(e)
	}
	if t.fresh != nil && w.committed != nil {
		w.committed(t.fresh)
	}
	w.commits.Add(1)
	w.operations.Add(uint64(len(batch)))
	return answers, nil
}

// undo takes back what the transaction wrote. SQLite has often done so by itself already; where it
// cannot be trusted to go on, the next batch gets a fresh connection.
func (w *writer) undo(cause error) {
	t := &tx{conn: w.conn}
	_ = t.exec(rollback)
	if isFault(cause) {
		w.drop()
	}
}

func (w *writer) drop() {
	if w.conn != nil {
		w.conn.close()
		w.conn = nil
	}
}

// close stops the writer after what it was given.
func (w *writer) close() {
	close(w.closing)
	<-w.stopped
}

// tx is the transaction that an operation writes in. Its first failed statement fails it as a whole.
type tx struct {
	conn    *connection
	shared  *shared
	prints  map[uint64]print // left in this transaction
	entered []entry          // what its messages are found by
	found   []entry          // what others are found by as well
	ended   int64            // messages that came to their end, less those that were forgotten
	fresh   fresh            // webhooks that became due
	err     error
}

func (t *tx) fail(err error) error {
	if t.err == nil {
		t.err = err
	}
	return t.err
}

func (t *tx) exec(s statement, args ...any) error {
	_, err := t.update(s, args...)
	return err
}

// update returns how many rows it changed.
func (t *tx) update(s statement, args ...any) (int64, error) {
	stmt, err := t.conn.prepared(s)
	if err != nil {
		return 0, t.fail(err)
	}
	result, err := stmt.Exec(args...)
	if err != nil {
		return 0, t.fail(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, t.fail(err)
	}
	return n, nil
}

// get reads one row, and reports whether there is one.
func (t *tx) get(s statement, args []any, into ...any) (bool, error) {
	stmt, err := t.conn.prepared(s)
	if err != nil {
		return false, t.fail(err)
	}
	switch err := stmt.QueryRow(args...).Scan(into...); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, t.fail(err)
	}
	return true, nil
}

// all calls each for every row. The rows must not be changed before it returns.
func (t *tx) all(s statement, args []any, each func(scan func(...any) error) error) error {
	stmt, err := t.conn.prepared(s)
	if err != nil {
		return t.fail(err)
	}
	rows, err := stmt.Query(args...)
	if err != nil {
		return t.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return t.fail(err)
		}
	}
	if err := rows.Err(); err != nil {
		return t.fail(err)
	}
	return nil
}

// connection is the writer's, with its prepared statements.
type connection struct {
	*sql.Conn
	stmts []*sql.Stmt
}

func connect(db *sql.DB) (*connection, error) {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	return &connection{conn, make([]*sql.Stmt, len(statements))}, nil
}

func (c *connection) prepared(s statement) (*sql.Stmt, error) {
	if c.stmts[s] == nil {
		stmt, err := c.PrepareContext(context.Background(), statements[s])
		if err != nil {
			return nil, err
		}
		c.stmts[s] = stmt
	}
	return c.stmts[s], nil
}

func (c *connection) close() {
	// database/sql does not close the statements of a single connection, and SQLite stays open as long
	// as there is one.
	for _, stmt := range c.stmts {
		if stmt != nil {
			_ = stmt.Close()
		}
	}
	// The pool must not hand it out again, whatever state it is in.
	_ = c.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.Conn.Close()
}

// statement names a text of SQL that each connection prepares at most once.
type statement int

var statements []string

func prepare(text string) statement {
	statements = append(statements, text)
	return statement(len(statements) - 1)
}

var (
	begin    = prepare(`BEGIN IMMEDIATE`)
	commit   = prepare(`COMMIT`)
	rollback = prepare(`ROLLBACK`)

	countEnded = prepare(`UPDATE counters SET value = value + ? WHERE name = 'ended'`)
)

// Parts of SQL that must be written as in the indexes, or SQLite does not use them.
const (
	isOpen  = `status <= 2` // scheduled or queued
	isReady = isOpen + ` AND waiting = 0`
)
