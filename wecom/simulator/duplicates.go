package simulator

import (
	"crypto/sha256"
	"time"
)

// The duplicate check of one app (path/90236, enable_duplicate_check): the same request within the
// interval is not delivered again. The same means the same bytes; change one and it is sent.
const (
	duplicateIntervalDefault = 1800 * time.Second
	duplicateIntervalMax     = 14400 * time.Second
)

type contentHash = [sha256.Size]byte

// duplicates remembers the last requests that asked for the check. Only so many: a request that is
// more than maxRemembered younger requests old is taken for a new one.
type duplicates struct {
	first map[contentHash]firstSend
	order []contentHash // oldest first
}

const maxRemembered = 100_000

type firstSend struct {
	msgID string
	at    time.Time
}

// seen gives the msgid of the same request, if it was sent in the interval before now. A suppressed
// request does not prolong it.
func (d *duplicates) seen(h contentHash, interval time.Duration, now time.Time) (msgID string, ok bool) {
	first, ok := d.first[h]
	if !ok || now.Before(first.at) || !now.Before(first.at.Add(interval)) {
		return "", false
	}
	return first.msgID, true
}

func (d *duplicates) remember(h contentHash, msgID string, now time.Time) {
	if d.first == nil {
		d.first = map[contentHash]firstSend{}
	}
	if _, again := d.first[h]; !again {
		d.order = append(d.order, h)
		if len(d.order) > maxRemembered {
			delete(d.first, d.order[0])
			d.order = d.order[1:]
		}
	}
	d.first[h] = firstSend{msgID, now}
}
