package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
)

// The vector of the reference libraries of Standard Webhooks.
func TestSignatureVectors(t *testing.T) {
	for _, v := range []struct{ secret, id, timestamp, body, want string }{
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`,
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	} {
		secret, err := access.ParseWebhookSecret(v.secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := signature(v.id, v.timestamp, []byte(v.body), secret); got != v.want {
			t.Errorf("%s: %s, want %s", v.id, got, v.want)
		}
	}
}

// Verify is what a receiver does, written from the specification and not from sign.
func Verify(header http.Header, body []byte, secret string, now time.Time) error {
	id, at := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if id == "" || err != nil {
		return errors.New("headers are missing")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > 5*time.Minute || age < -5*time.Minute {
		return fmt.Errorf("it is %v old", age)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	for _, s := range strings.Fields(header.Get("webhook-signature")) {
		version, signature, _ := strings.Cut(s, ",")
		given, err := base64.StdEncoding.DecodeString(signature)
		if version == "v1" && err == nil && hmac.Equal(given, mac.Sum(nil)) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

func TestSign(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	first, second := access.NewWebhookSecret(), access.NewWebhookSecret()
	body := []byte(`{"type":"message.settled"}`)
	header := http.Header{}
	sign(header, "evt_01h2xcejqtf_1", now, body, []access.WebhookSecret{first, second})
	for _, secret := range []access.WebhookSecret{first, second} {
		if err := Verify(header, body, secret.Reveal(), now); err != nil {
			t.Error(err)
		}
	}
	if Verify(header, body, access.NewWebhookSecret().Reveal(), now) == nil {
		t.Error("another secret fits")
	}
	if Verify(header, append(body, ' '), first.Reveal(), now) == nil {
		t.Error("another body fits")
	}
	header.Set("webhook-id", "evt_01h2xcejqtf_2")
	if Verify(header, body, first.Reveal(), now) == nil {
		t.Error("another id fits")
	}
}

// A secret is printed, logged and encoded without being told.
func TestSecretIsHidden(t *testing.T) {
	secret := access.NewWebhookSecret()
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("secret", "it", secret, "within", []access.WebhookSecret{secret})
	}
	data, err := json.Marshal(map[string]any{"it": secret})
	if err != nil {
		t.Fatal(err)
	}
	texts := log.String() + string(data)
	for _, verb := range []string{"%v", "%s", "%x", "%d", "%#v", "%q", "%+v"} {
		texts += fmt.Sprintf(verb, secret) + fmt.Sprintf(verb, struct{ S access.WebhookSecret }{secret})
	}
	plain := strings.TrimPrefix(secret.Reveal(), "whsec_")
	for _, leak := range []string{plain, fmt.Sprintf("%x", []byte(secret)), fmt.Sprint([]byte(secret))} {
		if strings.Contains(texts, leak) {
			t.Errorf("it is told: %s", texts)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_AAAA", "whsec_!", secret.Reveal() + "=", "whsec_" + strings.Repeat("AAAA", 22)} {
		if _, err := access.ParseWebhookSecret(bad); err == nil {
			t.Errorf("%q is taken for a secret", bad)
		}
	}
	if again, err := access.ParseWebhookSecret(secret.Reveal()); err != nil || again.Reveal() != secret.Reveal() {
		t.Error("it does not survive being written and read")
	}
}
