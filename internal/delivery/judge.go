package delivery

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Attempt is one call of WeCom that has ended, and all that [Judge] looks at.
type Attempt struct {
	Delivery *Delivery // with this attempt counted
	Receipt  wecom.Receipt
	Err      error
	Ended    time.Time
	Jitter   float64 // of the pause before the next attempt: at least 0, below 1
}

// Outcome is what an attempt means.
type Outcome struct {
	Status  Status
	Due     time.Time // with Queued
	Reason  Reason
	Doubt   time.Time // Delivery.Doubt from now on
	Answer  Answer
	Trouble Trouble // of the sender, not of this delivery
}

// Trouble says whether an attempt tells something about the sender's other deliveries too.
type Trouble uint8

const (
	NoTrouble     Trouble = iota // WeCom answered, about this message
	Blocked                      // WeCom takes nothing of this sender for a while: 45009
	Misconfigured                // nor until a person changes a setting
	Unreachable                  // no answer came; one failure may be chance, several in a row are not
)

// ErrInterrupted stands for the answer to an attempt that was under way when the gateway ended.
var ErrInterrupted = errors.New("the gateway ended while the message was being sent")

// senderWide are the codes that say that nothing of this sender will be taken, whatever it says and
// to whom. Others of their kinds are about the one message.
var senderWide = []wecom.Code{
	40013,  // corpid
	40056,  // agentid
	40091,  // secret of another corp
	41002,  // no corpid
	41004,  // no secret
	45031,  // weak secret
	48006,  // the app's right was withdrawn
	50003,  // the app is disabled
	60020,  // IP not trusted
	60031,  // the app is barred
	93000,  // key of a robot
	301002, // the token is another app's
	301007, // the corp is gone
	40141,  // the corp's account is abnormal
}

// Judge says what the outcome of an attempt is. It is pure; its test's table is the specification.
//
// What WeCom surely did not take is tried again if another try can help, else refused. What it may
// have taken is tried again too when its duplicate check makes that harmless; when it does not, the
// delivery's IfUnknown decides. Time that runs out meanwhile is Outbox.Expire's affair.
func Judge(a Attempt) Outcome {
	d := a.Delivery
	o := Outcome{Doubt: d.Doubt, Answer: answerOf(a.Receipt, a.Err)}
	if a.Err == nil {
		o.Status = Sent
		if !a.Receipt.ReachedAll() || d.Lookup.Missed() {
			o.Status, o.Reason = PartlySent, Reason{Code: ReasonSomeReceivers}
		}
		return o
	}
	if !o.final(a) {
		o.again(a)
	}
	return o
}

// final decides what no other attempt can change, and else says why to try again.
func (o *Outcome) final(a Attempt) bool {
	err := a.Err
	var (
		closed  *DirectoryError
		answer  *wecom.Error
		invalid *wecom.ValidationError
		broken  *wecom.TransportError
	)
	refused := func(reason string) bool {
		o.Status, o.Reason.Code = Refused, reason
		return true
	}
	wait := func(reason string, trouble Trouble) bool {
		o.Reason.Code, o.Trouble = reason, trouble
		return false
	}
	switch {
	case errors.As(err, &invalid):
		return refused(ReasonInvalid)
	case errors.Is(err, ErrUnknownSender):
		return wait(ReasonUnknownSender, Misconfigured)
	case errors.Is(err, ErrInterrupted):
		return wait(ReasonInterrupted, NoTrouble)
	case errors.As(err, &closed):
		if o.Reason.Detail = closed.Detail; closed.Err == nil {
			o.Answer.Failure = nil // nobody was asked
		}
		return wait(ReasonDirectory, NoTrouble)
	case errors.As(err, &answer):
		switch kind := answer.Kind(); {
		case slices.Contains(senderWide, answer.Code), kind == wecom.TokenRefused, kind == wecom.Misconfigured && answer.Op == "gettoken":
			return wait(ReasonMisconfigured, Misconfigured)
		case answer.Code == wecom.CodeTooManyConcurrent:
			return wait(ReasonBusy, NoTrouble)
		case kind == wecom.Limited:
			return wait(ReasonLimited, Blocked)
		case kind == wecom.Busy, answer.Op == "gettoken":
			return wait(ReasonBusy, NoTrouble)
		case kind == wecom.NoRecipient:
			return refused(ReasonNoReceiver)
		}
		return refused(ReasonRefused)
	case errors.As(err, &broken) && broken.Status == http.StatusRequestEntityTooLarge:
		return refused(ReasonRefused)
	case errors.As(err, &broken) && broken.Status == http.StatusTooManyRequests:
		return wait(ReasonBusy, Blocked)
	case wecom.NeverSent(err):
		return wait(ReasonUnreachable, Unreachable)
	case a.Delivery.Content.Unresolved():
		return wait(ReasonDirectory, NoTrouble)
	}
	return wait(ReasonNoAnswer, Unreachable)
}

