package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"slices"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// maxLook is how many rows a page looks at before it ends, at the end of a message.
const maxLook = 5000

// Search implements [delivery.Reader]. It walks down the ids that an index gives, reads those messages'
// rows in chunks without what is not needed to decide, and then reads what was found.
func (o *Outbox) Search(ctx context.Context, f delivery.Filter, before delivery.MessageID, n int) (delivery.Page, error) {
	q := &search{o: o, ctx: ctx, filter: &f}
	if len(f.Reasons) > 0 {
		var err error
		if q.rests, err = o.Rests(ctx); err != nil {
			return delivery.Page{}, err
		}
	}
	below, least := idAt(math.MaxInt64), delivery.MessageID(1)
	if !f.Until.IsZero() {
		below = idAt(f.Until.UnixMilli())
	}
	if !f.Since.IsZero() {
		least = idAt(f.Since.UnixMilli())
	}
	if before != 0 {
		below = min(below, before)
	}
	walk, err := q.walk(below, least)
	if err != nil {
		return delivery.Page{}, err
	}
	return q.page(walk, min(n, delivery.MaxPage))
}

// idAt is the least id of a message that was accepted then.
func idAt(ms int64) delivery.MessageID {
	const last = int64(1)<<51 - 1
	return delivery.MessageID(min(max(ms-epoch, 0), last>>countBits) << countBits)
}

// search is one call of Search.
type search struct {
	o      *Outbox
	ctx    context.Context
	filter *delivery.Filter
	rests  map[delivery.Sender]delivery.Rest
	answer delivery.Page
	shown  int // deliveries on the page
}

// page looks at the messages of a walk until the page is full, or enough was looked at.
func (q *search) page(w *walker, n int) (delivery.Page, error) {
	p := &q.answer
	for size := 16; ; size = min(2*size, 256) {
		ids, err := w.take(min(size, max(2*n, 16)))
		if err != nil {
			return delivery.Page{}, err
		}
		p.Looked += w.looked + len(ids)
		w.looked = 0
		if len(ids) == 0 {
			return *p, nil
		}
		found, last, err := q.sift(ids)
		if err != nil {
			return delivery.Page{}, err
		}
		for _, id := range found {
			m, err := q.o.Message(q.ctx, id)
			switch {
			case err == delivery.ErrNotFound: // forgotten meanwhile
				continue
			case err != nil:
				return delivery.Page{}, err
			}
			p.Messages = append(p.Messages, m)
			if q.shown += len(m.Deliveries); len(p.Messages) == n || q.shown >= delivery.MaxShown {
				p.Next = id
				return *p, nil
			}
		}
		if p.Looked >= maxLook {
			p.Next = last
			return *p, nil
		}
	}
}

// siftQuery reads what decides, of the messages of a list, the content only where it is wanted.
const siftQuery = `SELECT d.id, d.sender, d.status, d.waiting, d.reason, d.cause, d.labels, d.kind, CASE WHEN ?1 THEN d.content END, CASE WHEN ?1 THEN d.lookup END
	FROM json_each(?2) AS list CROSS JOIN deliveries AS d ON d.id >= list.value << 12 AND d.id < (list.value + 1) << 12`

// sift returns those of the messages that the filter is for, in their order, and the last one that was
// looked at: with enough rows it stops.
func (q *search) sift(ids []delivery.MessageID) (found []delivery.MessageID, last delivery.MessageID, err error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, 0, err
	}
	var current delivery.MessageID
	labelled, matched := true, false
	end := func() {
		if current != 0 && labelled && matched {
			found = append(found, current)
		}
	}
	err = q.o.each(q.ctx, siftQuery, []any{q.filter.NeedsContent(), string(list)}, func(scan func(...any) error) error {
		var (
			d             delivery.Delivery
			id            int64
			cause, labels sql.NullString
			lookup        sql.NullString
			kind          delivery.Kind
			content       []byte
		)
		if err := scan(&id, &d.Sender, &d.Status, &d.Waiting, &d.Reason.Code, &cause, &labels, &kind, &content, &lookup); err != nil {
			return err
		}
		if d.ID = deliveryID(id); d.ID.Message != current {
			end()
			if current != 0 && q.answer.Looked >= maxLook {
				last = current
				return errEnough
			}
			current, labelled, matched = d.ID.Message, true, false
			if len(q.filter.Labels) > 0 {
				if labelled, err = q.labelled(labels); err != nil {
					return err
				}
			}
		}
		q.answer.Looked++
		d.Reason.Cause = cause.String
		if matched || !labelled {
			return nil
		}
		if content != nil {
			// What cannot be read is found by what does not need it.
			decode := delivery.DecodeReceivers
			if q.filter.Text != "" {
				decode = delivery.DecodeContent
			}
			d.Content, _ = decode(kind, content)
			if d.Lookup, err = parseLookup(lookup); err != nil {
				return err
			}
		}
		matched = q.filter.Matches(&d, q.rests[d.Sender])
		return nil
	})
	if err == errEnough {
		return found, last, nil
	}
	end()
	return found, ids[len(ids)-1], err
}

