package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/directory"
)

// Aliases is what WeCom said of phone numbers and email addresses, in the database of an [Outbox].
type Aliases struct{ outbox *Outbox }

// Aliases returns what is remembered in it.
func (o *Outbox) Aliases() Aliases { return Aliases{o} }

var _ directory.Store = Aliases{}

var (
	putAlias = prepare(`INSERT INTO aliases (corp, alias, agent, user, until) VALUES (?,?,?,?,?)
		ON CONFLICT DO UPDATE SET user = excluded.user, until = excluded.until`)
	dropAlias   = prepare(`DELETE FROM aliases WHERE corp = ? AND alias = ?`)
	dropMember  = prepare(`DELETE FROM aliases INDEXED BY aliases_user WHERE corp = ? AND user = ? AND user <> ''`)
	addMisses   = prepare(`INSERT INTO misses (corp, call, hour, n) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n`)
	dropMisses  = prepare(`DELETE FROM misses WHERE corp = ? AND call = ? AND hour < ?`)
	dropAliases = prepare(`DELETE FROM aliases WHERE (corp, alias, agent) IN
		(SELECT corp, alias, agent FROM aliases INDEXED BY aliases_until WHERE until < ? LIMIT ?)`)
)

// Find implements [directory.Store].
func (a Aliases) Find(ctx context.Context, corp string, agent int, aliases []string, now time.Time) ([]directory.Entry, error) {
	list, err := json.Marshal(aliases)
	if err != nil {
		return nil, err
	}
	var entries []directory.Entry
	const query = `SELECT a.alias, a.agent, a.user, a.until FROM json_each(?) AS list CROSS JOIN aliases AS a
		ON a.corp = ? AND a.alias = list.value AND a.agent IN (0, ?) WHERE a.until > ?`
	err = a.outbox.each(ctx, query, []any{string(list), corp, int64(agent), millis(now)}, func(scan func(...any) error) error {
		e := directory.Entry{Corp: corp}
		var until int64
		err := scan(&e.Alias, &e.Agent, &e.User, &until)
		e.Until = fromMillis(until)
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// Keep implements [directory.Store].
func (a Aliases) Keep(ctx context.Context, e directory.Entry, misses ...directory.Misses) error {
	return a.outbox.writer.write(ctx, func(t *tx) error {
		for _, m := range misses {
			if err := t.exec(addMisses, m.Corp, m.Call, m.Hour, int64(m.N)); err != nil {
				return err
			}
			if err := t.exec(dropMisses, m.Corp, m.Call, m.Hour-directory.Hours); err != nil {
				return err
			}
		}
		if e == (directory.Entry{}) {
			return nil
		}
		return t.exec(putAlias, e.Corp, e.Alias, int64(e.Agent), e.User, millis(e.Until))
	})
}

// Forget implements [directory.Store].
func (a Aliases) Forget(ctx context.Context, corp string, names []string) error {
	return a.outbox.writer.write(ctx, func(t *tx) error {
		for _, name := range names {
			drop := dropMember
			if delivery.IsAlias(name) {
				drop = dropAlias
			}
			if err := t.exec(drop, corp, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Misses implements [directory.Store].
func (a Aliases) Misses(ctx context.Context, corp, call string, since int64) ([]directory.Misses, error) {
	var all []directory.Misses
	const query = `SELECT hour, n FROM misses WHERE corp = ? AND call = ? AND hour >= ? ORDER BY hour`
	err := a.outbox.each(ctx, query, []any{corp, call, since}, func(scan func(...any) error) error {
		m := directory.Misses{Corp: corp, Call: call}
		err := scan(&m.Hour, &m.N)
		all = append(all, m)
		return err
	})
	return all, err
}
