package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// redacted stands where a secret would be.
const redacted = "[redacted]"

// mask returns redacted for a secret that is set, so that a missing one can still be seen.
func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return redacted
}

// safeURL returns a URL without password and query.
func safeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return mask(raw)
	}
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}

// String describes the configuration without its secret.
func (c Config) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "wecom.Config{CorpID:%q, AgentID:%d, Secret:%q", c.CorpID, c.AgentID, mask(c.Secret))
	if c.BaseURL != "" {
		fmt.Fprintf(&b, ", BaseURL:%q", safeURL(c.BaseURL))
	}
	if c.Proxy != "" {
		fmt.Fprintf(&b, ", Proxy:%q", safeURL(c.Proxy))
	}
	b.WriteByte('}')
	return b.String()
}

// Format prints the configuration without its secret, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue logs the configuration without its secret.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("corp_id", c.CorpID),
		slog.Int("agent_id", c.AgentID),
		slog.String("secret", mask(c.Secret)),
		slog.String("base_url", safeURL(c.BaseURL)),
	)
}

// MarshalJSON writes the configuration without its secret.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		CorpID  string `json:"corp_id"`
		AgentID int    `json:"agent_id"`
		Secret  string `json:"secret"`
		BaseURL string `json:"base_url"`
	}{c.CorpID, c.AgentID, mask(c.Secret), safeURL(c.BaseURL)})
}

// String names the app the client sends for.
func (c Client) String() string {
	return fmt.Sprintf("wecom.Client{CorpID:%q, AgentID:%d, Host:%q}", c.corpID, c.agentID, c.host)
}

// Format prints the client without its secret and token, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue logs the client without its secret and token.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String says how many tokens there are.
func (s *MemoryStore) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("wecom.MemoryStore{%d keys}", len(s.entries))
}

// Format prints the store without its tokens, whatever the verb.
func (s *MemoryStore) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String describes the token without its value.
func (t StoredToken) String() string {
	return fmt.Sprintf("wecom.StoredToken{Value:%q, ExpiresAt:%v, Fence:%d}", mask(t.Value), t.ExpiresAt, t.Fence)
}

// Format prints the token without its value, whatever the verb.
func (t StoredToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue logs the token without its value.
func (t StoredToken) LogValue() slog.Value { return slog.StringValue(t.String()) }

// LogValue logs the claim without its token.
func (c Claim) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", c)) }

// String describes the wish without the refused token.
func (w Want) String() string {
	return fmt.Sprintf("wecom.Want{Not:%q, NotFence:%d, AfterFence:%d, WaitedFor:%d}", mask(w.Not), w.NotFence, w.AfterFence, w.WaitedFor)
}

// Format prints the wish without the refused token, whatever the verb.
func (w Want) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, w.String()) }

// LogValue logs the wish without the refused token.
func (w Want) LogValue() slog.Value { return slog.StringValue(w.String()) }

// scrubText takes the secrets out of a text, as they are and as they stand in a query.
func scrubText(text string, secrets ...string) string {
	for _, s := range secrets {
		if s == "" {
			continue
		}
		text = strings.ReplaceAll(text, s, redacted)
		if q := url.QueryEscape(s); q != s {
			text = strings.ReplaceAll(text, q, redacted)
		}
	}
	return text
}

// scrub takes secrets out of the text of err. It must be called where the error is born: once
// wrapped, the text is frozen. What callers test for survives: cancellation and time-outs.
func scrub(err error, secrets ...string) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the rest of it is the whole URL, with the credential in its query
	}
	text := err.Error()
	if clean := scrubText(text, secrets...); clean != text {
		return &scrubbedError{text: clean, cause: err}
	}
	return err
}

// hide is scrub for an error that is not of the standard library: whatever stands in its fields is
// out of reach too.
func hide(err error, secrets ...string) error {
	if clean, ok := scrub(err, secrets...).(*scrubbedError); ok {
		return clean
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return &scrubbedError{text: scrubText(err.Error(), secrets...), cause: err}
}

// scrubbedError hides an error whose text had a secret in it; the original must not be reachable
// by Unwrap, since anybody may print it.
type scrubbedError struct {
	text  string
	cause error
}

func (e *scrubbedError) Error() string { return e.text }

// Is lets callers tell a cancellation or a time-out.
func (e *scrubbedError) Is(target error) bool {
	return (target == context.Canceled || target == context.DeadlineExceeded) && errors.Is(e.cause, target)
}

// Timeout reports whether the hidden error was a time-out.
func (e *scrubbedError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.cause, &t) && t.Timeout()
}

// Format prints the clean text, whatever the verb: %#v would show the hidden error.
func (e *scrubbedError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.text) }
