package simulator

import "sync/atomic"

// Stats counts since New or Reset.
type Stats struct {
	// Calls counts requests by call, those that failed or met a fault among them. Calls that were not
	// made are left out, but for gettoken and message/send.
	Calls map[string]int64 `json:"calls"`
	// Delivered counts messages that reached at least one member.
	Delivered int64 `json:"delivered"`
	// PersonDeliveries counts members reached, by every message.
	PersonDeliveries int64 `json:"person_deliveries"`
	// DuplicatesSuppressed counts messages that the duplicate check held back.
	DuplicatesSuppressed int64 `json:"duplicates_suppressed"`
	// DroppedOverQuota counts members who missed a message because their minute or hour was full.
	DroppedOverQuota int64 `json:"dropped_over_quota"`
}

// Stats returns the present counts. Requests under way may be in some of them and not yet in others.
func (s *WeCom) Stats() Stats {
	st := Stats{
		Calls:                map[string]int64{},
		Delivered:            s.stats.delivered.Load(),
		PersonDeliveries:     s.stats.persons.Load(),
		DuplicatesSuppressed: s.stats.duplicates.Load(),
		DroppedOverQuota:     s.stats.dropped.Load(),
	}
	for name, n := range s.stats.calls {
		if made := n.Load(); made > 0 || name == "gettoken" || name == "message/send" {
			st.Calls[name] = made
		}
	}
	return st
}

type counters struct {
	calls                                   map[string]*atomic.Int64 // one for each call, from the start
	delivered, persons, duplicates, dropped atomic.Int64
}

func newCallCounters() map[string]*atomic.Int64 {
	counts := make(map[string]*atomic.Int64, len(calls))
	for name := range calls {
		counts[name] = new(atomic.Int64)
	}
	return counts
}

func (c *counters) count(v verdict) {
	if len(v.receivers) > 0 {
		c.delivered.Add(1)
	}
	c.persons.Add(int64(len(v.receivers)))
	c.dropped.Add(int64(len(v.dropped)))
}

func (c *counters) clear() {
	for _, n := range c.calls {
		n.Store(0)
	}
	for _, n := range []*atomic.Int64{&c.delivered, &c.persons, &c.duplicates, &c.dropped} {
		n.Store(0)
	}
}
