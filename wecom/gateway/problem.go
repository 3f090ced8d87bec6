package gateway

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Problem is what the gateway answers when it does not do what it was asked (RFC 9457). Decide by
// Code; the texts are for people. It has nothing of the message in it.
type Problem struct {
	Code   int            `json:"code"`   // number of the kind of problem, such as 42201: see docs/errors.md
	Status int            `json:"status"` // of HTTP
	Title  string         `json:"title"`  // what kind of problem it is, in the language of Config.Lang
	Detail string         `json:"detail"` // what is wrong this time, in English; may be empty
	Type   string         `json:"type"`   // the page that explains it
	Fields []FieldProblem `json:"errors"` // one entry for each field of the request that is wrong
	Advice string         `json:"hint"`   // what to do, in the language of Config.Lang
	// RetryAfter is how long the gateway asks to wait before the next try; 0 if it does not say.
	RetryAfter time.Duration `json:"-"`
}

// FieldProblem is what is wrong with one field of a request.
type FieldProblem struct {
	Field  string `json:"field"` // such as text.content or to.users[3]
	Detail string `json:"detail"`
	Limit  *int   `json:"limit"`
	Given  *int   `json:"given"` // in the unit of the limit
	Unit   string `json:"unit"`
	Advice string `json:"hint"`
}

// Numbers of problems that programs decide by.
const (
	CodeInvalid       = 42201 // fields of the request are wrong: see Problem.Fields
	CodeUnknownSender = 42202 // the gateway's configuration has no such app or robot
	CodeKeyReused     = 42203 // the idempotency key was used for another message
	CodeRate          = 42901 // the API key is over its rate: see Problem.RetryAfter
)

// Error tells title and detail, or the fields that are wrong.
func (p *Problem) Error() string {
	text := "gateway: " + strconv.Itoa(p.Code) + " " + p.Title
	details := make([]string, len(p.Fields))
	for i, f := range p.Fields {
		details[i] = f.Detail
	}
	detail := p.Detail
	if len(details) > 0 && (detail == "" || strings.HasPrefix(detail, details[0])) {
		detail = strings.Join(details, "; ")
	}
	if detail != "" {
		text += ": " + detail
	}
	return text
}

// Hint says what to do about it. The gateway answered in the language of Config.Lang, whichever is
// asked for here.
func (p *Problem) Hint(wecom.Lang) string {
	parts := []string{}
	for _, f := range p.Fields {
		if f.Advice != "" {
			parts = append(parts, f.Advice)
		}
	}
	if len(parts) > 0 {
		return strings.Join(parts, "; ")
	}
	return p.Advice
}

// Is reports whether target is a *Problem with the same Code, so that
// errors.Is(err, &gateway.Problem{Code: gateway.CodeUnknownSender}) works.
func (p *Problem) Is(target error) bool {
	t, ok := target.(*Problem)
	return ok && t.Code == p.Code
}

// NeverSent is [wecom.NeverSent] for errors of this package too: err arose before the message can
// have reached anybody, and it never will. It is false for an *[UnfinishedError].
func NeverSent(err error) bool {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem.Status >= 400 && problem.Status < 500 && problem.Status != http.StatusRequestTimeout ||
			problem.Status == http.StatusServiceUnavailable && problem.Code != codeAbandoned
	}
	return wecom.NeverSent(err)
}

// codeAbandoned is the one problem of 503 that does not say that nothing was stored.
const codeAbandoned = 50304

// UnfinishedError says that the gateway stored the message, and that it had not come to its end in
// the time that Send waits. Nothing is lost: the gateway goes on with it, and sending it again would
// make it two. [Client.Message], [Client.Wait] and [Client.Cancel] take its id.
type UnfinishedError struct {
	Message *Message // as it was last seen
}

// ID is that of the message.
func (e *UnfinishedError) ID() string { return e.Message.ID }

// Error names the message, how far it has come, and why it waits.
func (e *UnfinishedError) Error() string {
	text := "gateway: message " + e.Message.ID + " is stored, and " + string(e.Message.Status) + " so far"
	if why := e.Message.why(); why != "" {
		text += ": " + why
	}
	return text
}

// Hint says why it waits and what to do, in the language as far as it is known in it.
func (e *UnfinishedError) Hint(lang wecom.Lang) string { return e.Message.Hint(lang) }

// EndedError says that a message came to an end without being sent to anybody: it was refused, or
// expired or was cancelled before it left, or its fate is not known. Where WeCom refused it,
// errors.As finds the *[wecom.Error] with WeCom's code in it, as if WeCom had been asked directly;
// otherwise a *[wecom.TransportError].
type EndedError struct {
	Message *Message
	cause   error
}

// Error names the message, its end and the reason.
func (e *EndedError) Error() string {
	text := "gateway: message " + e.Message.ID + " is " + string(e.Message.Status)
	if why := e.Message.why(); why != "" {
		text += ": " + why
	}
	return text
}

// Hint says cause and cure, in the language as far as they are known in it.
func (e *EndedError) Hint(lang wecom.Lang) string { return e.Message.Hint(lang) }

// Unwrap returns what kept it from being sent.
func (e *EndedError) Unwrap() error { return e.cause }
