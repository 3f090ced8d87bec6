package simulator

import (
	"errors"
	"sync/atomic"
	"time"
)

// clock is a running clock that can be moved. Everything the simulator measures — token life,
// sliding windows, the natural day — is measured by it.
type clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds ahead of base
}

// beijing is WeCom's time zone. A fixed one: China has had no summer time since 1991, and the zone
// data base may be missing.
var beijing = time.FixedZone("CST", 8*60*60)

func (c *clock) now() time.Time {
	return c.base().Add(time.Duration(c.offset.Load())).In(beijing)
}

func (c *clock) reset() { c.offset.Store(0) }

// The clock stays between these two, where unix seconds have the ten digits of a hint.
var (
	firstTime = time.Unix(1_000_000_000, 0) // 2001-09-09
	lastTime  = time.Unix(9_999_999_999, 0) // 2286-11-20
)

var errClockRange = errors.New("the clock only goes from 2001-09-09 to 2286-11-20")

func checkClock(t time.Time) error {
	if t.Before(firstTime) || t.After(lastTime) {
		return errClockRange
	}
	return nil
}

// Now is the simulator's time, in WeCom's time zone (+08:00).
func (s *WeCom) Now() time.Time { return s.clock.now() }

// Advance moves the clock by d, forward or back. It goes on running from there.
func (s *WeCom) Advance(d time.Duration) { s.clock.offset.Add(int64(d)) }

// SetNow moves the clock to t. It goes on running from there.
func (s *WeCom) SetNow(t time.Time) { s.clock.offset.Store(int64(t.Sub(s.clock.base()))) }
