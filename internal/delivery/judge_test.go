package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// The kinds of answers that attempts bring.
func refusedBy(code wecom.Code) error {
	return &wecom.Error{Op: "message/send", Code: code, Msg: "text"}
}

func broken(sent bool, status int) error {
	return &wecom.TransportError{Op: "message/send", Host: "https://example.com", Sent: sent, Status: status, Err: context.DeadlineExceeded}
}

// TestJudge is the specification of what an answer means. The delivery was due at noon, this is its
// first attempt, begun a second later and ended after another.
func TestJudge(t *testing.T) {
	const (
		atOnce   = -2 // as soon as the sender works again: it keeps its place
		nextTry  = -1 // after the first pause
		no, yes  = false, true
		everyone = ""
	)
	checked := func(d *Delivery) { d.Check, d.CheckFor = CheckOn, 4*time.Hour }
	twin := func(d *Delivery) { d.Check = CheckTwin }
	hold := func(d *Delivery) { d.Check, d.IfUnknown = CheckNone, Hold }
	short := func(d *Delivery) { d.Check, d.CheckFor, d.IfUnknown = CheckOn, time.Minute, Hold }
	doubted := func(d *Delivery) { checked(d); d.Attempts, d.Doubt = 2, noon.Add(-time.Hour) }
	doubtedLong := func(d *Delivery) { doubted(d); d.Doubt, d.IfUnknown = noon.Add(-4*time.Hour), Hold }

	for _, c := range []struct {
		name    string
		of      func(*Delivery)
		receipt wecom.Receipt
		err     error
		status  Status
		due     int
		reason  string
		doubt   bool
		trouble Trouble
	}{
		{"taken for everybody", checked, wecom.Receipt{MsgID: "m"}, nil, Sent, 0, everyone, no, NoTrouble},
		{"a member is not known", checked, wecom.Receipt{InvalidUsers: []string{"x"}}, nil, PartlySent, 0, ReasonSomeReceivers, no, NoTrouble},
		{"a member has no licence", checked, wecom.Receipt{UnlicensedUsers: []string{"x"}}, nil, PartlySent, 0, ReasonSomeReceivers, no, NoTrouble},
		{"a department is not known", checked, wecom.Receipt{InvalidParties: []int{9}}, nil, PartlySent, 0, ReasonSomeReceivers, no, NoTrouble},
		{"taken after a doubt", doubted, wecom.Receipt{MsgID: "m"}, nil, Sent, 0, everyone, yes, NoTrouble},

		{"nobody can get it", checked, wecom.Receipt{}, refusedBy(81013), Refused, 0, ReasonNoReceiver, no, NoTrouble},
		{"no content", checked, wecom.Receipt{}, refusedBy(44004), Refused, 0, ReasonRefused, no, NoTrouble},
		{"a card without callback URL", checked, wecom.Receipt{}, refusedBy(43012), Refused, 0, ReasonRefused, no, NoTrouble},
		{"no right to a member", checked, wecom.Receipt{}, refusedBy(60011), Refused, 0, ReasonRefused, no, NoTrouble},
		{"not for this msgtype", checked, wecom.Receipt{}, refusedBy(48002), Refused, 0, ReasonRefused, no, NoTrouble},
		{"a code nobody knows", checked, wecom.Receipt{}, refusedBy(999999), Refused, 0, ReasonRefused, no, NoTrouble},
		{"invalid", checked, wecom.Receipt{}, &wecom.ValidationError{}, Refused, 0, ReasonInvalid, no, NoTrouble},
		{"too large for a proxy", checked, wecom.Receipt{}, broken(false, http.StatusRequestEntityTooLarge), Refused, 0, ReasonRefused, no, NoTrouble},

		{"too often", checked, wecom.Receipt{}, refusedBy(45009), Queued, atOnce, ReasonLimited, no, Blocked},
		{"too often, says a proxy", checked, wecom.Receipt{}, broken(false, 429), Queued, atOnce, ReasonBusy, no, Blocked},
		{"too many at once", checked, wecom.Receipt{}, refusedBy(45033), Queued, nextTry, ReasonBusy, no, NoTrouble},
		{"untrusted IP", checked, wecom.Receipt{}, refusedBy(60020), Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"foreign agent", checked, wecom.Receipt{}, refusedBy(301002), Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"app disabled", checked, wecom.Receipt{}, refusedBy(50003), Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"robot gone", twin, wecom.Receipt{}, refusedBy(93000), Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"token refused, and its successor too", checked, wecom.Receipt{}, refusedBy(40014), Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"wrong secret", checked, wecom.Receipt{}, &wecom.Error{Op: "gettoken", Code: 40001}, Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"unknown corp", checked, wecom.Receipt{}, &wecom.Error{Op: "gettoken", Code: 40013}, Queued, atOnce, ReasonMisconfigured, no, Misconfigured},
		{"gettoken too often", checked, wecom.Receipt{}, &wecom.Error{Op: "gettoken", Code: 45009}, Queued, atOnce, ReasonLimited, no, Blocked},
		{"gettoken busy", checked, wecom.Receipt{}, &wecom.Error{Op: "gettoken", Code: -1}, Queued, nextTry, ReasonBusy, no, NoTrouble},
		{"sender not configured", checked, wecom.Receipt{}, fmt.Errorf("app crm: %w", ErrUnknownSender), Queued, atOnce, ReasonUnknownSender, no, Misconfigured},

		{"no connection", hold, wecom.Receipt{}, broken(false, 0), Queued, nextTry, ReasonUnreachable, no, Unreachable},
		{"a wrong path", checked, wecom.Receipt{}, broken(false, 404), Queued, nextTry, ReasonUnreachable, no, Unreachable},

		{"busy, checked", checked, wecom.Receipt{}, refusedBy(-1), Queued, nextTry, ReasonBusy, yes, NoTrouble},
		{"busy, unchecked, to be held", hold, wecom.Receipt{}, refusedBy(-1), Uncertain, 0, ReasonBusy, yes, NoTrouble},
		{"no answer, checked", checked, wecom.Receipt{}, broken(true, 0), Queued, nextTry, ReasonNoAnswer, yes, Unreachable},
		{"no answer, a twin, to be repeated", twin, wecom.Receipt{}, broken(true, 0), Queued, nextTry, ReasonNoAnswer, yes, Unreachable},
		{"no answer, unchecked, to be held", hold, wecom.Receipt{}, broken(true, 0), Uncertain, 0, ReasonNoAnswer, yes, Unreachable},
		{"no answer, checked for too short a time", short, wecom.Receipt{}, broken(true, 0), Uncertain, 0, ReasonNoAnswer, yes, Unreachable},
		{"HTTP 502", checked, wecom.Receipt{}, broken(true, 502), Queued, nextTry, ReasonNoAnswer, yes, Unreachable},
		{"HTML instead of JSON", checked, wecom.Receipt{}, broken(true, 200), Queued, nextTry, ReasonNoAnswer, yes, Unreachable},
		{"the gateway was killed, checked", checked, wecom.Receipt{}, ErrInterrupted, Queued, 0, ReasonInterrupted, yes, NoTrouble},
		{"the gateway was killed, a twin, to be repeated", twin, wecom.Receipt{}, ErrInterrupted, Queued, 0, ReasonInterrupted, yes, NoTrouble},
		{"the gateway was killed, to be held", hold, wecom.Receipt{}, ErrInterrupted, Uncertain, 0, ReasonInterrupted, yes, NoTrouble},
		{"an error nobody made", checked, wecom.Receipt{}, errors.New("oops"), Queued, nextTry, ReasonNoAnswer, yes, Unreachable},

		{"no connection after a doubt, covered", doubted, wecom.Receipt{}, broken(false, 0), Queued, nextTry, ReasonUnreachable, yes, Unreachable},
		{"no connection after a doubt, no longer covered", doubtedLong, wecom.Receipt{}, broken(false, 0), Uncertain, 0, ReasonUnreachable, yes, Unreachable},
		{"too often after a doubt, no longer covered", doubtedLong, wecom.Receipt{}, refusedBy(45009), Uncertain, 0, ReasonLimited, yes, Blocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Delivery{Sender: App("crm"), Status: Sending, Due: noon, Started: noon.Add(time.Second), Attempts: 1}
			c.of(d)
			ended := noon.Add(2 * time.Second)
			o := Judge(Attempt{Delivery: d, Receipt: c.receipt, Err: c.err, Ended: ended, Jitter: 0.5})
			if o.Status != c.status || o.Reason.Code != c.reason || o.Trouble != c.trouble || o.Doubt.IsZero() == c.doubt {
				t.Errorf("got %v %q, trouble %d, doubt %v", o.Status, o.Reason.Code, o.Trouble, o.Doubt)
			}
			var due time.Time
			switch {
			case c.status != Queued:
			case c.due == atOnce:
				due = d.Due
			case c.due == nextTry:
				due = ended.Add(Pause(d.Attempts, 0.5))
			default:
				due = ended
			}
			if !o.Due.Equal(due) {
				t.Errorf("due %v, want %v", o.Due, due)
			}
			if !Sending.May(o.Status) {
				t.Errorf("a delivery may not go from sending to %v", o.Status)
			}
			if (c.err != nil) != (o.Answer.Failure != nil) {
				t.Errorf("failure %v for error %v", o.Answer.Failure, c.err)
			}
		})
	}
}

