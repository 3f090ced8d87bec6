package access

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// WebhookSecret signs what is told to the programs of a key. Unlike the key itself it is stored as it
// is, since a signature needs it. It prints, logs and becomes JSON without saying what it is; [Reveal]
// says it.
//
// [Reveal]: WebhookSecret.Reveal
type WebhookSecret []byte

const (
	webhookPrefix = "whsec_"
	// Standard Webhooks asks for 24 to 64 bytes.
	webhookBytes    = 32
	minWebhookBytes = 24
	maxWebhookBytes = 64
)

// NewWebhookSecret returns one by chance.
func NewWebhookSecret() WebhookSecret {
	s := make(WebhookSecret, webhookBytes)
	_, _ = rand.Read(s)
	return s
}

// ParseWebhookSecret reads what Reveal wrote.
func ParseWebhookSecret(text string) (WebhookSecret, error) {
	bits, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), webhookPrefix))
	if err != nil || len(bits) < minWebhookBytes || len(bits) > maxWebhookBytes {
		return nil, errors.New(`a webhook secret is "whsec_" and the base64 of 24 to 64 bytes`)
	}
	return bits, nil
}

// Reveal is the secret as receivers are told it: "whsec_" and its base64.
func (s WebhookSecret) Reveal() string {
	return webhookPrefix + base64.StdEncoding.EncodeToString(s)
}

const hiddenSecret = "[webhook secret]"

// Format hides it from all verbs of package fmt.
func (s WebhookSecret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hiddenSecret)) }

// MarshalText hides it from JSON and logs.
func (s WebhookSecret) MarshalText() ([]byte, error) { return []byte(hiddenSecret), nil }
