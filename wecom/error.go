package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Error is an answer of WeCom whose errcode is not zero. WeCom answers HTTP 200 for these too.
// Decide by Code or [Error.Kind]; Msg is for people and changes without notice.
type Error struct {
	Op       string // the call that failed, such as "message/send" or "gettoken"
	Code     Code
	Msg      string // errmsg without the tail that is in the fields below
	HintID   string // digits that WeCom's support asks for
	CallerIP string // the address WeCom saw the call come from, where errmsg tells it
}

// Error names the call, the code and what WeCom said, and never a token, secret or message body.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "wecom: %s: %d", e.Op, int(e.Code))
	if e.Msg != "" {
		b.WriteString(" " + e.Msg)
	} else if m := e.Code.Meaning(English); m != "" {
		b.WriteString(" (" + m + ")")
	}
	if e.CallerIP != "" {
		b.WriteString(", from ip " + e.CallerIP)
	}
	if e.HintID != "" {
		b.WriteString(", hint id " + e.HintID)
	}
	return b.String()
}

// Kind says what the code asks for, in the answer of this call: 40001 is a dead token in the answer
// of message/send, and a wrong secret in that of gettoken.
func (e *Error) Kind() Kind { return e.Code.kindFrom(e.Op) }

// Is reports whether target is an *Error with the same code, so that
// errors.Is(err, &wecom.Error{Code: wecom.CodeUntrustedIP}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Op == "" || t.Op == e.Op)
}

// tokenRefused reports whether another token may help: only these three codes say so, and only on
// a business call. 41001 says that the request had no token at all, which a new one does not cure.
func tokenRefused(err error) bool {
	if err == nil {
		return false
	}
	var e *Error
	if !errors.As(err, &e) || e.Op == opGettoken {
		return false
	}
	return e.Code == CodeBadSecret || e.Code == CodeBadToken || e.Code == CodeTokenExpired
}

// TransportError says that a call ended without an answer of WeCom that can be understood: no
// connection, a time-out, an HTTP status other than 200, or a body that is not WeCom's JSON.
type TransportError struct {
	Op     string // the call, such as "message/send"
	Host   string // scheme and host that was asked, never the query
	Status int    // HTTP status, or 0 when no answer came
	// Sent is false if the request surely did not reach WeCom. If it is true the message may have
	// been delivered all the same.
	Sent bool
	Err  error // what went wrong; credentials are taken out of its text
}

// Error names the call, the host and what went wrong.
func (e *TransportError) Error() string {
	return fmt.Sprintf("wecom: %s: no answer from %s: %v", e.Op, e.Host, e.Err)
}

// Format prints the text of the error, whatever the verb: its cause is not to be spelled out.
func (e *TransportError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// Unwrap returns the cause, such as context.DeadlineExceeded.
func (e *TransportError) Unwrap() error { return e.Err }

// Timeout reports whether time ran out.
func (e *TransportError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.Is(e.Err, context.DeadlineExceeded) || errors.As(e.Err, &t) && t.Timeout()
}

// NeverSent reports whether err arose before WeCom could act on the message, so that sending it
// again cannot show it twice: the message was refused by [Message.Validate] or by WeCom, no token
// could be had, a file of it was not uploaded, or the connection failed before the request left. It
// is false for nil, for a time-out while waiting for the answer, for codes that do not say what
// became of the message, such as [CodeBusy], and for errors this package did not make. Of joined
// errors, all must be so.
func NeverSent(err error) bool {
	switch e := err.(type) {
	case nil:
		return false
	case *ValidationError:
		return true
	case *Error:
		kind := e.Kind()
		return !acts(e.Op) || kind != Busy && kind != Unknown
	case *TransportError:
		return !e.mayHaveDelivered()
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		for _, part := range all {
			if !NeverSent(part) {
				return false
			}
		}
		return len(all) > 0
	case interface{ Unwrap() error }:
		return NeverSent(e.Unwrap())
	}
	return false
}

// parseErrmsg takes the tail off an errmsg:
//
//	TEXT, hint: [DIGITS], from ip: ADDRESS, more info at LINK
//
// Each part of the tail may be absent, and a badly typed request puts a warning in front.
func parseErrmsg(errmsg string) (text, hintID, callerIP string) {
	text = strings.TrimPrefix(errmsg, "Warning: wrong json format. ")
	text, _, _ = strings.Cut(text, ", more info at ")
	if before, ip, ok := strings.Cut(text, ", from ip: "); ok {
		text, callerIP = before, strings.TrimSpace(ip)
	}
	if before, hint, ok := strings.Cut(text, ", hint: ["); ok {
		text, hintID = before, strings.TrimSuffix(strings.TrimSpace(hint), "]")
	}
	return strings.TrimSpace(text), hintID, callerIP
}
