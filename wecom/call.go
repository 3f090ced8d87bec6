package wecom

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const opGettoken = "gettoken"

// caller makes the requests of one app or one robot.
type caller struct {
	base         url.URL // with the path prefix, without a slash at its end
	host         string  // scheme and host of base, for errors
	secret       string  // the app's secret or the robot's key; no error has it
	http         *http.Client
	ownTransport bool // http is not the caller's
	foreign      bool // http does not send by an *http.Transport itself, but by something around it
	timeout      time.Duration
	observer     Observer // or nil
}

// request is what one call says.
type request struct {
	method     string
	op         string // "message/send": the path under /cgi-bin/
	credential string // first part of the query: access_token=…
	hidden     string // what of it must not be told, beside the caller's own secret
	query      string // the rest of the query, encoded
	body       []byte // JSON, or nil
	form       *form  // a file, instead of body
	ranges     string // header Range
	answer     answer // where the answer goes
	most       int    // bytes of the answer; 0 means maxAnswerBytes
}

// post calls op with a JSON body and the app's token, and decodes the answer into a.
func (c *Client) post(ctx context.Context, op string, body []byte, a answer) error {
	return c.call(ctx, &request{method: http.MethodPost, op: op, body: body, answer: a})
}

// postJSON is post for a body that is not JSON yet.
func (c *Client) postJSON(ctx context.Context, op string, in any, a answer) error {
	var body bytes.Buffer
	if err := writeJSON(&body, in); err != nil {
		return err
	}
	return c.post(ctx, op, body.Bytes(), a)
}

// get calls op with the app's token and these parameters: name, value, name, value.
func (c *Client) get(ctx context.Context, op string, a answer, params ...string) error {
	query := make(url.Values, len(params)/2)
	for i := 0; i+1 < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	return c.call(ctx, &request{method: http.MethodGet, op: op, query: query.Encode(), answer: a, most: maxListBytes})
}

// call makes a request with the app's token. If WeCom refuses the token, it is made again with
// another.
func (c *Client) call(ctx context.Context, r *request) error {
	return c.withToken(ctx, r, func() error { return c.do(ctx, r) })
}

// withToken puts the app's token into r and tries; if WeCom refuses the token, again with another.
func (c *Client) withToken(ctx context.Context, r *request, try func() error) error {
	token, err := c.token(ctx, "")
	if err != nil {
		return err
	}
	// What replaces a refused token may come from the store, and be older than it after a failover
	// there: so another is asked for twice.
	for left := 2; ; left-- {
		r.credential, r.hidden = "access_token="+url.QueryEscape(token), token
		err = try()
		if left == 0 || !tokenRefused(err) {
			return err
		}
		fresh, failed := c.token(ctx, token)
		switch {
		case failed != nil:
			return failed
		case fresh == token:
			return err // gettoken gives the refused one again; to insist would not help
		}
		token = fresh
	}
}

// token returns a token. An error of a caller's own TokenSource becomes one of this package: nothing
// was sent.
func (c *Client) token(ctx context.Context, stale string) (string, error) {
	token, err := c.tokens.Token(ctx, stale)
	switch err.(type) {
	case nil, *Error, *TransportError:
		return token, err
	}
	return "", c.transportError(opGettoken, 0, false, hide(err, stale))
}

// gettoken asks WeCom for the app's token (path/91039).
func (c *Client) gettoken(ctx context.Context) (string, time.Duration, error) {
	var a tokenAnswer
	query := "corpid=" + url.QueryEscape(c.corpID) + "&corpsecret=" + url.QueryEscape(c.secret)
	if err := c.tokenCaller.do(ctx, &request{method: http.MethodGet, op: opGettoken, credential: query, answer: &a}); err != nil {
		return "", 0, err
	}
	if a.Token == "" {
		return "", 0, c.transportError(opGettoken, http.StatusOK, true, errors.New("the answer has no access_token"))
	}
	const usual, least, most = 7200, 1, 30 * 24 * 3600
	seconds := float64(usual) // where it is not said: if it is less, the first refusal tells
	if a.ExpiresIn != nil {
		seconds = min(max(*a.ExpiresIn, least), most) // 0 is a token in its last second
	}
	return a.Token, time.Duration(seconds * float64(time.Second)), nil
}

type tokenAnswer struct {
	status
	Token     string   `json:"access_token"`
	ExpiresIn *float64 `json:"expires_in"` // seconds
}

