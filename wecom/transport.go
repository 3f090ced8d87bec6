package wecom

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// newHTTPClient returns the caller's own client, or one made for WeCom.
func newHTTPClient(config Config) (*http.Client, error) {
	if config.HTTPClient != nil {
		own := *config.HTTPClient // a copy: the redirect rule is ours alone
		if own.CheckRedirect == nil {
			own.CheckRedirect = stay
		}
		return &own, nil
	}
	transport, err := newTransport(config)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: transport, CheckRedirect: stay}, nil
}

// stay follows no redirect: WeCom's API has none, a POST that follows one loses its body, and the
// token in the query would be shown to wherever it leads.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// isTraced reports whether the client keeps to net/http/httptrace. What wraps a transport may not,
// and its silence must not be taken for "nothing was sent".
func isTraced(c *http.Client) bool {
	if c.Transport == nil {
		return true
	}
	_, ok := c.Transport.(*http.Transport)
	return ok
}

func newTransport(config Config) (*http.Transport, error) {
	proxy := http.ProxyFromEnvironment
	if config.Proxy != "" {
		u, err := url.Parse(config.Proxy)
		if err != nil {
			return nil, &ConfigError{Field: "Proxy", Detail: "is not a URL"}
		}
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
		default:
			return nil, &ConfigError{Field: "Proxy", Detail: fmt.Sprintf("%q must begin with http://, https:// or socks5://", safeURL(config.Proxy))}
		}
		proxy = http.ProxyURL(u)
	}
	conns := orDefault(config.MaxConns, defaultMaxConns)
	return &http.Transport{
		Proxy:       proxy,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		// The standard two idle connections per host mean that most of 64 callers open a new one for
		// every message.
		MaxIdleConns:        conns,
		MaxIdleConnsPerHost: conns,
		MaxConnsPerHost:     conns,
		// Shorter than the servers' own, so that a connection is rarely closed under a request: a POST
		// whose connection breaks cannot be repeated without doubt.
		IdleConnTimeout:     50 * time.Second,
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		DisableCompression:  true, // the answers are a few hundred bytes
		// One buffer holds the largest text message with its headers.
		WriteBufferSize: 4 << 10,
		ReadBufferSize:  4 << 10,
	}, nil
}
