package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"
)

// codes are the response_codes that let an app update a card (path/94888): one for the answer of
// message/send, one more for every click. Each works once, within 72 hours.
type codes struct {
	mu      sync.Mutex
	byValue map[string]*responseCode
	order   []string // oldest first; only maxCards of them, because a code keeps its message alive
}

type responseCode struct {
	record *record
	issued time.Time
	used   bool
}

const (
	codeLife = 72 * time.Hour
	maxCards = 10_000 // codes, and tasks of each app, that are remembered
)

func (cs *codes) issue(r *record, now time.Time) string {
	value := newResponseCode()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.byValue == nil {
		cs.byValue = map[string]*responseCode{}
	}
	cs.byValue[value] = &responseCode{record: r, issued: now}
	if cs.order = append(cs.order, value); len(cs.order) > maxCards {
		delete(cs.byValue, cs.order[0])
		cs.order = cs.order[1:]
	}
	return value
}

// find gives the card a code is for, or nil if it is none of the app's, used, or too old.
func (cs *codes) find(value string, a *app, now time.Time) *record {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.byValue[value]
	if c == nil || c.used || !now.Before(c.issued.Add(codeLife)) ||
		c.record.corpID != a.corp.id || c.record.agentID != a.agentID {
		return nil
	}
	return c.record
}

// spend uses the code up, and reports false if somebody else just did.
func (cs *codes) spend(value string) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.byValue[value]
	if c == nil || c.used {
		return false
	}
	c.used = true
	return true
}

func (cs *codes) clear() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.byValue, cs.order = nil, nil
}

// newResponseCode is URL-safe base64, like those of WeCom.
func newResponseCode() string {
	var b [48]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
