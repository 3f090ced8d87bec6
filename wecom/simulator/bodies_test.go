package simulator

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"
)

func TestTextIsCutAtACharacter(t *testing.T) {
	sim := newStill()
	for _, c := range []struct {
		name, sent string
		kept       int // bytes
	}{
		{"fits", strings.Repeat("x", 2048), 2048},
		{"one byte over", strings.Repeat("x", 2049), 2048},
		{"Chinese: 682 characters and two bytes of room", strings.Repeat("鸿", 683), 2046},
		{"emoji", "x" + strings.Repeat("🦢", 512), 2045},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := mustSend(t, sim, text("lisi", c.sent)); a.msg() != "ok" {
				t.Errorf("%v", a)
			}
			if got := sim.Inbox("lisi").Last().Text(); got != c.sent[:c.kept] {
				t.Errorf("kept %d bytes, want %d", len(got), c.kept)
			}
		})
	}
}

// TestCutting holds for all strings and limits: the result begins the string, is not too long,
// splits no character and drops none that had room.
func TestCutting(t *testing.T) {
	bytes := func(s string, n uint8) bool {
		s = strings.ToValidUTF8(s, "雁")
		limit := int(n)
		cut := cutBytes(s, limit)
		_, next := utf8.DecodeRuneInString(s[len(cut):])
		return strings.HasPrefix(s, cut) && len(cut) <= limit && utf8.ValidString(cut) &&
			(cut == s || len(cut)+next > limit)
	}
	chars := func(s string, n uint8) bool {
		s = strings.ToValidUTF8(s, "雁")
		limit := int(n)
		cut := cutChars(s, limit)
		return strings.HasPrefix(s, cut) && utf8.ValidString(cut) &&
			utf8.RuneCountInString(cut) == min(limit, utf8.RuneCountInString(s))
	}
	for name, property := range map[string]any{"bytes": bytes, "characters": chars} {
		if err := quick.Check(property, &quick.Config{MaxCount: 5000}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzText sends any content and finds it whole in the inbox, or cut at a character.
func FuzzText(f *testing.F) {
	f.Add("磁盘已满")
	f.Add(strings.Repeat("鸿", 700))
	f.Add("\x00\xff<a href=\"https://ci.example.com\">log</a>\u2028")
	f.Fuzz(func(t *testing.T, content string) {
		sim := newStill()
		b, _ := json.Marshal(content)
		a := post(t, sim, `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":`+string(b)+`}}`)
		if content == "" {
			if a.code() != 44004 {
				t.Fatalf("%v", a)
			}
			return
		}
		var sent string
		json.Unmarshal(b, &sent)
		got := sim.Inbox("lisi").Last().Text()
		if a.code() != 0 || !strings.HasPrefix(sent, got) || !utf8.ValidString(got) || len(got) > 2048 || len(got) < min(len(sent), 2045) {
			t.Errorf("%v: sent %q, got %q", a, sent, got)
		}
	})
}
