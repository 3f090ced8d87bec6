package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// request is one call of the API.
type request struct {
	op     string // for errors: WeCom's name of what is done, such as "message/send"
	method string
	path   string // under the base, such as "/v1/messages"
	query  url.Values
	body   []byte  // JSON, or nil
	file   *upload // or a file
	key    string  // Idempotency-Key
	header http.Header
	wait   time.Duration // how long the answer may be held back
	ask    bool          // wait is said in the query
	once   bool          // repeating it may do it twice
}

const (
	maxAnswer = 64 << 20 // bytes
	// maxWait is the longest time that the gateway holds an answer back.
	maxWait = 60 * time.Second
)

// call makes a request, again and again while the gateway cannot be reached or is in trouble, and
// decodes the answer. header is that of the answer.
func (c *Client) call(ctx context.Context, r *request, answer any) (header http.Header, err error) {
	var giveUp time.Time
	mayHaveArrived := false
	for n := 0; ; n++ {
		header, err = c.try(ctx, r, answer)
		var broken *wecom.TransportError
		if errors.As(err, &broken) {
			mayHaveArrived = mayHaveArrived || broken.Sent
			broken.Sent = mayHaveArrived
		}
		if err == nil || ctx.Err() != nil || !worthRepeating(err) || r.once && !NeverSent(err) {
			return header, err
		}
		if n == 0 { // the first may have been held back for long before it failed
			giveUp = time.Now().Add(c.retry)
		}
		pause := pauseAfter(n, err)
		if time.Now().Add(pause).After(giveUp) {
			return header, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return header, err
		}
	}
}

// worthRepeating reports whether the same request may succeed a little later.
func worthRepeating(err error) bool {
	var (
		problem     *Problem
		broken      *wecom.TransportError
		certificate *tls.CertificateVerificationError
		dns         *net.DNSError
	)
	switch {
	case errors.As(err, &problem):
		return passes(problem.Status)
	case errors.As(err, &certificate), errors.As(err, &dns) && dns.IsNotFound:
		return false
	case errors.As(err, &broken):
		return broken.Status == 0 || passes(broken.Status)
	}
	return false
}

func passes(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// pauseAfter is how long to wait after the attempt n, counted from 0: doubling, with jitter; or what
// the gateway asked for. In trouble it asks for a guess, which is bounded; for a key that is over its
// rate it knows the time, and sooner is in vain.
func pauseAfter(n int, err error) time.Duration {
	pause := min(firstPause<<min(n, 10), longestPause)
	pause = pause/2 + rand.N(pause)
	var problem *Problem
	if !errors.As(err, &problem) || problem.RetryAfter <= 0 {
		return pause
	}
	if problem.Status == http.StatusTooManyRequests {
		return problem.RetryAfter + rand.N(firstPause) // not all at once
	}
	return max(pause, min(problem.RetryAfter, longestPause))
}

// try makes a request once.
func (c *Client) try(ctx context.Context, r *request, answer any) (http.Header, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout+r.wait)
	defer cancel()
	resp, err := c.open(limited, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.broken(r, 0, true, err) // half an answer is none
	}
	if err := c.problemIn(r, resp, data); err != nil {
		return nil, err
	}
	if answer != nil {
		if err := json.Unmarshal(data, answer); err != nil {
			return nil, c.strange(r, resp.StatusCode, true)
		}
	}
	return resp.Header, nil
}

// open sends a request, and returns the answer with its body unread.
func (c *Client) open(ctx context.Context, r *request) (*http.Response, error) {
	u := c.base
	u.Path += r.path
	query := r.query
	if r.ask && r.wait > 0 {
		query = url.Values{"wait": {r.wait.Truncate(time.Millisecond).String()}}
	}
	u.RawQuery = query.Encode()
	var connected, begun atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { connected.Store(true) },
		WroteHeaders: func() { begun.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err == nil && r.file != nil {
		req.ContentLength, req.GetBody = r.file.size, r.file.body
		req.Body, err = r.file.body()
	}
	if err != nil {
		return nil, c.broken(r, 0, false, err)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if c.lang != "" {
		req.Header.Set("Accept-Language", strings.ReplaceAll(string(c.lang), "_", "-"))
	}
	switch {
	case r.file != nil:
		req.Header.Set("Content-Type", "application/octet-stream")
	case r.body != nil:
		req.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	resp, err := c.http.Do(req)
	if err == nil {
		return resp, nil
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address, which errors name once
	}
	// A transport that did not say that it looks for a connection says nothing by not saying that it sent.
	return nil, c.broken(r, 0, begun.Load() || !connected.Load(), err)
}

// broken is a request without an answer of a gateway. Reading does nothing, so it never counts as sent.
func (c *Client) broken(r *request, status int, sent bool, err error) error {
	return &wecom.TransportError{Op: r.op, Host: c.host, Status: status, Sent: sent && r.method != http.MethodGet, Err: err}
}

// problemIn returns the error that an answer is, or nil.
func (c *Client) problemIn(r *request, resp *http.Response, data []byte) error {
	if resp.StatusCode < 300 {
		return nil
	}
	p := &Problem{}
	if resp.StatusCode < 400 || json.Unmarshal(data, p) != nil || p.Code == 0 {
		return c.strange(r, resp.StatusCode, resp.StatusCode >= 500)
	}
	p.Status = resp.StatusCode
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}

// strange is an answer that no gateway gives.
func (c *Client) strange(r *request, status int, sent bool) error {
	err := fmt.Errorf("HTTP %d, and the answer is not that of a gateway", status)
	return strangeError{&wecom.TransportError{Op: r.op, Host: c.host, Status: status, Sent: sent && r.method != http.MethodGet, Err: err}}
}

// strangeError is a *[wecom.TransportError] that knows what is to be looked at.
type strangeError struct{ broken *wecom.TransportError }

func (e strangeError) Error() string { return e.broken.Error() }
func (e strangeError) Unwrap() error { return e.broken }

// Hint says what to check.
func (e strangeError) Hint(lang wecom.Lang) string {
	if e.broken.Status >= http.StatusInternalServerError {
		return e.broken.Hint(lang)
	}
	if strings.HasPrefix(strings.ToLower(string(lang)), "zh") {
		return "该地址应答的不是鸿雁网关，可能是代理、登录页或其他程序：请检查网关地址"
	}
	return "something other than a hongyan gateway answers at this address, perhaps a proxy or a login page: check the gateway's URL"
}
