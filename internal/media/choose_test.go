package media

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestChoose: whatever is uploaded later, the retries of an attempt go by its name for as long as
// WeCom's duplicate check may cover them, and that name is always good at WeCom.
func TestChoose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		var all []Upload
		type attempt struct {
			began time.Time
			name  string
		}
		var attempts []attempt
		now := start
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Hour)).Draw(t, "pause")))
			began := now
			u := choose(all, began, now)
			if u.WeComID == "" { // the attempt uploads it, a little later
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "upload")))
				u = Upload{WeComID: now.String(), At: now}
				all = append(all, u)
			}
			attempts = append(attempts, attempt{began, u.WeComID})
			if age := now.Sub(u.At); age >= wecomKeeps {
				t.Fatalf("it goes by a name of %v", age)
			}
			for _, a := range attempts {
				if now.Sub(a.began) > 4*time.Hour {
					continue
				}
				if again := choose(all, a.began, now); again.WeComID != a.name {
					t.Fatalf("the attempt of %v went by %s, and goes by %s at %v", a.began, a.name, again.WeComID, now)
				}
			}
			if !slices.IsSortedFunc(all, func(a, b Upload) int { return a.At.Compare(b.At) }) {
				t.Fatal("they are not in order")
			}
		}
	})
}
