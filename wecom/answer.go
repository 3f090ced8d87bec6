package wecom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strings"
	"sync"
)

const (
	maxAnswerBytes = 4 << 20  // far above any answer to a message
	maxListBytes   = 64 << 20 // and above the members of a large corp
)

// noErrCode stands in an answer before it is decoded, and after if it has no errcode.
const noErrCode Code = math.MinInt

// status is the part that every answer of WeCom has.
type status struct {
	ErrCode Code   `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

func (s *status) outcome() *status { return s }

// complete is what holds for calls that answer nothing but an errcode.
func (s *status) complete() bool { return false }

// answer is a decoded answer; each embeds status.
type answer interface {
	outcome() *status
	// complete tells a success without errcode, which a few calls answer, from some JSON of another
	// server.
	complete() bool
}

var answerBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read reads the answer of r to its end and decodes it. limited is memory to do so.
func (c *caller) read(resp *http.Response, r *request, limited *io.LimitedReader) error {
	buf := answerBuffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 64<<10 { // one long list is no reason to hold on to so much
			answerBuffers.Put(buf)
		}
	}()
	buf.Reset()
	most := orDefault(r.most, maxAnswerBytes)
	*limited = io.LimitedReader{R: resp.Body, N: int64(most) + 1}
	_, err := buf.ReadFrom(limited)
	switch {
	case resp.StatusCode != http.StatusOK:
		return c.transportError(r.op, resp.StatusCode, mayHaveActed(resp.StatusCode), describe(resp, buf.Bytes(), c.secret, r.hidden))
	case err != nil:
		return c.transportError(r.op, resp.StatusCode, true, scrub(fmt.Errorf("the answer broke off: %w", err), c.secret, r.hidden))
	case buf.Len() > most:
		return c.transportError(r.op, resp.StatusCode, true, fmt.Errorf("the answer is longer than %d bytes", most))
	}
	s := r.answer.outcome()
	s.ErrCode = noErrCode
	if err := json.Unmarshal(buf.Bytes(), r.answer); err != nil && s.ErrCode == noErrCode {
		return c.transportError(r.op, resp.StatusCode, true, describe(resp, buf.Bytes(), c.secret, r.hidden))
	}
	// Where some other member was not of the type we know, the errcode was read all the same.
	switch s.ErrCode {
	case CodeOK:
		return nil
	case noErrCode:
		if r.answer.complete() {
			return nil
		}
		return c.transportError(r.op, resp.StatusCode, true, describe(resp, buf.Bytes(), c.secret, r.hidden))
	}
	return newError(r.op, s.ErrCode, scrubText(s.ErrMsg, c.secret, r.hidden))
}

// newError returns the errcode of a call as an error. errmsg has no secret in it.
func newError(op string, code Code, errmsg string) *Error {
	text, hintID, callerIP := parseErrmsg(errmsg)
	return &Error{Op: op, Code: code, Msg: text, HintID: hintID, CallerIP: callerIP}
}

func (c *caller) transportError(op string, status int, sent bool, err error) error {
	return &TransportError{Op: op, Host: c.host, Status: status, Sent: sent, Err: err}
}

// mayHaveActed reports whether an answer with this HTTP status leaves room for the call having taken
// effect. These refuse the request as such, or send it elsewhere. Others do not tell: a proxy may
// answer 403 because of what WeCom said.
func mayHaveActed(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
		http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired,
		http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType,
		http.StatusMisdirectedRequest, http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge:
		return false
	}
	return true
}

// describe says what came instead of WeCom's JSON. The body is quoted no further than an HTML
// page's title, since proxies like to print the whole address with the token in it.
func describe(resp *http.Response, body []byte, secrets ...string) error {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "" {
		kind = "unknown type"
	}
	what := fmt.Sprintf("HTTP %d, %s, %d bytes", resp.StatusCode, kind, len(body))
	if title := htmlTitle(body); title != "" {
		what += fmt.Sprintf(", titled %.80q", scrubText(title, secrets...))
	}
	if to := resp.Header.Get("Location"); to != "" {
		what += ", redirected to " + scrubText(safeURL(to), secrets...)
	}
	if resp.StatusCode == http.StatusOK {
		return fmt.Errorf("not an answer of WeCom (%s)", what)
	}
	return errors.New(what)
}

func htmlTitle(body []byte) string {
	body = body[:min(len(body), 4096)]
	lower := bytes.Clone(body)
	for i, b := range lower {
		if 'A' <= b && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	from := bytes.Index(lower, []byte("<title>"))
	if from < 0 {
		return ""
	}
	from += len("<title>")
	to := bytes.IndexByte(lower[from:], '<')
	if to < 0 {
		return ""
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(body[from:from+to]), "")), " ")
}
