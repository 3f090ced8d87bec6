// Package gateway sends WeCom messages through a hongyan gateway ("hongyan serve").
//
// A program that sends by package wecom changes its constructor, and goes on as it was:
//
//	client, err := gateway.New(gateway.Config{URL: "http://127.0.0.1:9470", Key: key, App: "crm"})
//	receipt, err := client.Send(ctx, wecom.Message{
//		To:   wecom.To{Users: []string{"zhangsan"}},
//		Body: wecom.Text{Content: "磁盘已满"},
//	})
//
// What changes is who is answerable: the gateway stores the message before it answers, waits out
// WeCom's limits and faults, and sends what is too long in parts. [Client.Send] waits for the end as
// before; [Client.Submit] returns as soon as the message is stored, and [Client.Message] tells later
// what became of it.
//
// Each message goes with an Idempotency-Key, so a request whose answer was lost is repeated without
// making a second message of it. The package needs nothing but the standard library.
package gateway

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Config describes a gateway and who sends through it. URL and Key are required, App for messages of
// an app. It prints and logs without its key.
type Config struct {
	URL   string // where the gateway is, such as http://127.0.0.1:9470; a path becomes a prefix of every call
	Key   string // API key, as "hongyan key create" prints it
	App   string // name of the app in the gateway's configuration
	Robot string // name of the group robot there, for SendRobot

	// Wait is how long Send waits for the end of a message, if its context does not end sooner. 0
	// means 30 s.
	Wait time.Duration
	// Retry is how long a request is repeated while the gateway cannot be reached, cannot take it
	// (503), or does not take it since the key is over its rate (429). 0 means 30 s; negative means
	// that it is made once. Who is to wait longer than that for the rate is told at once, by the
	// RetryAfter of the *[Problem].
	Retry time.Duration
	// Timeout bounds one request, beside the time that it is to wait. 0 means 15 s.
	Timeout time.Duration
	// Lang is the language of the gateway's titles and hints. "" means English.
	Lang wecom.Lang
	// HTTPClient makes the requests. nil means one of the client's own, by the proxy that HTTPS_PROXY,
	// HTTP_PROXY and NO_PROXY say. Redirects are never followed.
	HTTPClient *http.Client
}

const (
	defaultWait    = 30 * time.Second
	defaultRetry   = 30 * time.Second
	defaultTimeout = 15 * time.Second
)

// Client sends through one gateway. It is safe for concurrent use, and meant to be made once and kept.
type Client struct {
	base       url.URL // with the path prefix, without a slash at its end
	host       string  // scheme and host of base, for errors
	key        string
	app, robot string
	wait       time.Duration
	retry      time.Duration
	timeout    time.Duration
	lang       wecom.Lang
	http       *http.Client
	holds      chan struct{} // one for each look that the gateway may hold back at a time
}

// New returns a client of the gateway that config describes, or a *[ConfigError]. It asks nobody: a
// wrong key shows at the first call.
func New(config Config) (*Client, error) {
	base, err := config.check()
	if err != nil {
		return nil, err
	}
	own := &http.Client{Transport: newTransport()}
	if config.HTTPClient != nil {
		*own = *config.HTTPClient // a copy: the redirect rule is ours alone
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base: *base, host: base.Scheme + "://" + base.Host, key: config.Key, app: config.App, robot: config.Robot,
		wait: orDefault(config.Wait, defaultWait), retry: orDefault(config.Retry, defaultRetry),
		timeout: orDefault(config.Timeout, defaultTimeout), lang: config.Lang, http: own,
		holds: make(chan struct{}, maxConns/2),
	}, nil
}

// maxConns is how many connections a client makes at most.
const maxConns = 100

// newTransport keeps connections open under load, unlike the standard one.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: maxConns, MaxConnsPerHost: maxConns,
		IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
	}
}

// ConfigError says which field of a [Config] is wrong. Its text has no key.
type ConfigError struct {
	Field  string // "URL"
	Detail string // "is empty: …"
}

// Error names the field and what is wrong with it.
func (e *ConfigError) Error() string { return "gateway: Config." + e.Field + " " + e.Detail }

func (c Config) check() (*url.URL, error) {
	wrong := func(field, format string, args ...any) (*url.URL, error) {
		return nil, &ConfigError{field, fmt.Sprintf(format, args...)}
	}
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		return wrong("URL", "is empty: it is such as http://127.0.0.1:9470")
	case err != nil:
		return wrong("URL", "is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("URL", "must begin with http:// or https://")
	case u.Host == "":
		return wrong("URL", "has no host")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return wrong("URL", "must be scheme, host and perhaps a path, no more")
	case c.Key == "":
		return wrong("Key", `is empty: "hongyan key create" makes one`)
	case strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return wrong("Key", "has characters in it that no key has, perhaps the line break of a file")
	case c.Wait < 0:
		return wrong("Wait", "is %v", c.Wait)
	case c.Timeout < 0:
		return wrong("Timeout", "is %v", c.Timeout)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// CloseIdleConnections closes the connections that are not in use just now. A client needs no other
// end.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
