package redisstore

import (
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Processes whose clocks differ agree on how long a token still lives: a record has Redis's times, and
// each process knows how far its own clock is from that.
func TestClocksDiffer(t *testing.T) {
	now := time.Now()
	right, slow, fast := &Store{}, &Store{}, &Store{}
	right.setSkew(now.UnixMilli())
	slow.setSkew(now.Add(10 * time.Minute).UnixMilli())  // Redis is ahead of it
	fast.setSkew(now.Add(-10 * time.Minute).UnixMilli()) // Redis is behind it
	token := wecom.StoredToken{Value: "t", Fence: 7, FetchedAt: now, ExpiresAt: now.Add(2 * time.Hour)}
	for writer, off := range map[*Store]time.Duration{right: 0, slow: -10 * time.Minute, fast: 10 * time.Minute} {
		mine := token // as the writer's clock has it
		mine.FetchedAt, mine.ExpiresAt = now.Add(off), now.Add(off+2*time.Hour)
		record, err := writer.encode("k", mine)
		if err != nil {
			t.Fatal(err)
		}
		for reader, off := range map[*Store]time.Duration{right: 0, slow: -10 * time.Minute, fast: 10 * time.Minute} {
			got, err := reader.decode("k", record)
			if err != nil {
				t.Fatal(err)
			}
			left := got.ExpiresAt.Sub(now.Add(off)) // by the reader's clock
			if (left - 2*time.Hour).Abs() > time.Second {
				t.Errorf("%v of life left of two hours", left)
			}
		}
	}
}

func TestDecodeRefusesWhatIsNotOurs(t *testing.T) {
	s := &Store{}
	good, err := s.encode("k", wecom.StoredToken{Value: "a|b", Fence: 3, ExpiresAt: time.Now(), FetchedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.decode("k", good); err != nil || got.Value != "a|b" || got.Fence != 3 {
		t.Errorf("%v, %v", got, err)
	}
	for _, record := range []string{"", "x", "1|2|3|4", "1|2|3||", "3|0|0||", "1|2|3|ff|token", "x|2|3|" + digest("t") + "|t", good + "x"} {
		if got, err := s.decode("k", record); err == nil {
			t.Errorf("%q is taken for %v", record, got)
		}
	}
}

// The other program's key ends the margin before its token, never, or just now.
func TestForeignLife(t *testing.T) {
	i := &Interop{Margin: time.Minute}
	if d, ok := i.life(5000); !ok || d != 65*time.Second {
		t.Errorf("%v, %v", d, ok)
	}
	if d, ok := i.life(-1); !ok || d != 2*time.Hour {
		t.Errorf("%v, %v", d, ok)
	}
	if d, ok := i.life(-2); ok {
		t.Errorf("%v, though the key is gone", d)
	}
}
