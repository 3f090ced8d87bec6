// Package wecom sends messages through WeCom (企业微信).
//
//	client, err := wecom.New(wecom.Config{CorpID: "ww…", AgentID: 1000002, Secret: "…"})
//	receipt, err := client.Send(ctx, wecom.Message{
//		To:   wecom.To{Users: []string{"zhangsan"}},
//		Body: wecom.Text{Content: "磁盘已满"},
//	})
//
// A [Client] is one app of a corp, because that is what a secret and a token belong to. It fetches
// the token when it is first needed, keeps it, renews it before it dies, and replaces it when WeCom
// kills it early. Processes that send for the same app share it by a [TokenStore].
//
// Group chats that the app made are reached by [Client.SendChat]; a robot in any group chat is a
// [Robot] and needs no app. Files go along with a body ([ImageFile], [FileBytes]) and are uploaded once.
// A call that has no method here is made by [Client.Do].
//
// WeCom answers HTTP 200 for nearly everything; an *[Error] is an errcode other than 0 and can tell
// what to do about it ([Error.Hint]). To try all this without a corp, see package wecomtest.
//
// The package needs nothing but the standard library.
package wecom

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"weak"
)

// DefaultBaseURL is where WeCom's API is.
const DefaultBaseURL = "https://qyapi.weixin.qq.com"

// Config describes one app of a corp. CorpID and Secret are required, AgentID for sending. It
// prints and logs without its secret.
type Config struct {
	CorpID  string // 企业ID, from 我的企业 in the admin console
	AgentID int    // AgentId of the app, from its page in the admin console
	Secret  string // Secret of the same app; every app has its own

	// BaseURL is where the API is; a path becomes a prefix of every call. "" means DefaultBaseURL.
	BaseURL string
	// Proxy is the URL of an HTTP, HTTPS or SOCKS5 proxy, perhaps with user and password. "" means
	// what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. It does not go together with HTTPClient.
	Proxy string
	// MaxConns is how many connections to WeCom may be open at once; callers beyond wait for one.
	// 0 means 100. It does not go together with HTTPClient.
	MaxConns int
	// HTTPClient makes the requests. nil means one of the client's own, which keeps connections open
	// under load; of the standard one's, all but two are closed again after each burst.
	HTTPClient *http.Client
	// Timeout bounds one request to WeCom, the answer's body included, whatever the context allows; of
	// a file, the pauses. Waiting for a token comes on top. 0 means 15 s.
	Timeout time.Duration

	// Observer is told of calls and tokens. nil means nobody is.
	Observer Observer

	// Tokens keeps the token. nil means in this client's memory; give the same store to all clients
	// of the app, in this process or others.
	Tokens TokenStore
	// TokenLease is how long one caller may be at fetching a token before others may try: the time a
	// fleet loses if it is killed just then. gettoken's own time-out is 2 s less. 0 means 6 s; at
	// least 3 s.
	TokenLease time.Duration
	// TokenSource gives the token instead of all that. The secret is then not needed.
	TokenSource TokenSource

	// Media remembers what was uploaded, so that a file that is sent again is not uploaded again.
	// nil means in this client's memory; a fleet may share one.
	Media MediaCache
}

const (
	defaultTimeout  = 15 * time.Second
	defaultMaxConns = 100
	minTokenLease   = 3 * time.Second
)

// Client sends for one app. It is safe for concurrent use, and meant to be made once and kept.
type Client struct {
	caller
	corpID      string
	agentID     int
	tokens      TokenSource
	tokenCaller caller // of gettoken, with connections of its own
	media       *mediaStore
}

// New returns a client for the app that config describes, or a *[ConfigError]. It asks nobody: a
// wrong secret shows at the first call.
func New(config Config) (*Client, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	calls, err := newCaller(config)
	if err != nil {
		return nil, err
	}
	c := &Client{caller: calls, corpID: config.CorpID, agentID: config.AgentID, tokens: config.TokenSource}
	c.media = newMediaStore(config.Media, c.corpID, c.host, c.uploadForm)
	if c.tokens == nil {
		c.tokenCaller = c.caller
		if c.tokenCaller.http, err = newTokenHTTPClient(config, c.http); err != nil {
			return nil, err
		}
		store := config.Tokens
		if store == nil {
			store = NewMemoryStore()
		}
		cache := &tokenCache{
			key: TokenKey(config.BaseURL, c.corpID, c.secret), host: c.host,
			store: store, fetch: c.gettoken,
			lease: orDefault(config.TokenLease, defaultTokenLease), wait: defaultTokenWait,
			start: time.Now(), observer: config.Observer,
		}
		if watcher, ok := store.(TokenWatcher); ok {
			watch(watcher, cache)
		}
		c.tokens = cache
	}
	return c, nil
}

