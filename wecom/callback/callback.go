// Package callback speaks the protocol in which WeCom calls an app back (接收消息与事件, path/90930):
// it checks where a request comes from, opens it, and seals the answer.
//
// An app has three values, set in its console under 接收消息 → 设置API接收: a URL, a token and an
// EncodingAESKey. When an administrator saves them, WeCom sends a GET to the URL:
//
//	crypto, err := callback.New(token, encodingAESKey, corpID)
//	…
//	echo, err := crypto.VerifyURL(r.URL.Query())
//	…
//	w.Write(echo) // nothing else, within one second
//
// From then on messages and events of members come as POST:
//
//	xml, err := crypto.Open(r.URL.Query(), body)
//	…
//	w.WriteHeader(http.StatusOK) // within five seconds; or write crypto.Seal of a [Reply]
//
// The package uses the standard library only.
package callback

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What can be wrong with a request. The numbers are the return codes of WeCom's own sample library
// (path/90307), by which its documents and forums name the same failures.
var (
	ErrSignature = errors.New("callback: the signature does not match")                       // -40001
	ErrEnvelope  = errors.New("callback: the body is not a callback envelope")                // -40002
	ErrKey       = errors.New("callback: the EncodingAESKey is not 43 letters and digits")    // -40004
	ErrReceiveID = errors.New("callback: the message is for another corp or suite")           // -40005
	ErrDecrypt   = errors.New("callback: the message is not sealed with this EncodingAESKey") // -40007, -40008, -40010
)

// Crypto seals and opens the messages of one callback URL. It is safe for concurrent use.
type Crypto struct {
	token     string
	receiveID string
	block     cipher.Block
	iv        []byte
}

// New takes the token and the EncodingAESKey of the console, and the id of whom WeCom calls: the
// CorpID for a corp's own apps, the SuiteId for command callbacks of a provider's suite, and the
// empty string for robots. The error is ErrKey.
func New(token, encodingAESKey, receiveID string) (*Crypto, error) {
	key, err := decodeKey(encodingAESKey)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrKey
	}
	return &Crypto{token: token, receiveID: receiveID, block: block, iv: key[:aes.BlockSize]}, nil
}

// decodeKey turns 43 characters into 32 bytes. The last character carries two bits too many, which
// WeCom's own samples do not leave at zero: a strict decoder would refuse them.
func decodeKey(encoded string) ([]byte, error) {
	const chars = 43
	if len(encoded) != chars || strings.ContainsAny(encoded, "\r\n") {
		return nil, ErrKey
	}
	key, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, ErrKey
	}
	return key, nil
}

// Sign is the signature of an encrypted message: SHA-1 over the four strings in ascending order, in
// lower-case hexadecimal. encrypted is the base64 text exactly as it travels.
func (c *Crypto) Sign(timestamp, nonce, encrypted string) string {
	parts := []string{c.token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// Verify compares a signature in constant time. The error is ErrSignature.
func (c *Crypto) Verify(signature, timestamp, nonce, encrypted string) error {
	if subtle.ConstantTimeCompare([]byte(signature), []byte(c.Sign(timestamp, nonce, encrypted))) != 1 {
		return ErrSignature
	}
	return nil
}

// String keeps the token and the key out of logs.
func (c *Crypto) String() string { return fmt.Sprintf("callback.Crypto(%s)", c.receiveID) }

// GoString is String, for %#v.
func (c *Crypto) GoString() string { return c.String() }