// TestJudgeKnowsEveryCode holds what every errcode of the table must come to, by its kind.
func TestJudgeKnowsEveryCode(t *testing.T) {
	known := 0
	for code := wecom.Code(-1); code < 1_000_000; code++ {
		if code == 0 || code.Meaning(wecom.English) == "" {
			continue
		}
		known++
		d := &Delivery{Sender: App("crm"), Attempts: 1, Started: noon, Check: CheckOn, CheckFor: time.Hour}
		o := Judge(Attempt{Delivery: d, Err: refusedBy(code), Ended: noon.Add(time.Second)})
		switch kind := code.Kind(); kind {
		case wecom.BadMessage, wecom.NoRecipient, wecom.NotAllowed, wecom.Misconfigured:
			if o.Status != Refused && o.Trouble != Misconfigured {
				t.Errorf("%d (%v): %v, not refused and not the sender's trouble", code, kind, o.Status)
			}
		case wecom.Busy, wecom.Limited, wecom.TokenRefused:
			if o.Status != Queued {
				t.Errorf("%d (%v): %v, not tried again", code, kind, o.Status)
			}
		}
		if o.Status == Refused && (!o.Doubt.IsZero() || o.Trouble != NoTrouble) {
			t.Errorf("%d: refused in doubt %v, trouble %v", code, o.Doubt, o.Trouble)
		}
	}
	if known < 1000 {
		t.Fatalf("only %d codes known", known)
	}
}

