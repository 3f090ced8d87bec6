package callback

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
)

// The layout of a message before encryption (path/90968):
//
//	16 random bytes | length of message, 4 bytes big endian | message | receive id | padding
//
// Padding is that of PKCS#7 for blocks of 32 bytes, though those of AES are 16: its last byte may be
// anything from 1 to 32.
const (
	randomBytes = 16
	lengthBytes = 4
	padBlock    = 32
)

// Encrypt seals plaintext and returns it in base64, ready to be signed.
func (c *Crypto) Encrypt(plaintext []byte) string {
	var random [randomBytes]byte
	rand.Read(random[:]) // never fails
	return c.encrypt(random, plaintext)
}

func (c *Crypto) encrypt(random [randomBytes]byte, plaintext []byte) string {
	size := randomBytes + lengthBytes + len(plaintext) + len(c.receiveID)
	pad := padBlock - size%padBlock
	b := make([]byte, 0, size+pad)
	b = append(b, random[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(plaintext)))
	b = append(b, plaintext...)
	b = append(b, c.receiveID...)
	b = append(b, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b)
}

// Decrypt opens a message that Encrypt or WeCom sealed. Check its signature first: Decrypt alone does
// not say who sealed it. The error is ErrDecrypt, or ErrReceiveID for a message that is whole and for
// somebody else.
func (c *Crypto) Decrypt(encrypted string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(b) == 0 || len(b)%aes.BlockSize != 0 {
		return nil, ErrDecrypt
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(b, b)
	b, ok := unpad(b)
	if !ok || len(b) < randomBytes+lengthBytes {
		return nil, ErrDecrypt
	}
	length := binary.BigEndian.Uint32(b[randomBytes:])
	rest := b[randomBytes+lengthBytes:]
	if uint64(length) > uint64(len(rest)) {
		return nil, ErrDecrypt
	}
	if string(rest[length:]) != c.receiveID {
		return nil, ErrReceiveID
	}
	return rest[:length:length], nil
}

// unpad takes the padding off b, which is not empty.
func unpad(b []byte) (stripped []byte, ok bool) {
	pad := int(b[len(b)-1])
	if pad < 1 || pad > padBlock || pad > len(b) {
		return nil, false
	}
	end := len(b) - pad
	for _, x := range b[end:] {
		if int(x) != pad {
			return nil, false
		}
	}
	return b[:end], true
}
