package callback

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
)

// Envelope is the body of a request from WeCom: the sealed message and, in the open, whom it is for.
// Only the sealed message can be trusted.
type Envelope struct {
	ToUserName string // CorpID or SuiteId
	AgentID    string // empty when it is for no app
	Encrypt    string // base64
}

// ParseEnvelope reads the XML form, and the JSON form of newer products, whose names come in any
// case. The error is ErrEnvelope.
func ParseEnvelope(body []byte) (Envelope, error) {
	var e Envelope
	if isJSON(body) {
		var raw struct {
			ToUserName string
			AgentID    json.RawMessage // a number or a string
			Encrypt    string
		}
		if json.Unmarshal(body, &raw) != nil {
			return Envelope{}, ErrEnvelope
		}
		e = Envelope{raw.ToUserName, strings.Trim(string(raw.AgentID), `"`), raw.Encrypt}
	} else if xml.Unmarshal(body, &e) != nil {
		return Envelope{}, ErrEnvelope
	}
	if e.Encrypt = strings.TrimSpace(e.Encrypt); e.Encrypt == "" {
		return Envelope{}, ErrEnvelope
	}
	return e, nil
}

func isJSON(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n\ufeff"), []byte("{"))
}

// VerifyURL checks the GET that WeCom sends when the URL is saved (验证URL有效性). The answer to it is
// exactly the bytes returned, with status 200, within one second. Errors are those of Verify and
// Decrypt.
func (c *Crypto) VerifyURL(query url.Values) ([]byte, error) {
	// A proxy that leaves a + unescaped makes a blank of it; base64 has no blanks.
	echo := strings.ReplaceAll(query.Get("echostr"), " ", "+")
	return c.open(query, echo)
}

// Open checks and opens the body of a POST, and returns the message as WeCom wrote it: XML, or JSON
// where the envelope was. Errors are those of ParseEnvelope, Verify and Decrypt.
func (c *Crypto) Open(query url.Values, body []byte) ([]byte, error) {
	e, err := ParseEnvelope(body)
	if err != nil {
		return nil, err
	}
	return c.open(query, e.Encrypt)
}

func (c *Crypto) open(query url.Values, encrypted string) ([]byte, error) {
	if err := c.Verify(query.Get("msg_signature"), query.Get("timestamp"), query.Get("nonce"), encrypted); err != nil {
		return nil, err
	}
	return c.Decrypt(encrypted)
}

// sealed is a passive reply on its way to WeCom.
type sealed struct {
	Encrypt      string
	MsgSignature string
	TimeStamp    string
	Nonce        string
}

// Seal encrypts and signs the plaintext of a passive reply and returns the XML to answer a POST with.
// timestamp, in unix seconds, and nonce may be new or those of the request.
func (c *Crypto) Seal(plaintext []byte, timestamp, nonce string) []byte {
	encrypted := c.Encrypt(plaintext)
	return fmt.Appendf(nil, "<xml><Encrypt>%s</Encrypt><MsgSignature>%s</MsgSignature><TimeStamp>%s</TimeStamp><Nonce>%s</Nonce></xml>",
		cdata(encrypted), cdata(c.Sign(timestamp, nonce, encrypted)), escape(timestamp), cdata(nonce))
}

// SealJSON is Seal for callbacks that come as JSON.
func (c *Crypto) SealJSON(plaintext []byte, timestamp, nonce string) []byte {
	encrypted := c.Encrypt(plaintext)
	b, _ := json.Marshal(struct { // of strings only: it cannot fail
		Encrypt   string `json:"encrypt"`
		Signature string `json:"msgsignature"`
		TimeStamp string `json:"timestamp"`
		Nonce     string `json:"nonce"`
	}{encrypted, c.Sign(timestamp, nonce, encrypted), timestamp, nonce})
	return b
}

// OpenReply checks and opens a passive reply, as WeCom does. It is for those who stand on WeCom's
// side: tests and simulators. Errors are those of ParseEnvelope, Verify and Decrypt.
func (c *Crypto) OpenReply(body []byte) ([]byte, error) {
	var s sealed
	if isJSON(body) {
		var raw struct {
			Encrypt, MsgSignature, Nonce string
			TimeStamp                    json.RawMessage // a string or a number; its digits are signed
		}
		if json.Unmarshal(body, &raw) != nil {
			return nil, ErrEnvelope
		}
		s = sealed{raw.Encrypt, raw.MsgSignature, strings.Trim(string(raw.TimeStamp), `"`), raw.Nonce}
	} else if xml.Unmarshal(body, &s) != nil {
		return nil, ErrEnvelope
	}
	if s.Encrypt == "" {
		return nil, ErrEnvelope
	}
	if err := c.Verify(s.MsgSignature, s.TimeStamp, s.Nonce, s.Encrypt); err != nil {
		return nil, err
	}
	return c.Decrypt(s.Encrypt)
}
