package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

const (
	usualTimeout = 10 * time.Second
	// maxAnswer is how much of an answer is read, in bytes: so much that its connection can be used
	// again if it is short.
	maxAnswer = 4 << 10
)

// newTransport is how receivers are reached: straight, and never where the guard does not allow it;
// or by a proxy of the configuration, which then decides that. The environment has no say.
func newTransport(guard *Guard, proxy *url.URL, resolver *net.Resolver) *http.Transport {
	dialer := &net.Dialer{Resolver: resolver}
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // nobody reads what it would unpack
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	} else {
		dialer.ControlContext = guard.control
	}
	return t
}

// courier makes the requests.
type courier struct {
	guard   *Guard
	client  *http.Client
	timeout time.Duration // of an attempt, with everything
	now     func() time.Time
}

func newCourier(c *Config) *courier {
	return &courier{&c.Guard, &http.Client{
		Transport:     c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, c.Timeout, c.Now}
}

// post makes one attempt. What went wrong is told in words of its own: nothing that the receiver
// answered, no address that a name resolves to, and nothing of the URL.
func (c *courier) post(ctx context.Context, address string, header http.Header, body []byte) result {
	// Allowed when it was accepted, it may not be any more.
	if err := c.guard.CheckURL(address); err != nil {
		return result{failure: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return result{failure: "it is not a URL that can be called"}
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "hongyan-webhook")
	request.Header = header
	response, err := c.client.Do(request)
	if err != nil {
		return result{failure: c.explain(ctx, err)}
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // it has been told; an answer that does not end changes nothing
	r := result{code: response.StatusCode}
	switch {
	case r.told():
		return r
	case r.code == http.StatusGone:
		r.failure = "the receiver wants nothing more (HTTP 410)"
	case r.code >= 300 && r.code < 400:
		r.failure = fmt.Sprintf("the receiver answered HTTP %d; redirects are not followed", r.code)
	default:
		r.failure = fmt.Sprintf("the receiver answered HTTP %d", r.code)
	}
	if r.code == http.StatusTooManyRequests || r.code == http.StatusServiceUnavailable {
		r.retryAfter = retryAfter(response.Header, c.now())
	}
	return r
}

// explain says why no answer came.
func (c *courier) explain(ctx context.Context, err error) string {
	var (
		address     *AddressError
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		slow        net.Error
	)
	switch {
	case errors.As(err, &address):
		return address.Error()
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return fmt.Sprintf("no answer came within %v", c.timeout)
	case errors.As(err, &name):
		return "the name of the host cannot be resolved"
	case errors.As(err, &certificate):
		return "the TLS certificate is not good: it has expired, is for another name, or is signed by nobody known"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the host does not speak TLS at this port"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the host cannot be reached"
	}
	return "the connection broke before an answer came"
}
