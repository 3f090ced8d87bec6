package sqlite

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
