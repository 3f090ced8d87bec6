package redisstore

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// String describes the options without the encryption key.
func (o Options) String() string {
	return fmt.Sprintf("redisstore.Options{Prefix:%q, EncryptionKey:%q, Timeout:%v, Interop:%t}", o.Prefix, o.maskedKey(), o.Timeout, o.Interop != nil)
}

// maskedKey stands for the encryption key, so that a missing one can still be seen.
func (o Options) maskedKey() string {
	if len(o.EncryptionKey) == 0 {
		return ""
	}
	return "[redacted]"
}

// Format prints the options without the encryption key, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// LogValue logs the options without the encryption key.
func (o Options) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("prefix", o.Prefix),
		slog.String("encryption_key", o.maskedKey()),
		slog.Duration("timeout", o.Timeout),
		slog.Bool("interop", o.Interop != nil),
	)
}

// MarshalJSON writes the options without the encryption key.
func (o Options) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Prefix        string        `json:"prefix"`
		EncryptionKey string        `json:"encryption_key"`
		Timeout       time.Duration `json:"timeout"`
		Interop       bool          `json:"interop"`
	}{o.Prefix, o.maskedKey(), o.Timeout, o.Interop != nil})
}

// String says what it is: a store has a key and a connection with a password, neither to be printed.
func (s *Store) String() string { return fmt.Sprintf("redisstore.Store{Prefix:%q}", s.prefix) }

// Format prints the store without secrets, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
