package limit_test

import (
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/limit"
	"github.com/hongyan-im/hongyan/wecom"
)

// A clock that is set an hour forward or back makes no room for a member who has had enough, and
// takes none away.
func TestClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		var elapsed, set time.Duration
		l := limit.New(limit.Config{Elapsed: func() time.Duration { return elapsed }})
		content := delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.Text{Content: "a"}}}
		book := func() time.Duration {
			now := start.Add(elapsed + set)
			if due := l.Book(now, "crm", content, time.Time{}).Due; !due.IsZero() {
				return due.Sub(now)
			}
			return 0
		}
		for range 30 {
			if wait := book(); wait != 0 {
				t.Fatalf("one of the first 30 waits for %v", wait)
			}
		}
		elapsed += 10 * time.Second
		set += by
		if wait := book(); wait < 50*time.Second || wait > 53*time.Second {
			t.Errorf("set by %v: the 31st waits for %v", by, wait)
		}
		elapsed += 2 * time.Minute
		if wait := book(); wait != 0 {
			t.Errorf("set by %v: two minutes later one waits for %v", by, wait)
		}
	}
}
