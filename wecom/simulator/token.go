package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"time"
)

// tokens keeps one living token per app, and remembers dead ones to answer for them. The rules are
// those of path/91039: the same token is handed out during its life, using it does not prolong it.
type tokens struct {
	mu      sync.RWMutex
	byValue map[string]*token
	current map[appKey]*token
	dead    map[appKey][]*token // oldest first
}

type appKey struct {
	corpID  string
	agentID int
}

type token struct {
	app     appKey
	secret  string // of the app when the token was issued
	value   string
	expires time.Time
	revoked int // what it answers since it was revoked, or 0
}

const (
	tokenLife     = 7200 * time.Second
	maxDeadTokens = 100 // remembered per app; older ones answer 40014 in place of 42001
)

// errcode is what the token answers at now; 0 means it is good.
func (t *token) errcode(now time.Time) int {
	switch {
	case t.revoked != 0:
		return t.revoked
	case !now.Before(t.expires):
		return codeTokenExpired
	}
	return 0
}

// issue gives the app's token and the whole seconds it has left: 7200 for a new one, and at least 1,
// because 0 means "for ever" to more than one cache. WeCom's page does not say whether a repeated
// call answers 7200 or what is left; what is left is the answer that a client's cache can trust.
func (ts *tokens) issue(a *app, now time.Time) (value string, expiresIn int) {
	key := appKey{a.corp.id, a.agentID}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.byValue == nil {
		ts.byValue, ts.current, ts.dead = map[string]*token{}, map[appKey]*token{}, map[appKey][]*token{}
	}
	t := ts.current[key]
	if t == nil || t.secret != a.secret || t.errcode(now) != 0 {
		ts.bury(t)
		t = &token{app: key, secret: a.secret, value: newTokenValue(), expires: now.Add(tokenLife)}
		ts.byValue[t.value], ts.current[key] = t, t
	}
	left := min(t.expires.Sub(now), tokenLife) // more is left once the clock was set back
	return t.value, max(int(left/time.Second), 1)
}

// bury moves a token that is no longer handed out to the dead.
func (ts *tokens) bury(t *token) {
	if t == nil {
		return
	}
	list := append(ts.dead[t.app], t)
	if len(list) > maxDeadTokens {
		delete(ts.byValue, list[0].value)
		list = list[1:]
	}
	ts.dead[t.app] = list
}

// find gives the app a token belongs to and what the token answers at now. The app is nil for a
// token that is unknown, or whose app or secret is gone; it is not for a token expired or revoked.
func (ts *tokens) find(value string, d *directory, now time.Time) (a *app, errcode int) {
	ts.mu.RLock()
	defer ts.mu.RUnlock()
	t := ts.byValue[value]
	if t == nil {
		return nil, codeBadToken
	}
	if a = d.app(t.app.corpID, t.app.agentID); a == nil || a.secret != t.secret {
		return nil, codeBadToken
	}
	return a, t.errcode(now)
}

// revoke kills the app's living token and says whether there was one.
func (ts *tokens) revoke(key appKey, errcode int, now time.Time) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.current[key]
	if t == nil || t.errcode(now) != 0 {
		return false
	}
	t.revoked = errcode
	return true
}

// keepOnly forgets the tokens of apps that d does not know by the same secret.
func (ts *tokens) keepOnly(d *directory) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for value, t := range ts.byValue {
		if a := d.app(t.app.corpID, t.app.agentID); a == nil || a.secret != t.secret {
			delete(ts.byValue, value)
			if ts.current[t.app] == t {
				delete(ts.current, t.app)
			}
		}
	}
	for key, list := range ts.dead {
		kept := list[:0]
		for _, t := range list {
			if ts.byValue[t.value] == t {
				kept = append(kept, t)
			}
		}
		clear(list[len(kept):])
		if ts.dead[key] = kept; len(kept) == 0 {
			delete(ts.dead, key)
		}
	}
}

func (ts *tokens) clear() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.byValue, ts.current, ts.dead = nil, nil, nil
}

// newTokenValue looks like WeCom's: about 200 characters of [A-Za-z0-9_-].
func newTokenValue() string {
	var b [150]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Revoke kills the living token of an app, as WeCom may at any time. From then on the token answers
// errcode, 42001 or 40014, and gettoken issues a new one. It is not an error if the app has no
// token at the moment.
func (s *WeCom) Revoke(corpID string, agentID int, errcode int) error {
	_, err := s.revoke(corpID, agentID, errcode)
	return err
}

func (s *WeCom) revoke(corpID string, agentID int, errcode int) (revoked bool, err error) {
	if errcode != codeTokenExpired && errcode != codeBadToken {
		return false, fmt.Errorf("errcode %d: a revoked token answers %d or %d", errcode, codeTokenExpired, codeBadToken)
	}
	if s.directory.Load().app(corpID, agentID) == nil {
		return false, fmt.Errorf("corp %q has no app with agentid %d", corpID, agentID)
	}
	return s.tokens.revoke(appKey{corpID, agentID}, errcode, s.Now()), nil
}