func (q *search) labelled(column sql.NullString) (bool, error) {
	labels := map[string]string{}
	if column.Valid {
		if err := json.Unmarshal([]byte(column.String), &labels); err != nil {
			return false, err
		}
	}
	return q.filter.MatchesLabels(labels), nil
}

// Resends implements [delivery.Reader].
func (o *Outbox) Resends(ctx context.Context, ids []delivery.MessageID) (map[delivery.MessageID]delivery.MessageID, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	resends := map[delivery.MessageID]delivery.MessageID{}
	const query = `SELECT resend_of, max(id) FROM deliveries INDEXED BY deliveries_resend
		WHERE resend_of IS NOT NULL AND resend_of IN (SELECT value FROM json_each(?)) GROUP BY resend_of`
	err = o.each(ctx, query, []any{string(list)}, func(scan func(...any) error) error {
		var of, row int64
		err := scan(&of, &row)
		resends[delivery.MessageID(of)] = deliveryID(row).Message
		return err
	})
	return resends, err
}

// walk chooses the index that leads to the fewest messages.
func (q *search) walk(below, least delivery.MessageID) (*walker, error) {
	f := q.filter
	var lists []list
	term := ""
	switch {
	case len(f.Labels) > 0:
		term = labelTerm(f.Labels[0])
	case len(f.Aliases) > 0:
		term = userTerm(f.Aliases[0])
	case f.User != "":
		term = userTerm(f.User)
	case f.Tag != 0:
		term = tagTerm(f.Tag)
	case f.Party != 0:
		term = partyTerm(f.Party)
	case f.All:
		term = everybodyTerm
	}
	statuses := f.Statuses
	if len(statuses) == 0 && len(f.Reasons) > 0 {
		// Those that have reasons.
		statuses = slices.DeleteFunc(slices.Clone(delivery.Statuses[:]), func(s delivery.Status) bool { return s == delivery.Sent })
	}
	switch {
	case term != "":
		lists = append(lists, &termList{q: q, term: term})
	case len(statuses) > 0 && !slices.Contains(statuses, delivery.Sent):
		senders, err := q.sendersWithStatus()
		if err != nil {
			return nil, err
		}
		for _, status := range statuses {
			if status == delivery.Sending {
				lists = append(lists, &rowList{q: q, where: `FROM deliveries INDEXED BY deliveries_sending WHERE status = 3 AND `})
				continue
			}
			for _, sender := range senders {
				lists = append(lists, &rowList{
					q: q, where: `FROM deliveries INDEXED BY deliveries_status WHERE (status <= 2 OR status >= 5) AND sender = ? AND status = ? AND `,
					args: []any{string(sender), int64(status)},
				})
			}
		}
	case len(f.Senders) > 0:
		for _, sender := range f.Senders {
			lists = append(lists, &termList{q: q, term: senderTerm(sender)})
		}
	default:
		lists = append(lists, &rowList{q: q, where: `FROM deliveries WHERE `})
	}
	return newWalker(lists, below, least), nil
}

// sendersWithStatus lists the senders that the index of statuses knows, or those of the filter.
func (q *search) sendersWithStatus() ([]delivery.Sender, error) {
	if len(q.filter.Senders) > 0 {
		return q.filter.Senders, nil
	}
	var senders []delivery.Sender
	const query = `SELECT sender FROM deliveries INDEXED BY deliveries_status WHERE (status <= 2 OR status >= 5) AND sender > ? ORDER BY sender LIMIT 1`
	for last, more := "", true; more; {
		more = false
		err := q.o.each(q.ctx, query, []any{last}, func(scan func(...any) error) error {
			more = true
			err := scan(&last)
			senders = append(senders, delivery.Sender(last))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return senders, nil
}
