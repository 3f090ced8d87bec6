package wecom

import (
	"fmt"
	"io"
	"log/slog"
)

// String describes the configuration without the key.
func (c RobotConfig) String() string {
	s := fmt.Sprintf("wecom.RobotConfig{Key:%q", mask(c.Key))
	if c.BaseURL != "" {
		s += fmt.Sprintf(", BaseURL:%q", safeURL(c.BaseURL))
	}
	if c.Proxy != "" {
		s += fmt.Sprintf(", Proxy:%q", safeURL(c.Proxy))
	}
	return s + "}"
}

// Format prints the configuration without the key, whatever the verb.
func (c RobotConfig) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue logs the configuration without the key.
func (c RobotConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON writes the configuration without the key.
func (c RobotConfig) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"key":%q,"base_url":%q}`, mask(c.Key), safeURL(c.BaseURL)), nil
}

// String names the robot by a hash of its key.
func (b Robot) String() string { return fmt.Sprintf("wecom.Robot{ID:%q, Host:%q}", b.id, b.host) }

// Format prints the robot without its key, whatever the verb.
func (b Robot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.String()) }

// LogValue logs the robot without its key.
func (b Robot) LogValue() slog.Value { return slog.StringValue(b.String()) }
