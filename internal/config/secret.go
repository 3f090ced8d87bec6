package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Secret is text that nothing prints: string(s) is what it says.
type Secret string

const redacted = "[redacted]"

// String is "[redacted]", or "" if there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format prints what String says, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue logs what String says.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes what String says.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML writes what String says.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

const maxSecretBytes = 4096

// readSecret reads a file that holds one secret and nothing else.
func readSecret(path string) (Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff")) // some editors begin a file so
	switch {
	case secret == "":
		return "", fmt.Errorf("%s is empty", path)
	case len(data) > maxSecretBytes, strings.ContainsAny(secret, " \t\r\n"):
		return "", fmt.Errorf("%s holds more than a secret, which should be there alone in one line", path)
	}
	return Secret(secret), nil
}