// watch has the cache reload when its token changes, for as long as it is in use: the store outlives
// the clients that use it and must not keep them.
func watch(store TokenWatcher, cache *tokenCache) {
	seen := weak.Make(cache)
	store.Watch(cache.key, func() {
		if cache := seen.Value(); cache != nil {
			cache.reload()
		}
	})
}

// newCaller returns what makes the requests.
func newCaller(config Config) (caller, error) {
	base, err := parseBaseURL(config.BaseURL)
	if err != nil {
		return caller{}, err
	}
	httpClient, err := newHTTPClient(config)
	if err != nil {
		return caller{}, err
	}
	return caller{
		base: *base, host: base.Scheme + "://" + base.Host, secret: config.Secret,
		http: httpClient, ownTransport: config.HTTPClient == nil, foreign: isForeign(httpClient),
		timeout: orDefault(config.Timeout, defaultTimeout), observer: config.Observer,
	}, nil
}

// ConfigError says which field of a [Config] or [RobotConfig] is wrong. Its text has no secret.
type ConfigError struct {
	Field  string // "BaseURL"
	Detail string // "is empty: …"

	of string // "RobotConfig"; "" means Config
}

// Error names the field and what is wrong with it.
func (e *ConfigError) Error() string {
	return "wecom: " + orDefault(e.of, "Config") + "." + e.Field + " " + e.Detail
}

func (c Config) check() error {
	wrong := func(field, format string, args ...any) error {
		return &ConfigError{Field: field, Detail: fmt.Sprintf(format, args...)}
	}
	switch {
	case c.CorpID == "":
		return wrong("CorpID", "is empty: it stands under 我的企业 in the admin console")
	case c.Secret == "" && c.TokenSource == nil:
		return wrong("Secret", "is empty: it stands on the app's page in the admin console")
	case strings.TrimSpace(c.CorpID) != c.CorpID:
		return wrong("CorpID", "begins or ends with white space")
	case strings.TrimSpace(c.Secret) != c.Secret:
		return wrong("Secret", "begins or ends with white space, perhaps the line break of a file")
	case c.AgentID < 0:
		return wrong("AgentID", "is %d, which no app has", c.AgentID)
	case c.Timeout < 0:
		return wrong("Timeout", "is %v", c.Timeout)
	case c.MaxConns < 0:
		return wrong("MaxConns", "is %d", c.MaxConns)
	case c.TokenLease != 0 && c.TokenLease < minTokenLease:
		return wrong("TokenLease", "is %v, the least is %v", c.TokenLease, minTokenLease)
	case c.TokenSource != nil && c.Tokens != nil:
		return wrong("Tokens", "does not go with TokenSource, which looks after the token by itself")
	case c.HTTPClient != nil && c.Proxy != "":
		return wrong("Proxy", "does not go with HTTPClient: set it on its Transport")
	case c.HTTPClient != nil && c.MaxConns != 0:
		return wrong("MaxConns", "does not go with HTTPClient: set it on its Transport")
	}
	return nil
}

// parseBaseURL takes no query and no user: whatever stands there would go along with every call.
func parseBaseURL(raw string) (*url.URL, error) {
	if raw == "" {
		raw = DefaultBaseURL
	}
	u, err := url.Parse(raw)
	wrong := ""
	switch {
	case err != nil:
		wrong = "is not a URL"
	case u.Scheme != "http" && u.Scheme != "https":
		wrong = "must begin with http:// or https://"
	case u.Host == "":
		wrong = "has no host"
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		wrong = "must be scheme, host and perhaps a path, no more"
	}
	if wrong != "" {
		if err == nil {
			wrong = fmt.Sprintf("%q %s", safeURL(raw), wrong)
		}
		return nil, &ConfigError{Field: "BaseURL", Detail: wrong}
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// Token implements [TokenSource], for programs that cannot fetch the token themselves (path/91039);
// calls that this package does not have are made by [Client.Do]. It is a secret.
func (c *Client) Token(ctx context.Context, stale string) (string, error) {
	return c.tokens.Token(ctx, stale)
}

// CloseIdleConnections closes the connections that are not in use just now. A client needs no other
// end.
func (c *Client) CloseIdleConnections() {
	c.http.CloseIdleConnections()
	if c.tokenCaller.http != nil {
		c.tokenCaller.http.CloseIdleConnections()
	}
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
