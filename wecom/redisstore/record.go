package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/hongyan-im/hongyan/wecom"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// channel is where changes are told to those whose Redis does not track what they have read.
func channel(prefix string) string { return prefix + "changed" }

// digest names a token without giving it away. The empty token has none that any record could have.
func digest(token string) string {
	if token == "" {
		return "-"
	}
	sum := sha256.Sum256([]byte("hongyan token digest\x00" + token))
	return hex.EncodeToString(sum[:8])
}

// encode returns the record of a token.
func (s *Store) encode(key string, t wecom.StoredToken) (string, error) {
	payload, err := s.sealed(key, t.Value)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{decimal(t.Fence), decimal(s.remote(t.ExpiresAt)), decimal(s.remote(t.FetchedAt)), digest(t.Value), payload}, "|"), nil
}

// sealed returns a token as it stands in Redis. The key it stands under is authenticated with it,
// so that nobody can put one app's token in another's place.
func (s *Store) sealed(key, token string) (string, error) {
	if s.seal == nil {
		return token, nil
	}
	nonce := make([]byte, s.seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("redisstore: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(s.seal.Seal(nonce, nonce, []byte(token), []byte(key))), nil
}

// errRecord says that a record is not one of ours. What it says is not quoted: it may be a token.
var errRecord = errors.New("redisstore: the record is not one of this package, or was encrypted with another key")

// decode reads FENCE|EXPIRES|FETCHED|DIGEST|TOKEN. Its times are Redis's; they come back as ours.
func (s *Store) decode(key, record string) (wecom.StoredToken, error) {
	parts := strings.SplitN(record, "|", 5)
	if len(parts) != 5 {
		return wecom.StoredToken{}, errRecord
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil {
			return wecom.StoredToken{}, errRecord
		}
		numbers[i] = n
	}
	token := parts[4]
	if s.seal != nil {
		sealed, err := base64.RawStdEncoding.DecodeString(token)
		if err != nil || len(sealed) < s.seal.NonceSize() {
			return wecom.StoredToken{}, errRecord
		}
		n := s.seal.NonceSize()
		plain, err := s.seal.Open(nil, sealed[:n], sealed[n:], []byte(key))
		if err != nil {
			return wecom.StoredToken{}, errRecord
		}
		token = string(plain)
	}
	if token == "" || digest(token) != parts[3] {
		return wecom.StoredToken{}, errRecord
	}
	return wecom.StoredToken{
		Value: token, Fence: numbers[0],
		ExpiresAt: s.local(numbers[1]), FetchedAt: s.local(numbers[2]),
	}, nil
}

// local turns milliseconds of Redis's clock into a time of ours.
func (s *Store) local(ms int64) time.Time {
	return time.UnixMilli(ms).Add(-time.Duration(s.skew.Load()))
}

// remote turns a time of ours into milliseconds of Redis's clock.
func (s *Store) remote(t time.Time) int64 {
	return max(0, t.Add(time.Duration(s.skew.Load())).UnixMilli())
}

// setSkew notes what Redis's clock says.
func (s *Store) setSkew(redisNow int64) {
	s.skew.Store(int64(time.Duration(redisNow)*time.Millisecond) - time.Now().UnixNano())
	s.skewSet.Store(true)
}

// learnSkew asks Redis for the time, once.
func (s *Store) learnSkew(ctx context.Context) error {
	if s.skewSet.Load() {
		return nil
	}
	return s.redis.do(ctx, s.timeout, func(ctx context.Context, client rueidis.Client) error {
		t, err := client.Do(ctx, client.B().Time().Build()).AsStrSlice()
		if err != nil {
			return err
		}
		if len(t) != 2 {
			return errAnswer
		}
		seconds, err1 := strconv.ParseInt(t[0], 10, 64)
		micros, err2 := strconv.ParseInt(t[1], 10, 64)
		if err1 != nil || err2 != nil {
			return errAnswer
		}
		s.setSkew(seconds*1000 + micros/1000)
		return nil
	})
}

// claim reads the answer of the script acquire.
func (s *Store) claim(key string, answer []rueidis.RedisMessage) (wecom.Claim, error) {
	fields := make([]string, len(answer))
	for i := range answer {
		fields[i], _ = answer[i].ToString()
		if n, err := answer[i].AsInt64(); err == nil {
			fields[i] = decimal(n)
		}
	}
	if len(fields) < 3 {
		return wecom.Claim{}, errRecord
	}
	now, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
	if err != nil {
		return wecom.Claim{}, errRecord
	}
	s.setSkew(now)
	switch fields[0] {
	case "token":
		t, err := s.decode(key, fields[1])
		return wecom.Claim{Token: t}, err
	case "failure":
		failure, err := s.failure(fields[1])
		return wecom.Claim{Failure: failure}, err
	case "granted", "wait":
		fence, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return wecom.Claim{}, errRecord
		}
		c := wecom.Claim{Granted: fields[0] == "granted", Fence: fence}
		if !c.Granted {
			left, _ := strconv.ParseInt(fields[2], 10, 64)
			c.Wait = time.Duration(left) * time.Millisecond
		}
		return c, nil
	}
	return wecom.Claim{}, errRecord
}

// encodeFailure returns the record of a failure.
func (s *Store) encodeFailure(fence int64, f wecom.TokenFailure) string {
	ends := int64(0)
	if !f.Until.IsZero() {
		ends = s.remote(f.Until)
	}
	clean := strings.NewReplacer("|", "/").Replace
	return strings.Join([]string{decimal(fence), decimal(ends), decimal(int64(f.Code)), clean(f.HintID), clean(f.CallerIP), f.Msg}, "|")
}

// failure reads FENCE|ENDS|CODE|HINT|CALLER|TEXT.
func (s *Store) failure(record string) (*wecom.TokenFailure, error) {
	parts := strings.SplitN(record, "|", 6)
	if len(parts) != 6 {
		return nil, errRecord
	}
	ends, err1 := strconv.ParseInt(parts[1], 10, 64)
	code, err2 := strconv.ParseInt(parts[2], 10, 64)
	if err1 != nil || err2 != nil {
		return nil, errRecord
	}
	return &wecom.TokenFailure{Code: wecom.Code(code), HintID: parts[3], CallerIP: parts[4], Msg: parts[5], Until: s.local(ends)}, nil
}
