package sqlite

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Fingerprints say what went with WeCom's duplicate check in the last hours, so that legitimate twins
// are known. They are random numbers: as keys of a b-tree each would dirty a page of its own, and
// double what a message costs. So they are looked up in memory, and stored in the order in which they
// were left, those of a commit in one row.

// remembered is for how long a fingerprint matters: the longest interval of the duplicate check.
const remembered = 4 * time.Hour

// perGeneration is how many fingerprints are kept exactly. Older ones are in filters, which take
// some for left that were not, one in a few hundred: such a message goes without the check.
const perGeneration = 1 << 18

// print is who left a fingerprint, and when.
type print struct {
	at int64 // milliseconds
	by int64 // row of the delivery
}

// prints are the fingerprints in memory. They belong to the writer's goroutine.
type prints struct {
	latest map[uint64]print
	begun  int64 // when the first of latest was left
	older  []filter
}

// left returns who left the fingerprint last, and when; of the older ones at about what time, and
// not who.
func (p *prints) left(fingerprint uint64) (print, bool) {
	if found, ok := p.latest[fingerprint]; ok {
		return found, true
	}
	for i := len(p.older) - 1; i >= 0; i-- {
		if p.older[i].has(fingerprint) {
			return print{at: p.older[i].newest}, true
		}
	}
	return print{}, false
}

// add takes note of what is stored.
func (p *prints) add(fingerprint uint64, left print) {
	if p.latest == nil {
		p.latest, p.begun = map[uint64]print{}, left.at
	}
	p.latest[fingerprint] = left
	if len(p.latest) < perGeneration && left.at-p.begun < remembered.Milliseconds() {
		return
	}
	kept := p.older[:0]
	for _, f := range p.older {
		if f.newest > left.at-remembered.Milliseconds() {
			kept = append(kept, f)
		}
	}
	clear(p.older[len(kept):])
	p.older = append(kept, newFilter(p.latest))
	p.latest = nil
}

// filter is a Bloom filter of fingerprints, 12 bits for each.
type filter struct {
	bits   []uint64
	newest int64 // when the last of them was left
}

const probes = 8

func newFilter(of map[uint64]print) filter {
	f := filter{bits: make([]uint64, len(of)*12/64+1)}
	for fingerprint, left := range of {
		f.newest = max(f.newest, left.at)
		for i := range probes {
			word, bit := f.place(fingerprint, i)
			f.bits[word] |= bit
		}
	}
	return f
}

func (f *filter) has(fingerprint uint64) bool {
	for i := range probes {
		if word, bit := f.place(fingerprint, i); f.bits[word]&bit == 0 {
			return false
		}
	}
	return true
}

// place is the i-th bit of a fingerprint, which is a random number already.
func (f *filter) place(fingerprint uint64, i int) (word int, bit uint64) {
	at := (fingerprint + uint64(i)*(fingerprint>>32|1)) * 0x9e3779b97f4a7c15 >> 16
	at %= uint64(len(f.bits)) * 64
	return int(at / 64), 1 << (at % 64)
}

var (
	leavePrints = prepare(`INSERT INTO fingerprints (newest, prints) VALUES (?,?)`)
	dropPrints  = prepare(`DELETE FROM fingerprints WHERE id <= (SELECT min(id) FROM fingerprints) + ? AND newest < ?`)
)

// leave leaves the fingerprint of a delivery that goes with the duplicate check for the first time,
// unless it is a twin. It returns what the check can do for the delivery.
func (t *tx) leave(d *delivery.Delivery, fingerprint uint64, now time.Time) delivery.DuplicateCheck {
	sender := fnv.New64a()
	_, _ = sender.Write([]byte(d.Sender))
	key, left := fingerprint^sender.Sum64(), print{millis(now), rowID(d.ID)}
	if d.Check == delivery.CheckOn {
		before, ok := t.prints[key]
		if !ok {
			before, ok = t.shared.prints.left(key)
		}
		// One that was left later than now was left before the clock was set back.
		if ok && before.by != left.by && before.at > left.at-d.CheckFor.Milliseconds() {
			return delivery.CheckTwin
		}
	}
	if t.prints == nil {
		t.prints = map[uint64]print{}
	}
	t.prints[key] = left
	return d.Check
}

const printBytes = 16 // the fingerprint, and who left it

// storePrints stores what was left in the transaction.
func (t *tx) storePrints() error {
	if len(t.prints) == 0 {
		return nil
	}
	data := make([]byte, 0, len(t.prints)*printBytes)
	newest := int64(0)
	for fingerprint, left := range t.prints {
		data = binary.LittleEndian.AppendUint64(data, fingerprint)
		data = binary.LittleEndian.AppendUint64(data, uint64(left.by))
		newest = max(newest, left.at)
	}
	return t.exec(leavePrints, newest, data)
}

// recallPrints reads what still matters. The latest one counts as well as the clock, which may have
// been set since.
func (o *Outbox) recallPrints() error {
	const query = `SELECT newest, prints FROM fingerprints
		WHERE newest > min(?, (SELECT newest FROM fingerprints ORDER BY id DESC LIMIT 1)) - ? ORDER BY id`
	rows, err := o.write.Query(query, time.Now().UnixMilli(), remembered.Milliseconds())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var data []byte
		if err := rows.Scan(&at, &data); err != nil {
			return err
		}
		for ; len(data) >= printBytes; data = data[printBytes:] {
			left := print{at, int64(binary.LittleEndian.Uint64(data[8:]))}
			o.writer.shared.prints.add(binary.LittleEndian.Uint64(data), left)
		}
	}
	return rows.Err()
}