func TestPause(t *testing.T) {
	for n, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 10: 512 * time.Second, 11: LongestPause, 1000: LongestPause} {
		if got := Pause(n, 0.5); got != want {
			t.Errorf("Pause(%d) = %v, want %v", n, got, want)
		}
		if least, most := Pause(n, 0), Pause(n, 0.999); least < want*3/4 || most > want*5/4 {
			t.Errorf("Pause(%d) from %v to %v", n, least, most)
		}
	}
}

func TestNextRest(t *testing.T) {
	rest := func(before Rest, trouble Trouble, reason string) Rest {
		return NextRest(before, Outcome{Trouble: trouble, Reason: Reason{Code: reason}}, noon, 0)
	}
	until := func(r Rest) time.Duration {
		if r.Until.IsZero() {
			return 0
		}
		return r.Until.Sub(noon)
	}
	var r Rest
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second} {
		if r = rest(r, Unreachable, ReasonNoAnswer); until(r) != want || r.Failures != i+1 {
			t.Errorf("no answer %d times: rest of %v, want %v", i+1, until(r), want)
		}
	}
	r = Rest{}
	for i, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		if r = rest(r, Blocked, ReasonLimited); until(r) != want*time.Minute {
			t.Errorf("blocked %d times: rest of %v, want %v", i+1, until(r), want*time.Minute)
		}
	}
	if r = rest(r, Misconfigured, ReasonMisconfigured); until(r) != time.Minute || r.Failures != 1 {
		t.Errorf("another reason: rest of %v after %d failures", until(r), r.Failures)
	}
	if r = rest(r, NoTrouble, ""); r != (Rest{}) {
		t.Errorf("it works again, and rests: %+v", r)
	}
}

