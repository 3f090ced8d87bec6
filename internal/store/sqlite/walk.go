package sqlite

import (
	"errors"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// errEnough ends the reading of rows; it is not an error.
var errEnough = errors.New("enough was looked at")

// list is ids of messages that an index has.
type list interface {
	// below returns the greatest ids below a bound and not below least, up to n of them, the greatest
	// first, and each once; none if there are none. looked is how many parts of the index it looked at
	// beside them.
	below(bound, least delivery.MessageID, n int) (ids []delivery.MessageID, looked int, err error)
}

// walker walks down several lists at once.
type walker struct {
	heads  []head
	least  delivery.MessageID
	looked int // at parts of indexes
}

type head struct {
	list
	ids   []delivery.MessageID // not taken yet
	bound delivery.MessageID   // what is below was not asked for yet
	ended bool
}

func newWalker(lists []list, below, least delivery.MessageID) *walker {
	w := &walker{least: least}
	for _, l := range lists {
		w.heads = append(w.heads, head{list: l, bound: below})
	}
	return w
}

// take returns the next n ids, the greatest first; fewer only at the end.
func (w *walker) take(n int) ([]delivery.MessageID, error) {
	var taken []delivery.MessageID
	for len(taken) < n {
		var greatest delivery.MessageID
		for i := range w.heads {
			h := &w.heads[i]
			if len(h.ids) == 0 && !h.ended {
				if err := w.refill(h, n); err != nil {
					return nil, err
				}
			}
			if len(h.ids) > 0 {
				greatest = max(greatest, h.ids[0])
			}
		}
		if greatest == 0 {
			break
		}
		for i := range w.heads {
			if h := &w.heads[i]; len(h.ids) > 0 && h.ids[0] == greatest {
				h.ids = h.ids[1:]
			}
		}
		taken = append(taken, greatest)
	}
	return taken, nil
}

func (w *walker) refill(h *head, n int) error {
	ids, looked, err := h.below(h.bound, w.least, n)
	if err != nil {
		return err
	}
	w.looked += looked
	if len(ids) == 0 {
		h.ended = true
		return nil
	}
	h.ids, h.bound = ids, ids[len(ids)-1]
	return nil
}

// rowList is the messages that rows of deliveries belong to. where is the query up to the bounds of
// the id, and its end is ORDER BY id.
type rowList struct {
	q     *search
	where string
	args  []any
}

func (l *rowList) below(bound, least delivery.MessageID, n int) (ids []delivery.MessageID, looked int, err error) {
	query := `SELECT id ` + l.where + `id < ? AND id >= ? ORDER BY id DESC LIMIT ?`
	args := append(append([]any(nil), l.args...), int64(bound)<<partBits, int64(least)<<partBits, int64(n))
	err = l.q.o.each(l.q.ctx, query, args, func(scan func(...any) error) error {
		var row int64
		err := scan(&row)
		if id := deliveryID(row).Message; len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		} else {
			looked++
		}
		return err
	})
	return ids, looked, err
}

// termList is the messages that a term leads to: the latest ones, then those of one block after the
// other.
type termList struct {
	q    *search
	term string

	asked bool
	ids   []delivery.MessageID // rising, of those that were read and not given yet
	first delivery.MessageID   // what is below is in blocks
}

const termQuery = `SELECT b.first, t.messages FROM blocks AS b CROSS JOIN terms AS t ON t.block = b.first AND t.term = ?
	WHERE b.first < ? AND b.last >= ? ORDER BY b.first DESC`

func (l *termList) below(bound, least delivery.MessageID, n int) (ids []delivery.MessageID, looked int, err error) {
	if !l.asked {
		// What moves into a block from now on is not looked for there.
		l.asked = true
		if l.ids, l.first = l.q.o.writer.shared.terms.find(l.term); l.first == 0 {
			l.first = bound
		}
	}
	take := func() {
		for i := len(l.ids) - 1; i >= 0 && len(ids) < n; i-- {
			if id := l.ids[i]; id < bound && id >= least {
				ids = append(ids, id)
			}
			l.ids = l.ids[:i]
		}
	}
	if take(); len(ids) > 0 || l.first <= least {
		return ids, 0, nil
	}
	err = l.q.o.each(l.q.ctx, termQuery, []any{l.term, int64(min(bound, l.first)), int64(least)}, func(scan func(...any) error) error {
		var messages string
		if err := scan(&l.first, &messages); err != nil {
			return err
		}
		looked++
		if l.ids, err = parseIDs(l.first, messages); err != nil {
			return err
		}
		if take(); len(ids) == n {
			return errEnough
		}
		return nil
	})
	if err == errEnough {
		err = nil
	}
	return ids, looked, err
}
