package callback

import (
	"crypto/cipher"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/quick"
)

const testKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"

func newCrypto(t testing.TB) *Crypto {
	t.Helper()
	c, err := New("QDG6eK", testKey, "ww1")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Crypto) query(encrypted string) url.Values {
	return url.Values{"msg_signature": {c.Sign("1", "2", encrypted)}, "timestamp": {"1"}, "nonce": {"2"}}
}

// TestRoundTrip: whatever is sealed comes out again, and no two seals are alike.
func TestRoundTrip(t *testing.T) {
	c := newCrypto(t)
	property := func(message []byte) bool {
		first, second := c.Encrypt(message), c.Encrypt(message)
		got, err := c.Decrypt(first)
		return err == nil && string(got) == string(message) && first != second
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
	for n := range 70 { // every padding twice
		message := strings.Repeat("鸿", n)
		if got, err := c.Decrypt(c.Encrypt([]byte(message))); err != nil || string(got) != message {
			t.Errorf("%d characters: %q, %v", n, got, err)
		}
	}
}

// TestBrokenMessages seals what no WeCom would seal.
func TestBrokenMessages(t *testing.T) {
	c := newCrypto(t)
	seal := func(b string) string {
		out := []byte(b)
		cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(out, out)
		return base64.StdEncoding.EncodeToString(out)
	}
	random := strings.Repeat("r", 16)
	for name, encrypted := range map[string]string{
		"padding of 0":                seal(strings.Repeat("\x00", 32)),
		"padding of 33":               seal(strings.Repeat("!", 48)),
		"padding longer than it":      seal(strings.Repeat("\x20", 16)),
		"padding not all alike":       seal(random + "\x00\x00\x00\x00ww1" + strings.Repeat("\x08", 8) + "\x09"),
		"shorter than a length":       seal(random + strings.Repeat("\x10", 16)),
		"length beyond the end":       seal(random + "\x00\x00\x00\x09ww1" + strings.Repeat("\x09", 9)),
		"length that overflows 32bit": seal(random + "\xff\xff\xff\xffww1" + strings.Repeat("\x09", 9)),
	} {
		if got, err := c.Decrypt(encrypted); !errors.Is(err, ErrDecrypt) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := c.Decrypt(seal(random + "\x00\x00\x00\x00ww1" + strings.Repeat("\x09", 9))); err != nil || len(got) != 0 {
		t.Errorf("%q, %v: a ciphertext of an odd number of AES blocks is fine", got, err)
	}
}

func TestParseEnvelope(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Envelope
		err  error
	}{
		"XML":                  {"<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID><![CDATA[218]]></AgentID><Encrypt><![CDATA[ab+/=]]></Encrypt></xml>", Envelope{"ww1", "218", "ab+/="}, nil},
		"XML in other order":   {"<xml>\n<Encrypt>ab</Encrypt>\n<ToUserName>ww1</ToUserName>\n</xml>", Envelope{"ww1", "", "ab"}, nil},
		"JSON in lower case":   {`{"tousername":"ww1","encrypt":"ab","agentid":"218"}`, Envelope{"ww1", "218", "ab"}, nil},
		"JSON in capitals":     {` {"ToUserName":"ww1","Encrypt":"ab","AgentID":218}`, Envelope{"ww1", "218", "ab"}, nil},
		"nothing":              {"", Envelope{}, ErrEnvelope},
		"text":                 {"success", Envelope{}, ErrEnvelope},
		"XML without Encrypt":  {"<xml><ToUserName>ww1</ToUserName></xml>", Envelope{}, ErrEnvelope},
		"JSON without encrypt": {`{"tousername":"ww1"}`, Envelope{}, ErrEnvelope},
		"half XML":             {"<xml><Encrypt>ab", Envelope{}, ErrEnvelope},
		"half JSON":            {`{"encrypt":"ab"`, Envelope{}, ErrEnvelope},
		"an entity from afar":  {`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>`, Envelope{}, ErrEnvelope},
	} {
		if got, err := ParseEnvelope([]byte(c.body)); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestVerifyURL(t *testing.T) {
	c := newCrypto(t)
	var echo string
	for !strings.Contains(echo, "+") {
		echo = c.Encrypt([]byte("94966531020182955848408"))
	}
	query := c.query(echo)
	query.Set("echostr", strings.ReplaceAll(echo, "+", " "))
	if got, err := c.VerifyURL(query); err != nil || string(got) != "94966531020182955848408" {
		t.Errorf("with blanks for plus signs: %q, %v", got, err)
	}
	query.Set("nonce", "3")
	if _, err := c.VerifyURL(query); !errors.Is(err, ErrSignature) {
		t.Errorf("%v, want %v", err, ErrSignature)
	}
	if _, err := c.VerifyURL(url.Values{}); !errors.Is(err, ErrSignature) {
		t.Errorf("an empty query: %v, want %v", err, ErrSignature)
	}
}

func TestSealedRepliesOpen(t *testing.T) {
	c := newCrypto(t)
	for name, body := range map[string][]byte{
		"XML":                         c.Seal([]byte("<xml/>"), "1409659813", "13726<&]]>"),
		"JSON":                        c.SealJSON([]byte("<xml/>"), "1409659813", "1372623149"),
		"JSON with a number for time": []byte(strings.Replace(string(c.SealJSON([]byte("<xml/>"), "1409659813", "1")), `"1409659813"`, "1409659813", 1)),
	} {
		if got, err := c.OpenReply(body); err != nil || string(got) != "<xml/>" {
			t.Errorf("%s: %q, %v from %s", name, got, err, body)
		}
	}
	other, _ := New("QDG6eK", testKey, "ww2")
	wrongToken, _ := New("QDG6eX", testKey, "ww1")
	for name, bad := range map[string]struct {
		body []byte
		err  error
	}{
		"plain XML":          {[]byte("<xml><MsgType>text</MsgType></xml>"), ErrEnvelope},
		"plain JSON":         {[]byte(`{"errcode":0}`), ErrEnvelope},
		"success":            {[]byte("success"), ErrEnvelope},
		"broken JSON":        {[]byte("{"), ErrEnvelope},
		"for another corp":   {other.Seal([]byte("x"), "1", "2"), ErrReceiveID},
		"with another token": {wrongToken.Seal([]byte("x"), "1", "2"), ErrSignature},
	} {
		if _, err := c.OpenReply(bad.body); !errors.Is(err, bad.err) {
			t.Errorf("%s: %v, want %v", name, err, bad.err)
		}
	}
}

func TestPrintingKeepsSecrets(t *testing.T) {
	c := newCrypto(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, c); got != "callback.Crypto(ww1)" {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

// FuzzOpen gives any request to a receiver: nothing panics, and nothing opens that was not sealed.
func FuzzOpen(f *testing.F) {
	all := readVectors(f)
	for _, v := range all.Decrypt {
		f.Add([]byte(v.Body), v.Encrypt)
	}
	f.Add([]byte(`{"encrypt":"***"}`), "AAAA")
	f.Fuzz(func(t *testing.T, body []byte, encrypted string) {
		c := newCrypto(t)
		if _, err := c.Open(c.query(encrypted), body); err == nil {
			t.Error("a foreign message was opened")
		}
		if _, err := c.OpenReply(body); err == nil {
			t.Error("a foreign reply was opened")
		}
		c.Decrypt(encrypted)
		c.VerifyURL(url.Values{"echostr": {encrypted}})
	})
}

// FuzzText puts any string into a reply and finds it again, but for what XML cannot hold.
func FuzzText(f *testing.F) {
	f.Add("你好 ]]> <b>&amp;\x00\xff\u2028")
	f.Add("]]]]>>")
	f.Fuzz(func(t *testing.T, content string) {
		plain, err := Reply{"lisi", "ww1", at, Text{content}}.XML()
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Content string }
		if err := xml.Unmarshal(plain, &got); err != nil {
			t.Fatalf("%q: %v", plain, err)
		}
		want := strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(content, ""), "\r\n", "\n"), "\r", "\n")
		if got := strings.ReplaceAll(got.Content, "\uFFFD", ""); got != strings.Map(dropForeign, want) {
			t.Errorf("%q became %q", content, got)
		}
	})
}

// dropForeign drops what XML cannot hold, and the character that stands for it.
func dropForeign(r rune) rune {
	if r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF {
		return -1
	}
	return r
}
