package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// The terms that messages are found by.
func senderTerm(s delivery.Sender) string { return "s:" + string(s) }
func userTerm(user string) string         { return "u:" + strings.ToLower(user) }
func partyTerm(id int) string             { return "p:" + strconv.Itoa(id) }
func tagTerm(id int) string               { return "t:" + strconv.Itoa(id) }
func labelTerm(label string) string       { return "l:" + label }

const everybodyTerm = "a:"

// termsOf lists what a message is found by, each once, in order.
func termsOf(m *delivery.Message) []string {
	terms := make([]string, 1, 4)
	terms[0] = senderTerm(m.Sender)
	for _, label := range delivery.LabelTexts(m.Labels) {
		terms = append(terms, labelTerm(label))
	}
	for i := range m.Deliveries {
		to := m.Deliveries[i].Content.To()
		for _, user := range to.Users {
			terms = append(terms, userTerm(user))
		}
		if l := m.Deliveries[i].Lookup; l != nil {
			for _, f := range l.Found {
				terms = append(terms, userTerm(f.Alias))
			}
			for _, alias := range l.Unknown {
				terms = append(terms, userTerm(alias))
			}
		}
		for _, id := range to.Parties {
			terms = append(terms, partyTerm(id))
		}
		for _, id := range to.Tags {
			terms = append(terms, tagTerm(id))
		}
		if to.All {
			terms = append(terms, everybodyTerm)
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// A block is written when the latest messages are this many, or have this many terms.
const (
	blockMessages = 8192
	blockTerms    = 1 << 16
)

// entry is what a message is found by.
type entry struct {
	message delivery.MessageID
	terms   []string
}

// recent is what the latest messages are found by: those that are in no block yet.
type recent struct {
	mu          sync.RWMutex // the writer's goroutine writes, and reads without it
	of          map[string][]delivery.MessageID
	first, last delivery.MessageID // zero if there are none
	messages, n int                // n counts the terms of all
	most        int                // messages of a block; 0 means blockMessages
}

// stored takes note of a transaction that was committed: of a block, if it wrote one, and of messages.
func (r *recent) stored(block bool, entries []entry) {
	if !block && len(entries) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if block {
		r.of, r.first, r.last, r.messages, r.n = nil, 0, 0, 0, 0
	}
	if r.of == nil {
		r.of = map[string][]delivery.MessageID{}
	}
	for _, e := range entries {
		for _, term := range e.terms {
			r.of[term] = append(r.of[term], e.message)
		}
		if r.first == 0 {
			r.first = e.message
		}
		r.last = e.message
		r.messages++
		r.n += len(e.terms)
	}
}

// add takes note of terms that a message is found by beside those it was stored with. It is not in a
// block.
func (r *recent) add(e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string][]delivery.MessageID{}
	}
	for _, term := range e.terms {
		ids := r.of[term]
		if i, there := slices.BinarySearch(ids, e.message); !there {
			r.of[term] = slices.Insert(ids, i, e.message)
			r.n++
		}
	}
}

// find returns the ids that a term leads to, rising, and the least id of all that are known here.
func (r *recent) find(term string) (ids []delivery.MessageID, first delivery.MessageID) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.of[term]), r.first
}

// full reports whether it is time to write a block.
func (r *recent) full() bool {
	most := r.most
	if most == 0 {
		most = blockMessages
	}
	return r.messages >= most || r.n >= blockTerms
}

var (
	insertBlock = prepare(`INSERT INTO blocks (first, last) VALUES (?, ?)`)
	// Each value is the ids, a separator that is not in them, and the term; they come in order.
	insertTerms = prepare(`INSERT INTO terms (block, term, messages)
		SELECT ?, substr(value, instr(value, char(31)) + 1), substr(value, 1, instr(value, char(31)) - 1) FROM json_each(?)`)
	findBlock = prepare(`SELECT first, last FROM blocks WHERE first <= ? ORDER BY first DESC LIMIT 1`)
	findTerm  = prepare(`SELECT messages FROM terms WHERE block = ? AND term = ?`)
	putTerm   = prepare(`INSERT INTO terms (block, term, messages) VALUES (?,?,?) ON CONFLICT DO UPDATE SET messages = excluded.messages`)
	dropTerms = prepare(`DELETE FROM terms WHERE block = ?`)
	dropBlock = prepare(`DELETE FROM blocks WHERE first = ?`)
)

// storeTerms writes a block if it is time to. Its messages were stored by earlier transactions.
func (t *tx) storeTerms() (written bool) {
	r := &t.shared.terms
	if !r.full() {
		return false
	}
	return t.writeBlock(r) == nil
}