// again says when to try again, and whether to.
func (o *Outcome) again(a Attempt) {
	d := a.Delivery
	o.Status = Queued
	var closed *DirectoryError
	switch {
	case o.Reason.Code == ReasonInterrupted:
		o.Due = a.Ended
	case errors.As(a.Err, &closed):
		if o.Due = wholeUp(closed.Until); o.Due.Before(a.Ended) {
			o.Due = a.Ended.Add(Pause(1, a.Jitter))
		}
	case o.Trouble == Blocked || o.Trouble == Misconfigured:
		o.Due = d.Due // it keeps its place; the sender rests
	default:
		o.Due = a.Ended.Add(Pause(d.Attempts, a.Jitter))
	}
	// What is still looked up has not been sent, whatever became of that.
	if !wecom.NeverSent(a.Err) && !errors.Is(a.Err, ErrUnknownSender) && !d.Content.Unresolved() && o.Doubt.IsZero() {
		o.Doubt = d.Started
	}
	if o.Doubt.IsZero() {
		return
	}
	next := *d
	next.Doubt = o.Doubt
	if next.Covered(o.Due) {
		return
	}
	if d.IfUnknown == Hold {
		o.Status, o.Due = Uncertain, time.Time{}
	}
}

// Pauses between the attempts of a delivery.
const (
	firstPause   = time.Second
	LongestPause = 10 * time.Minute
)

// Pause is how long to wait after n attempts: about a second, doubling, at most LongestPause. jitter
// spreads those that failed together over a half of it.
func Pause(n int, jitter float64) time.Duration {
	pause := float64(firstPause) * math.Pow(2, float64(min(max(n-1, 0), 30)))
	pause = min(pause, float64(LongestPause))
	return time.Duration(pause * (0.75 + jitter/2))
}

// Rests of a sender.
const (
	blockedRest   = time.Minute // WeCom's shortest block; longer ones show at the probe
	longestRest   = 10 * time.Minute
	brokenRest    = time.Second
	longestBroken = 30 * time.Second
	brokenInARow  = 3 // before a sender rests because no answer comes
)

// NextRest is the rest of a sender after one more attempt told of trouble; before is the one that is
// under way, or the zero Rest. When it ends, one delivery is sent to see whether it works again.
func NextRest(before Rest, o Outcome, now time.Time, jitter float64) Rest {
	if o.Trouble == NoTrouble {
		return Rest{}
	}
	rest := Rest{Since: now, Failures: 1, Reason: o.Reason}
	if before.Reason.Code == o.Reason.Code {
		rest.Since, rest.Failures = before.Since, before.Failures+1
	}
	if o.Answer.Failure != nil {
		rest.Failure = *o.Answer.Failure
	}
	first, longest, n := blockedRest, longestRest, rest.Failures
	if o.Trouble == Unreachable {
		if rest.Failures < brokenInARow {
			return rest // counted, and no rest yet
		}
		first, longest, n = brokenRest, longestBroken, rest.Failures-brokenInARow+1
	}
	pause := min(float64(first)*math.Pow(2, float64(min(n-1, 30))), float64(longest))
	rest.Until = now.Add(time.Duration(pause * (1 + jitter/10)))
	return rest
}

// answerOf keeps what came back. The texts of the SDK's errors have no secrets and no messages in
// them.
func answerOf(r wecom.Receipt, err error) Answer {
	a := Answer{
		MsgID: r.MsgID, ResponseCode: r.ResponseCode,
		InvalidUsers: r.InvalidUsers, InvalidParties: r.InvalidParties, InvalidTags: r.InvalidTags,
		UnlicensedUsers: r.UnlicensedUsers,
	}
	if err == nil {
		return a
	}
	var (
		refused *wecom.Error
		broken  *wecom.TransportError
	)
	switch {
	case errors.As(err, &refused):
		a.Failure = &Failure{Op: refused.Op, Code: refused.Code, Msg: refused.Msg, HintID: refused.HintID, CallerIP: refused.CallerIP}
	case errors.As(err, &broken):
		a.Failure = &Failure{Op: broken.Op, Msg: broken.Error(), Status: broken.Status}
	default:
		a.Failure = &Failure{Msg: err.Error()}
	}
	return a
}
