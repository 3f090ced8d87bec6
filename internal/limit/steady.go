package limit

import (
	"sync"
	"sync/atomic"
	"time"
)

// jump is how far a clock that is set jumps at least; less is a clock that is being corrected.
const jump = 2 * time.Second

// steady turns the times of a clock that may be set into those of one that is not. WeCom's clock
// does not jump with ours: an hour that our clock skips empties no window of WeCom's.
//
// Its times are those of the clock, less what the clock has jumped, in whole seconds, so that
// bookings stay whole seconds.
type steady struct {
	elapsed func() time.Duration // of the clock that is never set; nil takes every time as it is
	ahead   atomic.Int64         // milliseconds that the clock has jumped, in all

	mu         sync.Mutex
	wall, last time.Duration // when the two were compared
	compared   bool
}

// time returns the milliseconds of now, and takes note of a jump.
func (s *steady) time(now time.Time) int64 {
	at := now.UnixMilli()
	if s.elapsed == nil {
		return at
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wall, elapsed := time.Duration(at)*time.Millisecond, s.elapsed()
	if off := (wall - s.wall) - (elapsed - s.last); s.compared && (off > jump || off < -jump) {
		s.ahead.Add(off.Round(time.Second).Milliseconds())
	}
	s.wall, s.last, s.compared = wall, elapsed, true
	return at - s.ahead.Load()
}

// past returns a time that Book gave or that something was sent at.
func (s *steady) past(at time.Time) int64 { return at.UnixMilli() - s.ahead.Load() }

// show returns a time as the clock says it.
func (s *steady) show(ms int64) time.Time { return time.UnixMilli(ms + s.ahead.Load()) }
