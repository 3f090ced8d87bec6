package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Problem is what the API answers when it does not do what it was asked: application/problem+json of
// RFC 9457.
type Problem struct {
	Type   string         `json:"type" format:"uri-reference" doc:"The page that explains the problem, with the number as its anchor."`
	Title  string         `json:"title" doc:"What kind of problem it is, in the caller's language."`
	Status int            `json:"status" doc:"The HTTP status."`
	Detail string         `json:"detail,omitempty" doc:"What is wrong this time, in English: for a field its name, its limit and what was given."`
	Code   int            `json:"code" doc:"The number of the kind of problem. Programs decide by it."`
	Errors []FieldProblem `json:"errors,omitempty" doc:"One entry for each field that is wrong."`
	Hint   string         `json:"hint,omitempty" doc:"What to do, in the caller's language."`

	headers http.Header
}

// FieldProblem is what is wrong with one field of a request.
type FieldProblem struct {
	Field  string `json:"field" doc:"The path of the field in the request, such as text.content or to.users[3]; or the name of a header or query parameter."`
	Detail string `json:"detail"`
	Limit  *int   `json:"limit,omitempty"`
	Given  *int   `json:"given,omitempty" doc:"What was given, in the unit of the limit."`
	Unit   string `json:"unit,omitempty" doc:"What limit and given count: bytes, characters, seconds, members, departments, tags, elements."`
	Hint   string `json:"hint,omitempty"`
}

// Error is the detail, or the title.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// GetStatus, GetHeaders and ContentType are for huma.
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.headers }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// fault is a problem of the catalogue that happened, without the words that are the same every time.
type fault struct {
	is     kind
	detail string
	// fields are what is wrong with each; one without a Problem is told by its Detail alone.
	fields []*wecom.FieldError
	// hint is what to do, where this time it is known better than for the kind.
	hint *words
	// retryAfter is that of the kind, where it differs from time to time.
	retryAfter int
}

func (f *fault) Error() string { return f.is.title.en }

// The errors that huma makes are problems too; it has no other way to say so than these variables.
func init() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return humaProblem(nil, status, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return humaProblem(ctx, status, errs)
	}
}

// humaProblem says what huma found wrong before an operation began.
func humaProblem(ctx huma.Context, status int, errs []error) *Problem {
	f := &fault{is: problemInternal}
	var broken *bodyError
	switch joined := errors.Join(errs...); {
	case errors.As(joined, &broken):
		f.is = problemUnreadable
	case status == http.StatusBadRequest:
		f.is = problemNoBody
	case status == http.StatusRequestEntityTooLarge:
		limit := int64(maxBody)
		if ctx != nil {
			limit = ctx.Operation().MaxBodyBytes
		}
		f = tooLarge(limit)
	case status == http.StatusRequestTimeout:
		f.is = problemSlowBody
	case status == http.StatusUnprocessableEntity:
		f.is = problemInvalid
		for _, err := range errs {
			var detail *huma.ErrorDetail
			if errors.As(err, &detail) {
				_, name, _ := strings.Cut(detail.Location, ".")
				f.fields = append(f.fields, &wecom.FieldError{Field: shown(name), Detail: detail.Message})
			}
		}
	}
	lang, page := wecom.English, errorsPath
	if ctx != nil {
		lang = langOf(ctx.Header("Accept-Language"))
		if c, ok := ctx.Context().Value(callerKey{}).(*caller); ok {
			page = c.errorsURL
		}
	}
	return f.problem(page, lang)
}

func tooLarge(limit int64) *fault {
	return &fault{is: problemTooLarge, detail: "the limit is " + strconv.FormatInt(limit, 10) + " bytes"}
}

