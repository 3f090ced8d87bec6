package sqlite

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// What a delivery waits for beside its time: the column waiting.
const (
	forNothing = 0
	forPart    = 1 // the part before it
	forOrder   = 2 // earlier messages of its order key
)

const (
	partBits = 12 // delivery.MaxParts is 1<<12
	lastPart = delivery.MaxParts - 1
)

// rowID is the key of a delivery's row.
func rowID(id delivery.ID) int64 { return int64(id.Message)<<partBits | int64(id.Part) }

// deliveryID is whose row it is.
func deliveryID(row int64) delivery.ID {
	return delivery.ID{Message: delivery.MessageID(row >> partBits), Part: int(row & lastPart)}
}

// millis is how times are stored: 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// text is a column that is NULL where there is nothing.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// asJSON is v for a column that is NULL where there is nothing.
func asJSON(v any, nothing bool) (any, error) {
	if nothing {
		return nil, nil
	}
	data, err := json.Marshal(v)
	return string(data), err
}

func answerJSON(a *delivery.Answer) (any, error) {
	nothing := a.MsgID == "" && a.ResponseCode == "" && a.Failure == nil &&
		len(a.InvalidUsers)+len(a.InvalidParties)+len(a.InvalidTags)+len(a.UnlicensedUsers) == 0
	return asJSON(a, nothing)
}

func parseAnswer(column sql.NullString, a *delivery.Answer) error {
	if !column.Valid {
		return nil
	}
	return json.Unmarshal([]byte(column.String), a)
}

func lookupJSON(l *delivery.Lookup) (any, error) { return asJSON(l, l == nil) }

func parseLookup(column sql.NullString) (*delivery.Lookup, error) {
	if !column.Valid {
		return nil, nil
	}
	l := new(delivery.Lookup)
	return l, json.Unmarshal([]byte(column.String), l)
}

// row is a delivery as it is stored, with what the port does not show.
type row struct {
	delivery.Delivery
	id          int64
	linked      bool
	orderKey    sql.NullString
	badContent  error  // why the content cannot be read, if so
	fingerprint uint64 // of a delivery that is due, to be left at its first attempt; 0 is none
}

const rowColumns = `id, sender, priority, status, waiting, linked, due, accepted, expires, settled, attempts, started,
	doubt, maybe_twice, checked, check_for, if_unknown, reason, reason_detail, cause, order_key, answer, lookup, kind, content`

// scan reads the rowColumns, and more columns behind them.
func (r *row) scan(scan func(...any) error, more ...any) error {
	var (
		waiting, due, accepted, expires, settled, started, doubt, checkFor int64
		kind                                                               delivery.Kind
		cause, answer, lookup                                              sql.NullString
		content                                                            []byte
	)
	d := &r.Delivery
	err := scan(append([]any{
		&r.id, &d.Sender, &d.Priority, &d.Status, &waiting, &r.linked, &due, &accepted, &expires, &settled, &d.Attempts, &started,
		&doubt, &d.MaybeTwice, &d.Check, &checkFor, &d.IfUnknown, &d.Reason.Code, &d.Reason.Detail, &cause, &r.orderKey, &answer, &lookup, &kind, &content,
	}, more...)...)
	if err != nil {
		return err
	}
	d.ID = deliveryID(r.id)
	d.Reason.Cause = cause.String
	d.Waiting = waiting != forNothing
	d.Due, d.Accepted, d.Expires = fromMillis(due), fromMillis(accepted), fromMillis(expires)
	d.Settled, d.Started, d.Doubt = fromMillis(settled), fromMillis(started), fromMillis(doubt)
	d.CheckFor = time.Duration(checkFor) * time.Millisecond
	d.Content, r.badContent = delivery.DecodeContent(kind, content)
	if d.Lookup, err = parseLookup(lookup); err != nil {
		return err
	}
	return parseAnswer(answer, &d.Answer)
}

// header is what part 0 has of the message: producer, labels, callback_url, idem_key, digest, resend_of.
type header [6]any

var noHeader header

// values are what insertRow takes, the id first.
func values(d *delivery.Delivery, waiting int64, linked bool, orderKey string, header header) ([]any, error) {
	content, err := d.Content.Encode()
	if err != nil {
		return nil, err
	}
	return []any{
		nil, string(d.Sender), int64(d.Priority), int64(d.Status), waiting, flag(linked), millis(d.Due), millis(d.Accepted), millis(d.Expires),
		millis(d.Settled), int64(d.Attempts), millis(d.Started), millis(d.Doubt), flag(d.MaybeTwice), int64(d.Check), d.CheckFor.Milliseconds(),
		int64(d.IfUnknown), d.Reason.Code, d.Reason.Detail, text(orderKey), nil,
		header[0], header[1], header[2], header[3], header[4], header[5],
		int64(d.Content.Kind()), content,
	}, nil
}

// Columns of insertRow that are only known in the transaction.
const (
	columnID      = 0
	columnStatus  = 3
	columnWaiting = 4
	columnDue     = 6
	columnTries   = 10
	columnStarted = 11
	columnCheck   = 14
	columnReason  = 17
)
