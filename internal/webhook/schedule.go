package webhook

import (
	"net/http"
	"strconv"
	"time"
)

// Schedule are the pauses after failed attempts: ten attempts in two days. Each pause is up to a
// fifth longer, by chance, so that what failed together does not come back together.
var Schedule = [...]time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

const (
	// GiveUpAfter is when a job is given up that still waits, since its receiver rests most of the time.
	GiveUpAfter = 72 * time.Hour
	// longestRetryAfter bounds what a receiver can ask for.
	longestRetryAfter = time.Hour
)

// result is what an attempt brought.
type result struct {
	code       int           // HTTP status; 0 if no answer came
	retryAfter time.Duration // what the receiver asks for, bounded
	failure    string        // for people; "" if it was told
	final      bool          // nothing will change it
}

func (r *result) told() bool { return r.code >= 200 && r.code < 300 }

// judge says what becomes of a job after an attempt. jitter is at least 0 and below 1.
func judge(j *Job, r *result, now time.Time, jitter float64) (status Status, due time.Time, step int) {
	switch {
	case r.told():
		return Delivered, time.Time{}, j.Step
	case r.final, r.code == http.StatusGone, j.Step >= len(Schedule):
		return Failed, time.Time{}, j.Step + 1
	}
	pause := time.Duration(float64(Schedule[j.Step]) * (1 + jitter/5))
	return Pending, now.Add(max(pause, r.retryAfter)), j.Step + 1
}

// Rests of a receiver that fails: one job at a time finds out whether it works again.
const (
	failuresInARow = 3 // before it rests
	firstRest      = 5 * time.Second
	longestRest    = 10 * time.Minute
)

// restAfter is how long a receiver rests after so many failures in a row.
func restAfter(failures int, jitter float64) time.Duration {
	if failures < failuresInARow {
		return 0
	}
	rest := firstRest << min(failures-failuresInARow, 10)
	return time.Duration(float64(min(rest, longestRest)) * (1 + jitter/5))
}

// retryAfter reads the header of that name, in seconds or as a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		wait = time.Duration(min(seconds, int64(longestRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestRetryAfter)
}
