package delivery

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/wecom"
)

func TestMessageIDText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Int64Range(1, int64(maxID)), 2, 2).Draw(t, "ids")
		a, b := MessageID(ids[0]), MessageID(ids[1])
		if back, err := ParseMessageID(a.String()); err != nil || back != a {
			t.Fatalf("%v reads as %d, %v", a, back, err)
		}
		if (a < b) != (a.String() < b.String()) {
			t.Fatalf("%d and %d are not in the order of %v and %v", a, b, a, b)
		}
	})
	for _, text := range []string{"", "msg_", "msg_0", "0123456789a", "msg_0123456789A", "msg_0123456789i", "msg_00000000000", "msg_zzzzzzzzzzz", "msg_0123456789a/1", "dlv_0123456789a"} {
		if id, err := ParseMessageID(text); err == nil {
			t.Errorf("%q reads as %d", text, id)
		}
	}
}

func TestStatusNames(t *testing.T) {
	for _, s := range Statuses {
		if back, ok := ParseStatus(s.String()); !ok || back != s {
			t.Errorf("%d is called %v, which is %d", s, s, back)
		}
	}
	if _, ok := ParseStatus(""); ok {
		t.Error("an empty name is a status")
	}
}

// TestSteps holds that every end can be reached, that nothing leaves an end but by being recalled,
// and that nothing can be tried for ever without passing through sending.
func TestSteps(t *testing.T) {
	reached := map[Status]bool{Scheduled: true, Queued: true, Sending: true} // where deliveries begin
	for _, from := range Statuses {
		for _, to := range from.Next() {
			reached[to] = true
			if !from.May(to) {
				t.Errorf("%v may and may not become %v", from, to)
			}
			if from.Final() && to != Recalled {
				t.Errorf("%v is an end, and becomes %v", from, to)
			}
			if to == Scheduled || from == to {
				t.Errorf("%v becomes %v", from, to)
			}
		}
	}
	for _, s := range Statuses {
		if !reached[s] {
			t.Errorf("nothing becomes %v", s)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, c := range []struct {
		of   []Status
		want Status
	}{
		{[]Status{Sent}, Sent},
		{[]Status{Sent, Sent}, Sent},
		{[]Status{Scheduled, Scheduled}, Scheduled},
		{[]Status{Queued, Scheduled}, Queued},
		{[]Status{Sent, Queued}, Queued},
		{[]Status{Sending, Queued, Sent}, Sending},
		{[]Status{Sent, Refused}, PartlySent},
		{[]Status{Refused, PartlySent}, PartlySent},
		{[]Status{Refused, Expired}, Refused},
		{[]Status{Cancelled, Cancelled}, Cancelled},
		{[]Status{Sent, Cancelled}, PartlySent},
		{[]Status{Sent, Uncertain}, Uncertain},
		{[]Status{Uncertain, Refused}, Uncertain},
		{[]Status{Recalled, Recalled}, Recalled},
	} {
		if got := Summary(c.of); got != c.want {
			t.Errorf("%v: %v, want %v", c.of, got, c.want)
		}
		slices.Reverse(c.of)
		if got := Summary(c.of); got != c.want {
			t.Errorf("%v: %v, want %v", c.of, got, c.want)
		}
	}
}

func TestCovered(t *testing.T) {
	d := Delivery{Check: CheckOn, CheckFor: 30 * time.Minute, Doubt: noon}
	for after, want := range map[time.Duration]bool{0: true, 28 * time.Minute: true, 29 * time.Minute: false, time.Hour: false, -2 * time.Minute: false} {
		if got := d.Covered(noon.Add(after)); got != want {
			t.Errorf("%v later: %v", after, got)
		}
	}
	for _, check := range []DuplicateCheck{CheckNone, CheckTwin} {
		d.Check = check
		if d.Covered(noon) {
			t.Errorf("without the check (%d) a repetition is taken for harmless", check)
		}
		if d.Doubt = (time.Time{}); !d.Covered(noon) {
			t.Error("a first attempt is not taken for harmless")
		}
		d.Doubt = noon
	}
}

func TestOutgoing(t *testing.T) {
	c := Content{App: &wecom.Message{To: wecom.To{All: true}, Body: wecom.Text{Content: "a"}}}
	d := Delivery{Content: c, Check: CheckOn, CheckFor: time.Hour}
	if out := d.Outgoing().App; !out.DuplicateCheck || out.DuplicateCheckInterval != time.Hour {
		t.Errorf("with the check: %+v", out)
	}
	d.Check = CheckTwin
	if out := d.Outgoing().App; out.DuplicateCheck || out.DuplicateCheckInterval != 0 {
		t.Errorf("without: %+v", out)
	}
	if c.App.DuplicateCheck {
		t.Error("the content itself was changed")
	}
}

func TestContentThereAndBack(t *testing.T) {
	long := strings.Repeat("长", 700) // 2100 bytes: stored as it is
	for _, c := range []Content{
		{App: &wecom.Message{To: wecom.To{Users: []string{"zhangsan"}, Parties: []int{1}}, Body: wecom.Text{Content: long}, Safe: 1}},
		{App: &wecom.Message{To: wecom.To{All: true}, Body: wecom.TextCard{Title: "a", Description: "b", URL: "https://example.com"}}},
		{Chat: &wecom.ChatMessage{ChatID: "chat", Body: wecom.Markdown{Content: "# a"}}},
		{Robot: &wecom.RobotMessage{Body: wecom.MarkdownV2{Content: "# a"}}},
	} {
		data, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeContent(c.Kind(), data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Encode()
		if err != nil || string(again) != string(data) {
			t.Errorf("%s came back as %s (%v)", data, again, err)
		}
		one, _ := c.Fingerprint()
		other, _ := back.Fingerprint()
		if one != other || one == 0 {
			t.Errorf("fingerprints %x and %x", one, other)
		}
	}
	for _, decode := range []func(Kind, []byte) (Content, error){DecodeContent, DecodeReceivers} {
		if _, err := decode(9, nil); err == nil {
			t.Error("a kind that does not exist is read")
		}
		if _, err := decode(KindApp, []byte(`{"touser":"a`)); err == nil {
			t.Error("half a message is read")
		}
	}
}

func FuzzDecodeReceivers(f *testing.F) {
	f.Add("zhangsan", "lisi", 1, 0, "hello")
	f.Add(`a","msgtype":"b`, `\`, 0, 7, `,"msgtype":"image"`)
	f.Fuzz(func(t *testing.T, one, other string, party, tag int, text string) {
		to := wecom.To{Users: []string{one, other}, Parties: []int{party}, Tags: []int{tag}}
		for _, c := range []Content{
			{App: &wecom.Message{To: to, Body: wecom.Text{Content: text}, Safe: 1}},
			{App: &wecom.Message{To: wecom.To{All: true}, Body: wecom.Text{Content: text}}},
			{Chat: &wecom.ChatMessage{ChatID: one, Body: wecom.Text{Content: text}}},
			{Robot: &wecom.RobotMessage{Body: wecom.Text{Content: text}}},
		} {
			data, err := c.Encode()
			if err != nil {
				continue
			}
			before := string(data)
			whole, err := DecodeContent(c.Kind(), data)
			if err != nil {
				continue
			}
			got, err := DecodeReceivers(c.Kind(), data)
			if err != nil || got.Kind() != c.Kind() || !reflect.DeepEqual(got.To(), whole.To()) {
				t.Errorf("%s is for %+v, and not %+v (%v)", data, got.To(), whole.To(), err)
			}
			if c.Chat != nil && got.Chat.ChatID != whole.Chat.ChatID {
				t.Errorf("%s is for the chat %q", data, got.Chat.ChatID)
			}
			if string(data) != before {
				t.Errorf("it was changed to %s", data)
			}
		}
	})
}
