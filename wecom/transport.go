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
		own.CheckRedirect = stay
		if own.Transport == nil {
			own.Transport = http.DefaultTransport // now: what stands there may be replaced later
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

// newTokenHTTPClient returns a client for gettoken, which must not wait for a connection behind the
// messages that wait for the token. A caller's own client serves both.
func newTokenHTTPClient(config Config, other *http.Client) (*http.Client, error) {
	if config.HTTPClient != nil {
		return other, nil
	}
	config.MaxConns = 2
	return newHTTPClient(config)
}

// isForeign reports whether a client sends by something that is not an *http.Transport.
func isForeign(c *http.Client) bool {
	_, ok := c.Transport.(*http.Transport)
	return !ok
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
		// All messages share one connection of HTTP/2. If the line swallows what is sent, only a ping
		// finds out before TCP gives up after a quarter of an hour.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},
		// One buffer holds the largest text message with its headers.
		WriteBufferSize: 4 << 10,
		ReadBufferSize:  4 << 10,
	}, nil
}
