package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// revokeToken answers POST /_sim/tokens/revoke. errcode is what the dead token answers from then on.
func revokeToken(s *WeCom, r *http.Request) (any, error) {
	wanted := struct {
		CorpID  string `json:"corpid"`
		AgentID int    `json:"agentid"`
		ErrCode int    `json:"errcode"`
	}{ErrCode: codeTokenExpired}
	if err := errors.Join(noQuery(r), readControl(r, &wanted)); err != nil {
		return nil, err
	}
	revoked, err := s.revoke(wanted.CorpID, wanted.AgentID, wanted.ErrCode)
	return struct {
		Revoked bool `json:"revoked"` // false: the app had no living token
	}{revoked}, err
}

type clockState struct {
	Now time.Time `json:"now"`
}

func getClock(s *WeCom, r *http.Request) (any, error) {
	return clockState{s.Now()}, noQuery(r)
}

// putClock moves the clock by "advance", a Go duration, or to "now", in RFC 3339 or unix seconds.
func putClock(s *WeCom, r *http.Request) (any, error) {
	var wanted struct {
		Advance string `json:"advance"`
		Now     string `json:"now"`
	}
	if err := errors.Join(noQuery(r), readControl(r, &wanted)); err != nil {
		return nil, err
	}
	switch {
	case (wanted.Advance == "") == (wanted.Now == ""):
		return nil, errors.New(`give either {"advance":"2h"} or {"now":"2026-01-02T03:04:05Z"}`)
	case wanted.Now != "":
		t, err := readTime(wanted.Now)
		if err != nil {
			return nil, fmt.Errorf("now: %w", err)
		}
		if err := checkClock(t); err != nil {
			return nil, fmt.Errorf("now: %w", err)
		}
		s.SetNow(t)
	default:
		d, err := time.ParseDuration(wanted.Advance)
		if err != nil {
			return nil, fmt.Errorf("advance: %q is not a duration such as 90s or 2h", wanted.Advance)
		}
		if err := checkClock(s.Now().Add(d)); err != nil {
			return nil, fmt.Errorf("advance: %w", err)
		}
		s.Advance(d)
	}
	return clockState{s.Now()}, nil
}

func getWorld(s *WeCom, r *http.Request) (any, error) {
	return s.World(), noQuery(r)
}

// putWorld replaces the world and answers with the new one.
func putWorld(s *WeCom, r *http.Request) (any, error) {
	w := World{Strict: true} // as ParseWorld
	if err := errors.Join(noQuery(r), readControl(r, &w)); err != nil {
		return nil, err
	}
	if err := s.SetWorld(w); err != nil {
		return nil, err
	}
	return s.World(), nil
}

// postReset takes no body, or an empty object from clients that cannot send none.
func postReset(s *WeCom, r *http.Request) (any, error) {
	body, err := readSmall(r)
	if err := errors.Join(noQuery(r), err); err != nil {
		return nil, err
	}
	if len(body) > 0 {
		if err := decodeStrict(body, &struct{}{}); err != nil {
			return nil, err
		}
	}
	s.Reset()
	return struct{}{}, nil
}

func getStats(s *WeCom, r *http.Request) (any, error) {
	return s.Stats(), noQuery(r)
}
