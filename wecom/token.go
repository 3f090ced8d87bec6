package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// TokenSource gives the access_token for calls. A [Client] is one; another may be set as
// [Config.TokenSource] where something else looks after the token.
type TokenSource interface {
	// Token returns a token believed valid. stale is the one WeCom just refused, or "": of a
	// hundred refused callers one fetches, the others find it already replaced. If WeCom keeps
	// giving out the refused token, Token returns it.
	Token(ctx context.Context, stale string) (string, error)
}

// TokenStore keeps tokens where all clients of an app find them: in memory for one process, in
// Redis for a fleet. One store may hold the tokens of many apps, each under its own key, and is
// safe for concurrent use. Times are in the clock of the caller; a store that others share converts
// them. Methods return when their context ends, and do not try again by themselves: the client
// bounds each call, and goes on without a store that fails.
//
// The protocol lets one holder of a lease call gettoken while the others wait. Holders can be
// frozen and come back late, so each carries a fence, a number that grows with every lease, and
// the store refuses a token whose fence is not the newest.
//
// wecomtest.TestTokenStore checks that an implementation keeps this contract.
type TokenStore interface {
	// Changed returns a channel that is closed when what the store has under key may have changed;
	// the next call returns another. It is a hint, not a promise: take it before Load, and never wait
	// for it alone. A store without hints returns nil. When a store loses touch with others it closes
	// the channels once.
	Changed(key string) <-chan struct{}
	// Load returns the token under key, or a zero StoredToken if there is none. It may lag behind the
	// others' changes by a moment; Acquire does not.
	Load(ctx context.Context, key string) (StoredToken, error)
	// Acquire looks once more and, if no token satisfies want, asks for the lease: all in one step,
	// so that a token saved in between is found and not fetched again.
	Acquire(ctx context.Context, key string, want Want, lease time.Duration) (Claim, error)
	// Save stores the token and ends the lease of t.Fence. It reports false, and stores nothing, if
	// a newer fence was handed out.
	Save(ctx context.Context, key string, t StoredToken) (bool, error)
	// Fail ends the lease of fence without a token. Those who wait for this holder get failure as
	// their answer, and so does everybody else until failure.Until. It is forgotten when a token is
	// saved, and not before those who waited could ask.
	Fail(ctx context.Context, key string, fence int64, failure TokenFailure) error
	// Drop removes what is under key if it is still this token, stored under no later fence than this:
	// another may have replaced it already.
	Drop(ctx context.Context, key, token string, fence int64) error
}

// TokenWatcher is what a [TokenStore] may be as well: one that hears of changes by others. A client
// then has a token that another process fetched before it needs it, instead of being refused once.
type TokenWatcher interface {
	// Watch has changed called, by a goroutine that may wait, whenever what is under key may have
	// changed.
	Watch(key string, changed func())
}

// StoredToken is a token as a [TokenStore] keeps it. It prints and logs without its value; its JSON
// has it, since a store may keep that.
type StoredToken struct {
	Value     string    // the access_token
	FetchedAt time.Time // when gettoken answered with it
	ExpiresAt time.Time // when it is dead at the latest; WeCom may kill it before
	Fence     int64     // the lease under which it was fetched
}

// Want says which token is good enough for a caller.
type Want struct {
	Not        string // not this one, which WeCom refused; or ""
	NotFence   int64  // unless it was stored under a later fence: then WeCom gave it out again
	AfterFence int64  // only one of a later lease than this; or 0
	// WaitedFor is the fence of the holder the caller waited for, or 0: if that holder failed, its
	// failure is the caller's answer too, and gettoken is not asked again by everybody in turn.
	WaitedFor int64
}

// SatisfiedBy reports whether t will do at the time now.
func (w Want) SatisfiedBy(t StoredToken, now time.Time) bool {
	return t.Value != "" && (t.Value != w.Not || t.Fence > w.NotFence) && t.Fence > w.AfterFence && now.Before(t.ExpiresAt)
}

// Claim is the answer of [TokenStore.Acquire]. It is one of four things: a token that will do
// (Token.Value is set), a failure to pass on (Failure is set), the lease (Granted is true, under
// Fence), or word that another holds it (none of these; Fence is the holder's, and Wait how long
// its lease still runs).
type Claim struct {
	Token   StoredToken
	Failure *TokenFailure
	Granted bool
	Fence   int64
	Wait    time.Duration
}

// TokenFailure is what came of a gettoken that gave no token.
type TokenFailure struct {
	Code     Code      // errcode of gettoken, or 0 if there was no answer
	Msg      string    // what went wrong, without credentials
	HintID   string    // as in Error
	CallerIP string    // as in Error
	Until    time.Time // nobody asks again before; zero: only those who waited are told
}

// failureOf describes an error of gettoken to others.
func failureOf(err error, until time.Time) TokenFailure {
	var answer *Error
	if errors.As(err, &answer) {
		return TokenFailure{Code: answer.Code, Msg: answer.Msg, HintID: answer.HintID, CallerIP: answer.CallerIP, Until: until}
	}
	var transport *TransportError
	if errors.As(err, &transport) {
		err = transport.Err
	}
	return TokenFailure{Msg: err.Error(), Until: until}
}

// ofOneNode reports whether the failure may be due to the node that called: its network, or the
// address it calls from.
func (f TokenFailure) ofOneNode() bool { return f.Code == CodeOK || f.Code == CodeUntrustedIP }

// err returns the failure as the error of a gettoken that another caller made.
func (f TokenFailure) err(host string) error {
	if f.Code != CodeOK {
		return &Error{Op: opGettoken, Code: f.Code, Msg: f.Msg, HintID: f.HintID, CallerIP: f.CallerIP}
	}
	return &TransportError{Op: opGettoken, Host: host, Err: fmt.Errorf("the caller that asked for all reports: %s", f.Msg)}
}

// TokenKey returns the key under which the token of an app is stored. Apps of one corp have
// different tokens, so the secret is part of it; and a token goes only to the API that gave it out, so
// the base URL is ("" means DefaultBaseURL). Both as a hash that does not give them away; the corp id
// stands in it as it is.
func TokenKey(baseURL, corpID, secret string) string {
	if u, err := parseBaseURL(baseURL); err == nil {
		baseURL = u.String()
	}
	sum := sha256.Sum256([]byte("hongyan token\x00" + baseURL + "\x00" + corpID + "\x00" + secret))
	return corpID + ":" + hex.EncodeToString(sum[:10])
}