func (t *tx) writeBlock(r *recent) error {
	values := make([]string, 0, len(r.of))
	for _, term := range slices.Sorted(maps.Keys(r.of)) {
		values = append(values, idsText(r.first, r.of[term])+"\x1f"+term)
	}
	list, err := json.Marshal(values)
	if err != nil {
		return t.fail(err)
	}
	if err := t.exec(insertBlock, int64(r.first), int64(r.last)); err != nil {
		return err
	}
	return t.exec(insertTerms, int64(r.first), string(list))
}

// enter adds to what a stored message is found by: in its block, or in memory once the transaction is
// committed.
func (t *tx) enter(m delivery.MessageID, terms []string) error {
	if len(terms) == 0 {
		return nil
	}
	var first, last int64
	written, err := t.get(findBlock, []any{int64(m)}, &first, &last)
	if err != nil {
		return err
	}
	if !written || last < int64(m) {
		t.found = append(t.found, entry{m, terms})
		return nil
	}
	block := delivery.MessageID(first)
	for _, term := range terms {
		var text string
		var ids []delivery.MessageID
		there, err := t.get(findTerm, []any{first, term}, &text)
		if err != nil {
			return err
		}
		if there {
			if ids, err = parseIDs(block, text); err != nil {
				return t.fail(err)
			}
		}
		i, has := slices.BinarySearch(ids, m)
		if has {
			continue
		}
		if err := t.exec(putTerm, first, term, idsText(block, slices.Insert(ids, i, m))); err != nil {
			return err
		}
	}
	return nil
}

func idsText(first delivery.MessageID, ids []delivery.MessageID) string {
	text := make([]byte, 0, 8*len(ids))
	for i, id := range ids {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, int64(id-first), 36)
	}
	return string(text)
}

func parseIDs(first delivery.MessageID, text string) (ids []delivery.MessageID, err error) {
	for part := range strings.SplitSeq(text, " ") {
		n, err := strconv.ParseInt(part, 36, 64)
		if err != nil {
			return nil, err
		}
		ids = append(ids, first+delivery.MessageID(n))
	}
	return ids, nil
}

// rememberTerms reads what the messages behind the last block are found by. There are few, but for a
// file of a version that had no blocks; then they are written.
func (o *Outbox) rememberTerms() error {
	var last int64
	if err := o.read.QueryRow(`SELECT coalesce(max(last), 0) FROM blocks`).Scan(&last); err != nil {
		return err
	}
	r := &o.writer.shared.terms
	for last >= 0 {
		next := int64(-1)
		m := &delivery.Message{}
		enter := func() {
			if m.ID != 0 {
				r.stored(false, []entry{{m.ID, termsOf(m)}})
			}
		}
		const query = `SELECT id, sender, labels, lookup, kind, content FROM deliveries WHERE id >= ? ORDER BY id`
		err := o.each(context.Background(), query, []any{(last + 1) << partBits}, func(scan func(...any) error) error {
			var id int64
			var d delivery.Delivery
			var labels *string
			var lookup sql.NullString
			var kind delivery.Kind
			var content []byte
			err := scan(&id, &d.Sender, &labels, &lookup, &kind, &content)
			if err == nil {
				d.Lookup, err = parseLookup(lookup)
			}
			if err != nil {
				return err
			}
			d.ID = deliveryID(id)
			if d.ID.Message != m.ID {
				if enter(); r.full() {
					next = int64(m.ID)
					return errEnough
				}
				m = &delivery.Message{ID: d.ID.Message, Sender: d.Sender}
				if labels != nil {
					if err := json.Unmarshal([]byte(*labels), &m.Labels); err != nil {
						return err
					}
				}
			}
			d.Content, _ = delivery.DecodeReceivers(kind, content) // what cannot be read names nobody
			m.Deliveries = append(m.Deliveries, d)
			return nil
		})
		if err != nil && err != errEnough {
			return err
		}
		if err == nil {
			enter()
		}
		if last = next; next >= 0 {
			// A transaction without operations, before the writer has begun.
			if _, err := o.writer.transact(nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// pruneTerms forgets the blocks all of whose messages are forgotten, up to a bound.
func (o *Outbox) pruneTerms(ctx context.Context) error {
	const most = 20
	var blocks []int64
	const query = `SELECT first FROM blocks WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE id >= first << 12 AND id < (last + 1) << 12) LIMIT ?`
	err := o.each(ctx, query, []any{most}, func(scan func(...any) error) error {
		var first int64
		err := scan(&first)
		blocks = append(blocks, first)
		return err
	})
	if err != nil {
		return err
	}
	for _, first := range blocks {
		err := o.writer.write(ctx, func(t *tx) error {
			if err := t.exec(dropTerms, first); err != nil {
				return err
			}
			return t.exec(dropBlock, first)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