// TestJudgeLookup is the specification of what becomes of a delivery whose members could not be looked
// up: nothing was sent, whatever the error, and nobody holds it.
func TestJudgeLookup(t *testing.T) {
	refused := func(code wecom.Code) error { return &wecom.Error{Op: "user/getuserid", Code: code} }
	until, ended := noon.Add(time.Hour), noon.Add(2*time.Second)
	for _, c := range []struct {
		name    string
		err     error
		status  Status
		due     time.Time
		reason  string
		failure bool
		trouble Trouble
	}{
		{"not to be asked", &DirectoryError{Until: until, Detail: "enough"}, Queued, until, ReasonDirectory, false, NoTrouble},
		{"in whole milliseconds", &DirectoryError{Until: until.Add(1)}, Queued, until.Add(time.Millisecond), ReasonDirectory, false, NoTrouble},
		{"closed by WeCom", &DirectoryError{Until: until, Err: refused(45009)}, Queued, until, ReasonDirectory, true, NoTrouble},
		{"by a clock that was set", &DirectoryError{Until: noon}, Queued, ended.Add(750 * time.Millisecond), ReasonDirectory, false, NoTrouble},
		{"busy", refused(-1), Queued, ended.Add(750 * time.Millisecond), ReasonBusy, true, NoTrouble},
		{"untrusted IP", refused(60020), Queued, noon, ReasonMisconfigured, true, Misconfigured},
		{"wrong secret", &wecom.Error{Op: "gettoken", Code: 40001}, Queued, noon, ReasonMisconfigured, true, Misconfigured},
		{"no right", refused(48002), Refused, time.Time{}, ReasonRefused, true, NoTrouble},
		{"no answer", &wecom.TransportError{Op: "user/getuserid", Sent: true, Err: context.DeadlineExceeded}, Queued, ended.Add(750 * time.Millisecond), ReasonUnreachable, true, Unreachable},
		{"the storage", ErrStorage, Queued, ended.Add(750 * time.Millisecond), ReasonDirectory, true, NoTrouble},
		{"not configured any more", ErrUnknownSender, Queued, noon, ReasonUnknownSender, true, Misconfigured},
	} {
		d := &Delivery{
			Content: Content{App: &wecom.Message{To: wecom.To{Users: []string{"lisi", "mobile:13800000002"}}, Body: wecom.Text{Content: "x"}}},
			Status:  Sending, Due: noon, Attempts: 1, Started: noon.Add(time.Second), Check: CheckNone, IfUnknown: Hold,
		}
		o := Judge(Attempt{Delivery: d, Err: c.err, Ended: ended})
		if o.Status != c.status || !o.Due.Equal(c.due) || o.Reason.Code != c.reason || o.Trouble != c.trouble || !o.Doubt.IsZero() || (o.Answer.Failure != nil) != c.failure {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
	// Who was not found is one who does not get it.
	d := &Delivery{Lookup: &Lookup{Unknown: []string{"mobile:13911111111"}}}
	if o := Judge(Attempt{Delivery: d, Receipt: wecom.Receipt{MsgID: "m"}}); o.Status != PartlySent || o.Reason.Code != ReasonSomeReceivers {
		t.Errorf("%+v", o)
	}
}
