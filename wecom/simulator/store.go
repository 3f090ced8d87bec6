package simulator

import (
	"slices"
	"sync"
)

// store keeps the last messages, and for each member the ones they received. Both are bounded: the
// oldest message goes when there are too many messages, receivers or bytes. The lock is never held
// while anything is encoded.
type store struct {
	max int // messages

	mu        sync.RWMutex
	records   []*record            // oldest first
	received  map[string][]*record // by key of the member, oldest first
	byID      map[string]*record
	receivers int // in all records
	bytes     int // of all requests
}

const (
	maxReceiversPerMessage = 100 // on average over a full store
	maxStoredBytes         = 256 << 20
)

// keep adds r and lets go of what no longer fits. The newest message stays whatever its size.
func (s *store) keep(r *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.received == nil {
		s.received, s.byID = map[string][]*record{}, map[string]*record{}
	}
	s.byID[r.msgID] = r
	s.records = append(s.records, r)
	s.receivers += len(r.receivers)
	s.bytes += len(r.request)
	for _, m := range r.receivers {
		s.received[m.key] = append(s.received[m.key], r)
	}
	for len(s.records) > 1 && (len(s.records) > s.max || s.receivers > s.max*maxReceiversPerMessage || s.bytes > maxStoredBytes) {
		s.dropOldest()
	}
}

// dropOldest relies on every list being in the order of keep: the oldest message is the first in the
// list of each of its receivers.
func (s *store) dropOldest() {
	oldest := s.records[0]
	s.records = withoutFirst(s.records)
	delete(s.byID, oldest.msgID)
	s.receivers -= len(oldest.receivers)
	s.bytes -= len(oldest.request)
	for _, m := range oldest.receivers {
		if list := withoutFirst(s.received[m.key]); len(list) > 0 {
			s.received[m.key] = list
		} else {
			delete(s.received, m.key)
		}
	}
}

// withoutFirst also clears the place, so that the first record can be freed before the array is.
func withoutFirst(list []*record) []*record {
	list[0] = nil
	return list[1:]
}

// newest returns, oldest first, the last limit records that match, all of them if limit is not positive.
// userKey, unless empty, restricts them to what that member received.
func (s *store) newest(userKey string, limit int, match func(*record) bool) []*record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := s.records
	if userKey != "" {
		list = s.received[userKey]
	}
	var found []*record
	for i := len(list) - 1; i >= 0 && (limit <= 0 || len(found) < limit); i-- {
		if match(list[i]) {
			found = append(found, list[i])
		}
	}
	slices.Reverse(found)
	return found
}

// find is nil when there is no such message, or no longer.
func (s *store) find(msgID string) *record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[msgID]
}

// clear forgets all messages and says how many there were.
func (s *store) clear() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.records)
	s.records, s.received, s.byID, s.receivers, s.bytes = nil, nil, nil, 0, 0
	return n
}