// problemOf says what an error of a port, or a fault, means to the caller.
func (a *API) problemOf(ctx context.Context, err error, lang wecom.Lang) *Problem {
	var (
		f       *fault
		invalid *wecom.ValidationError
		request *delivery.RequestError
	)
	switch {
	case errors.As(err, &f):
	case errors.As(err, &invalid):
		f = &fault{is: problemInvalid, fields: renamed(invalid.Fields)}
	case errors.As(err, &request):
		f = &fault{is: problemInvalid, fields: []*wecom.FieldError{{Field: request.Field, Detail: request.Detail}}}
	case errors.Is(err, delivery.ErrUnknownSender):
		f = &fault{is: problemUnknownSender}
	case errors.Is(err, delivery.ErrKeyReused):
		f = &fault{is: problemKeyReused}
	case errors.Is(err, delivery.ErrNotEnded):
		f = &fault{is: problemNotEnded}
	case errors.Is(err, delivery.ErrNothingToResend):
		f = &fault{is: problemNothingToResend}
	case errors.Is(err, delivery.ErrNotFound):
		f = &fault{is: problemNoMessage}
	case errors.Is(err, delivery.ErrStorage):
		f = &fault{is: problemStorage, detail: err.Error()} // SQL engines' words, which quote no message
	case errors.Is(err, delivery.ErrClosed):
		f = &fault{is: problemStopping}
	case ctx.Err() != nil:
		f = &fault{is: problemAbandoned} // the client is gone, or the server stops
	default:
		a.Log.ErrorContext(ctx, "a request failed", "error", err)
		f = &fault{is: problemInternal}
	}
	return f.problem(a.ErrorsURL, lang)
}

// problem is a problem of the catalogue about which there is no more to say.
func (a *API) problem(is kind, lang wecom.Lang) *Problem {
	return (&fault{is: is}).problem(a.ErrorsURL, lang)
}

func (f *fault) problem(page string, lang wecom.Lang) *Problem {
	p := &Problem{
		Type: page + "#" + strconv.Itoa(f.is.code), Title: f.is.title.in(lang), Status: f.is.status(), Code: f.is.code,
		Detail: f.detail, Hint: f.is.hint.in(lang),
	}
	if f.hint != nil {
		p.Hint = f.hint.in(lang)
	}
	if seconds := max(f.retryAfter, f.is.retryAfter); seconds > 0 {
		p.headers = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	}
	if f.is.code == problemNoKey.code || f.is.code == problemBadKey.code {
		p.headers = http.Header{"Www-Authenticate": {`Bearer realm="hongyan"`}}
	}
	for _, field := range f.fields {
		p.Errors = append(p.Errors, fieldProblem(field, lang))
	}
	if len(p.Errors) > 0 && p.Detail == "" {
		p.Detail = p.Errors[0].Detail
		if n := len(p.Errors) - 1; n > 0 {
			p.Detail += " (and " + strconv.Itoa(n) + " more)"
		}
	}
	return p
}

// ourNames are the names that fields of WeCom's JSON have in a request.
var ourNames = map[string]string{"touser": "to.users", "toparty": "to.parties", "totag": "to.tags", "chatid": "to.chat", "agentid": "app",
	"userids": "to.users", "partyids": "to.parties", "tagids": "to.tags", "atall": "to.all", "button.replace_name": "replace_name"}

// renamed gives the fields of WeCom's JSON the names that they have in a request.
func renamed(fields []*wecom.FieldError) []*wecom.FieldError {
	ours := make([]*wecom.FieldError, len(fields))
	for i, f := range fields {
		named := *f
		top, index, indexed := strings.Cut(f.Field, "[")
		if name, ok := ourNames[top]; ok {
			if named.Field = name; indexed {
				named.Field += "[" + index
			}
		}
		ours[i] = &named
	}
	return ours
}

func fieldProblem(e *wecom.FieldError, lang wecom.Lang) FieldProblem {
	p := FieldProblem{Field: e.Field, Detail: e.Error(), Hint: e.Hint(lang), Unit: string(e.Unit)}
	if e.Problem == "" {
		p.Detail = e.Field + ": " + e.Detail
	}
	if e.Unit != "" {
		p.Limit, p.Given = &e.Limit, &e.Given
	}
	return p
}

// write answers a problem where huma is not at hand.
func (a *API) write(w http.ResponseWriter, r *http.Request, p *Problem) {
	header := w.Header()
	for name, values := range p.headers {
		header[name] = values
	}
	header.Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // the client is gone
}

// shown is what a client sent, cut to what an answer may repeat.
func shown(text string) string {
	const most = 40
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// bodyReader marks the errors of a request's body: huma takes them for errors of the server.
type bodyReader struct{ io.ReadCloser }

type bodyError struct{ error }

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var late net.Error
	if err != nil && err != io.EOF && !(errors.As(err, &late) && late.Timeout()) {
		err = &bodyError{err}
	}
	return n, err
}
