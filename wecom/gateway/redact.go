package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
)

// The key is a secret: nothing prints or logs it, however it is asked.

// String describes the configuration without its key.
func (c Config) String() string {
	key := ""
	if c.Key != "" {
		key = "[redacted]"
	}
	return fmt.Sprintf("gateway.Config{URL:%q, Key:%q, App:%q, Robot:%q}", c.address(), key, c.App, c.Robot)
}

// Format prints the configuration without its key, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue logs the configuration without its key.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("url", c.address()), slog.String("app", c.App), slog.String("robot", c.Robot))
}

// MarshalJSON writes the configuration without its key.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"url": c.address(), "app": c.App, "robot": c.Robot})
}

// address is the URL without what a slip may have put there.
func (c Config) address() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "[not a URL]"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}

// String names the gateway and the sender.
func (c Client) String() string {
	return fmt.Sprintf("gateway.Client{Host:%q, App:%q, Robot:%q}", c.host, c.app, c.robot)
}

// Format prints the client without its key, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue logs the client without its key.
func (c Client) LogValue() slog.Value {
	return slog.GroupValue(slog.String("host", c.host), slog.String("app", c.app), slog.String("robot", c.robot))
}
