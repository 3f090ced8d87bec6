package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
)

// The headers of Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// sign adds the headers. at is when the attempt is made, so that receivers can refuse what somebody
// recorded and sends again later.
func sign(header http.Header, id string, at time.Time, body []byte, secrets []access.WebhookSecret) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signatures[i] = signature(id, timestamp, body, secret)
	}
	header.Set(headerID, id)
	header.Set(headerTimestamp, timestamp)
	header.Set(headerSignature, strings.Join(signatures, " "))
}

// signature is "v1," and the base64 of the HMAC-SHA256 of id, timestamp and body, with full stops
// between them.
func signature(id, timestamp string, body []byte, secret access.WebhookSecret) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