func (*tokenAnswer) complete() bool { return true } // what is missing is told by name

// do makes a request and decodes the answer. Errors leave it without credentials.
func (c *caller) do(ctx context.Context, r *request) error {
	if c.observer == nil {
		return c.exchange(ctx, r)
	}
	began := time.Now()
	err := c.exchange(ctx, r)
	c.observer.ObserveCall(CallEvent{Op: r.op, Took: time.Since(began), Err: err})
	return err
}

// exchange sends a request and reads its answer.
func (c *caller) exchange(ctx context.Context, r *request) error {
	if r.form != nil {
		var p *patience
		ctx, p = newPatience(ctx, c.timeout)
		defer p.end()
		r.form.moved = p.renew
		defer r.form.close() // the transport may still hold it
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	out := outgoing{url: c.base}
	resp, err := c.open(ctx, r, &out)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return c.read(resp, r, &out.answer)
}

// open makes every request of the package, and returns the answer with its body unread.
func (c *caller) open(ctx context.Context, r *request, out *outgoing) (*http.Response, error) {
	if err := endOf(ctx); err != nil {
		return nil, c.transportError(r.op, 0, false, err)
	}
	out.trace.GetConn, out.trace.WroteHeaders = out.look, out.begin
	ctx = httptrace.WithClientTrace(ctx, &out.trace)
	out.url.Path += "/cgi-bin/" + r.op
	if out.url.RawPath != "" {
		out.url.RawPath += "/cgi-bin/" + r.op
	}
	out.url.RawQuery = r.credential
	if r.query != "" {
		out.url.RawQuery += "&" + r.query
	}
	req := blankRequest.WithContext(ctx)
	req.Method, req.URL, req.Host, req.Header = r.method, &out.url, out.url.Host, c.header(r)
	switch {
	case r.body != nil:
		out.body = r.body
		out.reader.Reset(r.body)
		req.ContentLength = int64(len(r.body))
		req.Body, req.GetBody = io.NopCloser(&out.reader), out.reopen
	case r.form != nil:
		body, err := r.form.open()
		if err != nil {
			return nil, unreadable("file", r.form.name, bare(err))
		}
		req.ContentLength = r.form.length()
		req.Body, req.GetBody = body, r.form.open
	}
	resp, err := c.http.Do(req)
	if err == nil {
		return resp, nil
	}
	if ended := endOf(ctx); ended != nil && !errors.Is(err, ended) {
		err = ended
	}
	// A transport that did not say that it looks for a connection says nothing by not saying that it
	// sent: what wraps one may keep the trace from it, and may have tried several times.
	sent := out.begun.Load() || !out.traced.Load()
	if c.foreign {
		return nil, c.transportError(r.op, 0, sent, hide(err, c.secret, r.hidden))
	}
	return nil, c.transportError(r.op, 0, sent && !neverConnected(err), scrub(err, c.secret, r.hidden))
}

// blankRequest is copied for every call: http.NewRequest would parse an address that is at hand.
var blankRequest = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// jsonHeader is the header of every POST of JSON.
var jsonHeader = http.Header{"Content-Type": {"application/json"}}

// header returns the header of a request. The standard transport only reads it; what stands in a
// caller's own client may not be as careful, so it gets a copy.
func (c *caller) header(r *request) http.Header {
	switch {
	case r.form != nil:
		return http.Header{"Content-Type": {r.form.contentType()}}
	case r.ranges != "":
		return http.Header{"Range": {r.ranges}}
	case r.body == nil:
		return http.Header{}
	case c.ownTransport:
		return jsonHeader
	}
	return jsonHeader.Clone()
}

// neverConnected reports whether err came up before there was a connection to send on.
func neverConnected(err error) bool {
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &certificate)
}

// outgoing is what one request needs until its answer is read, in one piece of memory. Its body is
// of a type that the transport knows to be in memory: others cost a second write to the connection.
type outgoing struct {
	url    url.URL
	body   []byte
	reader bytes.Reader
	answer io.LimitedReader
	trace  httptrace.ClientTrace
	traced atomic.Bool // the transport tells what it does
	begun  atomic.Bool // it began to send: until then WeCom cannot have acted
}

func (o *outgoing) look(string) { o.traced.Store(true) }

func (o *outgoing) begin() { o.begun.Store(true) }

// reopen returns the body from its start: the transport repeats a request whose connection turned
// out to be closed.
func (o *outgoing) reopen() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(o.body)), nil
}
