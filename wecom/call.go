package wecom

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	opGettoken     = "gettoken"
	maxAnswerBytes = 4 << 20 // far above any answer of WeCom
)

// noErrCode stands in an answer before it is decoded, and after if it has no errcode.
const noErrCode Code = math.MinInt

// status is the part that every answer of WeCom has.
type status struct {
	ErrCode Code   `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

func (s *status) outcome() *status { return s }

// answer is a decoded answer; each embeds status.
type answer interface{ outcome() *status }

// post calls op with a JSON body and the app's token, and decodes the answer into a. If WeCom
// refuses the token, the call is made once more with another.
func (c *Client) post(ctx context.Context, op string, body []byte, a answer) error {
	token, err := c.tokens.Token(ctx, "")
	if err != nil {
		return err
	}
	err = c.postWith(ctx, op, token, body, a)
	if !tokenRefused(err) {
		return err
	}
	fresh, failed := c.tokens.Token(ctx, token)
	switch {
	case failed != nil:
		return failed
	case fresh == token:
		return err // gettoken gives the refused one again; to insist would not help
	}
	return c.postWith(ctx, op, fresh, body, a)
}

func (c *Client) postWith(ctx context.Context, op, token string, body []byte, a answer) error {
	return c.do(ctx, http.MethodPost, op, "access_token="+url.QueryEscape(token), body, a, token)
}

// gettoken asks WeCom for the app's token (path/91039).
func (c *Client) gettoken(ctx context.Context) (string, time.Duration, error) {
	var a struct {
		status
		Token     string  `json:"access_token"`
		ExpiresIn float64 `json:"expires_in"` // seconds
	}
	query := "corpid=" + url.QueryEscape(c.corpID) + "&corpsecret=" + url.QueryEscape(c.secret)
	if err := c.do(ctx, http.MethodGet, opGettoken, query, nil, &a, ""); err != nil {
		return "", 0, err
	}
	if a.Token == "" {
		return "", 0, c.transportError(opGettoken, http.StatusOK, true, errors.New("the answer has no access_token"))
	}
	const usual, most = 7200, 30 * 24 * 3600
	seconds := a.ExpiresIn
	if seconds <= 0 {
		seconds = usual // not said; if it is less, the first refusal tells
	}
	return a.Token, time.Duration(min(seconds, most) * float64(time.Second)), nil
}

// do makes every request of the package. Errors leave it without credentials: secrets are those
// that the query holds beside the app's own.
func (c *Client) do(ctx context.Context, method, op, query string, body []byte, a answer, token string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	out := outgoing{url: c.base}
	if c.traced {
		out.trace.WroteHeaders = out.begin
		ctx = httptrace.WithClientTrace(ctx, &out.trace)
	}
	out.url.Path += "/cgi-bin/" + op
	if out.url.RawPath != "" {
		out.url.RawPath += "/cgi-bin/" + op
	}
	out.url.RawQuery = query
	req := blankRequest.WithContext(ctx)
	req.Method, req.URL, req.Host, req.Header = method, &out.url, out.url.Host, c.header(body)
	if body != nil {
		out.body = body
		out.reader.Reset(body)
		req.ContentLength = int64(len(body))
		req.Body, req.GetBody = io.NopCloser(&out.reader), out.reopen
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctxErr := ctx.Err(); ctxErr != nil && !errors.Is(err, ctxErr) {
			err = ctxErr
		}
		sent := out.begun.Load() || !c.traced && !neverConnected(err)
		return c.transportError(op, 0, sent, scrub(err, c.secret, token))
	}
	defer resp.Body.Close()
	buf := answerBuffers.Get().(*bytes.Buffer)
	defer answerBuffers.Put(buf)
	buf.Reset()
	out.answer = io.LimitedReader{R: resp.Body, N: maxAnswerBytes + 1}
	_, err = buf.ReadFrom(&out.answer)
	switch {
	case resp.StatusCode != http.StatusOK:
		return c.transportError(op, resp.StatusCode, mayHaveActed(resp.StatusCode), describe(resp, buf.Bytes(), c.secret, token))
	case err != nil:
		return c.transportError(op, resp.StatusCode, true, scrub(fmt.Errorf("the answer broke off: %w", err), c.secret, token))
	case buf.Len() > maxAnswerBytes:
		return c.transportError(op, resp.StatusCode, true, fmt.Errorf("the answer is longer than %d bytes", maxAnswerBytes))
	}
	s := a.outcome()
	s.ErrCode = noErrCode
	if err := json.Unmarshal(buf.Bytes(), a); err != nil && s.ErrCode == noErrCode {
		return c.transportError(op, resp.StatusCode, true, describe(resp, buf.Bytes(), c.secret, token))
	}
	// Where some other member was not of the type we know, the errcode was read all the same.
	switch s.ErrCode {
	case CodeOK:
		return nil
	case noErrCode:
		if looksComplete(a) {
			return nil
		}
		return c.transportError(op, resp.StatusCode, true, describe(resp, buf.Bytes(), c.secret, token))
	}
	text, hintID, callerIP := parseErrmsg(scrubText(s.ErrMsg, c.secret, token))
	return &Error{Op: op, Code: s.ErrCode, Msg: text, HintID: hintID, CallerIP: callerIP}
}

// blankRequest is copied for every call: http.NewRequest would parse an address that is at hand.
var blankRequest = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// jsonHeader is the header of every POST.
var jsonHeader = http.Header{"Content-Type": {"application/json"}}

// header returns the header of a request with this body. The standard transport only reads it; what
// stands in a caller's own client may not be as careful, so it gets a copy.
func (c *Client) header(body []byte) http.Header {
	switch {
	case body == nil:
		return http.Header{}
	case c.ownTransport:
		return jsonHeader
	}
	return jsonHeader.Clone()
}

var answerBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// looksComplete tells a success without errcode, which a few calls answer, from some JSON of
// another server.
func looksComplete(a answer) bool {
	if s, ok := a.(*sendAnswer); ok {
		return s.MsgID != ""
	}
	return true
}

func (c *Client) transportError(op string, status int, sent bool, err error) error {
	return &TransportError{Op: op, Host: c.host, Status: status, Sent: sent, Err: err}
}

// neverConnected reports whether err came up before there was a connection to send on.
func neverConnected(err error) bool {
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &certificate)
}

// mayHaveActed reports whether an answer with this HTTP status leaves room for the call having
// taken effect. A refusal of the request as such does not, nor does a redirect.
func mayHaveActed(status int) bool {
	return status >= 500 || status == http.StatusRequestTimeout || status < 300
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

// outgoing is what one request needs until its answer is read, in one piece of memory. Its body is
// of a type that the transport knows to be in memory: others cost a second write to the connection.
type outgoing struct {
	url    url.URL
	body   []byte
	reader bytes.Reader
	answer io.LimitedReader
	trace  httptrace.ClientTrace
	begun  atomic.Bool // the transport began to send: until then WeCom cannot have acted
}

func (o *outgoing) begin() { o.begun.Store(true) }

// reopen returns the body from its start: the transport repeats a request whose connection turned
// out to be closed.
func (o *outgoing) reopen() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(o.body)), nil
}
