package simulator

import "time"

// The sliding limits of one app towards one member (path/90312). What goes beyond them is dropped
// without a word: the sender reads errcode 0.
const (
	memberPerMinute = 30
	memberPerHour   = 1000
)

// window holds the moments, in unix nanoseconds and ascending, at which one member got a message of
// one app. It never grows far beyond what an hour can hold.
type window []int64

// until is the window without what comes after now: when the clock was set back, that has not
// happened yet.
func (w window) until(now int64) window {
	for len(w) > 0 && w[len(w)-1] > now {
		w = w[:len(w)-1]
	}
	return w
}

// hasRoom says whether the member may get one more message at now.
func (w window) hasRoom(now int64) bool {
	w = w.until(now)
	return w.below(memberPerMinute, time.Minute, now) && w.below(memberPerHour, time.Hour, now)
}

// below says whether fewer than most lie in the span that ends now.
func (w window) below(most int, span time.Duration, now int64) bool {
	n := len(w)
	return n < most || w[n-most] <= now-int64(span)
}

// with is the window after one more at now. When it is full it first lets go of what is older than
// an hour.
func (w window) with(now int64) window {
	w = w.until(now)
	if len(w) == cap(w) {
		old := 0
		for old < len(w) && w[old] <= now-int64(time.Hour) {
			old++
		}
		w = append(w[:0], w[old:]...)
	}
	return append(w, now)
}

// idle says whether everything in the window is more than an hour ago.
func (w window) idle(now int64) bool {
	return len(w) == 0 || w[len(w)-1] <= now-int64(time.Hour)
}

// dayCount counts person-times of one natural day in WeCom's time zone (自然日), and remembers those of
// the day before. A new day, or an earlier one after the clock was set back, starts at zero.
type dayCount struct {
	day    int64 // since 1970
	used   int
	before int // used on the day before
}

func (d *dayCount) at(now time.Time) *dayCount {
	_, offset := now.In(beijing).Zone()
	if day := (now.Unix() + int64(offset)) / (24 * 60 * 60); day != d.day {
		if d.before = 0; day == d.day+1 {
			d.before = d.used
		}
		d.day, d.used = day, 0
	}
	return d
}
