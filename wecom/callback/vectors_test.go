package callback

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"testing"
)

// vector is one entry of testdata/vectors.json: published samples of WeCom and of other libraries,
// and entries computed for the borders between.
type vector struct {
	Name         string
	Key          string
	Kind         string
	Override     struct{ Token *string }
	MsgSignature string `json:"msg_signature"`
	Timestamp    string
	Nonce        string
	Encrypt      string
	Plaintext    string
	ReceiveID    *string `json:"receive_id"`
	RandomASCII  string  `json:"random_ascii"`
	RandomHex    string  `json:"random_hex"`
	Query        string
	Body         string
	Expect       string
}

type vectors struct {
	Keys map[string]struct {
		Token          string
		EncodingAESKey string `json:"encoding_aes_key"`
		AESKeyHex      string `json:"aes_key_hex"`
		ReceiveID      string `json:"receive_id"`
	}
	Decrypt, Encrypt, Negative []vector
	KeyChecks                  []struct {
		EncodingAESKey string `json:"encoding_aes_key"`
		Valid          bool
		Note           string
	} `json:"encoding_aes_key_checks"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Decrypt) < 8 || len(v.Encrypt) < 7 || len(v.Negative) < 6 || len(v.KeyChecks) < 7 {
		t.Fatal("vectors are missing")
	}
	return v
}

// crypto is the one the vector is for, with its overrides.
func (all vectors) crypto(t testing.TB, v vector) *Crypto {
	t.Helper()
	key := all.Keys[v.Key]
	token, receiveID := key.Token, key.ReceiveID
	if v.ReceiveID != nil {
		receiveID = *v.ReceiveID
	}
	if v.Override.Token != nil {
		token = *v.Override.Token
	}
	c, err := New(token, key.EncodingAESKey, receiveID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDecryptVectors(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.Decrypt {
		t.Run(v.Name, func(t *testing.T) {
			c := all.crypto(t, v)
			if err := c.Verify(v.MsgSignature, v.Timestamp, v.Nonce, v.Encrypt); err != nil {
				t.Error(err)
			}
			plain, err := c.Decrypt(v.Encrypt)
			if err != nil || string(plain) != v.Plaintext {
				t.Fatalf("%q, %v", plain, err)
			}
			if v.RandomHex != "" {
				var random [randomBytes]byte
				hex.Decode(random[:], []byte(v.RandomHex))
				if got := c.encrypt(random, plain); got != v.Encrypt {
					t.Errorf("sealed again it is %s", got)
				}
			}
			query := url.Values{"msg_signature": {v.MsgSignature}, "timestamp": {v.Timestamp}, "nonce": {v.Nonce}}
			if v.Query != "" {
				if query, err = url.ParseQuery(v.Query); err != nil {
					t.Fatal(err)
				}
				if got, err := c.VerifyURL(query); err != nil || string(got) != v.Plaintext {
					t.Errorf("VerifyURL: %q, %v", got, err)
				}
			}
			if v.Body != "" {
				if got, err := c.Open(query, []byte(v.Body)); err != nil || string(got) != v.Plaintext {
					t.Errorf("Open: %q, %v", got, err)
				}
			}
		})
	}
}

func TestEncryptVectors(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.Encrypt {
		t.Run(v.Name, func(t *testing.T) {
			c := all.crypto(t, v)
			if got := c.encrypt([randomBytes]byte([]byte(v.RandomASCII)), []byte(v.Plaintext)); got != v.Encrypt {
				t.Errorf("%s, want %s", got, v.Encrypt)
			}
			if got := c.Sign(v.Timestamp, v.Nonce, v.Encrypt); got != v.MsgSignature {
				t.Errorf("signature %s, want %s", got, v.MsgSignature)
			}
			if got, err := c.Decrypt(v.Encrypt); err != nil || string(got) != v.Plaintext {
				t.Errorf("opened it is %q, %v", got, err)
			}
		})
	}
}

func TestNegativeVectors(t *testing.T) {
	all := readVectors(t)
	want := map[string]error{
		"signature-of-another-ciphertext": ErrSignature,
		"wrong-token":                     ErrSignature,
		"wrong-receive-id":                ErrReceiveID,
		"truncated-ciphertext":            ErrDecrypt,
		"empty-ciphertext":                ErrDecrypt,
		"not-base64":                      ErrDecrypt,
	}
	for _, v := range all.Negative {
		t.Run(v.Name, func(t *testing.T) {
			c := all.crypto(t, v)
			if v.Name == "wrong-receive-id" {
				c.receiveID = "wx0000000000000000"
			}
			_, err := c.Decrypt(v.Encrypt)
			if v.Kind != "raw" {
				query := url.Values{"msg_signature": {v.MsgSignature}, "timestamp": {v.Timestamp}, "nonce": {v.Nonce}}
				_, err = c.open(query, v.Encrypt)
			}
			if want[v.Name] == nil || !errors.Is(err, want[v.Name]) {
				t.Errorf("%v; the vector says %s", err, v.Expect)
			}
		})
	}
}

func TestKeyVectors(t *testing.T) {
	all := readVectors(t)
	for name, key := range all.Keys {
		if got, err := decodeKey(key.EncodingAESKey); err != nil || hex.EncodeToString(got) != key.AESKeyHex {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for _, check := range all.KeyChecks {
		_, err := New("token", check.EncodingAESKey, "ww1")
		if check.Valid != (err == nil) || err != nil && !errors.Is(err, ErrKey) {
			t.Errorf("%q (%s): %v", check.EncodingAESKey, check.Note, err)
		}
	}
	if _, err := New("token", all.KeyChecks[0].EncodingAESKey[:42]+"\n", ""); !errors.Is(err, ErrKey) {
		t.Errorf("a key with a line break: %v", err)
	}
}
